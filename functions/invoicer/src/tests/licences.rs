use domain::licence::LineLicences;
use domain::order::Order;
use domain::pii::Purpose;
use platform::vault::Place;

use super::*;

/// Lets a buyer pay for one product with licence keys and one without, both of one seller.
async fn bought(tenant: &TestTenant) -> (Placed, Event) {
    let buyer = tenant.member(&[Role::Customer]).await;
    let mut with_keys = tenant.item("Gear");
    with_keys.product.licence_keys = true;
    let mut without = tenant.item("Vase");
    without.product.seller = with_keys.product.seller;
    let placed = tenant.sale_of(buyer.user.id, vec![without, with_keys]).await;
    let event = tenant.pay_sale(&placed).await;
    (placed, event)
}

async fn kept(tenant: &TestTenant, placed: &Placed) -> (Order, Vec<LineLicences>) {
    let (store, scope) = (tenant.stack.store(), tenant.scope());
    let order = store.order(scope, placed.orders[0].id).await.unwrap().unwrap();
    let licences = store.licences(scope, &order).await.unwrap();
    (order, licences)
}

#[tokio::test]
async fn each_piece_has_a_key_of_its_own_that_is_made_once_and_opens_with_the_buyers_part_alone() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (placed, event) = bought(&tenant).await;
    let state = Arc::new(state(&stack));
    let runs = (0..3).map(|_| {
        let (state, job) = (Arc::clone(&state), job(&tenant, event.clone()));
        tokio::spawn(async move { state.handle(job).await })
    });
    for done in runs.collect::<Vec<_>>() {
        done.await.unwrap().unwrap();
    }
    let (order, licences) = kept(&tenant, &placed).await;
    let [line] = licences.as_slice() else { panic!("one line has keys") };
    assert_eq!((line.line, line.user), (1, placed.group.user));
    let buyer = stack.store().user(tenant.scope(), line.user, Consistency::Strong).await.unwrap().unwrap();
    let (part, item, field) = (buyer.key_part.unwrap(), order.id.to_string(), domain::licence::field(1));
    let place = Place::of(&part, &item, &field);
    let keys: Vec<String> = stack.vault().open_json(&tenant.tenant, Purpose::Pii, place, &line.keys).await.unwrap();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 2);
    for (key, number) in keys.iter().zip(0..) {
        let found = stack.store().licence_place(tenant.scope(), &platform::licences::hash(key)).await.unwrap();
        assert_eq!(found, Some(domain::licence::LicencePlace { order: order.id, line: 1, number }));
    }
    let other = tenant.member(&[Role::Customer]).await.user.key_part.unwrap();
    let place = Place::of(&other, &item, &field);
    assert!(stack.vault().open_json::<Vec<String>>(&tenant.tenant, Purpose::Pii, place, &line.keys).await.is_err());
    state.handle(job(&tenant, event)).await.unwrap();
    assert_eq!(kept(&tenant, &placed).await.1, licences);
}

#[tokio::test]
async fn somebody_who_was_erased_gets_no_keys() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (placed, event) = bought(&tenant).await;
    erase(&tenant, &placed).await;
    state(&stack).handle(job(&tenant, event)).await.unwrap();
    assert_eq!(kept(&tenant, &placed).await.1, []);
}
