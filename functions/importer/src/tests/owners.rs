//! Whose products an import may touch.

use domain::bulk::FaultCode;
use domain::catalog::ProductStatus;
use domain::id::MaterialId;
use domain::user::{User, UserStatus};

use super::*;

const VASE: &str = "sku,name,basePrice,stockPolicy\nVASE-1,Vase,5,DIGITAL\n";

async fn code(desk: &Desk, import: &Import) -> Vec<String> {
    desk.faults(import).await.into_iter().map(|(_, _, code)| code).collect()
}

#[tokio::test]
async fn a_seller_changes_own_products_only() {
    let desk = Desk::open().await;
    desk.import(VASE).await;
    let rival = desk.tenant.member(&[Role::Seller]).await;
    let theirs = |import: &mut Import| (import.user, import.seller) = (rival.user.id, rival.user.seller);
    let import = desk.asked(VASE.replace("Vase", "Mine").as_bytes(), theirs).await;
    let import = desk.slice(&import, ALL).await;
    assert_eq!((counts(&import), code(&desk, &import).await), ((1, 0, 0, 0, 1), vec!["SKU_TAKEN".to_owned()]));
    assert_eq!(desk.product("VASE-1").await.unwrap().product.name.as_str(), "Vase");
}

#[tokio::test]
async fn the_tenants_people_change_everybodys_and_make_products_for_the_seller_they_name() {
    let desk = Desk::open().await;
    desk.import(VASE).await;
    let staff = desk.tenant.member(&[Role::Staff]).await;
    let file = "sku,name,basePrice,stockPolicy\nVASE-1,Vase of all,5,DIGITAL\nVASE-2,Vase,5,DIGITAL\n";
    let open = desk.asked(file.as_bytes(), |import| (import.user, import.seller) = (staff.user.id, None)).await;
    let open = desk.slice(&open, ALL).await;
    assert_eq!((counts(&open), code(&desk, &open).await), ((2, 0, 1, 0, 1), vec!["SELLER_REQUIRED".to_owned()]));
    let named = desk.asked(file.as_bytes(), |import| import.user = staff.user.id).await;
    assert_eq!(counts(&desk.slice(&named, ALL).await), (2, 1, 0, 1, 0));
    assert_eq!(desk.product("VASE-2").await.unwrap().product.seller, desk.own().unwrap());
}

#[tokio::test]
async fn where_products_may_only_be_made_none_is_changed() {
    let desk = Desk::open().await;
    desk.import(VASE).await;
    let file = "sku,name,basePrice,stockPolicy,material\nVASE-1,New,5,DIGITAL,\nVASE-2,Vase,5,DIGITAL,Clay\nVASE-2,Vase,5,DIGITAL,Glass\n";
    let import = desk.asked(file.as_bytes(), |import| import.mode = ImportMode::CreateOnly).await;
    let import = desk.slice(&import, ALL).await;
    assert_eq!((counts(&import), code(&desk, &import).await), ((3, 1, 1, 0, 1), vec!["SKU_TAKEN".to_owned()]));
    assert_eq!(desk.product("VASE-2").await.unwrap().materials.len(), 2);
}

#[tokio::test]
async fn what_a_request_could_not_do_a_row_can_not_do_either() {
    let desk = Desk::open().await;
    desk.import(VASE).await;
    let store = desk.tenant.stack.store();
    let vase = desk.product("VASE-1").await.unwrap().product;
    let picture: FileId = desk.tenant.operation().id();
    let file = format!(
        "sku,name,slug,basePrice,stockPolicy,images,material,stock\n\
         VASE-2,Vase,{},5,DIGITAL,,,\nVASE-3,Vase,,5,DIGITAL,{picture},,\nVASE-4,Vase,,5,DIGITAL,,Clay,5\n",
        vase.slug
    );
    let import = desk.import(file).await;
    assert_eq!(code(&desk, &import).await, ["SLUG_TAKEN", "INVALID_VALUE", "INVALID_VALUE"]);
    let archived = Product { status: ProductStatus::Archived, ..vase.clone() };
    store.update_product(&desk.tenant.operation(), &vase, &archived).await.unwrap().unwrap();
    let import = desk.import(VASE).await;
    assert_eq!(code(&desk, &import).await, ["ARCHIVED"]);
    assert_eq!(desk.products().await.len(), 1);
}

#[tokio::test]
async fn a_product_enters_only_categories_and_takes_only_shared_materials_that_there_are() {
    let desk = Desk::open().await;
    let material: MaterialId = desk.tenant.operation().id();
    let file = format!(
        "sku,name,basePrice,stockPolicy,categories,sharedMaterials\nVASE-1,Vase,5,DIGITAL,nowhere,\n\
         VASE-2,Vase,5,DIGITAL,,{material}\nVASE-3,Vase,5,DIGITAL,,\n"
    );
    let import = desk.import(file).await;
    assert_eq!(counts(&import), (3, 1, 0, 0, 2));
    let faults = desk.faults(&import).await;
    let wanted = [(2, "categories", "INVALID_VALUE"), (3, "sharedMaterials", "INVALID_VALUE")];
    assert_eq!(faults, wanted.map(|(row, column, code)| (row, column.to_owned(), code.to_owned())));
}

#[tokio::test]
async fn who_was_suspended_meanwhile_changes_nothing() {
    let desk = Desk::open().await;
    let import = desk.asked(VASE.as_bytes(), |_| ()).await;
    let user = desk.tenant.stored(&format!("U#{}", desk.seller.user.id)).await;
    let row = user.iter().find(|row| row["type"] == "User").unwrap();
    desk.tenant.overwrite(row, "status", "SUSPENDED").await;
    let user: Option<User> =
        desk.tenant.stack.store().user(desk.tenant.scope(), desk.seller.user.id, Consistency::Strong).await.unwrap();
    assert_eq!(user.unwrap().status, UserStatus::Suspended);
    let import = desk.slice(&import, ALL).await;
    assert_eq!(import.failure.unwrap().code, FaultCode::NotAllowed);
    assert!(desk.products().await.is_empty());
    let customer = desk.tenant.member(&[Role::Customer]).await;
    let theirs = desk.asked(VASE.as_bytes(), |import| (import.user, import.seller) = (customer.user.id, None)).await;
    assert_eq!(desk.slice(&theirs, ALL).await.failure.unwrap().code, FaultCode::NotAllowed);
}
