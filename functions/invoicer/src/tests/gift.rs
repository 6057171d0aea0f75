use super::*;

#[tokio::test]
async fn what_costs_nothing_is_invoiced_over_nothing_and_moves_no_money() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let buyer = tenant.member(&[Role::Customer]).await;
    let placed = tenant.gift(buyer.user.id, &["Gear", "Vase"]).await;
    let [Event::OrderGroupPlaced { .. }, paid @ Event::OrderGroupPaid { payment: None, .. }] = placed.events.as_slice()
    else {
        panic!("{:?}", placed.events)
    };
    for _ in 0..2 {
        state(&stack).handle(job(&tenant, paid.clone())).await.unwrap();
    }
    for order in 0..2 {
        let invoice = invoice(&tenant, &placed, order).await;
        assert!(invoice.object_key.is_some());
    }
    assert_eq!(announced(&tenant).await, 2);
    let sums = stack.store().trial_balance(tenant.scope()).await.unwrap().sums;
    assert!(sums.is_empty(), "{sums:?}");
}
