//! The form of the shop's cash register. Nothing that the tax service decides is guessed: what is not known is asked.

use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::Refusal,
    fiscal::{Counters, EhdmSettings, RegisterInput, RegisterShown},
};

use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, Glyph, Icon, Look, Notice, Select, Switch, Text, TextArea, TextInput, Tone},
};

const BASE_URL: &str = "https://ecrm.taxservice.am/taxsystem-rs-vcr";
const FIELDS: &[&str] = &[
    "base_url",
    "crn",
    "tin",
    "cashier",
    "department",
    "tax_regime",
    "adg_code",
    "unit",
    "partial",
    "seq",
    "last_number",
    "settings",
];
/// Longest unit and code, characters.
const WORD: usize = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RegisterForm {
    base_url: String,
    crn: String,
    tin: String,
    cashier: String,
    department: String,
    tax_regime: String,
    adg_code: String,
    unit: String,
    partial: String,
    numbered: Option<String>,
    certificate: String,
    key: String,
    authority: String,
    seq: String,
    last_number: String,
}

impl RegisterForm {
    pub(super) fn blank() -> Self {
        let on = Some("on".to_owned());
        Self { base_url: BASE_URL.to_owned(), numbered: on, unit: "հատ".to_owned(), ..Self::default() }
    }

    pub(super) fn of(register: &RegisterShown) -> Self {
        let own = &register.settings;
        Self {
            base_url: own.base_url.clone(),
            crn: own.crn.clone(),
            tin: own.tin.clone(),
            cashier: own.cashier.to_string(),
            department: own.department.to_string(),
            tax_regime: own.tax_regime.to_string(),
            adg_code: own.adg_code.clone(),
            unit: own.unit.clone(),
            partial: own.partial.to_string(),
            numbered: own.numbered.then(|| "on".to_owned()),
            ..Self::default()
        }
    }

    /// # Errors
    /// `required`, `not_a_number`, `too_long`, `register_digits`.
    pub(super) fn read(&self) -> Result<RegisterInput, Refusal> {
        let settings = EhdmSettings {
            base_url: required("base_url", self.base_url.trim().trim_end_matches('/'))?,
            crn: eight("crn", &self.crn)?,
            tin: eight("tin", &self.tin)?,
            cashier: number("cashier", &self.cashier)?,
            department: number("department", &self.department)?,
            tax_regime: number("tax_regime", &self.tax_regime)?,
            adg_code: required("adg_code", &self.adg_code)?,
            unit: required("unit", &self.unit)?,
            numbered: self.numbered.is_some(),
            partial: self.partial.parse().map_err(|_| Refusal::field("partial", "required"))?,
        };
        let counters =
            Counters { seq: counted("seq", &self.seq)?, last_number: counted("last_number", &self.last_number)? };
        let [certificate, key, authority] = [&self.certificate, &self.key, &self.authority].map(Clone::clone);
        Ok(RegisterInput { settings, certificate, key, authority, counters })
    }

    pub(super) fn shown(&self, register: Option<&RegisterShown>, may_edit: bool, wrong: &Wrong) -> AnyView {
        let save = may_edit.then(|| {
            view! { <div class="form-actions"><Button look=Look::Primary>{t("register.save")}</Button></div> }
        });
        let settings = wrong.about("settings").map(|text| view! { <Notice tone=Tone::Bad text=Text::from(text)/> });
        view! {
            <form class="form" method="post" action=super::register::PATH data-send=true>
                <div class="form-section"><h2>{t("register.who")}</h2>{self.who(wrong)}</div>
                <div class="form-section"><h2>{t("register.printed")}</h2>{self.printed(wrong)}</div>
                <div class="form-section"><h2>{t("register.certificate")}</h2>{self.keys(register.is_some())}</div>
                <div class="form-section">{self.counting(wrong)}</div>
                {settings}
                {wrong.beside(FIELDS)}
                {save}
            </form>
        }
        .into_any()
    }

    fn who(&self, wrong: &Wrong) -> AnyView {
        view! {
            <TextInput name="base_url" kind="url" label=t("register.base_url") value=self.base_url.clone() error=wrong.about("base_url") max_length=200/>
            <div class="form-pair">
                <TextInput name="crn" label=t("register.crn") help=t("register.crn_help") value=self.crn.clone() inputmode="numeric" error=wrong.about("crn") max_length=8/>
                <TextInput name="tin" label=t("register.tin") help=t("register.tin_help") value=self.tin.clone() inputmode="numeric" error=wrong.about("tin") max_length=8/>
            </div>
            <div class="form-pair">
                <TextInput name="cashier" label=t("register.cashier") value=self.cashier.clone() inputmode="numeric" error=wrong.about("cashier") max_length=9/>
                <TextInput name="department" label=t("register.department") value=self.department.clone() inputmode="numeric" error=wrong.about("department") max_length=9/>
            </div>
        }
        .into_any()
    }

    fn printed(&self, wrong: &Wrong) -> AnyView {
        let regimes = [
            ("", "register.choose"),
            ("1", "register.regime_1"),
            ("2", "register.regime_2"),
            ("3", "register.regime_3"),
            ("7", "register.regime_7"),
        ];
        let partial =
            [("", "register.choose"), ("exact", "register.partial_exact"), ("nearest", "register.partial_nearest")];
        let options = |all: &[(&str, &'static str)]| {
            all.iter().map(|(value, key)| ((*value).to_owned(), t(key), None)).collect::<Vec<_>>()
        };
        view! {
            <Select name="tax_regime" label=t("register.regime") options=options(&regimes) value=self.tax_regime.clone() help=t("register.regime_help") error=wrong.about("tax_regime")/>
            <div class="form-pair">
                <TextInput name="adg_code" label=t("register.adg_code") help=t("register.adg_code_help") value=self.adg_code.clone() error=wrong.about("adg_code") max_length=50/>
                <TextInput name="unit" label=t("register.unit") value=self.unit.clone() error=wrong.about("unit") max_length=50/>
            </div>
            <Select name="partial" label=t("register.partial") options=options(&partial) value=self.partial.clone() help=t("register.partial_help") error=wrong.about("partial")/>
        }
        .into_any()
    }

    fn keys(&self, kept: bool) -> AnyView {
        let help = if kept { t("register.secret_kept") } else { t("register.certificate_help") };
        view! {
            <TextArea name="certificate" label=t("register.certificate_pem") value=self.certificate.clone() help=help max_length=20000/>
            <TextArea name="key" label=t("register.key_pem") value=self.key.clone() max_length=20000/>
            <TextArea name="authority" label=t("register.authority") aside=t("common.optional") value=self.authority.clone() help=t("register.authority_help") max_length=20000/>
        }
        .into_any()
    }

    fn counting(&self, wrong: &Wrong) -> AnyView {
        let open = wrong.about("seq").is_some() || wrong.about("last_number").is_some();
        view! {
            <Switch name="numbered" label=t("register.numbered") value=self.numbered.is_some() note=t("register.numbered_note")/>
            <details class="raw" open=open>
                <summary><Icon glyph=Glyph::ChevronRight/>{t("register.counters")}</summary>
                <div class="stack">
                    <p class="quiet">{t("register.counters_text")}</p>
                    <div class="form-pair">
                        <TextInput name="seq" label=t("register.seq") aside=t("common.optional") value=self.seq.clone() inputmode="numeric" error=wrong.about("seq") max_length=18/>
                        <TextInput name="last_number" label=t("register.last_number") aside=t("common.optional") value=self.last_number.clone() inputmode="numeric" error=wrong.about("last_number") max_length=18/>
                    </div>
                </div>
            </details>
        }
        .into_any()
    }
}

fn required(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let max = if field == "base_url" { 200 } else { WORD };
    match text.chars().count() {
        0 => Err(Refusal::field(field, "required")),
        long if long > max => Err(Refusal::field(field, "too_long").with("max", max)),
        _ => Ok(text.to_owned()),
    }
}

fn number(field: &'static str, text: &str) -> Result<i64, Refusal> {
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Refusal::field(field, if text.trim().is_empty() { "required" } else { "not_a_number" }))
}

/// Left empty, it stays as it is.
fn counted(field: &'static str, text: &str) -> Result<Option<i64>, Refusal> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse::<i64>() {
            Ok(number) if number >= 0 => Ok(Some(number)),
            _ => Err(Refusal::field(field, "not_a_number")),
        },
    }
}

fn eight(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(text.to_owned()) } else { Err(Refusal::field(field, "register_digits")) }
}

#[cfg(test)]
mod tests {
    use domain::receipt::PartialReturn;

    use super::*;

    #[test]
    fn what_is_shown_is_read_back_the_same_and_nothing_is_guessed() {
        let settings = EhdmSettings {
            base_url: BASE_URL.to_owned(),
            crn: "53227232".to_owned(),
            tin: "01234567".to_owned(),
            cashier: 3,
            department: 1,
            tax_regime: 7,
            adg_code: "56.10".to_owned(),
            unit: "հատ".to_owned(),
            numbered: false,
            partial: PartialReturn::Nearest,
        };
        let shown = RegisterShown {
            settings: settings.clone(),
            active: true,
            has_certificate: true,
            seq: 9,
            last_number: 4,
            trouble: None,
        };
        let form = RegisterForm::of(&shown);
        let read = form.read().unwrap();
        assert_eq!((read.settings, read.counters), (settings, Counters::default()));
        let wrong = |form: RegisterForm| form.read().map_err(|refusal| (refusal.field.unwrap(), refusal.code)).err();
        let like = || RegisterForm::of(&shown);
        assert_eq!(wrong(RegisterForm { tax_regime: String::new(), ..like() }), Some(("tax_regime", "required")));
        assert_eq!(wrong(RegisterForm { partial: String::new(), ..like() }), Some(("partial", "required")));
        assert_eq!(wrong(RegisterForm { crn: "12".to_owned(), ..like() }), Some(("crn", "register_digits")));
        assert_eq!(wrong(RegisterForm { seq: "-1".to_owned(), ..like() }), Some(("seq", "not_a_number")));
        assert_eq!(wrong(RegisterForm { cashier: "x".to_owned(), ..like() }), Some(("cashier", "not_a_number")));
    }
}
