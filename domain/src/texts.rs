//! A dictionary of one language: flat keys, placeholders in braces. A missing key shows itself as the key.

use std::collections::HashMap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(HashMap<String, String>);

impl Texts {
    /// # Errors
    /// When it is not a JSON object of strings.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json).map(Self)
    }

    #[must_use]
    pub fn get(&self, key: &str) -> String {
        self.find(key).unwrap_or(key).to_owned()
    }

    /// The text of `key`, if there is one.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The text of `key` with each `{name}` replaced.
    #[must_use]
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        values.iter().fold(self.get(key), |text, (name, value)| text.replace(&["{", name, "}"].concat(), value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_placeholders_and_shows_missing_keys() {
        let texts = Texts::parse(r#"{"paid":"Paid {sum} for {number}"}"#).unwrap();
        assert_eq!(texts.with("paid", &[("sum", "5 ֏"), ("number", "7")]), "Paid 5 ֏ for 7");
        assert_eq!(texts.get("gone"), "gone");
    }
}
