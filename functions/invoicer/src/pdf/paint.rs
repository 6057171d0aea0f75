//! Turns a sheet into a PDF: the only place that knows the PDF writer and floating point.
#![allow(
    clippy::float_arithmetic,
    clippy::disallowed_types,
    reason = "the PDF writer takes coordinates as floating point"
)]

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use krilla::Document as Pdf;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};
use krilla::text::{GlyphId, KrillaGlyph};

use super::label::Labels;
use super::model::Document;
use super::sheet::{Colour, HEIGHT, Length, Mark, Role, Sheet, WIDTH};
use super::text::{Fonts, Line};

/// The PDF writer refused a document.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A size that is not a page.
    #[error("the page size is refused")]
    Page,
    /// Anything else that the writer found.
    #[error("the PDF writer failed: {0}")]
    Writer(String),
}

/// Paints every page and describes the document to readers and archives.
pub(super) fn paint(fonts: &Fonts, document: &Document, sheet: &Sheet) -> Result<Vec<u8>, RenderError> {
    let mut pdf = Pdf::new();
    let mut structure = Structure::default();
    for marks in sheet.pages() {
        let settings = PageSettings::from_wh(points(WIDTH), points(HEIGHT)).ok_or(RenderError::Page)?;
        let mut page = pdf.start_page_with(settings);
        let mut surface = page.surface();
        for mark in marks {
            match mark {
                Mark::Text { x, y, line, colour, role } => {
                    let tag = match role {
                        Role::Decoration => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
                        _ => ContentTag::Span(SpanTag::empty()),
                    };
                    let identifier = surface.start_tagged(tag);
                    surface.set_fill(Some(fill(*colour)));
                    text(fonts, &mut surface, *x, *y, line);
                    surface.end_tagged();
                    structure.add(*role, identifier);
                }
                Mark::Area { x, y, width, height, colour } => {
                    let area = Rect::from_xywh(points(*x), points(*y), points(*width), points(*height));
                    let mut path = PathBuilder::new();
                    if let Some(area) = area {
                        path.push_rect(area);
                    }
                    if let Some(path) = path.finish() {
                        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
                        surface.set_fill(Some(fill(*colour)));
                        surface.draw_path(&path);
                        surface.end_tagged();
                    }
                }
            }
        }
        surface.finish();
        page.finish();
    }
    let labels = Labels::of(&document.locale);
    pdf.set_tag_tree(structure.tree(labels.language));
    pdf.set_metadata(metadata(document, labels));
    pdf.finish().map_err(|error| RenderError::Writer(format!("{error:?}")))
}

fn metadata(document: &Document, labels: &Labels) -> Metadata {
    let date = document.issued_on;
    let mut issued = DateTime::new(u16::try_from(date.year()).unwrap_or_default());
    issued = issued.month(u8::try_from(date.month()).unwrap_or(1)).day(u8::try_from(date.day()).unwrap_or(1));
    let name = format!("{} {}", labels.title(&document.kind), document.number);
    Metadata::new()
        .description(format!("{name} · {}", document.issuer.name))
        .title(name)
        .authors(vec![document.issuer.name.clone()])
        .creator("Haat".to_owned())
        .language(labels.language.to_owned())
        .document_id(format!("{}/{}", document.order, document.number))
        .creation_date(issued)
}

fn points(length: Length) -> f32 {
    length as f32 / 100.0
}

fn fill(colour: Colour) -> Fill {
    let colour = match colour {
        Colour::Ink => rgb::Color::new(0x1c, 0x27, 0x33),
        Colour::Muted => rgb::Color::new(0x66, 0x72, 0x80),
        Colour::Accent => rgb::Color::new(0x0f, 0x4c, 0x5c),
        Colour::Hairline => rgb::Color::new(0xd8, 0xde, 0xe4),
        Colour::Tint => rgb::Color::new(0xef, 0xf5, 0xf6),
    };
    Fill { paint: colour.into(), ..Fill::default() }
}

fn text(fonts: &Fonts, surface: &mut Surface<'_>, x: Length, y: Length, line: &Line) {
    let mut x = x;
    for run in &line.runs {
        let em = fonts.units_per_em(run.font) as f32;
        let glyphs: Vec<KrillaGlyph> = run
            .glyphs
            .iter()
            .map(|glyph| {
                KrillaGlyph::new(
                    GlyphId::new(glyph.id),
                    glyph.advance as f32 / em,
                    glyph.x_offset as f32 / em,
                    glyph.y_offset as f32 / em,
                    0.0,
                    glyph.range.clone(),
                    None,
                )
            })
            .collect();
        let font = fonts.embedded(run.font).clone();
        surface.draw_glyphs(Point::from_xy(points(x), points(y)), &glyphs, font, &run.text, points(line.size), false);
        x += run.width;
    }
}

/// Collects what was painted into headings, paragraphs and one table, in reading order.
#[derive(Default)]
struct Structure {
    blocks: Vec<(Role, Vec<Identifier>)>,
    head: BTreeMap<usize, Vec<Identifier>>,
    body: BTreeMap<usize, BTreeMap<usize, Vec<Identifier>>>,
    table_after: Option<usize>,
}

impl Structure {
    fn add(&mut self, role: Role, identifier: Identifier) {
        match role {
            Role::Decoration => {}
            Role::HeadCell(column) => {
                self.table_after.get_or_insert(self.blocks.len());
                self.head.entry(column).or_default().push(identifier);
            }
            Role::Cell(row, column) => {
                self.body.entry(row).or_default().entry(column).or_default().push(identifier);
            }
            Role::Title | Role::Heading | Role::Paragraph(_) => match self.blocks.last_mut() {
                Some((last, identifiers)) if *last == role => identifiers.push(identifier),
                _ => self.blocks.push((role, vec![identifier])),
            },
        }
    }

    fn tree(self, language: &str) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
        let table_after = self.table_after.unwrap_or(self.blocks.len());
        let table = table(self.head, self.body);
        let (before, after) = self.blocks.split_at(table_after.min(self.blocks.len()));
        for (role, identifiers) in before {
            tree.push(block(*role, identifiers));
        }
        tree.push(table);
        for (role, identifiers) in after {
            tree.push(block(*role, identifiers));
        }
        tree
    }
}

fn block(role: Role, identifiers: &[Identifier]) -> TagGroup {
    let kind: TagKind = match role {
        Role::Title => Tag::Hn(NonZeroU16::MIN, None).into(),
        Role::Heading => Tag::Hn(NonZeroU16::MIN.saturating_add(1), None).into(),
        _ => Tag::P.into(),
    };
    group(kind, identifiers)
}

fn group(kind: impl Into<TagKind>, identifiers: &[Identifier]) -> TagGroup {
    TagGroup::with_children(kind, identifiers.iter().map(|identifier| Node::from(*identifier)).collect())
}

fn table(head: BTreeMap<usize, Vec<Identifier>>, body: BTreeMap<usize, BTreeMap<usize, Vec<Identifier>>>) -> TagGroup {
    let mut heads = TagGroup::new(Tag::TR);
    for identifiers in head.values() {
        heads.push(group(Tag::TH(TableHeaderScope::Column), identifiers));
    }
    let mut rows = TagGroup::new(Tag::TBody);
    for cells in body.values() {
        let mut row = TagGroup::new(Tag::TR);
        for identifiers in cells.values() {
            row.push(group(Tag::TD, identifiers));
        }
        rows.push(row);
    }
    let mut table = TagGroup::new(Tag::Table);
    table.push(TagGroup::with_children(Tag::THead, vec![heads.into()]));
    table.push(rows);
    table
}
