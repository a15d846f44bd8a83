//! What Telegram says of a person who opens a Mini App, signed with the bot's token.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::world::Person;

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    // HMAC takes keys of every length: this never is empty.
    let mac = Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(message));
    mac.map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
}

/// A query string with its `hash`.
pub(super) fn init_data(token: &str, person: &Person, at: i64) -> String {
    let user = json!({
        "id": person.id,
        "first_name": person.first_name,
        "last_name": "",
        "username": person.username,
        "language_code": person.language_code,
        "allows_write_to_pm": true,
    });
    // Sorted by name, as they are signed.
    let pairs = [
        ("auth_date", at.to_string()),
        ("chat_type", "private".to_owned()),
        ("query_id", crate::random_id("AA")),
        ("signature", crate::random_id("")),
        ("user", user.to_string()),
    ];
    let lines: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let hash = mac(&mac(b"WebAppData", token), &lines.join("\n"));
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    query.push_str("&hash=");
    query.push_str(&hash);
    query
}
