//! The operator's tool against the deployed stack, and whether the books add up there.

use std::path::PathBuf;
use std::process::Command;

use domain::ledger::Entry;
use domain::money::{Currency, Money};
use harness::stack::Stack;
use platform::config::Env;

/// What a run of the tool came to.
pub(crate) struct Ran {
    /// Whether it exited with 0.
    pub(crate) succeeded: bool,
    /// What it printed.
    pub(crate) printed: String,
    /// What it said beside that: how far it has come, and why it failed.
    pub(crate) remarks: String,
}

impl Ran {
    /// Returns all that an operator sees.
    pub(crate) fn shown(&self) -> String {
        format!("{}{}", self.printed, self.remarks)
    }

    /// Returns the words of the line that begins with these.
    pub(crate) fn line(&self, start: &str) -> Vec<&str> {
        let mut lines = self.printed.lines().filter(|line| line.trim_start().starts_with(start));
        let line = lines.next().unwrap_or_else(|| panic!("no line begins with {start}: {}", self.shown()));
        assert!(lines.next().is_none(), "several lines begin with {start}: {}", self.printed);
        line.split_whitespace().collect()
    }
}

/// Runs the operator's tool as an operator does, with the settings of the tests.
pub(crate) async fn haat(arguments: &[&str]) -> Ran {
    let endpoint = Env::process().optional_text("HAAT_TEST_AWS_ENDPOINT").unwrap();
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let ran = tokio::task::spawn_blocking(move || {
        // Beside the test's own program: target/debug/deps/it-… and target/debug/haat.
        let own = std::env::current_exe().unwrap();
        let tool: PathBuf = own.ancestors().nth(2).unwrap().join("haat");
        Command::new(&tool)
            .args(arguments)
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_REGION", harness::cloud::REGION)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .output()
            .unwrap_or_else(|error| panic!("{} can't be run: {error}", tool.display()))
    });
    let output = ran.await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { succeeded: output.status.success(), printed: text(&output.stdout), remarks: text(&output.stderr) }
}

#[tokio::test]
async fn books_that_somebody_wrote_into_are_found_by_the_operator() {
    let tenant = Stack::deployed().await.tenant().await;
    let (operation, seller, name) = (tenant.operation(), tenant.stack.ambient().id(), tenant.id().to_string());
    let amount = Money::new(120_050, Currency::Inr);
    let entry = Entry::adjustment(operation.id(), seller, amount, String::new(), operation.now).unwrap();
    assert!(tenant.stack.store().book(&operation, &entry).await.unwrap());
    let verify = ["ledger", "verify", "--tenant", &name];

    let sound = haat(&verify).await;
    assert!(sound.succeeded && sound.printed.contains("1 entries, all adds up"), "{}", sound.shown());
    assert_eq!(sound.line("SELLERS"), ["SELLERS", "INR", "-1200.50"]);
    assert_eq!(sound.line("TOGETHER"), ["TOGETHER", "INR", "0.00"]);

    let rows = tenant.stored("BAL#").await;
    let mut robbed = rows[0].clone();
    robbed["amount"] = 50.into();
    tenant.put_raw(&robbed).await;
    let wrong = haat(&verify).await;
    assert!(!wrong.succeeded, "{}", wrong.shown());
    let line = wrong.line("WRONG BALANCE").join(" ");
    assert_eq!(line, format!("WRONG BALANCE {seller}: the balance is INR 0.50, the entries make INR 1200.50"));
    assert!(wrong.remarks.contains("the books do not add up"), "{}", wrong.remarks);
    // Or this test would fail as it ends.
    tenant.put_raw(&rows[0]).await;
    assert!(haat(&verify).await.succeeded);
}
