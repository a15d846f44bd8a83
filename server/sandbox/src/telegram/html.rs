//! Telegram's few HTML tags: checked as the real server checks them, and made plain for `text`.

const TAGS: [&str; 10] = ["b", "strong", "i", "em", "u", "s", "code", "pre", "blockquote", "a"];

/// The plain text of a message, or Telegram's words about what is wrong.
pub(super) fn plain(html: &str) -> Result<String, String> {
    let (mut text, mut open, mut rest) = (String::new(), Vec::<String>::new(), html);
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let end = rest[at..].find('>').ok_or("Bad Request: can't parse entities: Unclosed start tag")?;
        let tag = &rest[at + 1..at + end];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop().as_deref() != Some(name) {
                return Err(format!("Bad Request: can't parse entities: Unmatched end tag \"{name}\""));
            }
        } else {
            let name = tag.split_whitespace().next().unwrap_or_default().to_lowercase();
            if !TAGS.contains(&name.as_str()) {
                return Err(format!("Bad Request: can't parse entities: Unsupported start tag \"{name}\""));
            }
            open.push(name);
        }
        rest = &rest[at + end + 1..];
    }
    text.push_str(rest);
    match open.pop() {
        Some(name) => {
            Err(format!("Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"{name}\""))
        }
        None => Ok(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_checked_and_taken_away() {
        assert_eq!(plain("<b>5 &lt; 6</b> &amp; so on"), Ok("5 < 6 & so on".to_owned()));
        for bad in ["<b>", "</b>", "<b><i></b></i>", "<script>x</script>", "a < b"] {
            assert!(plain(bad).is_err(), "{bad}");
        }
    }
}
