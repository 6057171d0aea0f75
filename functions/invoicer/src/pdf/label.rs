//! The words that the layout adds, in the languages that documents are written in.

use domain::calendar;
use jiff::civil::Date;

use super::model::Kind;

/// Everything that stands on documents besides what they say.
#[derive(Debug)]
pub(super) struct Labels {
    pub(super) language: &'static str,
    pub(super) invoice: &'static str,
    pub(super) credit_note: &'static str,
    pub(super) invoice_number: &'static str,
    pub(super) credit_note_number: &'static str,
    pub(super) issued: &'static str,
    pub(super) payment: &'static str,
    pub(super) paid: &'static str,
    pub(super) on_receipt: &'static str,
    pub(super) for_invoice: &'static str,
    pub(super) order: &'static str,
    pub(super) from: &'static str,
    pub(super) billed_to: &'static str,
    pub(super) tax_id: &'static str,
    pub(super) sold_by: &'static str,
    pub(super) marketplace: &'static str,
    pub(super) item: &'static str,
    pub(super) quantity: &'static str,
    pub(super) unit_price: &'static str,
    pub(super) rate: &'static str,
    pub(super) tax: &'static str,
    pub(super) tax_included: &'static str,
    pub(super) amount: &'static str,
    pub(super) sku: &'static str,
    pub(super) subtotal: &'static str,
    pub(super) discount: &'static str,
    pub(super) shipping: &'static str,
    pub(super) includes_tax: &'static str,
    /// What stands before and after the amount that a tax is on.
    pub(super) on: [&'static str; 2],
    pub(super) total: &'static str,
    pub(super) in_words: &'static str,
    /// What stands before and after the currency's code.
    pub(super) currency: [&'static str; 2],
    pub(super) reason: &'static str,
    /// What stands before a page's number, and between it and their count.
    pub(super) page: [&'static str; 2],
}

static ENGLISH: Labels = Labels {
    language: "en",
    invoice: "Invoice",
    credit_note: "Credit note",
    invoice_number: "Invoice number",
    credit_note_number: "Credit note number",
    issued: "Date of issue",
    payment: "Payment",
    paid: "Paid",
    on_receipt: "On receipt",
    for_invoice: "For invoice",
    order: "Order",
    from: "From",
    billed_to: "Billed to",
    tax_id: "Tax ID",
    sold_by: "Sold by",
    marketplace: "Marketplace",
    item: "Item",
    quantity: "Qty",
    unit_price: "Unit price",
    rate: "Tax rate",
    tax: "Tax",
    tax_included: "Tax incl.",
    amount: "Amount",
    sku: "SKU",
    subtotal: "Subtotal",
    discount: "Discount",
    shipping: "Shipping",
    includes_tax: "Includes tax",
    on: [" on ", ""],
    total: "Total",
    in_words: "Amount in words",
    currency: ["All amounts in ", "."],
    reason: "Reason",
    page: ["Page ", " of "],
};

static HINDI: Labels = Labels {
    language: "hi",
    invoice: "इनवॉइस",
    credit_note: "क्रेडिट नोट",
    invoice_number: "इनवॉइस संख्या",
    credit_note_number: "क्रेडिट नोट संख्या",
    issued: "जारी करने की तिथि",
    payment: "भुगतान",
    paid: "भुगतान हुआ",
    on_receipt: "प्राप्ति पर",
    for_invoice: "मूल इनवॉइस",
    order: "ऑर्डर",
    from: "जारीकर्ता",
    billed_to: "ग्राहक",
    tax_id: "कर पहचान संख्या",
    sold_by: "विक्रेता",
    marketplace: "मार्केटप्लेस",
    item: "वस्तु",
    quantity: "मात्रा",
    unit_price: "इकाई मूल्य",
    rate: "कर दर",
    tax: "कर",
    tax_included: "कर सहित",
    amount: "राशि",
    sku: "SKU",
    subtotal: "उप-योग",
    discount: "छूट",
    shipping: "शिपिंग",
    includes_tax: "शामिल कर",
    on: [" (", " पर)"],
    total: "कुल",
    in_words: "राशि शब्दों में",
    currency: ["सभी राशियाँ ", " में।"],
    reason: "कारण",
    page: ["पृष्ठ ", "/"],
};

static VIETNAMESE: Labels = Labels {
    language: "vi",
    invoice: "Hóa đơn",
    credit_note: "Phiếu ghi có",
    invoice_number: "Số hóa đơn",
    credit_note_number: "Số phiếu ghi có",
    issued: "Ngày lập",
    payment: "Thanh toán",
    paid: "Đã trả",
    on_receipt: "Khi nhận",
    for_invoice: "Cho hóa đơn",
    order: "Đơn hàng",
    from: "Đơn vị phát hành",
    billed_to: "Bên mua",
    tax_id: "Mã số thuế",
    sold_by: "Người bán",
    marketplace: "Sàn giao dịch",
    item: "Mặt hàng",
    quantity: "SL",
    unit_price: "Đơn giá",
    rate: "Thuế suất",
    tax: "Thuế",
    tax_included: "Gồm thuế",
    amount: "Thành tiền",
    sku: "SKU",
    subtotal: "Tạm tính",
    discount: "Giảm giá",
    shipping: "Vận chuyển",
    includes_tax: "Đã gồm thuế",
    on: [" trên ", ""],
    total: "Tổng cộng",
    in_words: "Số tiền bằng chữ",
    currency: ["Đơn vị tiền tệ: ", "."],
    reason: "Lý do",
    page: ["Trang ", "/"],
};

impl Labels {
    /// Returns the labels in the language of a locale, or in English where there are none.
    pub(super) fn of(locale: &str) -> &'static Self {
        match locale.split('-').next() {
            Some("hi") => &HINDI,
            Some("vi") => &VIETNAMESE,
            _ => &ENGLISH,
        }
    }

    /// Writes a day: months in English, else in numbers.
    pub(super) fn day(&self, day: Date) -> String {
        if self.language == "en" { calendar::day(day) } else { calendar::day_in_numbers(day) }
    }

    /// Returns what a document is called.
    pub(super) fn title(&self, kind: &Kind) -> &'static str {
        match kind {
            Kind::Invoice { .. } => self.invoice,
            Kind::CreditNote { .. } => self.credit_note,
        }
    }
}
