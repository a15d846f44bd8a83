//! The form of a broadcast, and the preview of it: the text as each language reads it, and how many will.

use domain::{
    Lang, Localized, ProductId,
    broadcast::{Segment, Who},
};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    broadcasts::{self, NewBroadcast},
    catalog,
    failure::{Outcome, Refusal},
};

use super::{
    PATH,
    shown::{Bubble, bubbles},
};
use crate::{
    rooms::typed::local_time,
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, ButtonLink, Crumb, Glyph, Look, Notice, RoomHead, Segments, Select, Text, TextArea, TextInput, Tone},
    web::Desk,
};

/// The fields whose mistakes are said beside them.
const FIELDS: &[&str] = &["text", "days", "product", "starts_at"];
/// More products than a person wants to choose among.
const PRODUCTS: u64 = 500;

/// As typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BroadcastForm {
    text_hy: String,
    text_ru: String,
    text_en: String,
    /// The language whose text is in sight.
    words: String,
    /// Empty: every language.
    language: String,
    who: String,
    product: String,
    days: String,
    /// `now` or `later`.
    when: String,
    /// `2026-11-24T18:00` in the shop's zone.
    starts_at: String,
    once: String,
    /// `send` after the preview.
    pub(super) step: String,
}

impl BroadcastForm {
    pub(super) fn blank(desk: &Desk) -> Self {
        Self {
            words: desk.shop.language.as_str().to_owned(),
            who: "all".to_owned(),
            days: "30".to_owned(),
            when: "now".to_owned(),
            once: desk.services.clock.code(20),
            ..Self::default()
        }
    }

    fn texts(&self) -> Localized {
        let clean = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        Localized { hy: clean(&self.text_hy), ru: clean(&self.text_ru), en: clean(&self.text_en) }
    }

    fn who(&self) -> Result<Who, Refusal> {
        let days = || self.days.trim().parse().map_err(|_| Refusal::field("days", "not_a_number"));
        Ok(match self.who.as_str() {
            "bought" => {
                let product = ProductId::parse(&self.product);
                Who::Bought(product.map_err(|_| Refusal::field("product", "required"))?)
            }
            "bought_within" => Who::BoughtWithin { days: days()? },
            "not_bought_for" => Who::NotBoughtFor { days: days()? },
            "never_paid" => Who::NeverPaid,
            _ => Who::All,
        })
    }

    pub(super) fn read(&self, desk: &Desk) -> Result<NewBroadcast, Refusal> {
        let texts = self.texts();
        if texts.is_empty() {
            return Err(Refusal::field("text", "text_required"));
        }
        let segment = Segment { language: self.language.parse().ok(), who: self.who()? };
        let later = self.when == "later";
        let starts_at = later.then(|| local_time("starts_at", &self.starts_at, desk.offset())).transpose()?;
        let once: String = self.once.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        Ok(NewBroadcast { texts, segment, starts_at, once: Some(once).filter(|once| !once.is_empty()) })
    }
}

/// What stands around what was typed.
pub(super) struct FormView {
    products: Vec<(String, String)>,
    /// After the first press: whom it would reach.
    preview: Option<Preview>,
}

struct Preview {
    count: i64,
    bubbles: Vec<Bubble>,
}

pub(super) async fn around(desk: &Desk, form: &BroadcastForm, wrong: &Wrong) -> Outcome<FormView> {
    let chosen = form.product.parse().ok();
    let all = catalog::choice(&desk.services.db, desk.merchant(), chosen.as_ref(), PRODUCTS).await?;
    let products = all.into_iter().map(|product| (product.id.to_string(), product.name.get(desk.lang).to_owned()));
    let asked = !form.step.is_empty() && wrong.0.is_none();
    let preview = match form.read(desk) {
        Ok(new) if asked => Some(preview(desk, &new).await?),
        _ => None,
    };
    Ok(FormView { products: products.collect(), preview })
}

async fn preview(desk: &Desk, new: &NewBroadcast) -> Outcome<Preview> {
    let now = new.starts_at.unwrap_or_else(|| desk.now());
    let by_language = broadcasts::count(&desk.services.db, desk.merchant(), &new.segment, now).await?;
    let count = |lang: Lang| by_language.iter().find(|(own, _)| *own == lang).map_or(0, |(_, count)| *count);
    let bubble =
        |lang: &Lang| Bubble { language: *lang, text: new.texts.get(*lang).to_owned(), count: Some(count(*lang)) };
    let shown = Lang::ALL.iter().filter(|lang| new.segment.language.is_none_or(|only| only == **lang));
    Ok(Preview { count: by_language.iter().map(|(_, count)| count).sum(), bubbles: shown.map(bubble).collect() })
}

pub(super) fn page(desk: &Desk, form: &BroadcastForm, around: FormView, wrong: &Wrong) -> AnyView {
    let preview = around.preview.as_ref().map(shown);
    let buttons = buttons(around.preview.as_ref(), form);
    view! {
        <Crumb href=PATH text=t("room.broadcasts")/>
        <RoomHead title=t("broadcasts.new")/>
        <form class="form" method="post" action="/broadcasts/new" data-send=true>
            <input type="hidden" name="once" value=form.once.clone()/>
            <div class="form-section">{texts(desk.lang, form, wrong)}</div>
            <div class="form-section">{receivers(form, around.products, wrong)}</div>
            <div class="form-section">{when(form, wrong)}</div>
            {wrong.beside(FIELDS)}
            // A note like those of the fields: an answer without a new page brings it too.
            <div class="form" id="preview-note">{preview} {buttons}</div>
        </form>
    }
    .into_any()
}

fn texts(lang: Lang, form: &BroadcastForm, wrong: &Wrong) -> AnyView {
    let options = Lang::ALL.iter().map(|lang| (lang.as_str().to_owned(), Text::from(lang.own_name())));
    let written = [("text_hy", &form.text_hy), ("text_ru", &form.text_ru), ("text_en", &form.text_en)];
    let groups = Lang::ALL.iter().zip(written).map(|(lang, (name, value))| {
        view! {
            <div class="when-language" lang=lang.as_str() data-language=lang.as_str()>
                <TextArea name=name label=t("broadcasts.text") value=value.clone() error=wrong.about("text") max_length=3800/>
            </div>
        }
    });
    let shown = if form.words.is_empty() { lang.as_str() } else { &form.words };
    view! {
        <div class="stack-tight">
            <Segments name="words" label=t("products.language") options=options.collect() value=shown/>
            <p class="field-help">{t("broadcasts.language_help")}</p>
        </div>
        {groups.collect_view()}
    }
    .into_any()
}

fn receivers(form: &BroadcastForm, products: Vec<(String, String)>, wrong: &Wrong) -> AnyView {
    let who = [
        ("all", "segment.all", None),
        ("bought", "segment.bought", Some("product")),
        ("bought_within", "segment.bought_within", Some("days")),
        ("not_bought_for", "segment.not_bought_for", Some("days")),
        ("never_paid", "segment.never_paid", None),
    ];
    let who = who.map(|(value, key, mark)| (value.to_owned(), t(key), mark)).to_vec();
    let every = std::iter::once((String::new(), t("broadcasts.every_language"), None));
    let languages = Lang::ALL.iter().map(|lang| (lang.as_str().to_owned(), Text::from(lang.own_name()), None));
    let products = products.into_iter().map(|(id, name)| (id, Text::from(name), None)).collect();
    view! {
        <Select name="who" label=t("broadcasts.who") options=who value=form.who.clone()/>
        <div class="when-bought">
            <Select name="product" label=t("broadcasts.product") options=products value=form.product.clone() error=wrong.about("product")/>
        </div>
        <div class="when-days">
            <TextInput name="days" label=t("broadcasts.days") value=form.days.clone() inputmode="numeric" error=wrong.about("days") max_length=4/>
        </div>
        <Select name="language" label=t("broadcasts.language") options=every.chain(languages).collect() value=form.language.clone()/>
        <p class="field-help">{t("broadcasts.who_help")}</p>
    }
    .into_any()
}

fn when(form: &BroadcastForm, wrong: &Wrong) -> AnyView {
    let options = vec![("now".to_owned(), t("broadcasts.now")), ("later".to_owned(), t("broadcasts.later"))];
    let chosen = if form.when == "later" { "later" } else { "now" };
    view! {
        <Segments name="when" label=t("broadcasts.when") options=options value=chosen/>
        <div class="when-later">
            <TextInput name="starts_at" label=t("broadcasts.starts_at") kind="datetime-local" value=form.starts_at.clone() help=t("broadcasts.starts_help") error=wrong.about("starts_at")/>
        </div>
    }
    .into_any()
}

fn shown(preview: &Preview) -> AnyView {
    let count = preview.count.to_string();
    let notice = if preview.count > 0 {
        view! { <Notice tone=Tone::Info text=t_with("broadcasts.reaches", &[("count", &count)])/> }
    } else {
        view! { <Notice tone=Tone::Ended text=t("broadcasts.reaches_nobody")/> }
    };
    view! {
        <section class="stack" id="preview">
            <h2>{t("broadcasts.preview")}</h2>
            {notice}
            {bubbles(&preview.bubbles)}
        </section>
    }
    .into_any()
}

/// Sending stands beside the preview only: nobody sends unseen.
fn buttons(preview: Option<&Preview>, form: &BroadcastForm) -> AnyView {
    let look = if preview.is_some() { Look::Plain } else { Look::Primary };
    let sending = preview.filter(|preview| preview.count > 0 || form.when == "later").map(|preview| {
        let words = if form.when == "later" {
            t("broadcasts.schedule")
        } else {
            t_with("broadcasts.send", &[("count", &preview.count.to_string())])
        };
        view! { <Button look=Look::Primary icon=Glyph::Send name="step" value="send">{words}</Button> }
    });
    view! {
        <div class="form-actions">
            {sending}
            <Button look=look icon=Glyph::Eye name="step" value="preview">{t("broadcasts.see")}</Button>
            <ButtonLink href=PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
        </div>
    }
    .into_any()
}
