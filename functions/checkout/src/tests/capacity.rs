//! What a checkout writes, and what that costs, by how much is in the cart.
//!
//! `make bench` runs this with `HAAT_CAPACITY_OUT` set to a file, and puts the figures into BENCHMARKS.md.

use harness::capacity::cost;
use http::StatusCode;
use platform::config::Env;
use serde_json::json;

use super::money::futures_of;
use crate::test_support::{Buyer, Offer, Shop};

/// The numbers of lines that are looked at.
const LINES: [usize; 6] = [1, 2, 5, 10, 20, 40];

/// A buyer with one piece of each of some offers in the cart.
struct Full {
    buyer: Buyer,
    lines: usize,
    sellers: usize,
}

impl Full {
    async fn cart(shop: &Shop, offers: &[Offer], sellers: usize) -> Self {
        let buyer = shop.buyer().await;
        for offer in offers {
            buyer.add(offer, 1).await.data(StatusCode::OK);
        }
        Self { buyer, lines: offers.len(), sellers }
    }
}

#[tokio::test]
async fn a_checkout_costs_a_fixed_part_and_a_part_for_each_line_and_seller() {
    let shop = Shop::open().await;
    let together = shop.tenant.stack.ambient().id();
    let one_seller = futures_of(40, async |_| shop.offer_by(together, 100, |_| ()).await).await;
    let many_sellers = futures_of(40, async |_| shop.offer(100).await).await;
    let carts = futures_of(2 * LINES.len(), async |n| {
        let lines = LINES[n / 2];
        match n % 2 {
            0 => Some(Full::cart(&shop, &one_seller[..lines], 1).await),
            _ if lines == 1 => None,
            _ => Some(Full::cart(&shop, &many_sellers[..lines], lines).await),
        }
    });
    let mut rows = Vec::new();
    let (carts, mut before) = (carts.await, shop.tenant.items().await);
    for Full { buyer, lines, sellers } in carts.into_iter().flatten() {
        let answer = buyer.check_out("k").await;
        answer.data(StatusCode::CREATED);
        assert_eq!(answer.round_trips(), 3);
        let after = shop.tenant.items().await;
        let cost = cost(&before, &after);
        before = after;
        println!("{lines} lines of {sellers} sellers: {cost:?}");
        // The answer, the cart, the group, an event, an audit row; and the count of this minute's payments.
        assert_eq!(cost.items, (6 + lines + sellers) as u64);
        let total = cost.table_units + cost.index_units;
        let most = 22 + 5 * lines as u64 + 7 * sellers as u64;
        assert!(total <= most, "{total} units for {lines} lines of {sellers} sellers, more than {most}");
        rows.push(json!({
            "lines": lines, "sellers": sellers, "items": cost.items, "bytes": cost.bytes,
            "tableUnits": cost.table_units, "indexUnits": cost.index_units,
        }));
    }
    if let Some(path) = Env::process().optional_text("HAAT_CAPACITY_OUT") {
        std::fs::write(path, serde_json::to_vec_pretty(&json!({"checkouts": rows})).unwrap()).unwrap();
    }
}
