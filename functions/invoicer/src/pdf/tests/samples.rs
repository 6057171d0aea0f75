//! Documents of all kinds, with everything as long as it may be.

use domain::money::{Currency, MAX_AMOUNT, Money};
use jiff::civil::date;

use crate::pdf::{Document, DocumentLine, Kind, Party, TaxLine};

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
pub(super) fn discounted() -> Document {
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

pub(super) fn one_line() -> Document {
    invoice(
        Currency::Inr,
        vec![line("Articulated dragon, 30 cm", Some("PLA Matte Black"), 2, 129_900, Currency::Inr)],
        false,
    )
}

pub(super) fn forty_lines() -> Document {
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

pub(super) fn vietnamese() -> Document {
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
pub(super) fn credit_note() -> Document {
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
pub(super) fn dinars() -> Document {
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

pub(super) const NAMES: [&str; 11] = [
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

pub(super) fn all() -> [Document; 11] {
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
