//! The form of a provider account: what every shop must say, and the rest of the adapter's settings as JSON for those who
//! know. Secrets are never shown again.

use leptos::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use server::{
    failure::Refusal,
    payments::{AccountInput, AccountShown},
};

use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, ButtonLink, Glyph, Icon, Look, Notice, Select, Switch, Text, TextArea, TextInput, Tone},
};

const FIELDS: &[&str] = &["name", "base_url", "token", "webhook_secret", "amd_exponent", "advanced"];
/// The settings that have fields of their own.
const OWN: [&str; 5] = ["base_url", "amd_exponent", "refund_path", "refund_keyed", "signature"];
const REFUND_PATH: &str = "/v1/payment-sessions/{id}/refunds";
const BASE_URL: &str = "https://api.vpos.am";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct MethodForm {
    name: String,
    base_url: String,
    token: String,
    webhook_secret: String,
    amd_exponent: String,
    signed: Option<String>,
    refunds: Option<String>,
    refund_keyed: Option<String>,
    advanced: String,
}

fn on(wanted: bool) -> Option<String> {
    wanted.then(|| "on".to_owned())
}

impl MethodForm {
    pub(super) fn blank() -> Self {
        Self { base_url: BASE_URL.to_owned(), signed: on(true), ..Self::default() }
    }

    pub(super) fn of(account: &AccountShown) -> Self {
        let empty = Map::new();
        let settings = account.settings.as_object().unwrap_or(&empty);
        let is_set = |name: &str| settings.get(name).is_some_and(|value| !value.is_null() && *value != json!(false));
        let mut rest = settings.clone();
        rest.retain(|name, _| !OWN.contains(&name.as_str()));
        // What a scheme or an address says beyond its default is kept as it stands.
        if let Some(signature) =
            settings.get("signature").filter(|scheme| scheme.as_object().is_some_and(|s| !s.is_empty()))
        {
            rest.insert("signature".to_owned(), signature.clone());
        }
        if let Some(path) = settings.get("refund_path").filter(|path| path.is_string() && **path != json!(REFUND_PATH))
        {
            rest.insert("refund_path".to_owned(), path.clone());
        }
        Self {
            name: account.name.clone(),
            base_url: settings.get("base_url").and_then(Value::as_str).unwrap_or_default().to_owned(),
            token: String::new(),
            webhook_secret: String::new(),
            amd_exponent: settings.get("amd_exponent").map(ToString::to_string).unwrap_or_default(),
            signed: on(is_set("signature")),
            refunds: on(is_set("refund_path")),
            refund_keyed: on(is_set("refund_keyed")),
            advanced: if rest.is_empty() { String::new() } else { format!("{:#}", Value::Object(rest)) },
        }
    }

    /// # Errors
    /// `not_json`, `url_not_secure`, `exponent_required`.
    pub(super) fn read(&self) -> Result<AccountInput, Refusal> {
        let mut settings = match self.advanced.trim() {
            "" => Map::new(),
            text => serde_json::from_str(text).map_err(|_| Refusal::field("advanced", "not_json"))?,
        };
        let exponent: u32 =
            self.amd_exponent.parse().map_err(|_| Refusal::field("amd_exponent", "exponent_required"))?;
        let base_url = self.base_url.trim().trim_end_matches('/');
        if base_url.is_empty() {
            return Err(Refusal::field("base_url", "required"));
        }
        let mut keep = |name: &str, wanted: bool, value: Value| {
            if !wanted {
                settings.insert(name.to_owned(), Value::Null);
            } else if settings.get(name).is_none_or(Value::is_null) {
                settings.insert(name.to_owned(), value);
            }
        };
        keep("signature", self.signed.is_some(), json!({}));
        keep("refund_path", self.refunds.is_some(), json!(REFUND_PATH));
        settings.insert("base_url".to_owned(), json!(base_url));
        settings.insert("amd_exponent".to_owned(), json!(exponent));
        settings.insert("refund_keyed".to_owned(), json!(self.refund_keyed.is_some()));
        let secrets = [("token", &self.token), ("webhook_secret", &self.webhook_secret)];
        Ok(AccountInput {
            name: self.name.clone(),
            settings: Value::Object(settings),
            secrets: secrets.into_iter().map(|(name, secret)| (name.to_owned(), secret.trim().to_owned())).collect(),
        })
    }

    pub(super) fn shown(&self, action: String, may_edit: bool, is_new: bool, wrong: &Wrong) -> AnyView {
        let buttons = may_edit.then(|| {
            let verb = if is_new { "methods.add" } else { "methods.save" };
            view! {
                <div class="form-actions">
                    <Button look=Look::Primary>{t(verb)}</Button>
                    <ButtonLink href=super::methods::PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
                </div>
            }
        });
        let settings = wrong.about("settings").map(|text| view! { <Notice tone=Tone::Bad text=Text::from(text)/> });
        view! {
            <form class="form" method="post" action=action data-send=true>
                <div class="form-section">{self.keys(is_new, wrong)}</div>
                <div class="form-section">{self.ways(wrong)}</div>
                {settings}
                {wrong.beside(FIELDS)}
                {buttons}
            </form>
        }
        .into_any()
    }

    fn keys(&self, is_new: bool, wrong: &Wrong) -> AnyView {
        let kept = (!is_new).then(|| t("methods.secret_kept"));
        let (token, secret) = (
            kept.clone().unwrap_or_else(|| t("methods.token_help")),
            kept.unwrap_or_else(|| t("methods.webhook_secret_help")),
        );
        view! {
            <TextInput name="name" label=t("methods.name") value=self.name.clone() help=t("methods.name_help") error=wrong.about("name") max_length=40/>
            <TextInput name="base_url" kind="url" label=t("methods.base_url") value=self.base_url.clone() error=wrong.about("base_url") max_length=200/>
            <TextInput name="token" kind="password" label=t("methods.token") value=self.token.clone() help=token error=wrong.about("token") autocomplete="off" max_length=500/>
            <TextInput name="webhook_secret" kind="password" label=t("methods.webhook_secret") value=self.webhook_secret.clone() help=secret error=wrong.about("webhook_secret") autocomplete="off" max_length=500/>
        }
        .into_any()
    }

    fn ways(&self, wrong: &Wrong) -> AnyView {
        let counts = [("", "methods.exponent_choose"), ("2", "methods.exponent_2"), ("0", "methods.exponent_0")];
        let counts = counts.map(|(value, key)| (value.to_owned(), t(key), None)).to_vec();
        view! {
            <Select name="amd_exponent" label=t("methods.exponent") options=counts value=self.amd_exponent.clone() help=t("methods.exponent_help") error=wrong.about("amd_exponent")/>
            <Switch name="signed" label=t("methods.signed") value=self.signed.is_some() note=t("methods.signed_note")/>
            <Switch name="refunds" label=t("methods.refunds") value=self.refunds.is_some() note=t("methods.refunds_note")/>
            <Switch name="refund_keyed" label=t("methods.refund_keyed") value=self.refund_keyed.is_some() note=t("methods.refund_keyed_note")/>
            <details class="raw" open=wrong.about("advanced").is_some()>
                <summary><Icon glyph=Glyph::ChevronRight/>{t("methods.advanced")}</summary>
                <TextArea name="advanced" label=t("methods.advanced_label") aside=t("common.optional") value=self.advanced.clone() help=t("methods.advanced_help") error=wrong.about("advanced") max_length=8000/>
            </details>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_back_the_same() {
        let settings = json!({
            "base_url": "https://api.vpos.am", "amd_exponent": 0, "refund_path": "/v2/back/{id}", "refund_keyed": true,
            "signature": { "tolerance_seconds": 60 }, "status_path": "/v2/{id}",
        });
        let account = |settings: Value| AccountShown {
            id: "acc_00000000000000000000000000".parse().unwrap(),
            name: "Card".to_owned(),
            provider: "vpos".to_owned(),
            active: true,
            settings,
        };
        assert_eq!(MethodForm::of(&account(settings.clone())).read().unwrap().settings, settings);
        let plain = json!({ "base_url": "https://a", "amd_exponent": 2, "refund_path": null, "refund_keyed": false, "signature": null });
        assert_eq!(MethodForm::of(&account(plain.clone())).read().unwrap().settings, plain);
        let code = |form: MethodForm| form.read().map_err(|refusal| refusal.code);
        assert_eq!(code(MethodForm { advanced: "{".to_owned(), ..MethodForm::blank() }).unwrap_err(), "not_json");
        assert_eq!(code(MethodForm::blank()).unwrap_err(), "exponent_required", "nothing is guessed");
    }
}
