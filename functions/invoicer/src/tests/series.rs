use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::catalog::{Seller, SellerStatus};
use domain::id::SellerId;
use domain::invoice::InvoiceSeries;

use super::*;

/// Lets a seller be known, with a prefix of its own or without.
async fn open_seller(tenant: &TestTenant, id: SellerId, prefix: Option<&str>) {
    let (store, operation) = (tenant.stack.store(), tenant.operation());
    let person = tenant.member(&[Role::Customer]).await.user;
    let seller = Seller {
        id,
        user: person.id,
        name: "Kiran's Print Workshop".parse().unwrap(),
        slug: format!("kiran-{}", id.to_string().to_lowercase().replace('_', "-")).parse().unwrap(),
        bio: String::new(),
        payout_account: None,
        legal_identity: None,
        status: SellerStatus::Active,
        commission_bp: None,
        invoice_prefix: prefix.map(|prefix| prefix.parse().unwrap()),
        version: 1,
        created_at: operation.now,
        updated_at: operation.now,
    };
    store.open_seller(&operation, &seller, &person).await.unwrap().unwrap();
}

#[tokio::test]
async fn each_seller_with_a_prefix_has_a_series_and_all_others_share_the_tenants() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant_with(|tenant| tenant.settings.invoice_series = InvoiceSeries::Seller).await;
    let state = state(&stack);
    let (placed, event) = sold(&tenant, &["Gear", "Vase", "Lamp"]).await;
    open_seller(&tenant, placed.orders[0].seller, Some("KIRAN")).await;
    open_seller(&tenant, placed.orders[1].seller, None).await;
    state.handle(job(&tenant, event)).await.unwrap();
    let year = domain::calendar::local(stack.now(), "Asia/Kolkata").year();
    let mut numbers = Vec::new();
    for order in 0..3 {
        numbers.push(invoice(&tenant, &placed, order).await.number);
    }
    assert_eq!(numbers, [format!("KIRAN-{year}-0001"), format!("HAAT-{year}-0001"), format!("HAAT-{year}-0002")]);
}

#[tokio::test]
async fn a_sellers_prefix_counts_only_where_the_tenant_wants_it() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (placed, event) = sold(&tenant, &["Gear"]).await;
    open_seller(&tenant, placed.orders[0].seller, Some("KIRAN")).await;
    state(&stack).handle(job(&tenant, event)).await.unwrap();
    assert!(invoice(&tenant, &placed, 0).await.number.starts_with("HAAT-"));
}

#[tokio::test]
async fn fifty_orders_that_are_paid_at_once_have_fifty_numbers_without_a_gap() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let state = Arc::new(state(&stack));
    let (mut placed, mut events) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        let (sale, event) = sold(&tenant, &["Gear"]).await;
        placed.push(sale);
        events.push(event);
    }
    let issues = events.into_iter().map(|event| {
        let (state, job) = (Arc::clone(&state), job(&tenant, event));
        tokio::spawn(async move { state.handle(job).await })
    });
    for done in issues.collect::<Vec<_>>() {
        done.await.unwrap().unwrap();
    }
    let mut numbers = BTreeSet::new();
    for sale in &placed {
        numbers.insert(invoice(&tenant, sale, 0).await.number);
    }
    let year = domain::calendar::local(stack.now(), "Asia/Kolkata").year();
    assert_eq!(numbers, (1..=50).map(|n| format!("HAAT-{year}-{n:04}")).collect());
    let [series] = tenant.stored("SER#").await.try_into().unwrap();
    assert_eq!(series["last"], 50);
}

#[tokio::test]
async fn numbers_widen_past_9999_and_begin_anew_with_the_tenants_year() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let state = state(&stack);
    let issued = async || {
        let (placed, event) = sold(&tenant, &["Gear"]).await;
        state.handle(job(&tenant, event)).await.unwrap();
        invoice(&tenant, &placed, 0).await.number
    };
    let year = domain::calendar::local(stack.now(), "Asia/Kolkata").year();
    assert_eq!(issued().await, format!("HAAT-{year}-0001"));
    let text = |text: String| AttributeValue::S(text);
    let counter = stack.dynamodb().update_item().table_name(&stack.names.table);
    let counter = counter
        .key("pk", text(format!("T#{}#SER#HAAT-{year}", tenant.id())))
        .key("sk", text("A".to_owned()))
        .update_expression("SET #last = :last")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_names("#last", "last")
        .expression_attribute_values(":last", AttributeValue::N("9999".to_owned()));
    counter.send().await.unwrap();
    assert_eq!(issued().await, format!("HAAT-{year}-10000"));
    stack.clock.advance(Duration::from_secs(366 * 24 * 60 * 60));
    assert_eq!(issued().await, format!("HAAT-{}-0001", year + 1));
}
