//! A person before the dashboard: a browser without scripts, with cookies, that follows nothing by itself.

use std::{collections::BTreeMap, sync::Mutex};

use domain::{Lang, MerchantId, StaffId, role::Role};
use reqwest::{Method, RequestBuilder, redirect::Policy};
use serde_json::Value;
use server::staff;

use crate::stage::Stage;

pub const PASSWORD: &str = "a-garden-of-pomegranates";

pub struct Person {
    http: reqwest::Client,
    url: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What the dashboard answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Where it leads, or nothing.
    pub to: String,
    /// The message that waits for the next page: its tone, a dot and the text.
    pub flash: String,
    pub body: String,
}

/// The English text of a key, as pages show it.
pub fn text(key: &str) -> String {
    let all: Value = serde_json::from_str(include_str!("../../../app/locales/en.json")).unwrap();
    all[key].as_str().unwrap_or_else(|| panic!("no text {key}")).to_owned()
}

/// As it stands in a form that was sent.
pub fn pairs(form: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    form.split('&').filter_map(pair).collect()
}

impl Answer {
    pub fn forbidden(&self) -> bool {
        self.status == 403 || self.flash == format!("bad.{}", text("refusal.forbidden"))
    }

    pub fn not_found(&self) -> bool {
        self.status == 404 || self.flash == format!("bad.{}", text("refusal.not_found"))
    }

    /// Done, and said so.
    pub fn done(&self) -> bool {
        self.status == 303 && self.flash.starts_with("good.")
    }

    /// Refused with this code, on the page that answers or as the message of the next one.
    pub fn refused(&self, code: &str) -> bool {
        let text = text(&format!("refusal.{code}"));
        self.flash == format!("bad.{text}") || (self.status >= 400 && self.body.contains(&text))
    }

    pub fn asks_to_sign_in(&self) -> bool {
        self.status == 303 && self.to.starts_with("/sign-in")
    }
}

impl Person {
    pub fn stranger(stage: &Stage) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        let cookies = Mutex::new([("lang".to_owned(), "en".to_owned())].into());
        Self { http, url: stage.url.clone(), cookies }
    }

    pub async fn signed_in(stage: &Stage, email: &str, password: &str) -> Self {
        let person = Self::stranger(stage);
        let entered = person.enter(email, password).await;
        let home = ["/", "/start"].contains(&entered.to.as_str());
        assert!(entered.status == 303 && home, "{email} signs in: {} {}", entered.to, entered.body);
        person
    }

    pub async fn enter(&self, email: &str, password: &str) -> Answer {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, |request| request).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.ask(Method::POST, path, |request| request.form(form)).await
    }

    /// The answer as it came, its body unread.
    pub async fn raw(&self, method: Method, path: &str) -> reqwest::Response {
        let jar = self.cookies.lock().unwrap().clone();
        let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method, format!("{}{path}", self.url)).header("cookie", cookies.join("; "));
        request.send().await.unwrap()
    }

    pub async fn ask(&self, method: Method, path: &str, with: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Answer {
        let jar = self.cookies.lock().unwrap().clone();
        let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method, format!("{}{path}", self.url)).header("cookie", cookies.join("; "));
        let response = with(request).send().await.unwrap();
        let mut flash = String::new();
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if name == "flash" {
                flash = decoded(value);
            } else {
                self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
            }
        }
        let to = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        Answer { status: response.status().as_u16(), to, flash, body: response.text().await.unwrap() }
    }
}

fn decoded(text: &str) -> String {
    let query = reqwest::Url::parse(&format!("http://x/?t={text}")).unwrap();
    query.query_pairs().next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// A member who signs in by `email` and [`PASSWORD`], named by the role.
pub async fn member(stage: &Stage, merchant: &MerchantId, email: &str, role: Role) -> StaffId {
    staff::create(&stage.services, merchant, email, role.as_str(), role, Lang::En, PASSWORD).await.unwrap()
}
