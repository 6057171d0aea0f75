//! Descriptions are rich text: a small set of tags stays, everything else goes.

use std::collections::{HashMap, HashSet};

use ammonia::Builder;

/// The most characters that a description may have, tags included.
pub const MAX_LENGTH: usize = 20_000;

/// Keeps text, paragraphs, lists, emphasis and web links; drops scripts, styles, event handlers and the rest.
///
/// Cleaning twice changes nothing more.
pub fn clean(text: &str) -> String {
    Builder::default()
        .tags(HashSet::from([
            "a",
            "b",
            "blockquote",
            "br",
            "code",
            "em",
            "h3",
            "h4",
            "i",
            "li",
            "ol",
            "p",
            "strong",
            "u",
            "ul",
        ]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer nofollow"))
        .clean(text)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_tags_stay() {
        assert_eq!(clean("<p>Strong &amp; <b>light</b></p>"), "<p>Strong &amp; <b>light</b></p>");
        assert_eq!(clean("<script>alert(1)</script>Vase"), "Vase");
        assert_eq!(clean("<p onclick=\"x()\" style=\"a\">Hi</p><img src=x onerror=y>"), "<p>Hi</p>");
        assert_eq!(clean("<a href=\"javascript:x()\">a</a>"), "<a rel=\"noopener noreferrer nofollow\">a</a>");
    }

    #[test]
    fn cleaning_twice_changes_nothing_more() {
        for text in ["a < b & c", "<p>x<p>y", "&lt;script&gt;", "<a href=\"https://a.example\">a</a>"] {
            assert_eq!(clean(&clean(text)), clean(text), "{text}");
        }
    }
}
