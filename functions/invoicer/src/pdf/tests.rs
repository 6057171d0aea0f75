use domain::money::{Currency, MAX_AMOUNT, Money};
use jiff::civil::date;

use super::layout::arrange;
use super::sheet::{HEIGHT, MARGIN, Mark, Sheet, WIDTH};
use super::text::{bold, regular};
use super::*;

fn fonts() -> Fonts {
    Fonts::load().unwrap()
}

fn line(name: &str, material: Option<&str>, quantity: u32, unit: i64, currency: Currency) -> DocumentLine {
    let unit_price = Money::new(unit, currency);
    let total = unit_price.times(quantity).unwrap();
    DocumentLine {
        name: name.to_owned(),
        material: material.map(str::to_owned),
        sku: "HAAT-3DP-00417".to_owned(),
        pieces: Some((quantity, unit_price)),
        discount: Money::zero(currency),
        tax_rate_bp: 1800,
        tax: total.ratio(1800, 10_000).unwrap(),
        total,
    }
}

fn invoice(currency: Currency, lines: Vec<DocumentLine>, included: bool) -> Document {
    let subtotal = Money::sum(currency, lines.iter().map(|line| line.total)).unwrap();
    let tax = Money::sum(currency, lines.iter().map(|line| line.tax)).unwrap();
    let shipping = Money::new(4_900, currency);
    let total = subtotal.plus(shipping).unwrap();
    let (taxable, total) =
        if included { (subtotal.minus(tax).unwrap(), total) } else { (subtotal, total.plus(tax).unwrap()) };
    Document {
        brand: "Lotus & Lathe".to_owned(),
        issuer: Party {
            name: "Lotus and Lathe Made-to-Order Private Limited".to_owned(),
            address: vec![
                "14, 3rd Cross, Indiranagar".to_owned(),
                "Bengaluru 560038".to_owned(),
                "Karnataka, India".to_owned(),
            ],
            tax_id: Some("29ABCDE1234F1Z5".to_owned()),
        },
        sold_by: Some("Kiran's Print Workshop".to_owned()),
        marketplace: None,
        buyer: Party {
            name: "Ananya Raghunathan".to_owned(),
            address: vec![
                "Flat 5B, Palm Grove".to_owned(),
                "27 Nungambakkam High Road".to_owned(),
                "Chennai 600034, India".to_owned(),
            ],
            tax_id: None,
        },
        number: "LL-2026-0042".to_owned(),
        order: "ord_01KAJ3M8Q4Z7R2V5W9X0Y1B3C6".to_owned(),
        kind: Kind::Invoice { paid_on: Some(date(2026, 11, 21)) },
        issued_on: date(2026, 11, 21),
        currency,
        locale: "en".to_owned(),
        prices_include_tax: included,
        lines,
        subtotal,
        discount: Money::zero(currency),
        shipping,
        taxes: vec![TaxLine { rate_bp: 1800, taxable, tax }],
        total,
    }
}

/// Takes a tenth off, before tax.
fn discounted() -> Document {
    let mut invoice = one_line();
    let tenth = |amount: Money| amount.ratio(1, 10).unwrap();
    invoice.discount = tenth(invoice.subtotal);
    for line in &mut invoice.lines {
        (line.discount, line.tax) = (tenth(line.total), line.tax.minus(tenth(line.tax)).unwrap());
    }
    let tax = &mut invoice.taxes[0];
    (tax.taxable, tax.tax) = (tax.taxable.minus(tenth(tax.taxable)).unwrap(), tax.tax.minus(tenth(tax.tax)).unwrap());
    let goods = invoice.subtotal.minus(invoice.discount).unwrap().plus(tax.tax).unwrap();
    invoice.total = goods.plus(invoice.shipping).unwrap();
    invoice
}

fn one_line() -> Document {
    invoice(
        Currency::Inr,
        vec![line("Articulated dragon, 30 cm", Some("PLA Matte Black"), 2, 129_900, Currency::Inr)],
        false,
    )
}

fn forty_lines() -> Document {
    let names = [
        ("Planetary gear fidget", Some("PETG Clear")),
        (
            "Modular desk organiser with five drawers, cable channel and a very long name that has to be broken over several lines",
            Some("Recycled PLA Slate Grey"),
        ),
        ("Đèn bàn hình hoa sen nghệ thuật thủ công", Some("Nhựa PLA trắng ngà")),
        ("हस्तनिर्मित दीपक स्टैंड", Some("काला PLA")),
        ("Vase_spiral_mode_experimental_geometry_without_any_spaces_in_its_name_v2_final", None),
    ];
    let lines = (0..40).map(|n| {
        let (name, material) = names[n % names.len()];
        line(
            name,
            material,
            u32::try_from(n).unwrap() % 7 + 1,
            19_900 + i64::try_from(n).unwrap() * 1_337,
            Currency::Inr,
        )
    });
    let mut invoice = invoice(Currency::Inr, lines.collect(), true);
    invoice.issuer.name = "कमल शिल्प प्राइवेट लिमिटेड".to_owned();
    invoice.buyer.name = "श्रीमती लक्ष्मी कृष्णमूर्ति (Lakshmi)".to_owned();
    invoice
}

fn vietnamese() -> Document {
    let lines = vec![
        line("Mô hình chùa Một Cột tỷ lệ 1:200", Some("Nhựa resin xám"), 1, 1_250_000, Currency::Vnd),
        line("Đèn bàn hình hoa sen", Some("Gỗ tre ép"), 3, 489_000, Currency::Vnd),
    ];
    let mut invoice = invoice(Currency::Vnd, lines, false);
    invoice.brand = "Xưởng In Sông Hồng".to_owned();
    invoice.issuer.name = "Công ty TNHH Xưởng In Sông Hồng".to_owned();
    invoice.issuer.address =
        vec!["Số 8 ngõ 12 phố Phan Đình Phùng".to_owned(), "Quận Ba Đình, Hà Nội".to_owned(), "Việt Nam".to_owned()];
    invoice.issuer.tax_id = Some("0101234567".to_owned());
    invoice.buyer.name = "Nguyễn Thị Ánh Tuyết".to_owned();
    invoice.buyer.address =
        vec!["72 đường Lê Thánh Tôn, phường Bến Nghé".to_owned(), "Thành phố Hồ Chí Minh".to_owned()];
    invoice.locale = "vi".to_owned();
    invoice
}

fn huge() -> Document {
    let mut invoice = one_line();
    let most = Money::new(MAX_AMOUNT, Currency::Inr);
    for line in &mut invoice.lines {
        (line.pieces, line.tax, line.total) = (Some((999, most)), most, most);
    }
    for tax in &mut invoice.taxes {
        (tax.taxable, tax.tax) = (most, most);
    }
    (invoice.subtotal, invoice.shipping, invoice.total) = (most, most, most);
    invoice.brand =
        "The Extraordinarily Long Named Marketplace of Handmade and Printed Wonders from Every Corner".to_owned();
    invoice.buyer.address = vec!["Pneumonoultramicroscopicsilicovolcanoconiosis".repeat(3)];
    invoice.number = "EXTRAORDINARY-2026-1000000".to_owned();
    invoice
}

/// Takes one of two pieces back, and a part of the price of another line.
fn credit_note() -> Document {
    let mut note = one_line();
    note.kind = Kind::CreditNote {
        invoice: note.number.clone(),
        invoiced_on: note.issued_on,
        reason: "One of the two arrived with a broken wing; the colour of the vase is another than was ordered. टूटा हुआ मिला।"
            .to_owned(),
    };
    note.number = "CN-LOTUSLATHE-2026-10007".to_owned();
    let negative = |money: Money| Money::zero(money.currency).minus(money).unwrap();
    let mut part = line("Spiral vase, 20 cm", Some("PETG Clear"), 1, 20_000, Currency::Inr);
    part.pieces = None;
    note.lines[0].pieces = Some((1, Money::new(129_900, Currency::Inr)));
    note.lines[0].total = Money::new(129_900, Currency::Inr);
    note.lines[0].tax = note.lines[0].total.ratio(1_800, 10_000).unwrap();
    note.lines.push(part);
    for line in &mut note.lines {
        (line.total, line.tax) = (negative(line.total), negative(line.tax));
    }
    note.subtotal = Money::sum(Currency::Inr, note.lines.iter().map(|line| line.total)).unwrap();
    note.shipping = Money::zero(Currency::Inr);
    let tax = Money::sum(Currency::Inr, note.lines.iter().map(|line| line.tax)).unwrap();
    note.taxes = vec![TaxLine { rate_bp: 1_800, taxable: note.subtotal, tax }];
    note.total = note.subtotal.plus(tax).unwrap();
    note
}

/// An invoice in Hindi with three rates, prices with tax, and one line that is not taxed.
fn hindi() -> Document {
    let lines = vec![
        line("हस्तनिर्मित दीपक स्टैंड", Some("काला PLA"), 3, 1_234_567, Currency::Inr),
        line("मिट्टी का कुल्हड़, चार का समूह", None, 1, 49_900, Currency::Inr),
        line("पुस्तक: त्रि-आयामी मुद्रण की कला", None, 1, 25_000, Currency::Inr),
    ];
    let mut invoice = invoice(Currency::Inr, lines, true);
    invoice.brand = "कमल शिल्प".to_owned();
    invoice.issuer.name = "कमल शिल्प प्राइवेट लिमिटेड".to_owned();
    invoice.issuer.address = vec!["१४, तीसरा क्रॉस, इंदिरानगर".to_owned(), "बेंगलुरु 560038".to_owned()];
    invoice.buyer.name = "श्रीमती लक्ष्मी कृष्णमूर्ति".to_owned();
    invoice.buyer.address = vec!["पाम ग्रोव, फ़्लैट 5B".to_owned(), "चेन्नई 600034".to_owned()];
    invoice.locale = "hi-IN".to_owned();
    let rates = [1_800, 500, 0];
    for (line, rate) in invoice.lines.iter_mut().zip(rates) {
        (line.tax_rate_bp, line.tax) = (rate, line.total.ratio(u64::from(rate), 10_000 + u64::from(rate)).unwrap());
    }
    let tax = |line: &DocumentLine| TaxLine {
        rate_bp: line.tax_rate_bp,
        taxable: line.total.minus(line.tax).unwrap(),
        tax: line.tax,
    };
    invoice.taxes = invoice.lines.iter().rev().map(tax).collect();
    invoice
}

/// What a seller issues, whose names and address are as long as they can be.
fn of_seller(document: Document, name: &str, address: &str) -> Document {
    let issuer = Party {
        name: std::iter::repeat_n(name, 12).collect::<Vec<_>>().join(" ").chars().take(255).collect(),
        address: std::iter::repeat_n(address, 8).map(|line| line.repeat(8).chars().take(120).collect()).collect(),
        tax_id: Some("29ABCDE1234F1Z5/ABCDE-1234567890".chars().take(30).collect()),
    };
    let sold_by = Some(name.repeat(4).chars().take(100).collect());
    Document { marketplace: Some(document.issuer.name.clone()), issuer, sold_by, ..document }
}

/// An invoice in dinars of a thousand fils, with two rates and a discount in prices with tax, and shipping that is taxed too.
fn dinars() -> Document {
    let kwd = |amount| Money::new(amount, Currency::Kwd);
    let mut lines = vec![
        line("Planetary gear fidget", Some("PETG Clear"), 3, 1_234_567, Currency::Kwd),
        line("Book: the art of printing", None, 1, 7_005, Currency::Kwd),
    ];
    lines[0].discount = kwd(370_370);
    (lines[0].tax, lines[1].tax_rate_bp, lines[1].tax) = (kwd(158_730), 0, kwd(0));
    lines[0].tax_rate_bp = 500;
    let mut invoice = invoice(Currency::Kwd, lines, true);
    (invoice.discount, invoice.shipping) = (kwd(370_370), kwd(2_100));
    invoice.taxes = vec![
        TaxLine { rate_bp: 0, taxable: kwd(7_005), tax: kwd(0) },
        TaxLine { rate_bp: 500, taxable: kwd(3_176_601), tax: kwd(158_830) },
    ];
    invoice.total = invoice.subtotal.minus(invoice.discount).unwrap().plus(invoice.shipping).unwrap();
    invoice
}

const NAMES: [&str; 11] = [
    "dinars",
    "one-line",
    "forty-lines",
    "vietnamese",
    "huge",
    "discounted",
    "credit-note",
    "hindi",
    "seller",
    "seller-hindi",
    "seller-credit-note",
];

fn all() -> [Document; 11] {
    let vietnamese_seller =
        of_seller(vietnamese(), "Hộ kinh doanh Xưởng in Nguyễn Thị Ánh Tuyết", "72 đường Lê Thánh Tôn, ");
    let hindi_seller = of_seller(hindi(), "श्रीमती लक्ष्मी कृष्णमूर्ति", "पाम ग्रोव, फ़्लैट 5B, ");
    let note = Document { sold_by: None, ..of_seller(credit_note(), "Kiran", "12 MG Road ") };
    let note = Document {
        issuer: Party { name: "Kiran Rao".to_owned(), address: vec!["12 MG Road".to_owned()], tax_id: None },
        ..note
    };
    [
        dinars(),
        one_line(),
        forty_lines(),
        vietnamese(),
        huge(),
        discounted(),
        credit_note(),
        hindi(),
        vietnamese_seller,
        hindi_seller,
        note,
    ]
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
            let text = page.iter().filter_map(of_page).last().unwrap();
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
