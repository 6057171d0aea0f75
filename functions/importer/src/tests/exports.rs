//! What is exported can be imported again.

use std::fmt::Debug;

use domain::bulk::FaultCode;
use domain::catalog::{Category, TreeStep};

use super::*;

/// Products with everything that a file can say of them, and what is awkward in tables.
const ALL_SORTS: &str = "{\"sku\":\"SORT-1\",\"name\":\"=SUM(A1)\",\"description\":\"<p>Two\\nlines, \\\"quoted\\\"</p>\",\"basePrice\":\"0.05\",\
    \"stockPolicy\":\"FINITE\",\"taxClass\":\"REDUCED\",\"weightGrams\":5,\"widthMm\":1,\"depthMm\":2,\"heightMm\":3,\
    \"attributes\":{\"=a\":\"'b\"},\"categories\":[\"lamps\",\"home\"],\"licenceKeys\":true,\"status\":\"ACTIVE\",\"material\":\"@home\",\"surcharge\":\"1.10\",\"stock\":7,\"leadTimeDays\":3}\n\
    {\"sku\":\"SORT-1\",\"material\":\"Gỗ\",\"materialActive\":false}\n\
    {\"sku\":\"SORT-2\",\"name\":\"'-Đèn\",\"basePrice\":\"1000000000\",\"stockPolicy\":\"DIGITAL\"}\n\
    {\"sku\":\"SORT-3\",\"name\":\"To order\",\"basePrice\":\"3\",\"stockPolicy\":\"MADE_TO_ORDER\",\"material\":\"Clay\"}\n";

/// Makes a category.
async fn category(desk: &Desk, slug: &str) {
    let (store, operation) = (desk.tenant.stack.store(), desk.tenant.operation());
    let (id, slug) = (operation.id(), slug.parse().unwrap());
    let tree = store.categories(desk.tenant.scope(), Consistency::Strong).await.unwrap();
    let tree = tree.add(Category { id, name: "Some".parse().unwrap(), slug, parent: None, position: 0 }, operation.now);
    store.change_categories(&operation, &tree.unwrap(), TreeStep::Add(id)).await.unwrap().unwrap();
}

async fn market() -> Desk {
    let desk = Desk::open().await;
    for slug in ["home", "lamps"] {
        category(&desk, slug).await;
    }
    desk
}

/// What a product is, whoever sells it and whenever it was made.
fn essence(detail: ProductDetail, like: &Product) -> (Product, Vec<impl PartialEq + Debug + use<>>) {
    // Categories have other ids elsewhere: that their names are the same is seen by exporting them.
    let Product { id, seller, categories, version, created_at, updated_at, .. } = like.clone();
    let materials = detail.materials.into_iter().map(|material| {
        (material.name, material.surcharge.amount, material.stock, material.lead_time_days, material.active)
    });
    (Product { id, seller, categories, version, created_at, updated_at, ..detail.product }, materials.collect())
}

#[tokio::test]
async fn an_export_changes_nothing_where_it_comes_from_and_makes_the_same_elsewhere() {
    let desk = market().await;
    let made = desk.import(ALL_SORTS).await;
    assert_eq!(counts(&made), (4, 3, 1, 0, 0), "{:?}", desk.report(&made).await);
    for format in [BulkFormat::Csv, BulkFormat::Jsonl] {
        let before = desk.tenant.stored("PRD#").await;
        let (export, bytes) = desk.export(format, ALL, desk.own()).await;
        assert_eq!((export.status, export.products, export.rows), (JobStatus::Done, 3, 4));
        assert_eq!(export.size, u64::try_from(bytes.len()).unwrap());
        let again = desk.asked(&bytes, |import| import.format = format).await;
        let again = desk.slice(&again, ALL).await;
        assert_eq!(counts(&again), (4, 0, 0, 4, 0), "{:?}", desk.report(&again).await);
        assert_eq!(desk.tenant.stored("PRD#").await, before);

        let other = market().await;
        let copied = other.asked(&bytes, |import| import.format = format).await;
        let copied = other.slice(&copied, ALL).await;
        assert_eq!(counts(&copied), (4, 3, 1, 0, 0), "{:?}", other.report(&copied).await);
        for sku in ["SORT-1", "SORT-2", "SORT-3"] {
            let (ours, theirs) = (desk.product(sku).await.unwrap(), other.product(sku).await.unwrap());
            let like = ours.product.clone();
            assert_eq!(theirs.product.categories.len(), like.categories.len());
            assert_eq!(essence(theirs, &like), essence(ours, &like));
        }
        let (_, second) = other.export(format, ALL, other.own()).await;
        let sorted = |bytes: &[u8]| -> Vec<_> {
            let mut lines: Vec<_> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&second), sorted(&bytes));
    }
}

#[tokio::test]
async fn an_export_in_slices_is_the_same_as_one_in_a_whole() {
    let desk = Desk::open().await;
    let rows: String = (1..=60).map(|row| format!("VASE-{row:03},Vase {row},5,DIGITAL\n")).collect();
    desk.import(format!("sku,name,basePrice,stockPolicy\n{rows}")).await;
    let (whole, bytes) = desk.export(BulkFormat::Csv, ALL, desk.own()).await;
    let (sliced, again) = desk.export(BulkFormat::Csv, Slice { rows: 1, ..ALL }, desk.own()).await;
    assert_eq!(again, bytes);
    assert_eq!((whole.version, sliced.version, sliced.products), (2, 4, 60));
    assert!(bytes.starts_with(b"\xef\xbb\xbfsku,name,"));
}

#[tokio::test]
async fn without_a_seller_only_the_tenants_people_export_and_only_what_is_for_sale() {
    let desk = Desk::open().await;
    desk.import("sku,name,basePrice,stockPolicy,status\nVASE-1,Vase,5,DIGITAL,ACTIVE\nVASE-2,Vase,5,DIGITAL,DRAFT\n")
        .await;
    let (refused, _) = desk.export(BulkFormat::Csv, ALL, None).await;
    assert_eq!(refused.failure.unwrap().code, FaultCode::NotAllowed);
    let staff = Desk { seller: desk.tenant.member(&[Role::Staff]).await, tenant: desk.tenant.clone() };
    let (export, bytes) = staff.export(BulkFormat::Jsonl, ALL, None).await;
    assert_eq!((export.status, export.products), (JobStatus::Done, 1));
    assert!(String::from_utf8(bytes).unwrap().contains("VASE-1"));
}
