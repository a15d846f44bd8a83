//! Text in HTML: what people wrote never becomes markup, neither on a page nor in a message of the bot.

/// Safe between tags and within a quoted attribute. Exactly the four names that Telegram knows too.
/// Source: <https://core.telegram.org/bots/api#html-style>.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    escape_into(text, &mut html);
    html
}

/// As [`escape`], to the end of `html`.
pub fn escape_into(text: &str, html: &mut String) {
    let mut done = 0;
    for (place, byte) in text.bytes().enumerate() {
        let name = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        html.push_str(text.get(done..place).unwrap_or_default());
        html.push_str(name);
        done = place + 1;
    }
    html.push_str(text.get(done..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(escape("\"><b>a & b</b>"), "&quot;&gt;&lt;b&gt;a &amp; b&lt;/b&gt;");
        assert_eq!(escape("Անի՝ 15 000 ֏"), "Անի՝ 15 000 ֏");
    }
}
