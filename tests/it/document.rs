//! The API's document by itself: what it shows is what it says. That the answers are too, the walk over all operations sees.

use harness::contract::Contract;

use super::tenancy::document;

#[test]
fn every_example_is_what_its_schema_says() {
    let contract = Contract::new(document());
    let examples = contract.examples();
    let faults: Vec<_> = examples
        .iter()
        .flat_map(|(place, schema, example)| {
            contract.faults(schema, example).into_iter().map(move |fault| format!("{place}: {fault}"))
        })
        .collect();
    assert!(examples.len() > 300 && faults.is_empty(), "{} examples; {faults:#?}", examples.len());
}

#[test]
fn no_two_schemas_have_one_name() {
    assert_eq!(web::openapi::gaps(&document()), Vec::<String>::new());
}
