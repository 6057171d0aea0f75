//! Pages as lists of marks, before they become a PDF.

use super::text::Line;

/// A length in hundredths of a point: whole numbers, so that layout is exact and repeatable.
pub(super) type Length = i32;

/// Turns whole points into a length.
pub(super) const fn pt(points: i32) -> Length {
    points * 100
}

/// The width of an A4 page.
pub(super) const WIDTH: Length = 59_528;
/// The height of an A4 page.
pub(super) const HEIGHT: Length = 84_189;
/// The white border left and right.
pub(super) const MARGIN: Length = pt(48);
/// The width between the borders.
pub(super) const INNER: Length = WIDTH - 2 * MARGIN;

/// The few colours of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// Text.
    Ink,
    /// Labels and secondary text.
    Muted,
    /// The brand and the grand total.
    Accent,
    /// Rules.
    Hairline,
    /// The ground of the grand total.
    Tint,
}

/// What a text is to a reader who can't see the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The document's title.
    Title,
    /// The heading of a block.
    Heading,
    /// A line of the paragraph with this number.
    Paragraph(u32),
    /// A heading of the table.
    HeadCell(usize),
    /// A line in a cell of the table: row, column.
    Cell(usize, usize),
    /// Repeated or decorative.
    Decoration,
}

/// Something on a page. `y` counts down from the top.
#[derive(Debug)]
pub(super) enum Mark {
    /// A line of text on its baseline.
    Text { x: Length, y: Length, line: Line, colour: Colour, role: Role },
    /// A filled rectangle.
    Area { x: Length, y: Length, width: Length, height: Length, colour: Colour },
}

/// The pages of a document.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pages: Vec<Vec<Mark>>,
    paragraphs: u32,
}

impl Sheet {
    /// Starts a new page, which becomes the current one.
    pub(super) fn start_page(&mut self) {
        self.pages.push(Vec::new());
    }

    /// Returns all pages.
    pub(super) fn pages(&self) -> &[Vec<Mark>] {
        &self.pages
    }

    /// Counts up the number of the next paragraph.
    pub(super) fn next_paragraph(&mut self) -> Role {
        self.paragraphs += 1;
        Role::Paragraph(self.paragraphs)
    }

    /// Puts a mark on the current page.
    pub(super) fn put(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Puts a mark on the page with index `page`.
    pub(super) fn put_on(&mut self, page: usize, mark: Mark) {
        if let Some(page) = self.pages.get_mut(page) {
            page.push(mark);
        }
    }

    /// Puts lines below each other, each `leading` apart, the first baseline at `y`. Returns the next baseline.
    pub(super) fn lines(
        &mut self,
        x: Length,
        y: Length,
        lines: Vec<Line>,
        leading: Length,
        colour: Colour,
        role: Role,
    ) -> Length {
        let mut y = y;
        for line in lines {
            self.put(Mark::Text { x, y, line, colour, role });
            y += leading;
        }
        y
    }

    /// Puts one line that ends at `right`.
    pub(super) fn right(&mut self, right: Length, y: Length, line: Line, colour: Colour, role: Role) {
        self.put(Mark::Text { x: right - line.width(), y, line, colour, role });
    }

    /// Puts a horizontal rule.
    pub(super) fn rule(&mut self, x: Length, y: Length, width: Length, height: Length, colour: Colour) {
        self.put(Mark::Area { x, y, width, height, colour });
    }
}
