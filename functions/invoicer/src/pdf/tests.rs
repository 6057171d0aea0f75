mod samples;

use samples::{NAMES, all, credit_note, dinars, discounted, forty_lines, one_line, vietnamese};

use super::layout::arrange;
use super::sheet::{HEIGHT, MARGIN, Mark, Sheet, WIDTH};
use super::text::{bold, regular};
use super::*;

fn fonts() -> Fonts {
    Fonts::load().unwrap()
}

fn texts(sheet: &Sheet) -> Vec<String> {
    sheet
        .pages()
        .iter()
        .flatten()
        .filter_map(|mark| if let Mark::Text { line, .. } = mark { Some(line.text()) } else { None })
        .collect()
}

#[test]
fn no_text_leaves_the_page_or_lies_on_another() {
    let fonts = fonts();
    for invoice in all() {
        let sheet = arrange(&fonts, &invoice);
        for page in sheet.pages() {
            let mut boxes = Vec::new();
            for mark in page {
                let Mark::Text { x, y, line, .. } = mark else { continue };
                assert!(*x >= MARGIN && x + line.width() <= WIDTH - MARGIN + 10, "{} stands out", line.text());
                assert!(*y > line.size && *y < HEIGHT - 1_000);
                boxes.push((*x, x + line.width(), y - line.size * 7 / 10, *y, line.text()));
            }
            for (index, a) in boxes.iter().enumerate() {
                for b in &boxes[index + 1..] {
                    assert!(a.1 <= b.0 || b.1 <= a.0 || a.3 <= b.2 || b.3 <= a.2, "{} lies on {}", a.4, b.4);
                }
            }
        }
    }
}

#[test]
fn every_character_has_a_glyph() {
    let fonts = fonts();
    for invoice in all() {
        for mark in arrange(&fonts, &invoice).pages().iter().flatten() {
            if let Mark::Text { line, .. } = mark {
                assert!(line.runs.iter().flat_map(|run| &run.glyphs).all(|glyph| glyph.id != 0), "{}", line.text());
            }
        }
    }
}

#[test]
fn headings_and_page_numbers_repeat_on_every_page() {
    let sheet = arrange(&fonts(), &forty_lines());
    let texts = texts(&sheet);
    let count = sheet.pages().len();
    assert!(count >= 3);
    assert_eq!(texts.iter().filter(|text| *text == "Unit price").count(), count);
    for page in 1..=count {
        assert!(texts.contains(&format!("Page {page} of {count}")));
    }
    assert!((1..=40).all(|n| texts.contains(&n.to_string())));
}

#[test]
fn the_number_is_on_every_page_however_long_the_issuers_name_is() {
    let fonts = fonts();
    for document in all() {
        for page in arrange(&fonts, &document).pages() {
            let of_page = |mark: &Mark| if let Mark::Text { line, .. } = mark { Some(line.text()) } else { None };
            let text = page.iter().filter_map(of_page).next_back().unwrap();
            assert!(text.contains(&document.number), "{text}");
        }
    }
}

#[test]
fn the_words_of_the_total_are_in_the_tenants_language() {
    let fonts = fonts();
    assert!(texts(&arrange(&fonts, &vietnamese())).join(" ").contains("đồng"));
    assert!(texts(&arrange(&fonts, &one_line())).join(" ").contains("Three thousand one hundred fourteen rupees"));
}

#[test]
fn a_coupon_is_a_line_of_the_sums_and_without_one_there_is_none() {
    let fonts = fonts();
    let words = |invoice: &Document| texts(&arrange(&fonts, invoice)).join(" ");
    assert!(words(&discounted()).contains("\u{2212}₹259.80"), "{}", words(&discounted()));
    assert!(words(&discounted()).contains("SKU\u{a0}HAAT-3DP-00417 · Discount\u{a0}\u{2212}259.80"));
    assert!(!words(&one_line()).contains("Discount"));
}

#[test]
fn a_credit_note_names_its_invoice_and_its_reason_and_takes_away() {
    let words = texts(&arrange(&fonts(), &credit_note())).join(" ");
    for part in [
        "Credit note CN-LOTUSLATHE-2026-10007",
        "LL-2026-0042 (21\u{a0}Nov\u{a0}2026)",
        "broken wing",
        "−₹1,768.82",
        "Minus one",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert!(!words.contains("Payment") && !words.contains("Shipping"));
}

#[test]
fn what_a_seller_issues_names_the_marketplace_too() {
    let fonts = fonts();
    let words = |document: &Document| texts(&arrange(&fonts, document)).join(" ");
    let [.., vietnamese, hindi, note] = all();
    assert!(words(&note).contains("Marketplace\u{a0}\u{a0}Lotus and Lathe Made-to-Order Private Limited"));
    assert!(words(&vietnamese).contains("Sàn giao dịch") && words(&hindi).contains("मार्केटप्लेस"));
    assert!(!words(&one_line()).contains("Marketplace"));
}

#[test]
fn dinars_have_thousand_fils_in_digits_and_words() {
    let words = texts(&arrange(&fonts(), &dinars())).join(" ");
    let read = "Three thousand three hundred forty-two Kuwaiti dinars and four hundred thirty-six fils only";
    assert!(words.contains(read) && words.contains("KD\u{a0}3,342.436"), "{words}");
    assert!(words.contains("Includes tax 0% on KD\u{a0}7.005") && words.contains("Includes tax 5%"), "{words}");
}

#[test]
fn labels_are_in_the_tenants_language_and_english_otherwise() {
    let fonts = fonts();
    let words = |locale: &str| texts(&arrange(&fonts, &Document { locale: locale.to_owned(), ..one_line() })).join(" ");
    assert!(words("hi-IN").contains("इनवॉइस") && !words("hi-IN").contains("Invoice"));
    assert!(words("vi").contains("Hóa đơn") && !words("vi").contains("Invoice"));
    assert!(words("ta-IN").contains("Invoice"));
}

#[test]
fn breaking_a_text_loses_nothing() {
    let fonts = fonts();
    for text in [
        "",
        "a",
        "two words",
        "Pneumonoultramicroscopicsilicovolcanoconiosis",
        "क्षत्रिय विश्वविद्यालय कार्यक्रम",
        "một hai ba bốn năm sáu",
    ] {
        for width in [1, 500, 2_000, 10_000] {
            for style in [regular(950), bold(1_400)] {
                let joined: String = fonts.wrap(text, style, width).iter().map(super::text::Line::text).collect();
                assert_eq!(joined.replace(' ', ""), text.replace(' ', ""), "{width}");
            }
        }
    }
}

#[test]
fn equal_documents_give_equal_bytes() {
    let fonts = fonts();
    for (name, invoice) in NAMES.into_iter().zip(all()) {
        let pdf = render(&fonts, &invoice).unwrap();
        assert!(pdf.starts_with(b"%PDF-1.7"));
        assert!(pdf.len() < 200_000, "{}", pdf.len());
        assert_eq!(pdf, render(&Fonts::load().unwrap(), &invoice).unwrap());
        // Set HAAT_KEEP_PDF to a folder while compiling the tests to look at the pages.
        if let Some(folder) = option_env!("HAAT_KEEP_PDF") {
            std::fs::write(std::path::Path::new(folder).join(format!("{name}.pdf")), pdf).unwrap();
        }
    }
}
