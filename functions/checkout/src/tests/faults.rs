//! What checkout makes of AWS's bad days.

use harness::weather::{KEYS, TABLE, TRANSACTIONS, Weather};
use http::StatusCode;
use serde_json::json;

use crate::State;
use crate::test_support::Shop;

#[tokio::test]
async fn a_checkout_that_fails_on_the_way_orders_nothing_and_works_later() {
    let shop = Shop::open().await;
    let stack = &shop.tenant.stack;
    let (mut buyer, offer) = (shop.buyer().await, shop.offer(10).await);
    buyer.add(&offer, 2).await.data(StatusCode::OK);
    let weather = Weather::before(stack).await;
    let state = State::new(weather.edge(stack), harness::gateways(&shop.stand_in.url, stack.ambient()));
    buyer.speak_to(shop.tenant.client(crate::router(state)));
    // Warm but for the keys: the tenant and the public keys are known.
    buyer.get("/cart").await.data(StatusCode::OK);

    for storm in [KEYS, TABLE, TRANSACTIONS] {
        weather.storm(storm, u32::MAX);
        let answer = buyer.check_out("k1").await;
        answer.refused(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE");
        assert!(weather.clear() > 0, "{storm}");
        assert_eq!(shop.stock(&offer).await, 10);
        assert_eq!(buyer.get("/orders").await.data(StatusCode::OK), &json!([]));
        assert_eq!(buyer.get("/cart").await.data(StatusCode::OK)["items"].as_array().unwrap().len(), 1);
        let rows = shop.tenant.stored("").await;
        assert!(rows.iter().all(|row| !row.to_string().contains("MG Road")));
    }
    // The key of the request was not used up by what failed, and a short storm is waited out.
    weather.storm(TRANSACTIONS, 2);
    buyer.check_out("k1").await.data(StatusCode::CREATED);
    assert_eq!(weather.clear(), 2);
    assert_eq!(shop.stock(&offer).await, 8);
}
