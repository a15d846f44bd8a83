//! What customers see of the shop, and its own language, clock and time to pay.

use std::collections::HashMap;

use axum::{
    Router,
    extract::Multipart,
    response::Response,
    routing::{get, post},
};
use domain::{Lang, Localized, role::Permission};
use leptos::prelude::*;
use server::{
    catalog,
    failure::{Outcome, Refusal},
    shop::{self, Profile},
};

use super::page;
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, FilePicker, Look, Segments, Select, Text, TextArea, TextInput},
    web::{Desk, Faces, Flash, Upload, upload},
};

pub(super) const PATH: &str = "/settings";
const FIELDS: &[&str] = &["photo", "name", "about", "policy", "language", "utc_offset", "checkout_minutes"];
/// Hours east of UTC that are offered: where customers of the shop may live.
const ZONES: [i32; 8] = [0, 60, 120, 180, 210, 240, 270, 300];
/// The fields of each language.
const WORDS: [[&str; 3]; 3] =
    [["name_hy", "about_hy", "policy_hy"], ["name_ru", "about_ru", "policy_ru"], ["name_en", "about_en", "policy_en"]];

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
        Self(form)
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
            <div class="form-section">{clock(form, wrong)}</div>
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

fn clock(form: &ProfileForm, wrong: &Wrong) -> AnyView {
    let languages = Lang::ALL.iter().map(|lang| (lang.to_string(), Text::from(lang.own_name()), None)).collect();
    let own: i32 = form.get("utc_offset").parse().unwrap_or_default();
    let mut zones = ZONES.to_vec();
    if !zones.contains(&own) {
        zones.push(own);
    }
    let zones = zones.into_iter().map(|minutes| (minutes.to_string(), Text::from(zone(minutes)), None)).collect();
    view! {
        <Select name="language" label=t("settings.language") options=languages value=form.get("language") help=t("settings.language_help") error=wrong.about("language")/>
        <Select name="utc_offset" label=t("settings.zone") options=zones value=form.get("utc_offset") help=t("settings.zone_help") error=wrong.about("utc_offset")/>
        <TextInput name="checkout_minutes" label=t("settings.checkout_minutes") value=form.get("checkout_minutes") inputmode="numeric" help=t("settings.checkout_minutes_help") error=wrong.about("checkout_minutes") max_length=5/>
    }
    .into_any()
}

/// `UTC+04:00`.
fn zone(minutes: i32) -> String {
    let sign = if minutes < 0 { '\u{2212}' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}
