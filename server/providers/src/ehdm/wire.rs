//! The wire of e-HDM: numbers as text that is exact, and answers read as they come, whether numbers are quoted or not.

use domain::{Currency, Moment, Money};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Item, Print, Receipt, Return};

/// A number of JSON, written by us digit by digit.
type Number = Box<RawValue>;

/// A sum with two digits after the point: `15000.00`.
pub(super) fn sum(amount_minor: i64) -> serde_json::Result<Number> {
    RawValue::from_string(Money::amd(amount_minor).decimal())
}

/// Thousandths of a piece: `2`, `0.333`.
pub(super) fn quantity(thousandths: i64) -> serde_json::Result<Number> {
    let (whole, part) = (thousandths / 1_000, format!("{:03}", thousandths % 1_000));
    let part = part.trim_end_matches('0');
    RawValue::from_string(if part.is_empty() { whole.to_string() } else { format!("{whole}.{part}") })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked<'a, B: Serialize> {
    pub(super) crn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seq: Option<i64>,
    #[serde(flatten)]
    pub(super) body: B,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PrintBody {
    cashier_id: i64,
    /// 2: with goods.
    mode: u8,
    card_amount: Number,
    cash_amount: Number,
    partial_amount: Number,
    pre_payment_amount: Number,
    partner_tin: Option<String>,
    items: Vec<ItemBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemBody {
    adg_code: String,
    dep: i64,
    good_code: String,
    good_name: String,
    quantity: Number,
    unit: String,
    price: Number,
}

impl PrintBody {
    pub(super) fn of(print: &Print) -> serde_json::Result<Self> {
        Ok(Self {
            cashier_id: print.cashier,
            mode: 2,
            card_amount: sum(print.amount_minor)?,
            cash_amount: sum(0)?,
            partial_amount: sum(0)?,
            pre_payment_amount: sum(0)?,
            partner_tin: None,
            items: print.items.iter().map(ItemBody::of).collect::<Result<_, _>>()?,
        })
    }
}

impl ItemBody {
    fn of(item: &Item) -> serde_json::Result<Self> {
        Ok(Self {
            adg_code: item.adg_code.clone(),
            dep: item.department,
            good_code: item.code.clone(),
            good_name: item.name.clone(),
            quantity: quantity(item.quantity)?,
            unit: item.unit.clone(),
            price: sum(item.price_minor)?,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReturnBody {
    receipt_id: i64,
    cash_amount_for_return: Number,
    card_amount_for_return: Number,
    pre_payment_amount_for_return: Number,
    return_item_list: Vec<ReturnItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReturnItem {
    receipt_product_id: usize,
    quantity: Number,
}

impl ReturnBody {
    pub(super) fn of(back: &Return) -> serde_json::Result<Self> {
        let item = |(position, thousandths): &(usize, i64)| {
            Ok(ReturnItem { receipt_product_id: *position, quantity: quantity(*thousandths)? })
        };
        Ok(Self {
            receipt_id: back.number,
            cash_amount_for_return: sum(0)?,
            card_amount_for_return: sum(back.amount_minor)?,
            pre_payment_amount_for_return: sum(0)?,
            return_item_list: back.items.iter().map(item).collect::<serde_json::Result<_>>()?,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CopyBody {
    pub(super) receipt_id: i64,
}

#[derive(Serialize)]
pub(super) struct DepartmentsBody {
    pub(super) departments: Vec<Department>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Department {
    pub(super) dep: i64,
    pub(super) tax_regime: i64,
}

#[derive(Serialize)]
pub(super) struct Nothing {}

/// `{"code", "message", "errorMessage", "result"}`; without a code it is no answer of the service.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    code: Box<RawValue>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default)]
    pub(super) result: Option<Box<RawValue>>,
}

impl Envelope {
    pub(super) fn code(&self) -> Option<i64> {
        whole(&self.code)
    }

    /// What it says in words, the translated ones first.
    pub(super) fn words(&self) -> String {
        let words = self.error_message.as_deref().filter(|words| !words.trim().is_empty());
        words.or(self.message.as_deref()).unwrap_or_default().chars().filter(|sign| *sign != '\0').take(200).collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptBody {
    receipt_id: Box<RawValue>,
    #[serde(default)]
    time: Option<Box<RawValue>>,
    #[serde(default)]
    fiscal: Option<Box<RawValue>>,
    #[serde(default)]
    total: Option<Box<RawValue>>,
    #[serde(default)]
    qr: Option<String>,
}

/// A receipt in an answer; `None` when its number cannot be read.
pub(super) fn receipt(result: &RawValue) -> Option<Receipt> {
    let body: ReceiptBody = serde_json::from_str(result.get()).ok()?;
    Some(Receipt {
        number: whole(&body.receipt_id).filter(|number| *number > 0)?,
        fiscal: body.fiscal.as_deref().and_then(word),
        total_minor: body.total.as_deref().and_then(minor),
        printed_at: body.time.as_deref().and_then(whole).map(Moment),
        qr: body.qr.filter(|text| !text.trim().is_empty()),
    })
}

/// The text of a number or of a string.
fn word(raw: &RawValue) -> Option<String> {
    let text = match raw.get() {
        "null" => return None,
        quoted if quoted.starts_with('"') => serde_json::from_str(quoted).ok()?,
        plain => plain.to_owned(),
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A whole number, quoted or not, also as `12.0`.
fn whole(raw: &RawValue) -> Option<i64> {
    let text = word(raw)?;
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    part.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok())?
}

/// A sum in minor units, exactly, or not at all.
fn minor(raw: &RawValue) -> Option<i64> {
    let text = word(raw)?;
    let text = match text.split_once('.') {
        Some((whole, part)) if part.len() > 2 => format!("{whole}.{:0<2}", part.trim_end_matches('0')),
        _ => text,
    };
    Money::parse_major(&text, Currency::Amd).ok().map(|money| money.amount_minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn sums_and_quantities_are_written_exactly() {
        for (minor, text) in [(0, "0.00"), (1_500_000, "15000.00"), (4_950, "49.50"), (5, "0.05")] {
            assert_eq!(sum(minor).unwrap().get(), text);
        }
        for (thousandths, text) in [(1_000, "1"), (2_500, "2.5"), (333, "0.333"), (10, "0.01"), (12_000, "12")] {
            assert_eq!(quantity(thousandths).unwrap().get(), text);
        }
    }

    #[test]
    fn numbers_are_read_as_they_come() {
        for text in ["44000", "44000.0", "44000.00", "44000.0000", r#""44000""#, r#""44000.00""#] {
            assert_eq!(minor(&raw(text)), Some(4_400_000), "{text}");
        }
        for text in ["null", "44000.005", "4.4e4", r#""""#, "true", "-5"] {
            assert_eq!(minor(&raw(text)), None, "{text}");
        }
        assert_eq!([whole(&raw("17")), whole(&raw(r#""17""#)), whole(&raw("17.0"))], [Some(17); 3]);
        assert_eq!([whole(&raw("17.5")), whole(&raw("null")), whole(&raw(r#""a""#))], [None; 3]);
    }

    #[test]
    fn a_receipt_is_read_from_either_spelling() {
        let quoted = r#"{"receiptId":"12","crn":"53227232","sn":"V1","time":"1721140440000","fiscal":"52517829","total":"44000.0","change":0,"qr":"TIN: 1"}"#;
        let receipt = |text: &str| super::receipt(&raw(text));
        let read = receipt(quoted).unwrap();
        assert_eq!(
            (read.number, read.total_minor, read.printed_at),
            (12, Some(4_400_000), Some(Moment(1_721_140_440_000)))
        );
        assert_eq!((read.fiscal.as_deref(), read.qr.as_deref()), (Some("52517829"), Some("TIN: 1")));
        let copy = receipt(r#"{"receiptId":12,"fiscal":null,"total":44000,"qr":""}"#).unwrap();
        assert_eq!((copy.number, copy.fiscal, copy.qr, copy.printed_at), (12, None, None, None));
        assert_eq!(receipt(r#"{"receiptId":52517829,"fiscal":52517829}"#).unwrap().fiscal.as_deref(), Some("52517829"));
        assert!(receipt(r#"{"receiptId":null}"#).is_none() && receipt(r#""printed""#).is_none());
    }
}
