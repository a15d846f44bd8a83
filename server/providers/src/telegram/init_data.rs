//! Who has opened the Mini App, in Telegram's own words: believed only when the bot's token signed them, and not long ago.
//!
//! Every field is under the signature but the signature itself. A field that stands twice is refused, since readers would
//! differ on which one counts.

use std::collections::BTreeMap;

use domain::{
    Moment,
    moment::{HOUR, MINUTE},
};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

/// How long it holds. Telegram makes it once, when the Mini App is opened, and renews it never: who puts things aside in the
/// morning orders them in the evening. All it opens is orders in that person's own name, which are then paid elsewhere.
pub const AGE: i64 = 12 * HOUR;
/// Telegram's clock may be ahead of ours by so much.
pub const AHEAD: i64 = 5 * MINUTE;
/// Longer than any that Telegram makes.
const MOST_BYTES: usize = 8 * 1024;
const NAME: usize = 128;

/// Whom Telegram names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opener {
    pub id: i64,
    pub name: String,
    pub username: Option<String>,
    pub language_code: Option<String>,
}

/// Why it is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    #[error("nothing was said")]
    Missing,
    #[error("it cannot be read")]
    Unreadable,
    #[error("the bot's token did not sign it")]
    Forged,
    #[error("it is too old, or of a time to come")]
    Stale,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    username: Option<String>,
    language_code: Option<String>,
}

/// Reads what the Mini App was opened with.
///
/// # Errors
/// Why it is not believed.
pub fn read(token: &str, init_data: &str, now: Moment) -> Result<Opener, Unproven> {
    if init_data.is_empty() {
        return Err(Unproven::Missing);
    }
    let mut fields = fields(init_data)?;
    let hash = fields.remove("hash").and_then(|hash| bytes(&hash)).ok_or(Unproven::Forged)?;
    signed(token, &fields).ok_or(Unproven::Forged)?.verify_slice(&hash).map_err(|_| Unproven::Forged)?;
    let at = fields.get("auth_date").and_then(|at| at.parse::<i64>().ok()).ok_or(Unproven::Unreadable)?;
    let age = now.0.saturating_sub(at.saturating_mul(1_000));
    if !(-AHEAD..=AGE).contains(&age) {
        return Err(Unproven::Stale);
    }
    let user = fields.get("user").ok_or(Unproven::Unreadable)?;
    let user: User = serde_json::from_str(user).map_err(|_| Unproven::Unreadable)?;
    let name = [user.first_name.trim(), user.last_name.trim()].join(" ");
    Ok(Opener {
        id: user.id,
        name: name.trim().chars().take(NAME).collect(),
        username: user.username,
        language_code: user.language_code,
    })
}

fn fields(init_data: &str) -> Result<BTreeMap<String, String>, Unproven> {
    if init_data.len() > MOST_BYTES {
        return Err(Unproven::Unreadable);
    }
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(init_data).map_err(|_| Unproven::Unreadable)?;
    let count = pairs.len();
    let fields: BTreeMap<_, _> = pairs.into_iter().collect();
    if fields.len() == count { Ok(fields) } else { Err(Unproven::Unreadable) }
}

/// The signature that all fields together, sorted, must have.
fn signed(token: &str, fields: &BTreeMap<String, String>) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of every length: neither ever is None.
    let secret = Hmac::<Sha256>::new_from_slice(b"WebAppData").ok()?.chain_update(token).finalize().into_bytes();
    let lines: Vec<_> = fields.iter().map(|(name, value)| [name, "=", value].concat()).collect();
    Some(Hmac::<Sha256>::new_from_slice(&secret).ok()?.chain_update(lines.join("\n")))
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    (0..32).map(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "123456789:AAExampleTokenOfABotForTests";
    const NOW: Moment = Moment(1_700_000_000_000);
    /// Made by another program (Python's `hmac`) with the token above, at the moment above.
    const GIVEN: &str = "query_id=AAHdF6IQAAAAAN0XohDhrOrc&user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Ani%22%2C%22last_name%22%3A%22Grigoryan%22%2C%22username%22%3A%22ani%22%2C%22language_code%22%3A%22hy%22%7D&auth_date=1700000000&signature=abc_-&hash=30ac93199489631e883787c923c7dc87bd9189799420b7f903ae84cf1da18b7a";

    fn signed_by(token: &str, pairs: &[(&str, &str)]) -> String {
        let fields = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let hash = signed(token, &fields).unwrap().finalize().into_bytes();
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let all: Vec<_> = pairs.iter().copied().chain([("hash", hash.as_str())]).collect();
        serde_urlencoded::to_string(all).unwrap()
    }

    fn of(auth_date: i64) -> String {
        signed_by(TOKEN, &[("auth_date", &auth_date.to_string()), ("user", r#"{"id":7,"first_name":"A"}"#)])
    }

    #[test]
    fn what_telegram_signs_is_read() {
        let opener = read(TOKEN, GIVEN, NOW).unwrap();
        assert_eq!((opener.id, opener.name.as_str()), (279_058_397, "Ani Grigoryan"));
        assert_eq!((opener.username.as_deref(), opener.language_code.as_deref()), (Some("ani"), Some("hy")));
        // The order of the fields says nothing.
        let mut turned: Vec<_> = GIVEN.split('&').collect();
        turned.reverse();
        assert_eq!(read(TOKEN, &turned.join("&"), NOW), Ok(opener));
    }

    #[test]
    fn what_is_not_telegrams_word_is_refused() {
        use Unproven::{Forged, Missing, Unreadable};
        let hash = GIVEN.rsplit_once("hash=").unwrap().1;
        let unsigned = GIVEN.split_once("&hash=").unwrap().0;
        let table = [
            (String::new(), Missing),
            (unsigned.to_owned(), Forged),
            (format!("{unsigned}&hash="), Forged),
            (format!("{unsigned}&hash={}", &hash[..62]), Forged),
            (format!("{unsigned}&hash={}", "0".repeat(64)), Forged),
            (format!("{unsigned}&hash={}", "é".repeat(32)), Forged),
            (GIVEN.replace("279058397", "279058398"), Forged),
            (GIVEN.replace("auth_date=1700000000", "auth_date=1700000001"), Forged),
            (GIVEN.replace("&signature=abc_-", ""), Forged),
            (format!("{GIVEN}&more=1"), Forged),
            (format!("{GIVEN}&auth_date=1700000000"), Unreadable),
            (format!("{GIVEN}&hash={hash}"), Unreadable),
            (format!("{GIVEN}&user=%7B%22id%22%3A1%7D"), Unreadable),
            (format!("{GIVEN}&x={}", "x".repeat(MOST_BYTES)), Unreadable),
            ("hash=%ff".to_owned(), Forged),
        ];
        for (given, why) in table {
            assert_eq!(read(TOKEN, &given, NOW), Err(why), "{given}");
        }
        assert_eq!(read("123456789:AnotherBotsToken", GIVEN, NOW), Err(Forged));
        assert_eq!(read("", GIVEN, NOW), Err(Forged));
    }

    #[test]
    fn it_holds_for_its_time() {
        let seconds = |ms: i64| (NOW.0 + ms) / 1_000;
        let table = [(0, true), (-AGE, true), (-AGE - 1_000, false), (AHEAD, true), (AHEAD + 1_000, false)];
        for (apart, holds) in table {
            let read = read(TOKEN, &of(seconds(apart)), NOW);
            assert_eq!(read.is_ok(), holds, "{apart} {read:?}");
        }
        for odd in [i64::MAX, i64::MIN, 0] {
            assert_eq!(read(TOKEN, &of(odd), NOW), Err(Unproven::Stale), "{odd}");
        }
    }

    #[test]
    fn signed_but_without_a_person_it_names_nobody() {
        let at = ("auth_date", "1700000000");
        for user in ["", "null", "{}", r#"{"id":"7"}"#] {
            assert_eq!(read(TOKEN, &signed_by(TOKEN, &[at, ("user", user)]), NOW), Err(Unproven::Unreadable), "{user}");
        }
        assert_eq!(read(TOKEN, &signed_by(TOKEN, &[at]), NOW), Err(Unproven::Unreadable));
        assert_eq!(read(TOKEN, &signed_by(TOKEN, &[("user", r#"{"id":7}"#)]), NOW), Err(Unproven::Unreadable));
    }
}
