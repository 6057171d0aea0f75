//! Where everything stands on the page.

use domain::amount;
use domain::money::Money;

use super::label::Labels;
use super::model::{Document, Kind, Party};
use super::sheet::{Colour, HEIGHT, INNER, Length, MARGIN, Mark, Role, Sheet, WIDTH, pt};
use super::table::{HEAD_HEIGHT, Table};
use super::text::{Fonts, Style, bold, regular};

const LABEL: Style = bold(pt(8));
const BODY: Style = regular(950);
const BODY_LEADING: Length = 1_330;
/// Content ends here; the footer is below.
const BOTTOM: Length = HEIGHT - pt(70);
/// Where content starts on the second and later pages.
const TOP_LATER: Length = pt(86);

/// Arranges the whole document.
pub(super) fn arrange(fonts: &Fonts, document: &Document) -> Sheet {
    let labels = Labels::of(&document.locale);
    let mut layout = Layout { fonts, document, labels, sheet: Sheet::default() };
    layout.sheet.start_page();
    let y = layout.letterhead();
    let y = layout.facts(y);
    let y = layout.parties(y);
    let y = layout.positions(y);
    layout.totals(y);
    layout.footers();
    layout.sheet
}

struct Layout<'a> {
    fonts: &'a Fonts,
    document: &'a Document,
    labels: &'static Labels,
    sheet: Sheet,
}

impl Layout<'_> {
    /// Puts the brand and the title. Returns where the next block starts.
    fn letterhead(&mut self) -> Length {
        self.sheet.rule(0, 0, WIDTH, pt(5), Colour::Accent);
        let role = self.sheet.next_paragraph();
        let title = self.fonts.line(self.labels.title(&self.document.kind), regular(pt(22)));
        let brand = self.fonts.wrap(&self.document.brand, bold(pt(22)), INNER - title.width() - pt(40));
        self.sheet.right(MARGIN + INNER, pt(66), title, Colour::Muted, Role::Title);
        let y = self.sheet.lines(MARGIN, pt(66), brand, pt(28), Colour::Accent, role);
        y - pt(28) + pt(22)
    }

    /// Puts number, dates and order in a row of labelled columns.
    fn facts(&mut self, y: Length) -> Length {
        let (document, labels) = (self.document, self.labels);
        let (number, other) = match &document.kind {
            Kind::Invoice { paid_on } => {
                let paid = paid_on.map(|day| format!("{} {}", labels.paid, labels.day(day)));
                (labels.invoice_number, (labels.payment, paid.unwrap_or_else(|| labels.on_receipt.to_owned())))
            }
            Kind::CreditNote { invoice, invoiced_on, .. } => {
                // The day is not broken.
                let of = format!("{invoice} ({})", labels.day(*invoiced_on).replace(' ', "\u{a0}"));
                (labels.credit_note_number, (labels.for_invoice, of))
            }
        };
        let facts = [
            (number, document.number.clone(), bold(950)),
            (labels.issued, labels.day(document.issued_on), BODY),
            (other.0, other.1, BODY),
            (labels.order, document.order.clone(), regular(850)),
        ];
        // The order id is the longest: it gets the rest of the width and fits on one line.
        let columns = [(0, pt(148)), (pt(158), pt(70)), (pt(236), pt(92)), (pt(338), INNER - pt(338))];
        self.sheet.rule(MARGIN, y, INNER, 50, Colour::Hairline);
        let (mut end, top) = (y, y + pt(20));
        for ((label, text, style), (x, width)) in facts.into_iter().zip(columns) {
            let role = self.sheet.next_paragraph();
            let label = self.fonts.line(label, LABEL);
            self.sheet.lines(MARGIN + x, top, vec![label], 0, Colour::Muted, role);
            let lines = self.fonts.wrap(&text, style, width);
            end = end.max(self.sheet.lines(MARGIN + x, top + pt(15), lines, BODY_LEADING, Colour::Ink, role));
        }
        self.sheet.rule(MARGIN, end - pt(1), INNER, 50, Colour::Hairline);
        end + pt(24)
    }

    /// Puts who sells and who buys beside each other.
    fn parties(&mut self, y: Length) -> Length {
        let (document, labels) = (self.document, self.labels);
        let half = (INNER - pt(40)) / 2;
        let extra = [(labels.sold_by, &document.sold_by), (labels.marketplace, &document.marketplace)];
        let left = self.party(labels.from, &document.issuer, &extra, MARGIN, y, half);
        let right = self.party(labels.billed_to, &document.buyer, &[], MARGIN + half + pt(40), y, half);
        left.max(right) + pt(14)
    }

    fn party(
        &mut self,
        label: &str,
        party: &Party,
        extra: &[(&str, &Option<String>)],
        x: Length,
        y: Length,
        width: Length,
    ) -> Length {
        let label = self.fonts.line(label, LABEL);
        self.sheet.lines(x, y, vec![label], 0, Colour::Muted, Role::Heading);
        let role = self.sheet.next_paragraph();
        let name = self.fonts.wrap(&party.name, bold(pt(10)), width);
        let mut y = self.sheet.lines(x, y + pt(16), name, 1_400, Colour::Ink, role);
        for line in &party.address {
            let lines = self.fonts.wrap(line, BODY, width);
            y = self.sheet.lines(x, y, lines, BODY_LEADING, Colour::Ink, role);
        }
        let extra = [(self.labels.tax_id, &party.tax_id)].into_iter().chain(extra.iter().copied());
        for (label, text) in extra.filter_map(|(label, text)| Some((label, text.as_deref()?))) {
            let role = self.sheet.next_paragraph();
            let lines = self.fonts.wrap(&format!("{label}\u{a0}\u{a0}{text}"), BODY, width);
            y = self.sheet.lines(x, y + pt(3), lines, BODY_LEADING, Colour::Muted, role);
        }
        y
    }

    /// Puts the table, over as many pages as it needs. Returns where the totals may start.
    fn positions(&mut self, y: Length) -> Length {
        let table = Table::measure(self.fonts, self.document, self.labels);
        let rows = table.rows();
        let first = rows.first().map_or(0, super::table::Row::height);
        let y = if y + HEAD_HEIGHT + first > BOTTOM { self.next_page() } else { y };
        let mut y = table.head(&mut self.sheet, y, true);
        for row in rows {
            if y + row.height() > BOTTOM {
                let top = self.next_page();
                y = table.head(&mut self.sheet, top, false);
            }
            y = table.row(&mut self.sheet, y, row);
        }
        y
    }

    /// Puts the sums on the right and the amount in words on the left; they stay together on one page.
    fn totals(&mut self, y: Length) {
        let (document, labels) = (self.document, self.labels);
        let width = pt(248);
        let x = MARGIN + INNER - width;
        let (inset, gap) = (pt(12), pt(14));
        let mut sums = vec![(labels.subtotal.to_owned(), document.subtotal)];
        if let Ok(taken) = Money::zero(document.currency).minus(document.discount)
            && taken.amount < 0
        {
            sums.push((labels.discount.to_owned(), taken));
        }
        // An invoice says so when nothing was asked for it; a credit note takes nothing back then.
        if matches!(document.kind, Kind::Invoice { .. }) || document.shipping.amount != 0 {
            sums.push((labels.shipping.to_owned(), document.shipping));
        }
        let taxes = document.taxes.iter().map(|line| {
            let name = if document.prices_include_tax { labels.includes_tax } else { labels.tax };
            let [on, end] = labels.on;
            (format!("{name} {}{on}{}{end}", amount::percent(line.rate_bp), amount::text(line.taxable)), line.tax)
        });
        let taxes: Vec<_> = taxes.collect();
        if !document.prices_include_tax {
            sums.extend(taxes.iter().cloned());
        }
        let included = if document.prices_include_tax { taxes } else { Vec::new() };

        let measure = |text: &str, sum, colour| {
            let value = self.fonts.line(&amount::text(sum), BODY);
            let label = self.fonts.wrap(text, BODY, width - 2 * inset - value.width() - gap);
            let height = Length::try_from(label.len().max(1)).unwrap_or(1) * BODY_LEADING + pt(4);
            (label, value, height, colour)
        };
        let above: Vec<_> = sums.iter().map(|(text, sum)| measure(text, *sum, Colour::Ink)).collect();
        let below: Vec<_> = included.iter().map(|(text, sum)| measure(text, *sum, Colour::Muted)).collect();
        let beside = INNER - width - pt(30);
        let words = self.fonts.wrap(&amount::words(document.total, &document.locale), BODY, beside);
        let reason = match &document.kind {
            Kind::CreditNote { reason, .. } if !reason.is_empty() => self.fonts.wrap(reason, BODY, beside),
            _ => Vec::new(),
        };
        let total_height = pt(38);
        let height = pt(14) + above.iter().chain(&below).map(|line| line.2).sum::<Length>() + total_height + pt(16);
        let lines = Length::try_from(words.len() + reason.len()).unwrap_or(0);
        let words_height = pt(if reason.is_empty() { 44 } else { 84 }) + lines * BODY_LEADING;
        let top = if y + height.max(words_height) > BOTTOM { self.next_page() } else { y };

        let mut y = top + pt(24);
        for (label, value, height, colour) in above {
            y = self.sum(x + inset, y, label, value, height, colour, width - 2 * inset);
        }
        let panel = y - pt(6);
        self.sheet.rule(x, panel, width, total_height, Colour::Tint);
        self.sheet.rule(x, panel, width, 100, Colour::Accent);
        let role = self.sheet.next_paragraph();
        let label = self.fonts.line(labels.total, bold(pt(11)));
        let baseline = panel + pt(24);
        let value = self.fonts.line(&amount::text(document.total), bold(pt(14)));
        let label_end = x + inset + label.width();
        self.sheet.lines(x + inset, baseline, vec![label], 0, Colour::Accent, role);
        debug_assert!(x + width - inset - value.width() >= label_end, "the largest amount fits beside its label");
        self.sheet.right(x + width - inset, baseline, value, Colour::Accent, role);
        let mut y = panel + total_height + pt(18);
        for (label, value, height, colour) in below {
            y = self.sum(x + inset, y, label, value, height, colour, width - 2 * inset);
        }

        let label = self.fonts.line(labels.in_words, LABEL);
        self.sheet.lines(MARGIN, top + pt(24), vec![label], 0, Colour::Muted, Role::Heading);
        let role = self.sheet.next_paragraph();
        let mut y = self.sheet.lines(MARGIN, top + pt(39), words, BODY_LEADING, Colour::Ink, role);
        let [before, after] = labels.currency;
        let role = self.sheet.next_paragraph();
        let note = self.fonts.line(&format!("{before}{}{after}", document.currency.code()), regular(pt(8)));
        self.sheet.lines(MARGIN, y + pt(4), vec![note], 0, Colour::Muted, role);
        if !reason.is_empty() {
            y += pt(30);
            let label = self.fonts.line(labels.reason, LABEL);
            self.sheet.lines(MARGIN, y, vec![label], 0, Colour::Muted, Role::Heading);
            let role = self.sheet.next_paragraph();
            self.sheet.lines(MARGIN, y + pt(15), reason, BODY_LEADING, Colour::Ink, role);
        }
    }

    #[allow(clippy::too_many_arguments, reason = "a position, a size and what stands there")]
    fn sum(
        &mut self,
        x: Length,
        y: Length,
        label: Vec<super::text::Line>,
        value: super::text::Line,
        height: Length,
        colour: Colour,
        width: Length,
    ) -> Length {
        let role = self.sheet.next_paragraph();
        self.sheet.lines(x, y, label, BODY_LEADING, Colour::Muted, role);
        self.sheet.right(x + width, y, value, colour, role);
        y + height
    }

    /// Returns kind and number of the document.
    fn name(&self) -> String {
        format!("{} {}", self.labels.title(&self.document.kind), self.document.number)
    }

    /// Starts a page that says what it continues. Returns where its content starts.
    fn next_page(&mut self) -> Length {
        self.sheet.start_page();
        self.sheet.rule(0, 0, WIDTH, pt(5), Colour::Accent);
        let number = self.fonts.line(&self.name(), regular(pt(9)));
        let width = INNER - number.width() - pt(20);
        let brand = self.fonts.wrap(&self.document.brand, bold(pt(11)), width).into_iter().next();
        self.sheet.lines(MARGIN, pt(56), brand.into_iter().collect(), 0, Colour::Accent, Role::Decoration);
        self.sheet.right(MARGIN + INNER, pt(56), number, Colour::Muted, Role::Decoration);
        TOP_LATER
    }

    /// Puts the footer on every page, now that their number is known.
    fn footers(&mut self) {
        let small = regular(pt(8));
        let count = self.sheet.pages().len();
        for page in 0..count {
            let area = Mark::Area { x: MARGIN, y: HEIGHT - pt(52), width: INNER, height: 50, colour: Colour::Hairline };
            self.sheet.put_on(page, area);
            let [before, of] = self.labels.page;
            let right = self.fonts.line(&format!("{before}{}{of}{count}", page + 1), small);
            // The number first: on a loose page it must not be what a long name leaves no room for.
            let left = format!("{} · {}", self.name(), self.document.issuer.name);
            let left = self.fonts.wrap(&left, small, INNER - right.width() - pt(20)).into_iter().next();
            let y = HEIGHT - pt(36);
            let x = MARGIN + INNER - right.width();
            let role = Role::Decoration;
            self.sheet.put_on(page, Mark::Text { x, y, line: right, colour: Colour::Muted, role });
            if let Some(line) = left {
                self.sheet.put_on(page, Mark::Text { x: MARGIN, y, line, colour: Colour::Muted, role });
            }
        }
    }
}
