use domain::access::Role;
use domain::catalog::{Product, ProductEdit, ProductStatus, StockPolicy};
use domain::id::CategoryId;
use domain::money::{Currency, Money};
use harness::client::TestAnswer;
use harness::member::Member;
use http::StatusCode;
use serde_json::{Value, json};
use store::products::ProductRefused;
use store::table::Consistency;

use crate::test_support::Shop;

struct Tree {
    shop: Shop,
    staff: Member,
}

impl Tree {
    async fn plant() -> Self {
        let shop = Shop::open().await;
        let staff = shop.sign_in(Role::Staff).await;
        Self { shop, staff }
    }

    async fn add(&self, slug: &str, parent: Option<&str>) -> TestAnswer {
        let body = json!({"name": slug, "slug": slug, "parentId": parent});
        self.shop.client.post("/admin/categories").bearer(&self.staff.token).json(body).send().await
    }

    async fn added(&self, slug: &str, parent: Option<&str>) -> String {
        self.add(slug, parent).await.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned()
    }

    async fn patch(&self, id: &str, body: Value) -> TestAnswer {
        let path = format!("/admin/categories/{id}");
        self.shop.client.patch(&path).bearer(&self.staff.token).json(body).send().await
    }

    async fn delete(&self, id: &str) -> TestAnswer {
        self.shop.client.delete(&format!("/admin/categories/{id}")).bearer(&self.staff.token).send().await
    }

    /// A product that is not stored yet.
    fn product(&self, number: usize, category: &str) -> Product {
        let operation = self.shop.tenant().operation();
        let edit = ProductEdit {
            name: Some("Vase".parse().unwrap()),
            sku: Some(format!("VASE-{number}").parse().unwrap()),
            base_price: Some(Money::new(100, Currency::Inr)),
            stock_policy: Some(StockPolicy::MadeToOrder),
            categories: Some(vec![category.parse().unwrap()]),
            status: Some(ProductStatus::Active),
            ..ProductEdit::default()
        };
        edit.open(operation.id(), operation.id(), operation.now).unwrap()
    }

    async fn store(&self, product: &Product) -> Result<(), ProductRefused> {
        let operation = self.shop.tenant().operation();
        self.shop.tenant().stack.store().create_product(&operation, product).await.unwrap()
    }
}

#[tokio::test]
async fn categories_are_added_changed_moved_and_removed() {
    let tree = Tree::plant().await;
    let home = tree.add("home", None).await;
    assert_eq!((home.header("etag"), home.header("location")), ("\"1\"", "/api/v1/categories"));
    let home = home.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();
    let vases = tree.add("vases", Some(&home)).await;
    assert_eq!(vases.round_trips(), 2);
    let vases = vases.data(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();
    tree.add("vases", None).await.refused(StatusCode::CONFLICT, "SLUG_TAKEN");
    assert_eq!(tree.add("x", None).await.fields(), ["slug"]);
    let foreign = "cat_01JQZX3N9Q5S0V6T7W8Y9Z0ABC";
    assert_eq!(tree.add("lamps", Some(foreign)).await.fields(), ["parentId"]);
    let renamed = tree.patch(&vases, json!({"name": "Vases & bowls", "position": 3})).await;
    let renamed = renamed.data(StatusCode::OK);
    assert_eq!(
        (&renamed["name"], &renamed["parentId"], &renamed["depth"]),
        (&json!("Vases & bowls"), &json!(home), &json!(2))
    );
    let circle = tree.patch(&home, json!({"parentId": vases})).await;
    circle.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    assert_eq!(circle.fields(), ["parentId"]);
    tree.delete(&home).await.refused(StatusCode::CONFLICT, "CATEGORY_IN_USE");
    let top = tree.patch(&vases, json!({"parentId": null})).await;
    assert_eq!((&top.data(StatusCode::OK)["depth"], top.round_trips()), (&json!(1), 2));
    tree.delete(&home).await.data(StatusCode::OK);
    tree.delete(&home).await.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let path = format!("/admin/categories/{vases}");
    let stale = tree.shop.client.patch(&path).bearer(&tree.staff.token).header("if-match", "\"1\"");
    stale.json(json!({"position": 1})).send().await.refused(StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH");
    let trail = tree.shop.tenant().stored("AUD#").await;
    assert_eq!(trail.iter().filter(|row| row["action"] == "CATEGORY_CHANGED").count(), 5);
    assert_eq!(tree.shop.tenant().stored("CAT#").await.len(), 1);
}

#[tokio::test]
async fn two_moves_at_once_never_make_a_circle() {
    let tree = Tree::plant().await;
    for round in 0..5 {
        let (first, second) =
            (tree.added(&format!("first-{round}"), None).await, tree.added(&format!("second-{round}"), None).await);
        let (one, other) = tokio::join!(
            tree.patch(&first, json!({"parentId": second})),
            tree.patch(&second, json!({"parentId": first}))
        );
        let moved = [&one, &other].iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!(moved, 1, "{} {}", one.text(), other.text());
        let refused = if one.status == StatusCode::OK { other } else { one };
        refused.refused(StatusCode::UNPROCESSABLE_ENTITY, "RULE_BROKEN");
    }
    let (scope, store) = (tree.shop.tenant().scope(), tree.shop.tenant().stack.store());
    let stored = store.categories(scope, Consistency::Strong).await.unwrap();
    assert_eq!(stored.in_order().len(), 10);
}

#[tokio::test]
async fn of_a_product_that_comes_and_a_category_that_goes_at_once_one_stays() {
    let tree = Tree::plant().await;
    for number in 0..6 {
        let category = tree.added(&format!("category-{number}"), None).await;
        let product = tree.product(number, &category);
        let (stored, deleted) = tokio::join!(tree.store(&product), tree.delete(&category));
        let id: CategoryId = category.parse().unwrap();
        if stored.is_ok() {
            deleted.refused(StatusCode::CONFLICT, "CATEGORY_IN_USE");
        } else {
            assert_eq!(stored, Err(ProductRefused::CategoryGone(id)));
            deleted.data(StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn a_category_is_in_use_until_its_last_product_is_archived() {
    let tree = Tree::plant().await;
    let category = tree.added("vases", None).await;
    let products: Vec<Product> = (0..10).map(|number| tree.product(number, &category)).collect();
    let tasks: Vec<_> = products
        .iter()
        .map(|product| {
            let (store, operation) = (tree.shop.tenant().stack.store().clone(), tree.shop.tenant().operation());
            let product = product.clone();
            tokio::spawn(async move { store.create_product(&operation, &product).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let count = async || {
        let rows = tree.shop.tenant().stored("CAT#").await;
        rows.iter().find(|row| row["sk"] == "A").unwrap()["products"].clone()
    };
    assert_eq!(count().await, 10);
    let (store, operation) = (tree.shop.tenant().stack.store(), tree.shop.tenant().operation());
    for product in &products {
        tree.delete(&category).await.refused(StatusCode::CONFLICT, "CATEGORY_IN_USE");
        let archived = Product { status: ProductStatus::Archived, ..product.clone() };
        store.update_product(&operation, product, &archived).await.unwrap().unwrap();
    }
    assert_eq!(count().await, 0);
    tree.delete(&category).await.data(StatusCode::OK);
    assert!(tree.shop.tenant().stored("CAT#").await.is_empty());
}

#[tokio::test]
async fn only_who_manages_the_catalog_changes_the_tree() {
    let tree = Tree::plant().await;
    for role in [Role::Seller, Role::Customer] {
        let member = tree.shop.sign_in(role).await;
        let request = tree.shop.client.post("/admin/categories").bearer(&member.token).json(json!({"name": "Home"}));
        request.send().await.refused(StatusCode::FORBIDDEN, "FORBIDDEN");
    }
}
