//! The state of a list is its address: filters, search and place are read from the query and changed by going elsewhere.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
    params::ParamsMap,
};

use crate::live::Live;

/// The address of the same list with one part of its state changed, from its first page.
#[must_use]
pub fn with(path: &str, query: &ParamsMap, name: &'static str, value: &str) -> String {
    let mut query = query.clone();
    query.remove("before");
    set(&mut query, name, value);
    written(path, &query)
}

/// The address of the page of the list that begins after `before`.
#[cfg(feature = "ssr")]
#[must_use]
pub fn page(path: &str, query: &ParamsMap, before: &str) -> String {
    let mut query = query.clone();
    set(&mut query, "before", before);
    written(path, &query)
}

fn set(query: &mut ParamsMap, name: &'static str, value: &str) {
    query.remove(name);
    if !value.is_empty() {
        query.insert(name, value.to_owned());
    }
}

/// The same on the server and in the browser, so that a page does not change when it wakes.
fn written(path: &str, query: &ParamsMap) -> String {
    let mut address = path.to_owned();
    let mut mark = '?';
    for (name, value) in query.latest_values() {
        address.push(mark);
        address.push_str(name);
        address.push('=');
        escape(value, &mut address);
        mark = '&';
    }
    address
}

fn escape(text: &str, into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(DIGITS[usize::from(byte >> 4)]));
            into.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// One value of the query, empty when it is not there.
#[must_use]
pub fn value(query: &ParamsMap, name: &str) -> String {
    query.get_str(name).unwrap_or_default().to_owned()
}

/// Changes when the state of the list changes or the journal grows: then the list is asked for again.
pub fn question(query: Memo<ParamsMap>) -> impl Fn() -> String + Send + Sync + 'static {
    let number = Live::here().number;
    move || query.with(|query| written(&number.get().to_string(), query))
}

/// Where the list is, without what happens meanwhile.
pub fn place(query: Memo<ParamsMap>) -> impl Fn() -> String + Send + Sync + 'static {
    move || query.with(|query| written("", query))
}

/// Goes to the list as searched for, a moment after the last letter; the way back leads past it.
pub fn search_when_typed() -> Callback<String> {
    let (location, go) = (use_location(), use_navigate());
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    Callback::new(move |words: String| {
        if let Some(earlier) = waiting.get_value() {
            earlier.clear();
        }
        let (location, go) = (location.clone(), go.clone());
        let search = move || {
            let query = location.query.get_untracked();
            let address = with(&location.pathname.get_untracked(), &query, "q", words.trim());
            go(&address, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
        };
        waiting.set_value(set_timeout_with_handle(search, std::time::Duration::from_millis(250)).ok());
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_starts_from_the_first_page_and_keeps_the_rest() {
        let query: ParamsMap = [("q", "Անի".to_owned()), ("before", "pay_1".to_owned())].into_iter().collect();
        assert_eq!(value(&query, "q"), "Անի");
        assert!(!with("/payments", &query, "status", "paid").contains("before"));
        assert!(with("/payments", &query, "status", "paid").ends_with("status=paid"));
        assert_eq!(with("/payments", &query, "q", ""), "/payments");
        assert_eq!(page("/payments", &query, "pay_2"), "/payments?q=%D4%B1%D5%B6%D5%AB&before=pay_2");
    }
}
