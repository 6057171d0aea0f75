//! Descriptions are rich text: a small set of tags stays, everything else goes.

use std::collections::{HashMap, HashSet};

use ammonia::Builder;

use crate::text::is_forbidden;

/// Keeps text, paragraphs, lists, emphasis and web links; drops scripts, styles, event handlers and the rest, and control
/// characters that were written as entities.
///
/// Cleaning twice changes nothing more.
pub fn clean(text: &str) -> String {
    let mut kept = sanitised(text);
    if kept.chars().any(is_forbidden) {
        // Sanitised again: a word that a control character has kept apart may mean something when it is whole.
        kept = sanitised(&kept.chars().filter(|c| !is_forbidden(*c)).collect::<String>());
    }
    kept.trim().to_owned()
}

fn sanitised(text: &str) -> String {
    const TAGS: [&str; 15] =
        ["a", "b", "blockquote", "br", "code", "em", "h3", "h4", "i", "li", "ol", "p", "strong", "u", "ul"];
    Builder::default()
        .tags(HashSet::from(TAGS))
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
        let link = "<a rel=\"noopener noreferrer nofollow\">a</a>";
        assert_eq!(clean("<a href=\"javascript:x()\">a</a>"), link);
        assert_eq!(clean("<a href=\"java&#1;script:x()\">a</a>"), link);
    }

    #[test]
    fn cleaning_twice_changes_nothing_more() {
        for text in
            ["a < b & c", "<p>x<p>y", "&lt;script&gt;", "<a href=\"https://a.example\">a</a>", "a&#27;b", " <i></i> c "]
        {
            assert_eq!(clean(&clean(text)), clean(text), "{text}");
        }
    }
}
