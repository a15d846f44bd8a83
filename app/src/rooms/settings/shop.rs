//! What customers see of the shop, and its own language, clock and time to pay.

use std::collections::HashMap;

use axum::{
    Router,
    extract::Multipart,
    response::Response,
    routing::{get, post},
};
use domain::{
    Lang, Localized,
    hours::{Hours, clock, minutes},
    role::Permission,
};
use leptos::prelude::*;
use server::{
    catalog,
    failure::{Outcome, Refusal},
    shop::{self, Profile},
};

use super::page;
use crate::{
    said::Wrong,
    texts::{WEEKDAYS, t},
    ui::{Button, FilePicker, Look, Segments, Select, Switch, Text, TextArea, TextInput},
    web::{Desk, Faces, Flash, Upload, upload},
};

pub(super) const PATH: &str = "/settings";
const FIELDS: &[&str] = &["photo", "name", "about", "policy", "language", "utc_offset", "checkout_minutes", "hours"];
/// Hours east of UTC that are offered: where customers of the shop may live.
const ZONES: [i32; 8] = [0, 60, 120, 180, 210, 240, 270, 300];
/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// The fields of each language.
const WORDS: [[&str; 3]; 3] =
    [["name_hy", "about_hy", "policy_hy"], ["name_ru", "about_ru", "policy_ru"], ["name_en", "about_en", "policy_en"]];

/// Of each day of the week: from and until.
const TIMES: [[&str; 2]; 7] = [
    ["from_mon", "until_mon"],
    ["from_tue", "until_tue"],
    ["from_wed", "until_wed"],
    ["from_thu", "until_thu"],
    ["from_fri", "until_fri"],
    ["from_sat", "until_sat"],
    ["from_sun", "until_sun"],
];
/// Whether customers are offered a language.
const OFFERED: [&str; 3] = ["offered_hy", "offered_ru", "offered_en"];

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(show))
}

pub(super) fn upload_routes() -> Router<Faces> {
    Router::new().route(PATH, post(save))
}

/// The profile as typed, field by field.
#[derive(Default)]
struct ProfileForm(HashMap<String, String>);

impl ProfileForm {
    fn of(desk: &Desk) -> Self {
        let shop = &desk.shop;
        let mut form = HashMap::from([
            ("language".to_owned(), shop.language.to_string()),
            ("utc_offset".to_owned(), shop.utc_offset_minutes.to_string()),
            ("checkout_minutes".to_owned(), shop.checkout_minutes.to_string()),
        ]);
        for (field, text) in [&shop.name, &shop.about, &shop.policy].into_iter().enumerate() {
            for (names, own) in WORDS.iter().zip([&text.hy, &text.ru, &text.en]) {
                form.insert(names[field].to_owned(), own.clone());
            }
        }
        for (names, span) in TIMES.iter().zip(shop.open_hours().days()) {
            if let Some((from, until)) = span {
                form.insert(names[0].to_owned(), clock(*from));
                form.insert(names[1].to_owned(), clock(*until % DAY));
            }
        }
        for lang in shop.offered() {
            form.insert(["offered_", lang.as_str()].concat(), "on".to_owned());
        }
        Self(form)
    }

    /// Both times of a day, or none: then it is closed.
    fn hours(&self) -> Result<Hours, Refusal> {
        let wrong = || Refusal::field("hours", "hours_wrong");
        let mut days = [None; 7];
        for (day, [from, until]) in days.iter_mut().zip(TIMES) {
            let (from, until) = (self.get(from), self.get(until));
            if from.trim().is_empty() && until.trim().is_empty() {
                continue;
            }
            let (from, until) = (minutes(&from).ok_or_else(wrong)?, minutes(&until).ok_or_else(wrong)?);
            // Midnight at the end of a day is written as its beginning.
            *day = Some((from, if until == 0 { DAY } else { until }));
        }
        Hours::new(days).map_err(|_| wrong())
    }

    fn offered(&self) -> Vec<Lang> {
        let ticked = |(_, name): &(&Lang, &str)| !self.get(name).is_empty();
        Lang::ALL.iter().zip(OFFERED).filter(ticked).map(|(lang, _)| *lang).collect()
    }

    fn get(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_default()
    }

    fn localized(&self, field: usize) -> Localized {
        let [hy, ru, en] = WORDS.map(|names| self.get(names[field]).trim().to_owned());
        Localized { hy, ru, en }
    }

    fn read(&self) -> Result<Profile, Refusal> {
        let number =
            |field: &'static str| self.get(field).trim().parse().map_err(|_| Refusal::field(field, "not_a_number"));
        Ok(Profile {
            name: self.localized(0),
            about: self.localized(1),
            policy: self.localized(2),
            language: self.get("language").parse().map_err(|_| Refusal::field("language", "required"))?,
            utc_offset_minutes: number("utc_offset")?,
            checkout_minutes: number("checkout_minutes")?,
            hours: self.hours()?,
            languages: self.offered(),
        })
    }
}

async fn show(desk: Desk) -> Response {
    draw(&desk, &ProfileForm::of(&desk), Wrong::default()).await
}

async fn save(desk: Desk, sent: Multipart) -> Response {
    let Upload { fields, file, .. } = upload(sent, "photo").await;
    let form = ProfileForm(fields.into_iter().collect());
    let kept = async { keep(&desk, &form, file?).await };
    match kept.await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("common.saved"))), PATH),
        Err(failure) => draw(&desk, &form, desk.wrong(&failure)).await,
    }
}

async fn keep(desk: &Desk, form: &ProfileForm, picture: Option<Vec<u8>>) -> Outcome<()> {
    let (services, merchant) = (&desk.services, desk.merchant());
    desk.must(Permission::EditSettings)?;
    let profile = form.read()?;
    let photo = match picture {
        Some(bytes) => Some(catalog::read_photo(bytes).await?),
        None => None,
    };
    shop::set_profile(services, &desk.actor, merchant, profile).await?;
    if let Some(photo) = photo {
        let picture = catalog::keep_picture(services, merchant, photo).await?;
        shop::set_picture(services, &desk.actor, merchant, picture).await?;
    }
    Ok(())
}

async fn draw(desk: &Desk, form: &ProfileForm, wrong: Wrong) -> Response {
    desk.form(&desk.say("room.settings"), wrong, |wrong| page(PATH, parts(desk, form, wrong))).await
}

fn parts(desk: &Desk, form: &ProfileForm, wrong: &Wrong) -> AnyView {
    let picture = desk.shop.picture_id.as_ref().map(|id| Text::from(["/files/", id.as_str(), "/small"].concat()));
    let save = desk.may(Permission::EditSettings).then(|| {
        view! { <div class="form-actions"><Button look=Look::Primary>{t("common.save")}</Button></div> }
    });
    view! {
        <form class="form" method="post" action=PATH enctype="multipart/form-data" data-send=true>
            <div class="form-section">
                <FilePicker name="photo" label=t("settings.picture") note=t("products.photo_note") nostrip:picture=picture error=wrong.about("photo")/>
            </div>
            <div class="form-section">{words(desk.lang, form, wrong)}</div>
            <div class="form-section">{clock_and_languages(form, wrong)}</div>
            <div class="form-section">{hours(form, wrong)}</div>
            {wrong.beside(FIELDS)}
            {save}
        </form>
    }
    .into_any()
}

/// Name, line and policy, one language in sight at a time.
fn words(lang: Lang, form: &ProfileForm, wrong: &Wrong) -> AnyView {
    let options = Lang::ALL.iter().map(|lang| (lang.as_str().to_owned(), Text::from(lang.own_name())));
    let groups = Lang::ALL.iter().zip(WORDS).map(|(lang, [name, about, policy])| {
        view! {
            <div class="stack when-language" lang=lang.as_str() data-language=lang.as_str()>
                <TextInput name=name label=t("settings.name") value=form.get(name) error=wrong.about("name") max_length=60/>
                <TextInput name=about label=t("settings.about") aside=t("common.optional") value=form.get(about) error=wrong.about("about") max_length=80/>
                <TextArea name=policy label=t("settings.policy") aside=t("common.optional") value=form.get(policy) help=t("settings.policy_help") error=wrong.about("policy") max_length=2000/>
            </div>
        }
    });
    let shown = if form.get("words").is_empty() { lang.as_str().to_owned() } else { form.get("words") };
    view! {
        <Segments name="words" label=t("products.language") options=options.collect() value=shown/>
        {groups.collect_view()}
    }
    .into_any()
}

/// When somebody of the shop is there, day by day.
fn hours(form: &ProfileForm, wrong: &Wrong) -> AnyView {
    let day = |([from, until], weekday): ([&'static str; 2], &'static str)| {
        let name = t(weekday);
        let field = |name: &'static str, key: &str| {
            let label = [&*t(weekday), ", ", &*t(key)].concat();
            view! { <input class="input" type="time" name=name value=form.get(name) aria-label=label/> }
        };
        view! {
            <div class="open-day"><span>{name}</span>{field(from, "hours.from")}<span aria-hidden="true">"–"</span>{field(until, "hours.until")}</div>
        }
    };
    let days = TIMES.into_iter().zip(WEEKDAYS).map(day).collect_view();
    view! {
        <fieldset class="field open-hours" aria-describedby="hours-note">
            <legend class="field-label">{t("hours.title")}</legend>
            {days}
            <div id="hours-note">
                <p class="field-help">{t("hours.help")}</p>
                {wrong.about("hours").map(|text| view! { <p class="field-error" role="alert">{text}</p> })}
            </div>
        </fieldset>
    }
    .into_any()
}

/// The languages that customers are offered.
fn offered(form: &ProfileForm) -> AnyView {
    let tick = |(lang, name): (&Lang, &'static str)| {
        let on = !form.get(name).is_empty();
        view! { <Switch name=name label=Text::from(lang.own_name()) value=on tick=true/> }
    };
    view! {
        <fieldset class="field">
            <legend class="field-label">{t("settings.offered")}</legend>
            {Lang::ALL.iter().zip(OFFERED).map(tick).collect_view()}
            <p class="field-help">{t("settings.offered_help")}</p>
        </fieldset>
    }
    .into_any()
}

fn clock_and_languages(form: &ProfileForm, wrong: &Wrong) -> AnyView {
    let languages = Lang::ALL.iter().map(|lang| (lang.to_string(), Text::from(lang.own_name()), None)).collect();
    let own: i32 = form.get("utc_offset").parse().unwrap_or_default();
    let mut zones = ZONES.to_vec();
    if !zones.contains(&own) {
        zones.push(own);
    }
    let zones = zones.into_iter().map(|minutes| (minutes.to_string(), Text::from(zone(minutes)), None)).collect();
    view! {
        <Select name="language" label=t("settings.language") options=languages value=form.get("language") help=t("settings.language_help") error=wrong.about("language")/>
        {offered(form)}
        <Select name="utc_offset" label=t("settings.zone") options=zones value=form.get("utc_offset") help=t("settings.zone_help") error=wrong.about("utc_offset")/>
        <TextInput name="checkout_minutes" label=t("settings.checkout_minutes") value=form.get("checkout_minutes") inputmode="numeric" help=t("settings.checkout_minutes_help") error=wrong.about("checkout_minutes") max_length=5/>
    }
    .into_any()
}

/// `UTC+04:00`.
pub(in crate::rooms) fn zone(minutes: i32) -> String {
    let sign = if minutes < 0 { '\u{2212}' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}
