//! The state of a list is its address: filters, search and page are read from the query and changed by going elsewhere.

use std::borrow::Cow;

/// A list's address, part by part.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: Cow<'static, str>,
    state: Vec<(&'static str, String)>,
}

impl Place {
    /// `before` is the row the page begins after; it is the one part that a filter does not keep.
    pub(super) fn new(path: impl Into<Cow<'static, str>>, state: &[(&'static str, &str)], before: &str) -> Self {
        let mut state: Vec<_> = state.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        state.push(("before", before.to_owned()));
        Self { path: path.into(), state }
    }

    /// Nothing is searched or filtered for, and this is the first page.
    pub(super) fn is_whole(&self) -> bool {
        self.state.iter().all(|(_, value)| value.is_empty())
    }

    pub(super) fn value(&self, name: &str) -> &str {
        self.state.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| value)
    }

    /// The address of the same list with one part of its state changed, from its first page.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        self.written(|own| match own {
            "before" => Some(""),
            own => (own == name).then_some(value),
        })
    }

    /// As [`Place::with`], with several parts taken out.
    pub(super) fn without(&self, names: &[&str]) -> String {
        self.written(|own| (own == "before" || names.contains(&own)).then_some(""))
    }

    /// The address of the same list kept to these days.
    pub(super) fn within(&self, from: &str, until: &str) -> String {
        self.written(|own| match own {
            "from" => Some(from),
            "until" => Some(until),
            "before" => Some(""),
            _ => None,
        })
    }

    /// The address of the page of the list that begins after `before`.
    pub(super) fn page(&self, before: &str) -> String {
        self.written(|own| (own == "before").then_some(before))
    }

    /// The address of this very page.
    pub(super) fn here(&self) -> String {
        self.written(|_| None)
    }

    /// The whole state as it stands in the address, but the page.
    pub(super) fn state(&self) -> String {
        let whole = self.with("", "");
        whole.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
    }

    /// What a search keeps: every part but the words and the page.
    pub(super) fn kept(&self) -> Vec<(&'static str, String)> {
        self.state.iter().filter(|(name, _)| !matches!(*name, "q" | "before")).cloned().collect()
    }

    /// What a form keeps that asks for these parts itself.
    pub(super) fn state_without(&self, names: &[&str]) -> Vec<(&'static str, String)> {
        let kept = self.state.iter().filter(|(name, value)| !names.contains(name) && !value.is_empty());
        kept.cloned().collect()
    }

    fn written<'a>(&'a self, change: impl Fn(&str) -> Option<&'a str>) -> String {
        let parts = self.state.iter().map(|(name, value)| (*name, change(name).unwrap_or(value)));
        let parts: Vec<(&str, &str)> = parts.filter(|(_, value)| !value.is_empty()).collect();
        match serde_urlencoded::to_string(parts) {
            Ok(query) if !query.is_empty() => [&self.path, "?", &query].concat(),
            _ => self.path.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_starts_from_the_first_page_and_keeps_the_rest() {
        let place = Place::new("/payments", &[("q", "Անի"), ("status", "")], "pay_1");
        assert_eq!(place.with("status", "paid"), "/payments?q=%D4%B1%D5%B6%D5%AB&status=paid");
        assert_eq!(place.with("q", ""), "/payments");
        assert_eq!(place.without(&["q", "status"]), "/payments");
        assert_eq!(place.page("pay_2"), "/payments?q=%D4%B1%D5%B6%D5%AB&before=pay_2");
        let days = Place::new("/orders", &[("status", "paid"), ("from", ""), ("until", "2026-11-01")], "ord_1");
        assert_eq!(days.within("2026-11-20", "2026-11-26"), "/orders?status=paid&from=2026-11-20&until=2026-11-26");
        assert_eq!(days.state_without(&["from", "until", "before"]), [("status", "paid".to_owned())]);
        assert_eq!(place.here(), "/payments?q=%D4%B1%D5%B6%D5%AB&before=pay_1");
        assert_eq!(place.state(), "q=%D4%B1%D5%B6%D5%AB");
        assert_eq!(place.kept(), [("status", String::new())]);
        assert!(!place.is_whole() && Place::new("/payments", &[("q", "")], "").is_whole());
    }
}
