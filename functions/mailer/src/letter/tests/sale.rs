use super::*;

fn part() -> OrderPart {
    let Letter::OrderReceived(received) = order_received() else { panic!("another letter") };
    received.orders[0].clone()
}

const SALE_URL: &str = "https://lotus.haat.example/seller/orders/ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6";

pub(super) fn paid(to_send: bool) -> Letter {
    let (name, order_url, total) = ("Minh".to_owned(), SALE_URL.to_owned(), "₹6,180.28".to_owned());
    Letter::SalePaid(SalePaid { name, order: part(), order_url, total, to_send })
}

pub(super) fn cancelled(by_buyer: bool, reason: CancelReason, refund: Option<&str>) -> Letter {
    let (name, order_url, refund) = ("Minh".to_owned(), SALE_URL.to_owned(), refund.map(str::to_owned));
    Letter::SaleCancelled(SaleCancelled { name, by_buyer, reason, order: part(), order_url, refund, to_send: true })
}

pub(super) fn refunded(pieces: usize, restocked: bool, keep_back: bool) -> Letter {
    Letter::SaleRefunded(SaleRefunded {
        name: "Minh".to_owned(),
        order: part().id,
        order_url: SALE_URL.to_owned(),
        amount: "₹1,532.82".to_owned(),
        reason: "one wing was broken & could not be glued".to_owned(),
        lines: parcel(false).lines.into_iter().take(pieces).collect(),
        restocked,
        keep_back,
    })
}

#[test]
fn a_seller_is_told_in_plain_text_what_became_of_an_order() {
    let letter = written("en", &paid(true));
    assert_eq!(letter.subject, "New order for you at Lotus & Lathe");
    insta::assert_snapshot!(letter.text);
    let gone = written("en", &cancelled(true, CancelReason::ChangedMind, Some("₹6,180.28")));
    assert_eq!(gone.subject, "An order of yours at Lotus & Lathe was cancelled");
    insta::assert_snapshot!(gone.text);
    let back = written("en", &refunded(2, true, true));
    assert_eq!(back.subject, "Money was given back for an order of yours at Lotus & Lathe");
    insta::assert_snapshot!(back.text);
    insta::assert_snapshot!(written("en", &refunded(0, false, false)).text);
}

#[test]
fn each_case_of_a_letter_to_a_seller_has_words_of_its_own() {
    let distinct = |letters: Vec<Letter>, language: &str| {
        let texts: std::collections::BTreeSet<_> =
            letters.iter().map(|letter| written(language, letter)).map(|letter| (letter.text, letter.html)).collect();
        texts.len() == letters.len()
    };
    for language in languages() {
        assert!(distinct(vec![paid(true), paid(false)], language), "{language}");
        let gone = |by_buyer| CancelReason::ALL.map(|reason| cancelled(by_buyer, reason, None));
        assert!(distinct([gone(true), gone(false)].concat(), language), "{language}");
        let (free, money) = (cancelled(true, CancelReason::Mistake, None), Some("₹1"));
        assert!(distinct(vec![free, cancelled(true, CancelReason::Mistake, money)], language), "{language}");
        let back = [(0, false, false), (0, false, true), (2, false, false), (2, false, true), (2, true, true)];
        let back = back.map(|(pieces, restocked, keep_back)| refunded(pieces, restocked, keep_back));
        assert!(distinct(back.to_vec(), language), "{language}");
    }
}

#[test]
fn a_letter_to_a_seller_leads_to_the_order_and_names_what_was_sold_as_the_seller_does() {
    for language in languages() {
        for letter in [paid(true), cancelled(false, CancelReason::Unsaid, None), refunded(1, true, true)] {
            let goods = if matches!(letter, Letter::SaleRefunded(_)) { "PLA Matte Black" } else { "LL-0042" };
            let written = written(language, &letter);
            for part in [written.html.replace("&#x2f;", "/"), written.text] {
                assert!(part.contains(SALE_URL) && part.contains(goods), "{language}/{}", letter.kind());
            }
        }
    }
}
