//! What providers' messages do to money, stock and rights, whoever sends them and in whatever order.

mod ended;
mod reference;
mod refunds;
mod sequences;
mod trips;
mod world;

#[test]
fn the_document_has_no_gaps() {
    assert_eq!(web::openapi::gaps(&crate::openapi()), Vec::<String>::new());
}
