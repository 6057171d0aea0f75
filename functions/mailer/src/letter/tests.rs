mod sale;

use super::*;

fn branding() -> Branding {
    Branding {
        brand: "Lotus & Lathe".to_owned(),
        shop_url: "https://lotus.haat.example".to_owned(),
        legal_name: "Lotus and Lathe Private Limited".to_owned(),
        legal_address: vec!["14, 3rd Cross, Indiranagar".to_owned(), "Bengaluru 560038".to_owned()],
    }
}

fn position(name: &str, material: Option<&str>, quantity: u32) -> OrderPosition {
    OrderPosition {
        name: name.to_owned(),
        material: material.map(str::to_owned),
        sku: "LL-0042".to_owned(),
        quantity,
        unit_price: "₹1,299.00".to_owned(),
        total: "₹2,598.00".to_owned(),
    }
}

fn order_received() -> Letter {
    Letter::OrderReceived(OrderReceived {
        name: "Ananya".to_owned(),
        hold_until: "21 Nov 2026, 18:15 (Asia/Kolkata)".to_owned(),
        orders: vec![
            OrderPart {
                id: "ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
                lines: vec![
                    position("Articulated dragon, 30 cm", Some("PLA Matte Black"), 2),
                    position("Modular desk organiser with five drawers, cable channel and a long name", None, 2),
                ],
            },
            OrderPart {
                id: "ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C7".to_owned(),
                lines: vec![position("Đèn bàn hình hoa sen", Some("Gỗ tre ép"), 2)],
            },
        ],
        subtotal: "₹7,794.00".to_owned(),
        discount: None,
        shipping: "₹49.00".to_owned(),
        tax: "₹1,402.92".to_owned(),
        prices_include_tax: false,
        total: "₹9,245.92".to_owned(),
        address: ["Ananya Raghunathan", "Flat 5B, Palm Grove", "Chennai 600034", "India"].map(str::to_owned).to_vec(),
    })
}

fn order_cancelled(by_buyer: bool, reason: CancelReason, refund: Option<&str>) -> Letter {
    let Letter::OrderReceived(received) = order_received() else { panic!("another letter") };
    let refund = refund.map(str::to_owned);
    Letter::OrderCancelled(OrderCancelled { name: received.name, by_buyer, reason, orders: received.orders, refund })
}

fn parcel(more_to_come: bool) -> ParcelMoved {
    let position = |name: &str, material: Option<&str>, quantity| Pieces {
        name: name.to_owned(),
        material: material.map(str::to_owned),
        quantity,
    };
    ParcelMoved {
        name: "Ananya".to_owned(),
        carrier: "Blue Crane".to_owned(),
        service: "Express".to_owned(),
        tracking_number: "CRANE-20261121-0007".to_owned(),
        tracking_url: "https://track.crane.example/?awb=CRANE-20261121-0007".to_owned(),
        order: "ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
        order_url: "https://lotus.haat.example/orders/ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
        lines: vec![
            position("Articulated dragon, 30 cm", Some("PLA Matte Black"), 2),
            position("Modular desk organiser with five drawers, cable channel and a long name", None, 12),
        ],
        more_to_come,
    }
}

fn invoice_issued() -> Letter {
    Letter::InvoiceIssued(InvoiceIssued {
        name: "Ananya".to_owned(),
        number: "LL-2026-0042".to_owned(),
        issued_on: "21 Nov 2026".to_owned(),
        order: "ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
        order_url: "https://lotus.haat.example/orders/ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
        total: "₹3,114.64".to_owned(),
    })
}

fn credit_note_issued() -> Letter {
    Letter::CreditNoteIssued(CreditNoteIssued {
        name: "Ananya".to_owned(),
        number: "CN-LL-2026-0007".to_owned(),
        invoice: "LL-2026-0042".to_owned(),
        issued_on: "21 Nov 2026".to_owned(),
        order: "ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
        order_url: "https://lotus.haat.example/orders/ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
        total: "₹1,532.82".to_owned(),
    })
}

fn written(locale: &str, letter: &Letter) -> Written {
    Writer::new().unwrap().write(locale, &branding(), letter).unwrap()
}

fn link() -> Link {
    Link {
        name: "Ananya".to_owned(),
        link: "https://lotus.haat.example/reset-password?token=usr_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6.dGhlLXNlY3JldC1vZi10aGUtbWFpbC1pbi1mb3VydHktdGhyZWU"
            .to_owned(),
        life: 24,
    }
}

fn notice(change: SecurityChange) -> Letter {
    Letter::SecurityNotice(SecurityNotice {
        name: "Ananya".to_owned(),
        change,
        at: "21 Nov 2026, 18:15 (Asia/Kolkata)".to_owned(),
        reset_url: "https://lotus.haat.example/forgot-password".to_owned(),
    })
}

fn seller_moved(status: SellerStatus) -> Letter {
    Letter::SellerMoved(SellerMoved { name: "Ananya".to_owned(), seller: "Layer & Sons".to_owned(), status })
}

const CHANGES: [SecurityChange; 7] = [
    SecurityChange::Password,
    SecurityChange::Email,
    SecurityChange::MfaEnabled,
    SecurityChange::MfaDisabled,
    SecurityChange::BackupCodes,
    SecurityChange::IdentityLinked,
    SecurityChange::RefreshTokenReused,
];

/// Every letter that there is, by its name; notices once for each change.
fn all() -> Vec<(String, Letter)> {
    let mut letters = vec![
        order_received(),
        order_cancelled(false, CancelReason::OutOfStock, Some("₹9,245.92")),
        sale::paid(true),
        sale::cancelled(true, CancelReason::ChangedMind, Some("₹6,180.28")),
        sale::refunded(2, true, true),
        Letter::ParcelSent(parcel(true)),
        Letter::ParcelDelivered(parcel(false)),
        invoice_issued(),
        credit_note_issued(),
        Letter::EmailVerification(link()),
        Letter::PasswordReset(link()),
        Letter::EmailChange(link()),
        Letter::Invitation(link()),
    ];
    letters.extend(CHANGES.map(notice));
    letters.extend([SellerStatus::Active, SellerStatus::Suspended].map(seller_moved));
    let name = |letter: &Letter| match letter {
        Letter::SecurityNotice(notice) => format!("security_notice_{:?}", notice.change),
        Letter::SellerMoved(moved) => format!("seller_moved_{:?}", moved.status),
        other => other.kind().to_owned(),
    };
    letters.into_iter().map(|letter| (name(&letter), letter)).collect()
}

fn languages() -> std::collections::BTreeSet<&'static str> {
    let folders = TEMPLATES.iter().filter_map(|(name, _)| name.split_once('/')).map(|(folder, _)| folder);
    folders.collect()
}

#[test]
fn an_order_is_confirmed_in_plain_text() {
    let letter = written("en", &order_received());
    assert_eq!(letter.subject, "Your order at Lotus & Lathe");
    insta::assert_snapshot!(letter.text);
}

#[test]
fn the_sums_of_an_order_with_a_coupon_add_up_in_every_language() {
    for (language, word) in [("en", "Discount"), ("vi", "Giảm giá"), ("hi", "छूट")] {
        let Letter::OrderReceived(mut received) = order_received() else { panic!("another letter") };
        assert!(!written(language, &Letter::OrderReceived(received.clone())).text.contains(word));
        received.discount = Some("−₹779.40".to_owned());
        let letter = written(language, &Letter::OrderReceived(received));
        assert!(letter.text.contains(&format!("\n{word}: −₹779.40\n")), "{}", letter.text);
        assert!(letter.html.contains(word) && letter.html.contains("−₹779.40"));
    }
}

#[test]
fn a_cancellation_says_why_and_what_goes_back_in_plain_text() {
    let letter = written("en", &order_cancelled(false, CancelReason::OutOfStock, Some("₹9,245.92")));
    assert_eq!(letter.subject, "Your order at Lotus & Lathe was cancelled");
    insta::assert_snapshot!(letter.text);
    insta::assert_snapshot!(written("en", &order_cancelled(true, CancelReason::ChangedMind, None)).text);
}

#[test]
fn who_called_an_order_off_is_told_in_words_of_their_own() {
    for language in languages() {
        let mut told = std::collections::BTreeSet::new();
        for reason in CancelReason::ALL {
            for by_buyer in [true, false] {
                told.insert(written(language, &order_cancelled(by_buyer, reason, None)).text);
            }
        }
        // Four reasons are told to who did not ask for it, and none to who did.
        assert_eq!(told.len(), 6, "{language}");
    }
}

#[test]
fn a_parcel_is_announced_with_the_way_to_follow_it_and_its_arrival_is_told() {
    for language in languages() {
        let (part, all) = (parcel(true), parcel(false));
        let sent = [&part, &all].map(|parcel| written(language, &Letter::ParcelSent(parcel.clone())));
        assert_ne!(sent[0].text, sent[1].text, "{language}: more is to come");
        for letter in &sent {
            for text in [letter.html.replace("&#x2f;", "/"), letter.text.clone()] {
                assert!(text.contains(&part.tracking_url) && text.contains("12"), "{language}");
            }
        }
        let arrived = written(language, &Letter::ParcelDelivered(all));
        assert_ne!(arrived.subject, sent[0].subject, "{language}");
        assert!(arrived.text.contains(&part.tracking_number) && arrived.text.contains(&part.order_url), "{language}");
    }
    let letter = written("en", &Letter::ParcelSent(parcel(true)));
    assert_eq!(letter.subject, "Your parcel from Lotus & Lathe is on its way");
    insta::assert_snapshot!(letter.text);
    insta::assert_snapshot!(written("en", &Letter::ParcelDelivered(parcel(false))).text);
}

#[test]
fn an_invoice_is_announced_in_plain_text() {
    let letter = written("en", &invoice_issued());
    assert_eq!(letter.subject, "Invoice LL-2026-0042 from Lotus & Lathe");
    insta::assert_snapshot!(letter.text);
}

#[test]
fn a_credit_note_is_announced_in_plain_text() {
    let letter = written("en", &credit_note_issued());
    assert_eq!(letter.subject, "Credit note CN-LL-2026-0007 from Lotus & Lathe");
    insta::assert_snapshot!(letter.text);
}

#[test]
fn html_is_complete_in_every_language_and_asks_nobody_for_anything() {
    for language in languages() {
        for (name, letter) in all() {
            let letter = written(language, &letter);
            let html = letter.html;
            assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>"), "{language}/{name}");
            assert!(html.contains(&format!("lang=\"{language}\"")), "{language}/{name}");
            for foreign in ["{{", "{%", "<mj-", "<script", "<img", "url(", "@import", "fonts.googleapis"] {
                for part in [&html, &letter.text, &letter.subject] {
                    assert!(!part.contains(foreign), "{language}/{name} has {foreign}");
                }
            }
            // Set HAAT_KEEP_HTML to a folder while compiling the tests to look at the mails.
            if let Some(folder) = option_env!("HAAT_KEEP_HTML") {
                std::fs::write(std::path::Path::new(folder).join(format!("{language}-{name}.html")), html).unwrap();
            }
        }
    }
}

#[test]
fn a_link_is_in_both_parts_and_a_name_only_where_the_address_is_known_to_be_theirs() {
    for language in languages() {
        for (letter, named) in [
            (Letter::EmailVerification(link()), false),
            (Letter::EmailChange(link()), false),
            (Letter::PasswordReset(link()), true),
            (Letter::Invitation(link()), true),
        ] {
            let written = written(language, &letter);
            for part in [written.html.replace("&#x2f;", "/"), written.text] {
                assert!(part.contains(&link().link), "{language}/{}", letter.kind());
                assert_eq!(part.contains("Ananya"), named, "{language}/{}", letter.kind());
            }
            assert!(!written.subject.contains("token") && !written.subject.contains("Ananya"));
        }
    }
}

#[test]
fn each_change_is_told_in_words_of_its_own() {
    for language in languages() {
        let told: std::collections::BTreeSet<_> = CHANGES
            .into_iter()
            .map(|change| written(language, &notice(change)))
            .map(|letter| (letter.subject, letter.text))
            .collect();
        let subjects: std::collections::BTreeSet<_> = told.iter().map(|(subject, _)| subject).collect();
        assert_eq!((told.len(), subjects.len()), (CHANGES.len(), CHANGES.len()), "{language}");
    }
}

#[test]
fn what_was_bought_is_kept_and_what_brings_a_link_that_works_once_never_is() {
    let (mut kept, mut not_kept) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for (_, letter) in all() {
        let of_its_kind = if letter.is_kept() { &mut kept } else { &mut not_kept };
        of_its_kind.insert(letter.kind());
        let written = written("en", &letter);
        let brings_a_token = written.text.contains("token=") || written.html.contains("token=");
        assert!(!(letter.is_kept() && brings_a_token), "{}", letter.kind());
    }
    for kind in ["order_received", "order_cancelled", "invoice_issued", "credit_note_issued", "parcel_sent"] {
        assert!(kept.contains(kind), "{kind}");
    }
    for kind in ["password_reset", "invitation", "email_verification", "email_change", "security_notice"] {
        assert!(not_kept.contains(kind), "{kind}");
    }
}

#[test]
fn a_link_is_never_printed() {
    let printed = format!("{:?}", Letter::PasswordReset(link()));
    assert!(!printed.contains("token") && !printed.contains("Ananya"), "{printed}");
}

#[test]
fn somebody_is_told_in_plain_text_that_their_password_was_changed() {
    let letter = written("en", &notice(SecurityChange::Password));
    assert_eq!(letter.subject, "Your password at Lotus & Lathe was changed");
    insta::assert_snapshot!(letter.text);
}

#[test]
fn a_link_to_set_a_password_is_sent_in_plain_text() {
    let letter = written("en", &Letter::PasswordReset(Link { life: 15, ..link() }));
    assert_eq!(letter.subject, "Set a new password at Lotus & Lathe");
    insta::assert_snapshot!(letter.text);
}

#[test]
fn a_name_can_not_become_markup_or_a_header() {
    let mut branding = branding();
    branding.brand = "<b>Evil</b>\r\nBcc: all@example.com {{ name }}".to_owned();
    let letter = Writer::new().unwrap().write("en", &branding, &invoice_issued()).unwrap();
    assert!(!letter.html.contains("<b>Evil"));
    assert!(letter.html.contains("{{ name }}"), "a value is not a template");
    assert!(!letter.subject.contains(['\r', '\n']));
}

#[test]
fn a_language_without_templates_is_written_in_english() {
    assert_eq!(written("ta-IN", &invoice_issued()), written("en", &invoice_issued()));
    assert_ne!(written("hi-IN", &invoice_issued()), written("en", &invoice_issued()));
    assert_eq!(written("vi-VN", &invoice_issued()), written("vi", &invoice_issued()));
}

#[test]
fn every_language_has_every_letter() {
    assert_eq!(Vec::from_iter(languages()), ["en", "hi", "vi"]);
    for language in languages() {
        for (_, letter) in all() {
            for extension in ["html", "txt", "subject"] {
                let wanted = format!("{language}/{}.{extension}", letter.kind());
                assert!(TEMPLATES.iter().any(|(name, _)| *name == wanted), "{wanted} is missing");
            }
        }
    }
}

#[test]
fn a_seller_is_told_in_every_language_whether_they_can_sell() {
    for language in languages() {
        let [active, suspended] =
            [SellerStatus::Active, SellerStatus::Suspended].map(|status| written(language, &seller_moved(status)));
        assert_ne!(active.subject, suspended.subject, "{language}");
        assert_ne!(active.text, suspended.text, "{language}");
        for letter in [active, suspended] {
            assert!(letter.text.contains("Layer & Sons") && letter.html.contains("Layer &amp; Sons"), "{language}");
        }
    }
    assert_eq!(written("en", &seller_moved(SellerStatus::Active)).subject, "You can sell at Lotus & Lathe now");
}
