//! Many buyers over few products for a while: nothing is sold twice, no order is lost, every piece and every minor unit is
//! accounted for.
//!
//! The short run is part of the suite; `make load` does the long one.

mod balance;
mod fate;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;

use self::fate::Round;
use crate::test_support::{Buyer, Offer, Shop, insist};

struct Load {
    buyers: usize,
    products: usize,
    stock: u32,
    time: Duration,
}

/// What one buyer was told.
#[derive(Default)]
struct Told {
    placed: BTreeSet<String>,
    answers: BTreeMap<String, usize>,
    fates: BTreeMap<&'static str, usize>,
    slowest: Duration,
}

/// Numbers that look random and are the same in each run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_buyers_over_five_products_leave_no_piece_unaccounted_for() {
    run(Load { buyers: 20, products: 5, stock: 10, time: Duration::from_secs(10) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute of the whole machine: make load"]
async fn two_hundred_buyers_over_twenty_products_leave_no_piece_unaccounted_for() {
    run(Load { buyers: 200, products: 20, stock: 40, time: Duration::from_secs(60) }).await;
}

async fn run(load: Load) {
    let shop = Arc::new(Shop::open().await);
    let mut offers = Vec::new();
    for _ in 0..load.products {
        offers.push(shop.offer(load.stock).await);
    }
    let offers = Arc::new(offers);
    let mut buyers = Vec::new();
    for _ in 0..load.buyers {
        buyers.push(shop.buyer().await);
    }
    let until = Instant::now() + load.time;
    let mut tasks = tokio::task::JoinSet::new();
    for (number, buyer) in buyers.into_iter().enumerate() {
        let (shop, offers) = (Arc::clone(&shop), Arc::clone(&offers));
        tasks.spawn(async move { shopping(&shop, &buyer, &offers, number, until).await });
    }
    let mut all = Told::default();
    for told in tasks.join_all().await {
        all.placed.extend(told.placed);
        all.slowest = all.slowest.max(told.slowest);
        for (answer, count) in told.answers {
            *all.answers.entry(answer).or_default() += count;
        }
        for (fate, count) in told.fates {
            *all.fates.entry(fate).or_default() += count;
        }
    }
    let end = balance::check(&shop, &offers, load.stock, &all.placed).await;
    println!(
        "{} buyers, {} products of {} pieces, {} s: {} checkouts, slowest {} ms; answers {:?}; then {:?}; {end}",
        load.buyers,
        load.products,
        load.stock,
        load.time.as_secs(),
        all.placed.len(),
        all.slowest.as_millis(),
        all.answers,
        all.fates
    );
}

/// Buys and lets each checkout meet another fate, until the end.
async fn shopping(shop: &Shop, buyer: &Buyer, offers: &[Offer], number: usize, until: Instant) -> Told {
    let (mut told, mut dice) = (Told::default(), Dice(0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1)));
    let mut round = 0;
    while Instant::now() < until {
        round += 1;
        for _ in 0..=dice.below(3) {
            let (offer, pieces) = (&offers[dice.below(offers.len())], dice.below(3) + 1);
            insist(|| buyer.add(offer, pieces)).await.data(StatusCode::OK);
        }
        let key = format!("k-{round}");
        let started = Instant::now();
        // Some press the button twice.
        let answers = if dice.below(4) == 0 {
            let (one, other) = tokio::join!(insist(|| buyer.check_out(&key)), insist(|| buyer.check_out(&key)));
            vec![one, other]
        } else {
            vec![insist(|| buyer.check_out(&key)).await]
        };
        told.slowest = told.slowest.max(started.elapsed());
        let mut group = None;
        for answer in answers {
            let code = answer.body["code"].as_str().unwrap_or("-");
            *told.answers.entry(format!("{} {code}", answer.status.as_u16())).or_default() += 1;
            assert!(!answer.status.is_server_error(), "{}", answer.text());
            if answer.status == StatusCode::CREATED {
                let placed = answer.data(StatusCode::CREATED).clone();
                told.placed.insert(placed["id"].as_str().unwrap().to_owned());
                group = Some(placed);
            }
        }
        let Some(group) = group else {
            insist(|| buyer.delete("/cart")).await.data(StatusCode::OK);
            continue;
        };
        let round = Round { shop, buyer, group, number: format!("{number}_{round}") };
        *told.fates.entry(round.meet(dice.below(11)).await).or_default() += 1;
    }
    told
}
