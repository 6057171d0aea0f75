use domain::access::Role;
use domain::catalog::{Seller, SellerStatus};
use domain::ledger::Commission;
use http::StatusCode;
use serde_json::json;
use store::table::Consistency;

use crate::test_support::{Offer, Shop};

/// Something for sale by somebody with a profile.
async fn offer_with_profile(shop: &Shop, slug: &str) -> (Offer, Seller) {
    let member = shop.tenant.member(&[Role::Customer]).await;
    let seller = shop.tenant.profile(&member, slug, SellerStatus::Active).await;
    (shop.offer_by(seller.id, 10, |_| ()).await, seller)
}

#[tokio::test]
async fn nothing_of_a_suspended_seller_goes_into_a_cart_or_out_of_it() {
    let shop = Shop::open().await;
    let (offer, seller) = offer_with_profile(&shop, "layers").await;
    let (buyer, other) = (shop.buyer().await, shop.offer(10).await);
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    buyer.add(&other, 1).await.data(StatusCode::OK);
    let seller = shop.tenant.move_seller(&seller, SellerStatus::Suspended).await;
    let refused = buyer.add(&offer, 1).await;
    refused.refused(StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
    assert_eq!((refused.fields(), refused.round_trips()), (vec!["productId"], 1));
    let cart = buyer.get("/cart").await;
    let items = cart.data(StatusCode::OK)["items"].clone();
    assert_eq!((&items[0]["problem"], items[0].get("lineTotal")), (&json!("the product is not for sale"), None));
    assert!(items[1]["problem"].is_null());
    let refused = buyer.check_out("k1").await;
    refused.refused(StatusCode::BAD_REQUEST, "PRODUCT_INACTIVE");
    assert_eq!(refused.fields(), [format!("items[{}]", items[0]["id"].as_str().unwrap())]);
    assert_eq!(shop.stock(&offer).await, 10);
    shop.tenant.move_seller(&seller, SellerStatus::Active).await;
    let placed = buyer.check_out("k2").await;
    assert_eq!((placed.data(StatusCode::CREATED)["orderIds"].as_array().unwrap().len(), placed.round_trips()), (2, 3));
}

#[tokio::test]
async fn what_was_agreed_with_a_seller_is_frozen_on_their_orders_alone() {
    let usual = Commission { rate_bp: 1_000, tax_bp: 1_800 };
    let shop = Shop::open_with(|tenant| tenant.settings.commission = usual).await;
    let (offer, seller) = offer_with_profile(&shop, "layers").await;
    let (buyer, other) = (shop.buyer().await, shop.offer(10).await);
    let (store, scope) = (shop.tenant.stack.store(), shop.tenant.scope());
    let agree = async |before: Seller, commission_bp: Option<u32>| {
        let after = Seller { commission_bp, ..before.clone() };
        store.change_seller(&shop.tenant.operation(), &before, after).await.unwrap().unwrap()
    };
    let seller = agree(seller, Some(250)).await;
    buyer.add(&offer, 1).await.data(StatusCode::OK);
    buyer.add(&other, 1).await.data(StatusCode::OK);
    let group = buyer.check_out("k1").await.data(StatusCode::CREATED).clone();
    agree(seller, None).await;
    let mut kept = Vec::new();
    for id in group["orderIds"].as_array().unwrap() {
        let order = store.order(scope, id.as_str().unwrap().parse().unwrap()).await.unwrap().unwrap();
        kept.push((order.seller == offer.product.seller, order.commission));
    }
    assert_eq!(kept, [(true, Commission { rate_bp: 250, ..usual }), (false, usual)]);
    let later = buyer.buy(&offer, 1).await;
    let id = later["orderIds"][0].as_str().unwrap().parse().unwrap();
    assert_eq!(store.order(scope, id).await.unwrap().unwrap().commission, usual);
    let known = store.seller(scope, offer.product.seller, Consistency::Strong).await.unwrap().unwrap();
    assert_eq!((known.commission_bp, known.version), (None, 3));
}
