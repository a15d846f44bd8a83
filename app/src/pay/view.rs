//! How the customers' pages look: the classes of `style/pay.css`, which old phones understand.

use std::collections::HashMap;

use domain::{
    Lang, Localized, Money,
    hours::{Span, clock},
    link::LinkClosed,
    payment::PaymentStatus,
};
use leptos::prelude::*;
use server::{links::LinkPage, orders, reports::Returning};

use super::choose::{self, Offer};
use crate::{
    said::Said,
    texts::{WEEKDAYS, t, t_with},
    ui::{Glyph, Mark, Text},
};

/// The form as it was filled in, and what was wrong with it.
#[derive(Default)]
pub(crate) struct Filled {
    pub(crate) attempt: String,
    pub(crate) sum: String,
    pub(crate) account: String,
    pub(crate) slot: String,
    pub(crate) variant: String,
    /// By the id of its question.
    pub(crate) answers: HashMap<String, String>,
    pub(crate) error: Option<Said>,
    /// The question whose answer the error is about.
    pub(crate) wrong_question: Option<String>,
}

/// What every customer's page says of the shop.
pub(crate) struct Shop<'a> {
    pub(crate) name: &'a Localized,
    pub(crate) picture: Option<&'a str>,
    /// Those it speaks.
    pub(crate) languages: &'a [Lang],
}

/// The frame of a customer's page: whose shop it is, and the languages it speaks.
pub(crate) fn frame(demo: bool, shop: &Shop<'_>, lang: Lang, to: &str, inside: AnyView) -> AnyView {
    let Shop { name, picture, languages } = *shop;
    let face = match picture {
        Some(id) => view! { <img src=["/files/", id, "/small"].concat() alt=""/> }.into_any(),
        None => view! { <Mark/> }.into_any(),
    };
    let names = [(Lang::Hy, "Հայ"), (Lang::Ru, "Рус"), (Lang::En, "Eng")];
    let offered = names.into_iter().filter(|(own, _)| languages.len() > 1 && languages.contains(own));
    let languages = offered.map(|(own, name)| {
        let href = [to, "lang=", own.as_str()].concat();
        view! { <a href=href lang=own.as_str() aria-current=(own == lang).then_some("true")>{name}</a> }
    });
    view! {
        {demo.then(|| view! { <div class="pay-stripe">{t("frame.demo")}</div> })}
        <div class="pay">
            <header class="pay-top">
                <div class="pay-shop">{face}<span>{name.get(lang).to_owned()}</span></div>
                <nav class="pay-langs" aria-label=t("frame.language")>{languages.collect_view()}</nav>
            </header>
            {inside}
        </div>
    }
    .into_any()
}

pub(crate) fn outline(glyph: Glyph) -> impl IntoView {
    view! { <svg viewBox="0 0 24 24" aria-hidden="true"><path d=glyph.outline()></path></svg> }
}

/// The page of a link.
pub(super) fn link(page: &LinkPage, lang: Lang, demo: bool, filled: &Filled) -> AnyView {
    let picture = page.picture.as_ref().map(|id| {
        let (large, small) = (["/files/", id.as_str()].concat(), ["/files/", id.as_str(), "/small"].concat());
        let both = [&small, " 320w, ", &large, " 1280w"].concat();
        view! { <img class="pay-picture" src=large.clone() srcset=both sizes="(min-width: 30rem) 28rem, 100vw" alt=""/> }
    });
    let text = page.text.get(lang).to_owned();
    let policy = page.shop_policy.get(lang).to_owned();
    let to = ["/pay/", &page.link.code, "?"].concat();
    let action = match page.closed {
        None => form(page, lang, filled),
        Some(closed) => closed_view(closed),
    };
    let inside = view! {
        <main class="pay-card">
            {picture}
            <div class="pay-body">
                <div>
                    <h1 class="pay-title">{page.title.get(lang).to_owned()}</h1>
                    {(!text.is_empty()).then(|| view! { <p class="pay-text">{text}</p> })}
                </div>
                {lines(page, lang)}
                {action}
            </div>
        </main>
        {(!policy.is_empty()).then(|| view! { <details class="pay-policy"><summary>{t("pay.policy")}</summary><p>{policy}</p></details> })}
        {hours(page)}
        {foot(page)}
    };
    let picture = page.shop_picture.as_ref().map(|id| id.as_str());
    let shop = Shop { name: &page.shop_name, picture, languages: &page.languages };
    frame(demo, &shop, lang, &to, inside.into_any())
}

/// When somebody of the shop is there; nothing is held back at other times.
fn hours(page: &LinkPage) -> Option<AnyView> {
    let line = |(first, last, span): (usize, usize, Option<Span>)| {
        let days = if first == last {
            t(WEEKDAYS[first])
        } else {
            [&*t(WEEKDAYS[first]), "–", &*t(WEEKDAYS[last])].concat().into()
        };
        let when = span.map_or_else(|| t("hours.closed"), |(from, until)| [clock(from), clock(until)].join("–").into());
        view! { <li><span>{days}</span> <span>{when}</span></li> }
    };
    let lines = page.shop_hours.runs().into_iter().map(line).collect_view();
    (!page.shop_hours.is_empty()).then(|| {
        view! { <details class="pay-policy"><summary>{t("hours.title")}</summary><ul class="pay-lines">{lines}</ul></details> }.into_any()
    })
}

fn foot(page: &LinkPage) -> Option<AnyView> {
    let end = page.link.expires_at.filter(|_| page.closed.is_none())?;
    let until = end.local(page.utc_offset_minutes);
    Some(view! { <footer class="pay-foot">{t_with("pay.until", &[("until", &until)])}</footer> }.into_any())
}

/// The lines of an order, where they say more than its title.
fn lines(page: &LinkPage, lang: Lang) -> Option<AnyView> {
    let [only] = page.lines.as_slice() else {
        return (!page.lines.is_empty()).then(|| all_lines(page, lang));
    };
    (only.quantity > 1 || only.slot_at.is_some() || only.off_minor > 0).then(|| all_lines(page, lang))
}

fn all_lines(page: &LinkPage, lang: Lang) -> AnyView {
    let one = |line: &orders::Line| {
        let shown = |minor: i64| Money::new(minor, page.link.currency).to_string();
        let sum = shown(line.full_minor().saturating_sub(line.off_minor));
        let was = (line.off_minor > 0).then(|| view! { <s>{shown(line.full_minor())}</s>" " });
        let name = [line.title.get(lang), " × ", &line.quantity.to_string()].concat();
        let at = line.slot_at.map(|at| view! { <br/><small>{choose::booked_at(at, page.utc_offset_minutes)}</small> });
        view! { <li><span>{name}{at}</span><span>{was}{sum}</span></li> }
    };
    view! { <ul class="pay-lines">{page.lines.iter().map(one).collect_view()}</ul> }.into_any()
}

fn form(page: &LinkPage, lang: Lang, filled: &Filled) -> AnyView {
    let label = match page.amount {
        Some(amount) => t_with("pay.button", &[("sum", &amount.to_string())]),
        None => t("pay.button_own"),
    };
    let sum = match (page.amount, &page.donation) {
        (Some(amount), _) => total(page, amount),
        (None, Some(_)) => own_sum(page, lang, filled),
        // Each variant says its own.
        (None, None) => ().into_any(),
    };
    let choices = &page.choices;
    let beside = |field: &str| match field {
        "amount" => page.donation.is_some(),
        "slot" => choices.slots.is_some(),
        "variant" => choices.variants.is_some(),
        "answers" => filled.wrong_question.is_some(),
        _ => false,
    };
    let error = filled.error.as_ref().filter(|error| !error.field.is_some_and(beside));
    let error = error.map(|error| view! { <p class="pay-error" role="alert">{error.text.clone()}</p> });
    let trust = page.methods.first().map(|method| {
        view! {
            <p class="pay-trust">{outline(Glyph::Lock)}<span>{t_with("pay.trust", &[("method", &method.name)])}</span></p>
        }
    });
    view! {
        <form class="pay-form" method="post" action=["/pay/", &page.link.code].concat()>
            <input type="hidden" name="attempt" value=filled.attempt.clone()/>
            <input type="hidden" name="lang" value=lang.as_str()/>
            {sum}
            {choose::variants(&Offer::of(page), lang, filled)}
            {choose::times(&Offer::of(page), filled)}
            {choose::questions(&Offer::of(page), lang, filled)}
            {ways(page, filled)}
            {error}
            <button class="pay-button" type="submit">{label}</button>
        </form>
        {trust}
    }
    .into_any()
}

fn total(page: &LinkPage, amount: Money) -> AnyView {
    let was = page.compare_at.map(|was| view! { <s>{was.to_string()}</s>" " });
    view! { <div class="pay-sum"><span>{t("pay.total")}</span><strong>{was}{amount.to_string()}</strong></div> }
        .into_any()
}

/// The customer names the sum: suggestions fill the field, and the field may say anything within the terms.
fn own_sum(page: &LinkPage, lang: Lang, filled: &Filled) -> AnyView {
    let shown = |minor: i64| Money::new(minor, page.link.currency).to_string();
    let suggested = page.donation.iter().flat_map(|terms| &terms.suggested_minor).map(|minor| {
        let sum = shown(*minor);
        let major: String = sum.chars().filter(|c| c.is_ascii_digit() || *c == ',').collect();
        let current = (major == filled.sum).then_some("true");
        let href = ["/pay/", &page.link.code, "?lang=", lang.as_str(), "&sum=", &major].concat();
        view! { <a href=href aria-current=current>{sum}</a> }
    });
    let error = filled.error.as_ref().and_then(|error| error.about("amount"));
    let invalid = error.is_some().then_some("true");
    let limits = page.donation.as_ref().map(|terms| {
        t_with("pay.own_sum_limits", &[("min", &shown(terms.min_minor)), ("max", &shown(terms.max_minor))])
    });
    view! {
        <div class="pay-amounts">{suggested.collect_view()}</div>
        <label class="pay-field">
            <span>{t("pay.own_sum")}</span>
            <input
                class="pay-input"
                name="sum"
                inputmode="numeric"
                autocomplete="off"
                maxlength="20"
                required=true
                value=filled.sum.clone()
                aria-invalid=invalid
                aria-describedby="sum-note"
            />
        </label>
        <p id="sum-note" class=if invalid.is_some() { "pay-error" } else { "pay-text" }>
            {error.map(Text::from).or(limits)}
        </p>
    }
    .into_any()
}

/// A choice only where there is one.
fn ways(page: &LinkPage, filled: &Filled) -> AnyView {
    let [_, _, ..] = page.methods.as_slice() else { return ().into_any() };
    let before = page.order_account.as_ref().map_or("", |account| account.as_str());
    let wanted = if filled.account.is_empty() { before } else { &filled.account };
    let chosen = page.methods.iter().position(|method| method.account.as_str() == wanted).unwrap_or(0);
    let ways = page.methods.iter().enumerate().map(|(place, method)| {
        view! {
            <label class="pay-way">
                <input type="radio" name="account" value=method.account.to_string() checked=place == chosen/>
                {method.name.clone()}
            </label>
        }
    });
    view! { <fieldset class="pay-ways"><legend>{t("pay.how")}</legend>{ways.collect_view()}</fieldset> }.into_any()
}

fn closed_view(closed: LinkClosed) -> AnyView {
    let (tone, glyph, title, text) = match closed {
        LinkClosed::AlreadyPaid => ("good", Glyph::Check, "pay.already_paid", "pay.already_paid_text"),
        LinkClosed::Expired => ("ended", Glyph::Clock, "pay.link_expired", "pay.link_expired_text"),
        LinkClosed::UsedUp => ("ended", Glyph::Bar, "pay.used_up", "pay.used_up_text"),
        LinkClosed::NotAvailable => ("ended", Glyph::Bar, "pay.not_available", "pay.not_available_text"),
        LinkClosed::Inactive | LinkClosed::Cancelled => ("ended", Glyph::Bar, "pay.closed", "pay.closed_text"),
    };
    view! {
        <div class="pay-state">
            <div class="pay-mark" data-tone=tone>{outline(glyph)}</div>
            <h2>{t(title)}</h2>
            <p>{t(text)}</p>
        </div>
    }
    .into_any()
}

/// Nothing to pay here.
pub(crate) fn sorry(title: &'static str, text: &'static str) -> AnyView {
    view! {
        <div class="pay">
            <main class="pay-card">
                <div class="pay-state"><div class="pay-mark">{outline(Glyph::Bar)}</div><h1>{t(title)}</h1><p>{t(text)}</p></div>
            </main>
        </div>
    }
    .into_any()
}

/// What the customer is told of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Checking,
    Paid,
    Failed,
    Expired,
    Review,
    Returned,
}

impl State {
    pub(super) const fn of(returning: &Returning) -> Self {
        use PaymentStatus as P;
        match returning.payment.status {
            _ if returning.payment.needs_review => Self::Review,
            P::Created | P::Pending => Self::Checking,
            P::Paid | P::PartiallyRefunded => Self::Paid,
            P::Failed => Self::Failed,
            P::Expired => Self::Expired,
            P::Refunded | P::Reversed | P::Disputed => Self::Returned,
        }
    }

    pub(super) fn is_open(self) -> bool {
        self == Self::Checking
    }

    /// Its mark, and the keys of its title and text.
    const fn words(self) -> (&'static str, Glyph, &'static str, &'static str) {
        match self {
            Self::Checking => ("waiting", Glyph::Clock, "back.checking", "back.checking_text"),
            Self::Paid => ("good", Glyph::Check, "back.paid", "back.paid_text"),
            Self::Failed => ("bad", Glyph::Cross, "back.failed", "back.failed_text"),
            Self::Expired => ("ended", Glyph::Clock, "back.expired", "back.expired_text"),
            Self::Review => ("review", Glyph::Triangle, "back.review", "back.review_text"),
            Self::Returned => ("ended", Glyph::Refunds, "back.returned", "back.returned_text"),
        }
    }

    pub(super) const fn title_key(self) -> &'static str {
        match self {
            Self::Paid => "back.paid_title",
            other => other.words().2,
        }
    }
}

/// The page one comes back to. `look_at` is where its script asks for [`state`].
pub(super) fn back(
    returning: &Returning,
    state_now: State,
    lang: Lang,
    demo: bool,
    look_at: &str,
    bot: Option<String>,
) -> AnyView {
    let to = ["/pay/", &returning.code, "/return?p=", returning.payment.id.as_str(), "&"].concat();
    let picture = returning.shop.picture_id.as_ref().map(|id| id.as_str());
    let inside = view! {
        <main class="pay-card">
            <div id="state" data-look=look_at.to_owned() aria-live="polite">{state(returning, state_now, bot)}</div>
        </main>
        <footer class="pay-foot">{t_with("back.order", &[("order", &returning.whole.order.number.to_string())])}</footer>
    };
    let languages = returning.shop.offered();
    let shop = Shop { name: &returning.shop.name, picture, languages: &languages };
    frame(demo, &shop, lang, &to, inside.into_any())
}

/// The state in words; `data-open` says that it may still change.
pub(super) fn state(returning: &Returning, state: State, bot: Option<String>) -> AnyView {
    let (tone, glyph, title, text) = state.words();
    let again = matches!(state, State::Failed | State::Expired) && returning.closed.is_none();
    let sum = returning.payment.amount().to_string();
    let again =
        again.then(|| view! { <a class="pay-button" href=["/pay/", &returning.code].concat()>{t("back.again")}</a> });
    view! {
        <div class="pay-state" data-open=state.is_open().then_some("true")>
            <div class="pay-mark" data-tone=tone>{outline(glyph)}</div>
            <h1>{t_with(title, &[("sum", &sum)])}</h1>
            <p>{t(text)}</p>
            {again}
            {bot.map(|bot| view! { <a class="pay-button" data-look="plain" href=bot>{t("back.telegram")}</a> })}
        </div>
    }
    .into_any()
}
