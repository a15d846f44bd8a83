//! The truth behind a sentence: what was received, byte for byte, and what was written down.

use serde_json::Value;
use server::{journal::JournalEntry, payments::WebhookEvent};

/// Key of its name, and the text.
pub(in crate::rooms) type Raw = (&'static str, String);

/// A delivery: its headers, and its body as it came; where that is JSON, once more in lines that can be read.
pub(in crate::rooms) fn of_event(event: &WebhookEvent) -> Vec<Raw> {
    let headers: std::collections::BTreeMap<String, String> = serde_json::from_str(&event.headers).unwrap_or_default();
    let lines: String = headers.iter().map(|(name, value)| [name, ": ", value, "\n"].concat()).collect();
    let received = ("story.raw_received", [&lines, "\n", &*exact(&event.body)].concat());
    let read = serde_json::from_slice::<Value>(&event.body).ok().map(|json| ("story.raw_read", pretty(&json)));
    std::iter::once(received).chain(read).collect()
}

/// The body to the last byte: the text it is, or the bytes as digits.
fn exact(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) => body.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    }
}

/// An entry of the journal as it stands there.
pub(super) fn of_entry(entry: &JournalEntry, data: &Value) -> Raw {
    let own = serde_json::json!({
        "number": entry.number, "id": entry.id, "kind": entry.kind, "actor": entry.actor,
        "at": entry.at, "data": data, "prev_hash": entry.prev_hash, "hash": entry.hash,
    });
    ("story.raw_entry", pretty(&own))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::exact;

    #[test]
    fn nothing_of_a_body_is_lost() {
        assert_eq!(exact(b"{\"a\" : 1.0,\r\n \"a\":2}"), "{\"a\" : 1.0,\r\n \"a\":2}");
        assert_eq!(exact(&[0xff, 0x00, 0x7b]), "ff 00 7b");
    }
}
