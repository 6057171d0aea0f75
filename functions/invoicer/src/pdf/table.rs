//! The positions: columns as wide as their numbers need, rows that never break, headings on every page.

use domain::amount;

use super::label::Labels;
use super::model::{Document, DocumentLine};
use super::sheet::{Colour, INNER, Length, MARGIN, Role, Sheet, pt};
use super::text::{Fonts, Line, Style, bold, regular};

const HEAD: Style = bold(pt(8));
const NAME_SIZE: Length = 950;
const DETAIL: Style = regular(pt(8));
const GAP: Length = pt(12);
const PADDING: Length = pt(7);
/// How narrow the column of names may get before the numbers are written smaller.
const NAME_MIN: Length = pt(130);

/// The measured columns of one document.
pub(super) struct Table<'a> {
    fonts: &'a Fonts,
    document: &'a Document,
    labels: &'static Labels,
    numbers: Style,
    /// Right edges of: quantity, unit price, rate, tax, amount.
    rights: [Length; 5],
    heads: [&'static str; 5],
    name_x: Length,
    name_width: Length,
}

/// A row that is measured and can be placed.
pub(super) struct Row {
    index: usize,
    name: Vec<Line>,
    detail: Vec<Line>,
    numbers: [Line; 5],
}

const NAME_LEADING: Length = 1_300;
const DETAIL_LEADING: Length = 1_120;

impl Row {
    /// Returns the height with its padding.
    pub(super) fn height(&self) -> Length {
        let lines = |lines: &Vec<Line>, leading: Length| Length::try_from(lines.len()).unwrap_or(0) * leading;
        2 * PADDING + lines(&self.name, NAME_LEADING) + lines(&self.detail, DETAIL_LEADING)
    }
}

/// The height of the headings.
pub(super) const HEAD_HEIGHT: Length = pt(22);

impl<'a> Table<'a> {
    /// Measures every number and gives the rest of the width to the names.
    pub(super) fn measure(fonts: &'a Fonts, document: &'a Document, labels: &'static Labels) -> Self {
        let tax = if document.prices_include_tax { labels.tax_included } else { labels.tax };
        let heads = [labels.quantity, labels.unit_price, labels.rate, tax, labels.amount];
        let name_x = MARGIN + pt(22);
        let mut size = 950;
        loop {
            let numbers = regular(size);
            let mut widths = heads.map(|head| fonts.line(head, HEAD).width());
            for line in &document.lines {
                for (width, text) in widths.iter_mut().zip(cells(line)) {
                    *width = (*width).max(fonts.line(&text, numbers).width());
                }
            }
            let mut rights = [0; 5];
            let mut right = MARGIN + INNER;
            for (edge, width) in rights.iter_mut().zip(widths).rev() {
                *edge = right;
                right -= width + GAP;
            }
            let name_width = right - name_x;
            if name_width >= NAME_MIN || size <= 700 {
                return Self { fonts, document, labels, numbers, rights, heads, name_x, name_width };
            }
            size -= 50;
        }
    }

    /// Puts the headings at `y`; on later pages they are decoration to a screen reader. Returns where rows start.
    pub(super) fn head(&self, sheet: &mut Sheet, y: Length, first: bool) -> Length {
        let role = |column| if first { Role::HeadCell(column) } else { Role::Decoration };
        let baseline = y + pt(11);
        sheet.lines(MARGIN, baseline, vec![self.fonts.line("#", HEAD)], 0, Colour::Muted, role(0));
        sheet.lines(self.name_x, baseline, vec![self.fonts.line(self.labels.item, HEAD)], 0, Colour::Muted, role(1));
        for (column, (head, right)) in self.heads.iter().zip(self.rights).enumerate() {
            sheet.right(right, baseline, self.fonts.line(head, HEAD), Colour::Muted, role(column + 2));
        }
        sheet.rule(MARGIN, y + HEAD_HEIGHT - 100, INNER, 100, Colour::Accent);
        y + HEAD_HEIGHT
    }

    /// Measures all rows.
    pub(super) fn rows(&self) -> Vec<Row> {
        let rows = self.document.lines.iter().enumerate().map(|(index, line)| {
            let sku = format!("{}\u{a0}{}", self.labels.sku, line.sku);
            // Else nobody could tell on what the line's tax is.
            let discount = (line.discount.amount != 0).then(|| {
                let taken = amount::digits(line.discount);
                format!("{}\u{a0}\u{2212}{taken}", self.labels.discount).replace(' ', "\u{a0}")
            });
            let detail: Vec<String> = line.material.iter().cloned().chain([sku]).chain(discount).collect();
            let detail = detail.join(" · ");
            Row {
                index,
                name: self.fonts.wrap(&line.name, regular(NAME_SIZE), self.name_width),
                detail: self.fonts.wrap(&detail, DETAIL, self.name_width),
                numbers: cells(line).map(|text| self.fonts.line(&text, self.numbers)),
            }
        });
        rows.collect()
    }

    /// Puts a row at `y` and returns where the next one starts.
    pub(super) fn row(&self, sheet: &mut Sheet, y: Length, row: Row) -> Length {
        let bottom = y + row.height();
        let baseline = y + PADDING + pt(10);
        let number = self.fonts.line(&(row.index + 1).to_string(), regular(NAME_SIZE));
        sheet.lines(MARGIN, baseline, vec![number], 0, Colour::Muted, Role::Cell(row.index, 0));
        let role = Role::Cell(row.index, 1);
        let next = sheet.lines(self.name_x, baseline, row.name, NAME_LEADING, Colour::Ink, role);
        sheet.lines(self.name_x, next - 30, row.detail, DETAIL_LEADING, Colour::Muted, role);
        for (column, (line, right)) in row.numbers.into_iter().zip(self.rights).enumerate() {
            sheet.right(right, baseline, line, Colour::Ink, Role::Cell(row.index, column + 2));
        }
        sheet.rule(MARGIN, bottom - 50, INNER, 50, Colour::Hairline);
        bottom
    }
}

fn cells(line: &DocumentLine) -> [String; 5] {
    let (quantity, price) = match line.pieces {
        Some((quantity, price)) => (quantity.to_string(), amount::digits(price)),
        None => ("–".to_owned(), "–".to_owned()),
    };
    let (tax, total) = (amount::digits(line.tax), amount::digits(line.total));
    [quantity, price, amount::percent(line.tax_rate_bp), tax, total]
}
