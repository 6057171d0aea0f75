//! What is really in the table, for tests that look behind the API.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use crate::stack::TestTenant;

impl TestTenant {
    /// Reads every item of the tenant whose key continues with `kind` (such as `EVT#`), as JSON with its `pk` and `sk`.
    #[allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]
    #[allow(
        clippy::disallowed_methods,
        reason = "looks for what nothing else would find; the tables of tests are small"
    )]
    pub async fn stored(&self, kind: &str) -> Vec<Value> {
        let start = AttributeValue::S(format!("T#{}#{kind}", self.id()));
        let scan = self.stack.dynamodb().scan().table_name(&self.stack.names.table).consistent_read(true);
        let scan = scan.filter_expression("begins_with(pk, :start)").expression_attribute_values(":start", start);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let items = items.expect("the table can be scanned").into_iter();
        items.map(|item| serde_dynamo::from_item(item).expect("an item is JSON")).collect()
    }

    /// Puts a row as it is, as no function would.
    #[allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]
    pub async fn put_raw(&self, row: &Value) {
        let row = serde_dynamo::to_item(row).expect("a row is an item");
        let put = self.stack.dynamodb().put_item().table_name(&self.stack.names.table).set_item(Some(row));
        put.send().await.expect("the local table takes a row");
    }

    /// Overwrites an attribute of a stored row with a text, as no function would.
    #[allow(clippy::expect_used, reason = "a step that fails here fails the test that asked for it")]
    pub async fn overwrite(&self, row: &Value, attribute: &str, text: &str) {
        let value = |text: &str| AttributeValue::S(text.to_owned());
        let key = |name: &str| value(row[name].as_str().expect("a row has a key"));
        let update = self.stack.dynamodb().update_item().table_name(&self.stack.names.table);
        let update = update.key("pk", key("pk")).key("sk", key("sk")).update_expression("SET #a = :v");
        let update = update.expression_attribute_names("#a", attribute).expression_attribute_values(":v", value(text));
        update.send().await.expect("the local table takes a write");
    }
}
