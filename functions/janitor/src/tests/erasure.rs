use std::time::Duration;

use domain::access::Role;
use domain::address::{Address, AddressBook, PostalAddress};
use domain::catalog::{ProductStatus, Seller, SellerStatus, Standings};
use domain::id::AddressId;
use harness::stack::Stack;
use platform::people;
use store::privacy::Erasure;
use store::table::Consistency;

use crate::erasure::clear_away;

#[tokio::test]
async fn what_an_erased_person_left_is_gone_after_a_minute_and_their_products_are_off_the_shelf() {
    let stack = Stack::connect().await;
    let tenant = stack.tenant().await;
    let (store, scope) = (stack.store(), tenant.scope());
    let member = tenant.member(&[Role::Seller]).await;
    let id: AddressId = stack.ambient().id();
    let (item, now) = (id.to_string(), stack.now());
    let blank = PostalAddress::blank();
    let address = people::seal_address(stack.vault(), &tenant.tenant, &member.user, &item, &blank).await.unwrap();
    let entry = Address { id, user: member.user.id, address, created_at: now, updated_at: now, version: 1 };
    let book = AddressBook::default().add(id, true).unwrap();
    store.create_address(&tenant.operation(), &member.user, &book, &entry).await.unwrap();
    let seller = tenant.profile(&member, "layers", SellerStatus::Active).await;
    let agreed = Seller { commission_bp: Some(500), ..seller.clone() };
    let seller = store.change_seller(&tenant.operation(), &seller, agreed).await.unwrap().unwrap();
    let seller = tenant.move_seller(&seller, SellerStatus::Suspended).await;
    assert!(!store.standings(scope).await.unwrap().terms_of(seller.id).sells);
    let mut product = super::product(stack.ambient(), now);
    product.seller = member.user.seller.unwrap();
    store.create_product(&tenant.operation(), &product).await.unwrap().unwrap();

    let user = store.user(scope, member.user.id, Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(store.erase_user(&tenant.operation(), &user, None).await.unwrap(), Erasure::Done);
    assert_eq!(store.erase_user(&tenant.operation(), &user, None).await.unwrap(), Erasure::Changed);
    stack.clock.advance(Duration::from_secs(61));
    // Two runs at once, and another later.
    for _ in 0..2 {
        let run = || clear_away(store, stack.ambient(), "run");
        let (first, second) = tokio::join!(run(), run());
        assert!(first.is_ok() || second.is_ok());
    }
    let left = tenant.stored(&format!("U#{}", user.id)).await;
    assert_eq!(left.iter().map(|row| row["sk"].as_str().unwrap()).collect::<Vec<_>>(), ["A"]);
    assert!(left[0]["keyPart"].is_null() && left[0]["emailIndex"] == "");
    for kind in ["S#", "LOGIN#", "ERS#", "SELSLUG#"] {
        assert!(tenant.stored(kind).await.is_empty(), "{kind}");
    }
    let found = store.product(scope, product.id, Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(found.product.status, ProductStatus::Archived);
    let closed = store.seller(scope, seller.id, Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(closed.status, SellerStatus::Closed);
    // Nothing is for sale any more, so nothing has to be remembered.
    assert_eq!(store.standings(scope).await.unwrap(), Standings::default());
    let told = format!("{:?}", tenant.stored("SEL#").await);
    assert!(!told.contains("Layer") && !told.contains("layers"), "{told}");
}
