//! A person whose every detail is a word that nobody else has, and a search for those words wherever they must not be.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::access::Role;
use domain::clock::Timestamp;
use harness::razorpay::Deliver;
use harness::shop::{PASSWORD, Shop, Shopper, eventually, id};
use platform::config::Env;
use serde_json::{Value, json};

/// The words, by what they are.
struct Canaries(BTreeMap<&'static str, String>);

impl Canaries {
    fn hatch(shop: &Shop) -> Self {
        let number = || u32::from_be_bytes(shop.tenant.stack.ambient().bytes());
        let word = |kind: &str| format!("{kind}{:08x}", number());
        let digits = || format!("{:08}", number() % 100_000_000);
        Self(BTreeMap::from([
            ("email", word("kakapo")),
            ("phone", digits()),
            ("first name", word("Quokka")),
            ("last name", word("Numbat")),
            ("later last name", word("Bilby")),
            ("recipient", word("Wombat")),
            ("recipient's phone", digits()),
            ("street", word("Potoroo")),
            ("city", word("Dunnart")),
            ("postal code", digits()),
            ("papers' number", word("Z").to_uppercase()),
            ("name on the papers", word("Echidna")),
            ("password", word("Thylacine")),
        ]))
    }

    fn get(&self, what: &str) -> &str {
        &self.0[what]
    }

    /// Names the words that a text has, but for those that it may have.
    fn in_text(&self, text: &str, allowed: &[&str]) -> Vec<&'static str> {
        let text = text.to_lowercase();
        let found = self.0.iter().filter(|(what, word)| !allowed.contains(what) && text.contains(&word.to_lowercase()));
        found.map(|(what, _)| *what).collect()
    }
}

/// Does everything with which a person leaves traces.
async fn live(shop: &Shop, words: &mut Canaries) -> Shopper {
    let vase = shop.offer("Vase", 5).await;
    let email = format!("{}@example.com", words.get("email"));
    let body = json!({
        "email": email, "password": words.get("password"), "firstName": words.get("first name"),
        "lastName": words.get("last name"), "phone": format!("+9198{}", words.get("phone")),
    });
    let register = |body: Value| shop.api.post("/auth/register").header("idempotency-key", "canary").json(body).send();
    let mut wrong = body.clone();
    wrong["phone"] = json!(format!("call {}", words.get("phone")));
    shop.api.post("/auth/register").json(wrong).send().await.refused(StatusCode::BAD_REQUEST, "VALIDATION_FAILED");
    register(body.clone()).await.data(StatusCode::ACCEPTED);
    register(body).await.data(StatusCode::ACCEPTED);
    let log_in =
        |password: &str| shop.api.post("/auth/login").json(json!({"email": email, "password": password})).send();
    log_in(PASSWORD).await.refused(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS");
    let tokens = log_in(words.get("password")).await.data(StatusCode::OK).clone();
    let token = tokens["accessToken"].as_str().unwrap().to_owned();
    let shopper = Shopper::with_tokens(&shop.api, &email, &token, tokens["refreshToken"].as_str().unwrap());
    shop.api.post("/auth/forgot-password").json(json!({"email": email})).send().await.data(StatusCode::ACCEPTED);
    let patch = shop.api.patch("/users/me").bearer(&token).json(json!({"lastName": words.get("later last name")}));
    patch.send().await.data(StatusCode::OK);
    let papers = json!({
        "document": "PASSPORT", "number": words.get("papers' number"), "country": "IN",
        "fullName": words.get("name on the papers"), "bornOn": "1990-12-31",
    });
    let put = shop.api.request(axum::http::Method::PUT, "/users/me/kyc").bearer(&token).json(papers);
    put.send().await.data(StatusCode::OK);
    let app = shopper.post("/auth/mfa/setup", json!({})).await.data(StatusCode::OK).clone();
    words.0.insert("secret of the app", app["secret"].as_str().unwrap().to_owned());

    let address = json!({
        "fullName": words.get("recipient"), "phone": format!("+9197{}", words.get("recipient's phone")),
        "line1": format!("1 {} Road", words.get("street")), "city": words.get("city"),
        "postalCode": words.get("postal code"), "country": "IN",
    });
    let address = id(shopper.post_once("/users/me/addresses", "canary", address).await.data(StatusCode::CREATED));
    assert!(shopper.add_to_cart(&vase, 1).await.status.is_success());
    let group = id(shopper.check_out(&address, "canary").await.data(StatusCode::CREATED));
    let payment = shopper.open_payment(&group).await;
    shop.pay(&payment, Deliver::default()).await;
    eventually("the checkout is paid", async || (shopper.status(&group).await == "PAID").then_some(())).await;
    let order = id(&shopper.get("/orders").await.data(StatusCode::OK)[0]);
    assert_eq!(
        shopper.get(&format!("/orders/{order}")).await.data(StatusCode::OK)["address"]["city"],
        words.get("city")
    );
    shopper.get(&format!("/files/download/{}", vase.file)).await.data(StatusCode::OK);
    eventually("the invoice is there", async || {
        let answer = shopper.get(&format!("/orders/{order}/invoice")).await;
        (answer.status == StatusCode::OK).then_some(())
    })
    .await;
    a_carrier_reads_where_it_goes(shop, &order, words.get("recipient")).await;
    shopper.get("/users/me/export").await.data(StatusCode::OK);
    shop.tenant.books_add_up().await;
    shopper
}

async fn a_carrier_reads_where_it_goes(shop: &Shop, order: &str, recipient: &str) {
    let tenant = &shop.tenant;
    let order = tenant.stack.store().order(tenant.scope(), order.parse().unwrap()).await.unwrap().unwrap();
    let parcel = tenant.parcel(&order).await;
    let courier = Shopper::log_in(&shop.api, &tenant.member_with_password(&[Role::Carrier], PASSWORD).await).await;
    let person = id(courier.get("/auth/me").await.data(StatusCode::OK)).parse().unwrap();
    tenant.enlist(person, parcel.carrier).await;
    let carried = courier.get(&format!("/carrier/shipments/{}", parcel.id)).await;
    assert_eq!(carried.data(StatusCode::OK)["address"]["fullName"], recipient);
}

/// Asks the local AWS's logs, for which the harness has no client.
async fn logs(endpoint: &str, operation: &str, body: Value) -> Value {
    let scope = "Credential=test/20260101/ap-south-1/logs/aws4_request, SignedHeaders=host, Signature=00";
    let answer = reqwest::Client::new()
        .post(endpoint)
        .header("x-amz-target", format!("Logs_20140328.{operation}"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("authorization", format!("AWS4-HMAC-SHA256 {scope}"))
        .body(body.to_string());
    let text = answer.send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{operation}: {text}"))
}

/// Reads what all functions and the API have logged since an instant.
async fn everything_logged(endpoint: &str, since: Timestamp) -> Vec<(String, String)> {
    let groups = logs(endpoint, "DescribeLogGroups", json!({"logGroupNamePrefix": "/haat/"})).await;
    let mut said = Vec::new();
    for group in groups["logGroups"].as_array().unwrap() {
        let name = group["logGroupName"].as_str().unwrap();
        let mut ask = json!({"logGroupName": name, "startTime": since.as_millis(), "limit": 10_000});
        loop {
            let page = logs(endpoint, "FilterLogEvents", ask.clone()).await;
            let events = page["events"].as_array().cloned().unwrap_or_default();
            said.extend(events.iter().map(|event| (name.to_owned(), event["message"].to_string())));
            match page.get("nextToken").filter(|token| token.is_string() && !events.is_empty()) {
                Some(token) => ask["nextToken"] = token.clone(),
                None => break,
            }
        }
    }
    said
}

#[tokio::test]
async fn personal_data_is_nowhere_in_the_clear_but_in_what_its_person_gets() {
    let shop = Shop::open().await;
    let since = shop.tenant.stack.now();
    let mut words = Canaries::hatch(&shop);
    let shopper = live(&shop, &mut words).await;
    // Verification, reset, the order, the invoice.
    eventually("the mails arrive", async || (shop.all_mails(&shopper.email).await.len() >= 4).then_some(())).await;

    // The table: every item of the tenant, its events and stored answers among them.
    let rows = shop.tenant.stored("").await;
    assert!(rows.len() > 30, "{}", rows.len());
    for row in rows {
        let found = words.in_text(&row.to_string(), &[]);
        assert!(found.is_empty(), "{found:?} in {}", row["pk"]);
    }

    // What functions say, and the access log.
    let stack = &shop.tenant.stack;
    let said = everything_logged(&stack.endpoint, since).await;
    assert!(
        said.iter().any(|(_, line)| line.contains(&shop.tenant.id().to_string())),
        "the logs are those of this shop"
    );
    for (group, line) in said {
        let found = words.in_text(&line, &[]);
        assert!(found.is_empty(), "{found:?} in {group}: {line}");
    }

    // Messages that went nowhere. Those that went somewhere are the events of the table.
    let (env, sqs) = (Env::process(), stack.sqs());
    for letters in ["MAILER_DLQ", "INVOICER_DLQ", "IMPORTER_DLQ", "RELAY_DLQ"] {
        let Some(url) = env.optional_text(&format!("HAAT_{letters}_URL")) else { continue };
        let found = sqs.receive_message().queue_url(url).max_number_of_messages(10).visibility_timeout(0);
        for message in found.send().await.unwrap().messages.unwrap_or_default() {
            let found = words.in_text(message.body().unwrap_or_default(), &[]);
            assert!(found.is_empty(), "{found:?} in the dead letters of {letters}");
        }
    }

    // Mails: the person is called by name, and reads where the order goes. Nothing else, and nobody else.
    let own = ["email", "first name", "last name", "later last name", "recipient", "street", "city", "postal code"];
    let (mut read, mut recognised) = (0, 0);
    for mail in shop.every_mail().await {
        let is_own = mail["To"].to_string().contains(&shopper.email);
        read += usize::from(is_own);
        recognised += usize::from(is_own && words.in_text(&mail.to_string(), &[]).len() > 1);
        let found = words.in_text(&mail.to_string(), if is_own { &own } else { &[] });
        assert!(found.is_empty(), "{found:?} in a mail to {}", mail["To"]);
    }
    assert!(read >= 4 && recognised > 0, "the words are found where they may be");
}
