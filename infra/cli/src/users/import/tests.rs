use std::io::Write;
use std::path::PathBuf;

use harness::stack::{Stack, TestTenant};
use http::StatusCode;
use platform::objects::Objects;
use platform::oidc::IdTokens;
use platform::passwords::Passwords;
use serde_json::{Value, json};

use super::*;

/// What the hashes below are of.
const PASSWORD: &str = "correct horse battery staple";
const HASH: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";

struct Desk {
    operator: Operator,
    tenant: TestTenant,
    folder: PathBuf,
}

impl Desk {
    async fn open() -> Self {
        let stack = Stack::connect().await;
        let tenant = stack.tenant().await;
        let folder = std::env::temp_dir().join(format!("haat-import-{}", tenant.id()));
        std::fs::create_dir_all(&folder).unwrap();
        let operator =
            Operator { store: stack.store().clone(), vault: stack.vault().clone(), ambient: stack.ambient().clone() };
        Self { operator, tenant, folder }
    }

    fn file(&self, lines: &[String]) -> PathBuf {
        let path = self.folder.join("people.jsonl");
        let mut file = File::create(&path).unwrap();
        for line in lines {
            writeln!(file, "{line}").unwrap();
        }
        path
    }

    async fn import(&self, file: &Path, format: Format, dry_run: bool) -> ((usize, usize, usize), Vec<Value>) {
        let report = self.folder.join("report.jsonl");
        let tenant = &self.tenant.tenant;
        let counts = bring_over(&self.operator, self.tenant.scope(), tenant, file, format, dry_run, Some(&report))
            .await
            .unwrap();
        let lines = std::fs::read_to_string(&report).unwrap();
        (counts, lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    async fn log_in(&self, email: &str) -> harness::client::TestAnswer {
        let stack = &self.tenant.stack;
        let passwords = Passwords::new(8, 1, stack.ambient().clone()).unwrap();
        let id_tokens = IdTokens::new("http://127.0.0.1:9", "http://127.0.0.1:9", stack.ambient().clone());
        let files = Objects::new(stack.s3(), &stack.names.files_bucket, stack.ambient().clone());
        let client = self.tenant.client(auth::router(auth::State::new(stack.edge(), passwords, id_tokens, files)));
        client.post("/auth/login").json(json!({"email": email, "password": PASSWORD})).send().await
    }

    async fn people(&self) -> usize {
        self.tenant.stored("U#").await.iter().filter(|row| row["type"] == "User").count()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn s1(email: &str, roles: &str, active: bool) -> String {
    json!({
        "email": email, "first_name": "Asha", "last_name": "Rao", "mobile": "+919812345678", "roles": roles,
        "password": HASH, "active": active, "verified": true, "created": "2019-01-01",
    })
    .to_string()
}

#[tokio::test]
async fn people_come_over_once_and_rows_that_are_wrong_stop_nobody() {
    let desk = Desk::open().await;
    let lines = [
        s1("one@example.com", "[a][s][c]", true),
        s1("two@example.com", "[x]", true),
        "{".to_owned(),
        String::new(),
        s1("ONE@example.com", "[c]", true),
        s1("three@example.com", "[c]", false),
        s1("four@example", "[c]", true),
    ];
    let file = desk.file(&lines);
    let (counts, report) = desk.import(&file, Format::S1, true).await;
    assert_eq!((counts, desk.people().await), ((3, 0, 3), 0));
    assert_eq!(report[0], json!({"line": 1, "outcome": "created"}));

    let (counts, report) = desk.import(&file, Format::S1, false).await;
    assert_eq!((counts, desk.people().await), ((2, 1, 3), 2));
    let outcomes: Vec<_> =
        report.iter().map(|row| (row["line"].as_u64().unwrap(), row["outcome"].as_str().unwrap())).collect();
    assert_eq!(
        outcomes,
        [(1, "created"), (2, "invalid"), (3, "invalid"), (5, "exists"), (6, "created"), (7, "invalid")]
    );
    assert_eq!(report[0]["id"], report[3]["id"]);
    assert_eq!(report[1]["reason"], "roles has a letter that is not in the table");
    let text = serde_json::to_string(&report).unwrap().to_lowercase();
    assert!(!text.contains("example") && !text.contains("asha") && !text.contains("98123"), "{text}");

    let (counts, again) = desk.import(&file, Format::S1, false).await;
    assert_eq!((counts, desk.people().await), ((0, 3, 3), 2));
    assert_eq!(again[0]["id"], report[0]["id"]);
}

#[tokio::test]
async fn an_imported_password_lets_its_owner_in_and_is_hashed_anew() {
    let desk = Desk::open().await;
    let file = desk.file(&[s1("in@example.com", "[s][c]", true), s1("out@example.com", "[c]", false)]);
    desk.import(&file, Format::S1, false).await;
    let hash = async |email: &str| {
        let index = desk.operator.vault.blind_index(&desk.tenant.tenant, field::EMAIL_INDEX, email).await.unwrap();
        desk.operator.store.login(desk.tenant.scope(), &index).await.unwrap().unwrap().password_hash.unwrap()
    };
    assert_eq!(hash("in@example.com").await, HASH);
    desk.log_in("in@example.com").await.data(StatusCode::OK);
    assert!(hash("in@example.com").await.starts_with("$argon2id$"));
    desk.log_in("in@example.com").await.data(StatusCode::OK);
    // Who was shut out there is shut out here.
    desk.log_in("out@example.com").await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    let users = desk.tenant.stored("U#").await;
    let seller = users.iter().find(|user| user["roles"] == json!(["SELLER", "CUSTOMER"])).unwrap();
    assert!(seller["seller"].as_str().unwrap().starts_with("sel_") && seller["emailVerifiedAt"].is_string());
    assert!(!users.iter().any(|user| user.to_string().contains("Asha")));
    let trail = desk.tenant.stored("AUD#").await;
    assert_eq!(trail.iter().filter(|row| row["action"] == "USER_IMPORTED").count(), 2);
}

#[tokio::test]
async fn the_same_file_twice_at_once_opens_nobody_twice() {
    let desk = Desk::open().await;
    let lines: Vec<_> = (0..8).map(|number| s1(&format!("p{number}@example.com"), "[c]", true)).collect();
    let file = desk.file(&lines);
    let tenant = &desk.tenant.tenant;
    let run = || bring_over(&desk.operator, desk.tenant.scope(), tenant, &file, Format::S1, false, None);
    let (first, second) = tokio::join!(run(), run());
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.0 + second.0, first.1 + second.1, desk.people().await), (8, 8, 8));
}
