mod carriers;
mod couriers;
mod parallel;
mod parcels;
mod sellers;

#[test]
fn the_document_says_everything_about_every_operation() {
    assert_eq!(web::openapi::gaps(&crate::openapi()), Vec::<String>::new());
}
