//! e-HDM: the web service of Armenia's State Revenue Committee at which a shop's electronic cash register registers receipts.
//!
//! The service knows no idempotency key: an answer that did not come is [`Fault::Unknown`], and is never asked again blindly.
//! Who asks is known by a client certificate and by the address it asks from. Sums go out and come in as exact text.

mod wire;

use std::time::Duration;

use domain::Moment;
use reqwest::{Certificate, Identity};
use serde::{Deserialize, Serialize};

use self::wire::{Asked, CopyBody, Department, DepartmentsBody, Envelope, Nothing, PrintBody, ReturnBody};
use crate::{BadSettings, Secrets};

/// A longer answer is none.
const ANSWER_BYTES: usize = 256 * 1024;
const PATIENCE: Duration = Duration::from_secs(20);

/// How a shop's register is reached, and what stands on each of its receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EhdmSettings {
    /// `https://ecrm.taxservice.am/taxsystem-rs-vcr`, without a slash at the end.
    pub base_url: String,
    /// The register's number: eight digits.
    pub crn: String,
    /// The taxpayer's number.
    pub tin: String,
    pub cashier: i64,
    pub department: i64,
    /// 1 with VAT, 2 without, 3 turnover tax, 7 micro-business.
    pub tax_regime: i64,
    /// The classifier's code of goods or services, where a product has none of its own.
    pub adg_code: String,
    pub unit: String,
    /// Whether requests are numbered. Manuals of different years say different things: the service's own manual decides.
    pub numbered: bool,
    /// What is done with a partial return that no quantity gives exactly.
    pub partial: domain::receipt::PartialReturn,
}

/// What a sale's receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Print {
    pub cashier: i64,
    /// All of it by card or wallet.
    pub amount_minor: i64,
    pub items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub adg_code: String,
    pub department: i64,
    pub code: String,
    pub name: String,
    /// Thousandths of a piece.
    pub quantity: i64,
    pub unit: String,
    pub price_minor: i64,
}

/// What goes back of a sale's receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// The sale's receipt.
    pub number: i64,
    pub amount_minor: i64,
    /// The place in the sale's receipt, and thousandths of a piece.
    pub items: Vec<(usize, i64)>,
}

/// A registered receipt. What the other side did not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub number: i64,
    pub fiscal: Option<String>,
    pub total_minor: Option<i64>,
    pub printed_at: Option<Moment>,
    /// The text of the QR code.
    pub qr: Option<String>,
}

/// Codes of the service that more follows from than a person's look.
pub mod code {
    /// Its own time-out: what came of it is not known.
    pub const TIMEOUT: i64 = 101;
    pub const WRONG_SEQ: i64 = 104;
    pub const NO_SUCH_RECEIPT: i64 = 176;
    pub const UNAUTHORIZED: i64 = 403;
    pub const INTERNAL: i64 = 500;
    /// Of the register, not of one receipt: not activated, inactive, blocked.
    pub const REGISTER: [i64; 3] = [195, 196, 199];
}

/// Why there is no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It never reached the service: to be sent again.
    #[error("the register cannot be reached: {0}")]
    NotSent(String),
    /// This receipt is refused: a person has to look.
    #[error("the register refuses ({code}): {words}")]
    Refused { code: i64, words: String },
    /// The register takes no receipt at all now.
    #[error("the register takes nothing ({code}): {words}")]
    Register { code: i64, words: String },
    /// Whether it was done is not known.
    #[error("what came of it is not known: {0}")]
    Unknown(String),
}

impl Fault {
    /// By the code of an answer that the service gave.
    fn by(code: i64, words: String) -> Self {
        match code {
            code::TIMEOUT | code::INTERNAL => Self::Unknown(format!("{code} {words}")),
            code::WRONG_SEQ | code::UNAUTHORIZED => Self::Register { code, words },
            _ if code::REGISTER.contains(&code) => Self::Register { code, words },
            _ => Self::Refused { code, words },
        }
    }
}

pub struct Ehdm {
    base_url: String,
    crn: String,
    http: reqwest::Client,
}

impl Ehdm {
    /// With `certificate` and `key` (PEM) among the secrets it shows who it is; `authority` is a root to be trusted besides
    /// the public ones.
    ///
    /// # Errors
    /// When a setting is wrong; the text says what to set.
    pub fn new(settings: &EhdmSettings, secrets: &Secrets) -> Result<Self, BadSettings> {
        let bad = |text: &str| BadSettings(text.to_owned());
        let mut client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("khanut/", env!("CARGO_PKG_VERSION")));
        if let Some(certificate) = secrets.get("certificate") {
            let key = secrets.get("key").ok_or_else(|| bad("the certificate has no key"))?;
            let both = [certificate.trim(), "\n", key.trim(), "\n"].concat();
            let identity = Identity::from_pem(both.as_bytes());
            client =
                client.identity(identity.map_err(|_| bad("certificate and key must be PEM, and belong together"))?);
        }
        if let Some(root) = secrets.get("authority") {
            let root = Certificate::from_pem(root.trim().as_bytes());
            client = client.add_root_certificate(root.map_err(|_| bad("the root certificate must be PEM"))?);
        }
        let http = client.build().map_err(|_| bad("certificate and key must be PEM, and belong together"))?;
        Ok(Self { base_url: settings.base_url.clone(), crn: settings.crn.clone(), http })
    }

    /// Whether the service knows this register and who asks.
    ///
    /// # Errors
    /// As its answer says; nothing is registered.
    pub async fn check(&self) -> Result<(), Fault> {
        self.ask("checkConnection", None, Nothing {}).await.map(|_| ())
    }

    /// Tells the register its department's tax regime; the register counts requests from `seq` on.
    ///
    /// # Errors
    /// As its answer says.
    pub async fn configure(&self, seq: Option<i64>, department: i64, tax_regime: i64) -> Result<(), Fault> {
        let departments = vec![Department { dep: department, tax_regime }];
        self.ask("configureDepartments", seq, DepartmentsBody { departments }).await.map(|_| ())
    }

    /// Registers a sale.
    ///
    /// # Errors
    /// [`Fault::Unknown`] where it may have been registered all the same.
    pub async fn print(&self, seq: Option<i64>, print: &Print) -> Result<Receipt, Fault> {
        self.receipt("print", seq, PrintBody::of(print)).await
    }

    /// Registers a return.
    ///
    /// # Errors
    /// As [`Ehdm::print`].
    pub async fn give_back(&self, seq: Option<i64>, back: &Return) -> Result<Receipt, Fault> {
        self.receipt("printReturnReceipt", seq, ReturnBody::of(back)).await
    }

    /// The receipt of a number; no new fact.
    ///
    /// # Errors
    /// [`Fault::Refused`] with [`code::NO_SUCH_RECEIPT`] where there is none.
    pub async fn copy(&self, seq: Option<i64>, number: i64) -> Result<Receipt, Fault> {
        self.receipt("printCopy", seq, Ok(CopyBody { receipt_id: number })).await
    }

    async fn receipt<B: Serialize>(
        &self,
        method: &str,
        seq: Option<i64>,
        body: serde_json::Result<B>,
    ) -> Result<Receipt, Fault> {
        let body = body.map_err(|error| Fault::NotSent(error.to_string()))?;
        let answer = self.ask(method, seq, body).await?;
        let receipt = answer.result.as_deref().and_then(wire::receipt);
        receipt.ok_or_else(|| Fault::Unknown("the answer says yes, and no number".to_owned()))
    }

    async fn ask<B: Serialize>(&self, method: &str, seq: Option<i64>, body: B) -> Result<Envelope, Fault> {
        let url = [&self.base_url, "/api/v1.0/", method].concat();
        let asked = self.http.post(url).header("language", "hy").json(&Asked { crn: &self.crn, seq, body });
        let answer = asked.send().await.map_err(not_sent)?;
        let status = answer.status().as_u16();
        let text = bounded(answer).await?;
        let envelope = serde_json::from_slice::<Envelope>(&text).ok();
        match envelope.as_ref().and_then(|envelope| Some((envelope, envelope.code()?))) {
            Some((_, 0)) => envelope.ok_or_else(|| unread(status)),
            Some((envelope, code)) => Err(Fault::by(code, envelope.words())),
            None => Err(unread(status)),
        }
    }
}

/// An answer that is not the service's: of something that stands before it, or of nothing we know.
fn unread(status: u16) -> Fault {
    let words = format!("HTTP {status}");
    match status {
        401 | 403 => Fault::Register { code: code::UNAUTHORIZED, words },
        404 | 405 => Fault::Register { code: i64::from(status), words },
        429 => Fault::NotSent(words),
        _ => Fault::Unknown(words),
    }
}

/// Where no connection was made, nothing was sent.
fn not_sent(error: reqwest::Error) -> Fault {
    let sent = !(error.is_connect() || error.is_builder());
    let words = error.without_url().to_string();
    if sent { Fault::Unknown(words) } else { Fault::NotSent(words) }
}

async fn bounded(mut answer: reqwest::Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    let lost = |error: reqwest::Error| Fault::Unknown(error.without_url().to_string());
    while let Some(piece) = answer.chunk().await.map_err(lost)? {
        if body.len() + piece.len() > ANSWER_BYTES {
            return Err(Fault::Unknown(format!("the answer is longer than {ANSWER_BYTES} bytes")));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

impl EhdmSettings {
    /// # Errors
    /// When the adapter cannot work with them; the text says what to set.
    pub fn checked(&self) -> Result<(), BadSettings> {
        let bad = |text: &str| Err(BadSettings(text.to_owned()));
        let digits = |text: &str, many| text.len() == many && text.bytes().all(|byte| byte.is_ascii_digit());
        if !self.base_url.starts_with("https://") && !crate::vpos::is_loopback(&self.base_url) {
            return bad("the address must begin with https://");
        }
        if !digits(&self.crn, 8) || !digits(&self.tin, 8) {
            return bad("the register's number and the taxpayer's have eight digits");
        }
        if !matches!(self.tax_regime, 1 | 2 | 3 | 7) {
            return bad("the tax regime is 1, 2, 3 or 7");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_to_what_is_done_about_them() {
        let kind = |code| match Fault::by(code, String::new()) {
            Fault::Unknown(_) => "unknown",
            Fault::Register { .. } => "register",
            Fault::Refused { .. } => "refused",
            Fault::NotSent(_) => "not sent",
        };
        for code in [101, 500] {
            assert_eq!(kind(code), "unknown", "{code}");
        }
        for code in [104, 195, 196, 199, 403] {
            assert_eq!(kind(code), "register", "{code}");
        }
        for code in [105, 152, 158, 159, 162, 167, 168, 176, 177, 179, 180, 181, 182, 183, 187, 192, 197, 198, 12_345] {
            assert_eq!(kind(code), "refused", "{code}");
        }
        let unread = [200, 400, 403, 404, 429, 502].map(|status| match unread(status) {
            Fault::Unknown(_) => "unknown",
            Fault::Register { .. } => "register",
            Fault::Refused { .. } => "refused",
            Fault::NotSent(_) => "not sent",
        });
        assert_eq!(unread, ["unknown", "unknown", "register", "register", "not sent", "unknown"]);
    }

    #[test]
    fn a_request_says_what_the_manual_says() {
        let item = Item {
            adg_code: "9205".to_owned(),
            department: 1,
            code: "prd_1".to_owned(),
            name: "Գավաթ".to_owned(),
            quantity: 2_000,
            unit: "հատ".to_owned(),
            price_minor: 2_500_000,
        };
        let print = Print { cashier: 3, amount_minor: 5_000_000, items: vec![item] };
        let asked = Asked { crn: "53227232", seq: Some(7), body: PrintBody::of(&print).unwrap() };
        let text = serde_json::to_string(&asked).unwrap();
        assert_eq!(
            text,
            r#"{"crn":"53227232","seq":7,"cashierId":3,"mode":2,"cardAmount":50000.00,"cashAmount":0.00,"partialAmount":0.00,"prePaymentAmount":0.00,"partnerTin":null,"items":[{"adgCode":"9205","dep":1,"goodCode":"prd_1","goodName":"Գավաթ","quantity":2,"unit":"հատ","price":25000.00}]}"#
        );
        let back = Return { number: 12, amount_minor: 500_000, items: vec![(0, 333)] };
        let asked = Asked { crn: "53227232", seq: None, body: ReturnBody::of(&back).unwrap() };
        assert_eq!(
            serde_json::to_string(&asked).unwrap(),
            r#"{"crn":"53227232","receiptId":12,"cashAmountForReturn":0.00,"cardAmountForReturn":5000.00,"prePaymentAmountForReturn":0.00,"returnItemList":[{"receiptProductId":0,"quantity":0.333}]}"#
        );
    }
}
