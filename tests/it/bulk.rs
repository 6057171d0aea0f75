//! Products that come in files and go into files, through the deployed stack.

use axum::http::StatusCode;
use harness::client::TestAnswer;
use harness::shop::{Shop, Shopper, eventually, id};
use serde_json::{Value, json};

/// Waits until a job is over.
async fn over(seller: &Shopper, path: &str) -> Value {
    eventually("the job is over", async || {
        let job = seller.get(path).await.data(StatusCode::OK).clone();
        ["DONE", "FAILED"].contains(&job["status"].as_str().unwrap()).then_some(job)
    })
    .await
}

async fn import(seller: &Shopper, name: &str, bytes: &[u8]) -> Value {
    let content_type = if name.ends_with(".csv") { "text/csv" } else { "application/x-ndjson" };
    let file = seller.upload_for("import", content_type, name, bytes).await;
    let asked = seller.post("/products/imports", json!({"fileId": file})).await;
    over(seller, &format!("/products/imports/{}", id(asked.data(StatusCode::CREATED)))).await
}

async fn download(url: &Value) -> Vec<u8> {
    let answer = reqwest::get(url.as_str().unwrap()).await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.bytes().await.unwrap().to_vec()
}

fn counts(import: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "failed"].map(|name| import["progress"][name].as_u64().unwrap())
}

#[tokio::test]
async fn a_seller_imports_a_file_sees_the_products_and_reads_the_report() {
    let shop = Shop::open().await;
    let seller = &shop.seller;
    let file = "sku,name,basePrice,stockPolicy,status,material,stock\n\
        TABLE-1,Oak table,12500.50,FINITE,ACTIVE,Oiled,3\n\
        TABLE-1,Oak table,12500.50,FINITE,ACTIVE,Waxed,2\n\
        TABLE-2,Ash table,ten,FINITE,ACTIVE,Oiled,1\n";
    let done = import(seller, "tables.csv", file.as_bytes()).await;
    assert_eq!((done["status"].as_str(), counts(&done)), (Some("DONE"), [1, 1, 0, 1]));
    let listed = shop.api.get("/products").send().await;
    let table = id(&listed.data(StatusCode::OK)[0]);
    let shown: TestAnswer = shop.api.get(&format!("/products/{table}")).send().await;
    let shown = shown.data(StatusCode::OK);
    assert_eq!((&shown["basePrice"]["amount"], &shown["materials"][1]["stock"]), (&json!(1_250_050), &json!(2)));
    let report = String::from_utf8(download(&done["report"]["downloadUrl"]).await).unwrap();
    let lines: Vec<_> = report.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, "row,sku,column,code,reason"));
    assert!(lines[1].starts_with("4,TABLE-2,basePrice,INVALID_VALUE,"), "{report}");

    for (format, name) in [("CSV", "all.csv"), ("JSONL", "all.jsonl")] {
        let asked = seller.post("/products/exports", json!({"format": format})).await;
        let export = over(seller, &format!("/products/exports/{}", id(asked.data(StatusCode::CREATED)))).await;
        assert_eq!((export["status"].as_str(), export["rows"].as_u64()), (Some("DONE"), Some(2)));
        let again = import(seller, name, &download(&export["downloadUrl"]).await).await;
        assert_eq!((again["status"].as_str(), counts(&again)), (Some("DONE"), [0, 0, 2, 0]));
    }
    let refused = import(seller, "prices.csv", b"sku,prise\nTABLE-1,5\n").await;
    assert_eq!(
        (refused["status"].as_str(), refused["failure"]["code"].as_str()),
        (Some("FAILED"), Some("UNKNOWN_COLUMN"))
    );
}
