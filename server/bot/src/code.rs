//! A promo code on the way to the order: asked for, looked at anew with every summary, and taken off again.

use domain::{Currency, Lang, Money};
use server::{
    carts::Seen,
    failure::{Failure, Outcome, Refusal},
    promos,
};

use crate::{
    checkout::{onward, stale},
    dialogue::{Reply, Talk},
    screens::{Key, Screen, key},
    state::{Draft, State},
    tap::Tap,
    texts::{escape, texts},
};

/// What a summary says of promo codes.
pub(crate) enum Code {
    /// The shop has none for this.
    None,
    Offered,
    /// The one that was typed takes nothing off: why.
    Refused(String),
    /// It takes so much off.
    Taken {
        code: String,
        off_minor: i64,
    },
}

impl Code {
    pub(crate) const fn off_minor(&self) -> i64 {
        match self {
            Self::Taken { off_minor, .. } => *off_minor,
            _ => 0,
        }
    }

    pub(crate) fn words(&self, lang: Lang, currency: Currency) -> Option<String> {
        match self {
            Self::None | Self::Offered => None,
            Self::Refused(why) => Some(why.clone()),
            Self::Taken { code, off_minor } => {
                let sum = Money::new(*off_minor, currency).to_string();
                Some(texts(lang).with("promo_taken", &[("code", &escape(code)), ("sum", &sum)]))
            }
        }
    }

    pub(crate) fn key(&self, lang: Lang) -> Option<Key> {
        match self {
            Self::None => None,
            Self::Offered | Self::Refused(_) => Some(key(lang, "promo_have", Tap::Code(true))),
            Self::Taken { .. } => Some(key(lang, "promo_off", Tap::Code(false))),
        }
    }
}

/// The code of the draft, as it stands now; one that takes nothing off is forgotten.
pub(crate) async fn looked(talk: &Talk<'_>, draft: &mut Draft, lines: &[Seen]) -> Outcome<Code> {
    let merchant = &talk.bot.merchant;
    let Some(code) = draft.promo.clone() else {
        let offered = promos::offered(talk.services, merchant, lines).await?;
        return Ok(if offered { Code::Offered } else { Code::None });
    };
    match promos::look(talk.services, merchant, &talk.customer.id, &code, lines).await {
        Ok(quoted) => Ok(Code::Taken { off_minor: quoted.total_minor(), code: quoted.code }),
        Err(Failure::Refused(refusal)) => {
            draft.promo = None;
            Ok(Code::Refused(why(talk.lang, &refusal)))
        }
        Err(failure) => Err(failure),
    }
}

fn why(lang: Lang, refusal: &Refusal) -> String {
    let values: Vec<_> = refusal.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let text = match refusal.code {
        "promo_used_up" => "promo_used_up",
        "promo_used_by_you" => "promo_used_by_you",
        "promo_not_for_these" => "promo_not_for_these",
        "promo_too_little" => "promo_too_little",
        "promo_nothing_left" => "promo_nothing_left",
        _ => "promo_unknown",
    };
    texts(lang).with(text, &values)
}

/// Asks for a code, or goes on without the one that was typed.
pub(crate) async fn wanted(talk: &Talk<'_>, wanted: bool) -> Outcome<Reply> {
    let (State::Summary { draft, .. } | State::Code { draft }) = &talk.state else { return Ok(stale(talk)) };
    let draft = Draft { promo: None, ..draft.clone() };
    if !wanted {
        return onward(talk, draft).await;
    }
    let keys = vec![vec![key(talk.lang, "promo_without", Tap::Code(false))]];
    Ok(Reply::show(Screen::text(texts(talk.lang).get("promo_ask"), keys)).then(State::Code { draft }))
}

pub(crate) async fn typed(talk: &Talk<'_>, text: &str) -> Outcome<Reply> {
    let State::Code { draft } = &talk.state else { return Ok(stale(talk)) };
    let code = text.chars().take(100).collect();
    onward(talk, Draft { promo: Some(code), ..draft.clone() }).await
}
