//! A message that waits for the next page: a short-lived cookie, shown once and forgotten.

use axum::http::HeaderMap;

use super::visitor::{cookie, set_cookie};
use crate::ui::Tone;

const NAME: &str = "flash";
/// Characters; a cookie must stay small.
const LONGEST: usize = 300;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flash {
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

impl Flash {
    pub(crate) fn good(text: impl Into<String>) -> Self {
        Self { tone: Tone::Good, text: text.into() }
    }

    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }

    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let (tone, text) = cookie(headers, NAME)?.split_once('.')?;
        let tone = Tone::ALL.into_iter().find(|known| known.name() == tone)?;
        let mut pairs: Vec<(String, String)> = serde_urlencoded::from_str(&["t=", text].concat()).ok()?;
        Some(Self { tone, text: pairs.pop()?.1 })
    }

    pub(super) fn write(&self, headers: &mut HeaderMap, secure: bool) {
        let text: String = self.text.chars().take(LONGEST).collect();
        let text = serde_urlencoded::to_string([("t", text)]).unwrap_or_default();
        let value = [self.tone.name(), ".", text.trim_start_matches("t=")].concat();
        set_cookie(headers, secure, NAME, &value, "60");
    }

    pub(super) fn forget(headers: &mut HeaderMap, secure: bool) {
        set_cookie(headers, secure, NAME, "", "0");
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    #[test]
    fn a_message_survives_the_way() {
        let flash = Flash::new(Tone::Bad, "Գումարը սխալ է; 100% = + &");
        let mut headers = HeaderMap::new();
        flash.write(&mut headers, false);
        let cookie = headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut sent = HeaderMap::new();
        sent.insert(header::COOKIE, cookie.parse().unwrap());
        assert_eq!(Flash::read(&sent), Some(flash));
        sent.insert(header::COOKIE, "flash=; lang=hy".parse().unwrap());
        assert_eq!(Flash::read(&sent), None);
    }
}
