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
}
