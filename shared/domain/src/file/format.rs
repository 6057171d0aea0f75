//! The formats that files come in, and how their bytes give them away.

use serde::{Deserialize, Serialize};

use crate::bulk::BulkFormat;

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Format {
    /// Stereolithography, binary or text.
    #[serde(rename = "STL")]
    Stl,
    /// Wavefront OBJ.
    #[serde(rename = "OBJ")]
    Obj,
    /// 3D Manufacturing Format (a ZIP package).
    #[serde(rename = "3MF")]
    ThreeMf,
    /// glTF 2.0 in one binary file.
    #[serde(rename = "GLB")]
    Glb,
    /// JPEG.
    #[serde(rename = "JPEG")]
    Jpeg,
    /// PNG.
    #[serde(rename = "PNG")]
    Png,
    /// WebP.
    #[serde(rename = "WEBP")]
    Webp,
    /// Comma-separated values: a table of products, whose header names their SKU.
    #[serde(rename = "CSV")]
    Csv,
    /// JSON Lines: one product in each line.
    #[serde(rename = "JSONL")]
    JsonLines,
}

/// The bytes are not what the upload was announced as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the content is not a valid {} file", .0.name())]
pub struct Mismatch(pub Format);

/// How many bytes from the start of a file [`Format::check`] wants to see.
pub const HEAD_LENGTH: u64 = 4096;

impl Format {
    /// All formats.
    pub const ALL: [Self; 9] =
        [Self::Stl, Self::Obj, Self::ThreeMf, Self::Glb, Self::Jpeg, Self::Png, Self::Webp, Self::Csv, Self::JsonLines];

    /// Returns the name as shown to people and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stl => "STL",
            Self::Obj => "OBJ",
            Self::ThreeMf => "3MF",
            Self::Glb => "GLB",
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WEBP",
            Self::Csv => "CSV",
            Self::JsonLines => "JSONL",
        }
    }

    /// Returns the registered media type (IANA).
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Stl => "model/stl",
            Self::Obj => "model/obj",
            Self::ThreeMf => "model/3mf",
            Self::Glb => "model/gltf-binary",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Csv => BulkFormat::Csv.content_type(),
            // Not registered, but what everybody calls it.
            Self::JsonLines => BulkFormat::Jsonl.content_type(),
        }
    }

    /// Returns the usual ending of file names, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Stl => "stl",
            Self::Obj => "obj",
            Self::ThreeMf => "3mf",
            Self::Glb => "glb",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Csv => BulkFormat::Csv.extension(),
            Self::JsonLines => BulkFormat::Jsonl.extension(),
        }
    }

    /// Finds the format of a media type.
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.content_type() == content_type)
    }

    /// Checks a file of `size` bytes by its first [`HEAD_LENGTH`] bytes.
    ///
    /// # Errors
    /// When it can't be a file of this format.
    pub fn check(self, head: &[u8], size: u64) -> Result<(), Mismatch> {
        let fits = match self {
            Self::Stl => is_binary_stl(head, size) || is_text_stl(head),
            Self::Obj => is_obj(head),
            // The first entry of an Open Packaging ZIP is a local file header; one of these parts comes early.
            Self::ThreeMf => {
                head.starts_with(b"PK\x03\x04")
                    && [&b"[Content_Types].xml"[..], b"_rels/", b"3D/", b"Metadata/"]
                        .iter()
                        .any(|part| contains(head, part))
            }
            // glTF 2.0, section 4.4.2: magic, version, length of the whole file.
            Self::Glb => {
                head.starts_with(b"glTF")
                    && little_endian(head, 4) == Some(2)
                    && little_endian(head, 8).map(u64::from) == Some(size)
            }
            Self::Jpeg => head.starts_with(&[0xff, 0xd8, 0xff]),
            Self::Png => head.starts_with(b"\x89PNG\r\n\x1a\n"),
            // The RIFF header counts what follows it.
            Self::Webp => {
                head.starts_with(b"RIFF")
                    && head.get(8..12) == Some(b"WEBP")
                    && little_endian(head, 4).is_some_and(|rest| u64::from(rest) + 8 == size)
            }
            Self::Csv => is_product_table(head),
            Self::JsonLines => is_text(head) && without_mark(head).trim_ascii_start().starts_with(b"{"),
        };
        if fits { Ok(()) } else { Err(Mismatch(self)) }
    }
}

fn little_endian(head: &[u8], at: usize) -> Option<u32> {
    let bytes = head.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes))
}

fn contains(head: &[u8], part: &[u8]) -> bool {
    head.windows(part.len()).any(|window| window == part)
}

/// An 80-byte header, a count, and 50 bytes for each triangle: the size must fit exactly.
fn is_binary_stl(head: &[u8], size: u64) -> bool {
    little_endian(head, 80).is_some_and(|triangles| triangles > 0 && 84 + 50 * u64::from(triangles) == size)
}

fn is_text_stl(head: &[u8]) -> bool {
    head.starts_with(b"solid") && is_text(head) && contains(head, b"facet")
}

fn is_obj(head: &[u8]) -> bool {
    const KEYWORDS: &[&str] = &["f", "g", "l", "mtllib", "o", "p", "s", "usemtl", "v", "vn", "vp", "vt"];
    let text = String::from_utf8_lossy(head);
    // The last line may be cut off.
    let whole = text.rsplit_once('\n').map_or(text.as_ref(), |(lines, _)| lines);
    let mut statements =
        whole.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    is_text(head)
        && statements.peek().is_some()
        && statements.all(|line| line.split_whitespace().next().is_some_and(|word| KEYWORDS.contains(&word)))
}

/// A text whose first line has a column of SKUs. More can't be known of a CSV file by its beginning.
fn is_product_table(head: &[u8]) -> bool {
    let header = without_mark(head).trim_ascii_start().split(|byte| matches!(byte, b'\r' | b'\n')).next();
    let mut columns = header.unwrap_or_default().split(|byte| *byte == b',');
    is_text(head) && columns.any(|column| column.trim_ascii() == b"sku" || column.trim_ascii() == b"\"sku\"")
}

/// Leaves out the byte order mark that some programs put before UTF-8.
fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

fn is_text(head: &[u8]) -> bool {
    !head.iter().any(|byte| *byte < 9 || (14..32).contains(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn binary_stl(triangles: u32) -> Vec<u8> {
        let mut bytes = vec![b' '; 80];
        bytes.extend(triangles.to_le_bytes());
        bytes.extend(vec![0; 50 * usize::try_from(triangles).unwrap()]);
        bytes
    }

    fn check(format: Format, bytes: &[u8]) -> Result<(), Mismatch> {
        let head = bytes.get(..4096).unwrap_or(bytes);
        format.check(head, u64::try_from(bytes.len()).unwrap())
    }

    #[test]
    fn real_beginnings_are_recognised() {
        let glb = [&b"glTF"[..], &2u32.to_le_bytes(), &12u32.to_le_bytes()].concat();
        let webp = [&b"RIFF"[..], &4u32.to_le_bytes(), b"WEBP"].concat();
        for (format, bytes) in [
            (Format::Stl, binary_stl(200)),
            (Format::Stl, b"solid cube\n facet normal 0 0 1\n".to_vec()),
            (Format::Obj, b"# made by hand\no cube\nv 0 0 0\nf 1 2 3\nv 1.".to_vec()),
            (Format::ThreeMf, b"PK\x03\x04....[Content_Types].xml".to_vec()),
            (Format::Glb, glb),
            (Format::Jpeg, vec![0xff, 0xd8, 0xff, 0xe0]),
            (Format::Png, b"\x89PNG\r\n\x1a\n....".to_vec()),
            (Format::Webp, webp),
            (Format::Csv, b"\xef\xbb\xbfname, \"sku\",basePrice\r\nVase".to_vec()),
            (Format::JsonLines, b"\n{\"sku\": \"VASE-1\"}\n".to_vec()),
        ] {
            assert_eq!(check(format, &bytes), Ok(()), "{format:?}");
            for other in Format::ALL {
                assert_eq!(check(other, &bytes).is_ok(), other == format, "{format:?} as {other:?}");
            }
        }
    }

    #[test]
    fn a_page_or_a_program_is_no_file_of_ours() {
        for bytes in [
            &b"<html><script>alert(1)</script>"[..],
            b"MZ\x90\x00",
            b"#!/bin/sh\nrm -rf /\n",
            b"skus\n",
            b"s\0k\0u\0",
            b"",
        ] {
            for format in Format::ALL {
                assert_eq!(check(format, bytes), Err(Mismatch(format)));
            }
        }
    }

    proptest! {
        #[test]
        fn a_binary_stl_of_a_wrong_length_is_refused(triangles in 1u32..300, cut in 1usize..50) {
            let bytes = binary_stl(triangles);
            prop_assert!(check(Format::Stl, &bytes).is_ok());
            prop_assert!(check(Format::Stl, &bytes[..bytes.len() - cut]).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, size: u64) {
            for format in Format::ALL {
                let _ = format.check(&bytes, size);
            }
        }
    }
}
