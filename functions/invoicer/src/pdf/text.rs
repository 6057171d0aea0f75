//! Shaping and breaking text: which glyphs a text becomes, how wide it is, where a line may end.

use rustybuzz::{Direction, Face, UnicodeBuffer};

use super::sheet::Length;

/// How heavy a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Normal text.
    Regular,
    /// Names, headings, totals.
    Bold,
}

/// Weight and size of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) weight: Weight,
    pub(super) size: Length,
}

/// Makes a style of normal weight.
pub(super) const fn regular(size: Length) -> Style {
    Style { weight: Weight::Regular, size }
}

/// Makes a bold style.
pub(super) const fn bold(size: Length) -> Style {
    Style { weight: Weight::Bold, size }
}

/// The files, in the order in which they are asked for a character: Latin first, then Devanagari.
const FILES: [[&[u8]; 2]; 2] = [
    [include_bytes!("../../fonts/NotoSans-Regular.ttf"), include_bytes!("../../fonts/NotoSansDevanagari-Regular.ttf")],
    [include_bytes!("../../fonts/NotoSans-Bold.ttf"), include_bytes!("../../fonts/NotoSansDevanagari-Bold.ttf")],
];

/// Names one of the embedded fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FontIndex {
    weight: Weight,
    script: usize,
}

/// The embedded fonts, parsed once.
pub struct Fonts {
    faces: [[Face<'static>; 2]; 2],
    embedded: [[krilla::text::Font; 2]; 2],
}

/// A glyph with its place in font units.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    pub(super) id: u32,
    pub(super) advance: i32,
    pub(super) x_offset: i32,
    pub(super) y_offset: i32,
    /// The bytes of the run's text that it stands for.
    pub(super) range: std::ops::Range<usize>,
}

/// Text in one font.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) font: FontIndex,
    pub(super) text: String,
    pub(super) glyphs: Vec<Glyph>,
    /// The width at the size of the line.
    pub(super) width: Length,
}

/// One line of shaped text, ready to be painted.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) runs: Vec<Run>,
    pub(super) size: Length,
}

impl Line {
    /// Returns the width from the first to the last advance.
    pub(super) fn width(&self) -> Length {
        self.runs.iter().map(|run| run.width).sum()
    }

    /// Returns the text.
    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

impl Fonts {
    /// Parses the embedded fonts. Returns `None` when they are damaged, which the tests rule out.
    pub fn load() -> Option<Self> {
        let face = |data: &'static [u8]| Face::from_slice(data, 0);
        let font = |data: &'static [u8]| krilla::text::Font::new(data.into(), 0);
        let [[a, b], [c, d]] = FILES;
        Some(Self {
            faces: [[face(a)?, face(b)?], [face(c)?, face(d)?]],
            embedded: [[font(a)?, font(b)?], [font(c)?, font(d)?]],
        })
    }

    /// Returns the font as the PDF writer knows it.
    pub(super) fn embedded(&self, index: FontIndex) -> &krilla::text::Font {
        let [regular, bold] = &self.embedded;
        let [latin, devanagari] = if index.weight == Weight::Bold { bold } else { regular };
        if index.script == 0 { latin } else { devanagari }
    }

    /// Returns how many font units make the size.
    pub(super) fn units_per_em(&self, index: FontIndex) -> i32 {
        self.face(index).units_per_em()
    }

    fn face(&self, index: FontIndex) -> &Face<'static> {
        let [regular, bold] = &self.faces;
        let [latin, devanagari] = if index.weight == Weight::Bold { bold } else { regular };
        if index.script == 0 { latin } else { devanagari }
    }

    /// Shapes `text` as a single line.
    pub(super) fn line(&self, text: &str, style: Style) -> Line {
        let runs =
            self.split(text, style.weight).into_iter().map(|(font, part)| self.shape(font, part, style.size)).collect();
        Line { runs, size: style.size }
    }

    /// Breaks `text` into lines no wider than `width`: at spaces, and inside a word only when it is wider than a line.
    pub(super) fn wrap(&self, text: &str, style: Style, width: Length) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut current = String::new();
        for word in
            text.split(|c: char| c.is_whitespace() && c != '\u{a0}' && c != '\u{202f}').filter(|word| !word.is_empty())
        {
            let candidate = if current.is_empty() { word.to_owned() } else { format!("{current} {word}") };
            if self.line(&candidate, style).width() <= width {
                current = candidate;
                continue;
            }
            if !current.is_empty() {
                lines.push(self.line(&current, style));
            }
            current = self.break_word(word, style, width, &mut lines);
        }
        if !current.is_empty() {
            lines.push(self.line(&current, style));
        }
        lines
    }

    /// Puts as much of a too wide word as fits on lines of its own and returns what is left.
    /// A break never separates a letter from its marks: it falls between clusters.
    fn break_word(&self, word: &str, style: Style, width: Length, lines: &mut Vec<Line>) -> String {
        let mut rest = word;
        loop {
            let line = self.line(rest, style);
            if line.width() <= width {
                return rest.to_owned();
            }
            let (mut used, mut start, mut end) = (0, 0, 0);
            for run in &line.runs {
                let em = self.units_per_em(run.font).max(1);
                for glyph in &run.glyphs {
                    let begins = start + glyph.range.start;
                    if used <= i64::from(width) && begins > end {
                        end = begins;
                    }
                    used += i64::from(glyph.advance) * i64::from(style.size) / i64::from(em) + 1;
                }
                start += run.text.len();
            }
            // At least one cluster per line, or the loop would not end.
            let first = line.runs.first().and_then(|run| run.glyphs.iter().find(|glyph| glyph.range.start > 0));
            let end = if end == 0 { first.map_or(rest.len(), |glyph| glyph.range.start) } else { end };
            let Some((head, tail)) = rest.split_at_checked(end).filter(|(_, tail)| !tail.is_empty()) else {
                return rest.to_owned();
            };
            lines.push(self.line(head, style));
            rest = tail;
        }
    }

    /// Splits text into stretches that one font can show. Spaces, digits and marks stay with what precedes them.
    fn split<'t>(&self, text: &'t str, weight: Weight) -> Vec<(FontIndex, &'t str)> {
        let mut parts = Vec::new();
        let (mut start, mut script) = (0, None);
        for (at, c) in text.char_indices() {
            let shown = |script: usize| self.face(FontIndex { weight, script }).glyph_index(c).is_some();
            let wanted = match script {
                Some(current) if shown(current) && (current == 0 || !c.is_ascii_alphanumeric()) => current,
                _ if shown(0) => 0,
                _ if shown(1) => 1,
                _ => script.unwrap_or(0),
            };
            if let Some(current) = script
                && current != wanted
            {
                parts.push((FontIndex { weight, script: current }, &text[start..at]));
                start = at;
            }
            script = Some(wanted);
        }
        if let Some(script) = script {
            parts.push((FontIndex { weight, script }, &text[start..]));
        }
        parts
    }

    fn shape(&self, font: FontIndex, text: &str, size: Length) -> Run {
        let face = self.face(font);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let shaped = rustybuzz::shape(face, &[], buffer);
        let starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        let glyphs: Vec<Glyph> = shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .zip(&starts)
            .map(|((info, position), start)| Glyph {
                id: info.glyph_id,
                advance: position.x_advance,
                x_offset: position.x_offset,
                y_offset: position.y_offset,
                range: *start..starts.iter().copied().filter(|next| next > start).min().unwrap_or(text.len()),
            })
            .collect();
        let units: i64 = glyphs.iter().map(|glyph| i64::from(glyph.advance)).sum();
        let width = units.saturating_mul(i64::from(size)).div_euclid(i64::from(face.units_per_em().max(1)));
        Run { font, text: text.to_owned(), glyphs, width: Length::try_from(width).unwrap_or(Length::MAX) }
    }
}
