//! The registers of the sandbox: what they have registered, what they count, and what they refuse, with the codes of the
//! service. In memory, and as bounded as a demo is.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::Moment;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Longest name, code and unit, characters.
const WORD: usize = 50;

/// A refusal: the service's code and its word.
pub(super) struct No(pub(super) i64, pub(super) &'static str);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    #[default]
    Active,
    Inactive,
    Blocked,
}

/// A line that was registered; sums in hundredths of a dram, quantities in thousandths.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub quantity: i64,
    pub price: i64,
    /// What went back of it.
    pub returned: i64,
}

/// Something registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registered {
    pub number: i64,
    pub total: i64,
    /// Of a return, the sale's number.
    pub of: Option<i64>,
    pub at: Moment,
    pub fiscal: String,
    pub lines: Vec<Line>,
}

/// One register.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Register {
    pub tin: String,
    pub standing: Standing,
    /// The last number taken; numbers are not looked at where it is none.
    pub seq: Option<i64>,
    pub receipts: Vec<Registered>,
}

#[derive(Default)]
pub(super) struct Registers(Mutex<BTreeMap<String, Register>>);

impl Registers {
    pub(super) fn all(&self) -> MutexGuard<'_, BTreeMap<String, Register>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Register {
    /// A number that is right is taken once the request is.
    pub(super) fn take(&mut self, body: &Value) -> Result<(), No> {
        match self.standing {
            Standing::Inactive => return Err(No(196, "INACTIVE_CRM")),
            Standing::Blocked => return Err(No(199, "CRM_IS_BLOCKED")),
            Standing::Active => {}
        }
        let Some(last) = self.seq else { return Ok(()) };
        if body["seq"].as_i64() == Some(last + 1) { Ok(()) } else { Err(No(104, "INVALID_SEQ")) }
    }

    fn taken(&mut self) {
        self.seq = self.seq.map(|seq| seq + 1);
    }

    pub(super) fn configure(&mut self, body: &Value) -> Result<Value, No> {
        let known = |department: &Value| matches!(department["taxRegime"].as_i64(), Some(1 | 2 | 3 | 7));
        let departments = body["departments"].as_array().filter(|all| !all.is_empty() && all.iter().all(known));
        departments.ok_or(No(197, "FIELD_REQUIRED"))?;
        if self.seq.is_some() {
            self.seq = Some(body["seq"].as_i64().ok_or(No(104, "INVALID_SEQ"))?);
        }
        Ok(json!("OK"))
    }

    pub(super) fn print(&mut self, body: &Value, crn: &str, now: Moment) -> Result<Value, No> {
        self.take(body)?;
        let lines: Vec<Line> =
            body["items"].as_array().ok_or(No(180, "MISSING_GOODS"))?.iter().map(line).collect::<Result<_, _>>()?;
        if lines.is_empty() {
            return Err(No(180, "MISSING_GOODS"));
        }
        let total: i64 = lines.iter().map(|line| domain::receipt::cost(line.price, line.quantity)).sum();
        let sum = |name: &str| units(&body[name], 2).filter(|sum| *sum >= 0).ok_or(No(198, "INVALID_FIELD"));
        let (card, cash) = (sum("cardAmount")?, sum("cashAmount")?);
        let other = sum("partialAmount")? + sum("prePaymentAmount")?;
        match card + cash + other {
            paid if paid < total => return Err(No(152, "PAID_AMOUNT_LESS_THAN_TOTAL")),
            _ if card > total => return Err(No(167, "CARD_AMOUNT_EXCEEDED_TOTAL")),
            _ if card == total && cash > 0 => return Err(No(168, "REDUNDANT_CASH")),
            _ => {}
        }
        Ok(self.keep(crn, None, total, lines, now))
    }

    pub(super) fn copy(&mut self, body: &Value, crn: &str) -> Result<Value, No> {
        self.take(body)?;
        let found = body["receiptId"].as_i64().and_then(|number| self.numbered(number)).cloned();
        let receipt = found.ok_or(No(176, "RECEIPT_DOES_NOT_EXIST"))?;
        self.taken();
        Ok(self.shown(crn, &receipt))
    }

    pub(super) fn give_back(&mut self, body: &Value, crn: &str, now: Moment) -> Result<Value, No> {
        self.take(body)?;
        let number = body["receiptId"].as_i64().ok_or(No(197, "FIELD_REQUIRED"))?;
        let sale = self.numbered(number).ok_or(No(176, "RECEIPT_DOES_NOT_EXIST"))?.clone();
        if sale.of.is_some() {
            return Err(No(182, "RETURN_RECEIPT_IS_RETURN_TYPE"));
        }
        if sale.lines.iter().all(|line| line.returned >= line.quantity) {
            return Err(No(158, "RETURN_RECEIPT_ALREADY_RETURNED"));
        }
        let items = body["returnItemList"].as_array().ok_or(No(180, "MISSING_GOODS"))?;
        let (mut after, mut worth, mut slack) = (sale.clone(), 0, 0);
        for item in items {
            let place = item["receiptProductId"].as_u64().and_then(|place| usize::try_from(place).ok());
            let line = place.and_then(|place| after.lines.get_mut(place));
            let line = line.ok_or(No(163, "INVALID_RECEIPT_PRODUCT_ID_PRESENT"))?;
            let quantity = units(&item["quantity"], 3).filter(|quantity| *quantity > 0);
            let quantity = quantity.filter(|quantity| line.returned + quantity <= line.quantity);
            let quantity = quantity.ok_or(No(181, "INVALID_QUANTITY_FOR_ITEM"))?;
            line.returned += quantity;
            worth += domain::receipt::cost(line.price, quantity);
            // A quantity of three digits gives a sum no closer than this.
            slack += line.price / 1_000 + 1;
        }
        let amount = units(&body["cardAmountForReturn"], 2).ok_or(No(198, "INVALID_FIELD"))?;
        if items.is_empty() || (amount - worth).abs() > slack {
            return Err(No(152, "PAID_AMOUNT_LESS_THAN_TOTAL"));
        }
        if let Some(sale) = self.receipts.iter_mut().find(|receipt| receipt.number == number) {
            *sale = after;
        }
        Ok(self.keep(crn, Some(number), amount, Vec::new(), now))
    }

    fn keep(&mut self, crn: &str, of: Option<i64>, total: i64, lines: Vec<Line>, now: Moment) -> Value {
        let number = self.receipts.last().map_or(1, |last| last.number + 1);
        let receipt = Registered { number, total, of, at: now, fiscal: format!("{}", 52_000_000 + number), lines };
        self.receipts.push(receipt.clone());
        self.taken();
        self.shown(crn, &receipt)
    }

    fn numbered(&self, number: i64) -> Option<&Registered> {
        self.receipts.iter().find(|receipt| receipt.number == number)
    }

    /// As the service answers: some numbers quoted, some not.
    fn shown(&self, crn: &str, receipt: &Registered) -> Value {
        let total = domain::Money::amd(receipt.total).decimal();
        let qr = format!(
            "TIN: {}, CRN: {crn}, SERIAL: V{crn}, Receipt_ID: {}, Receipt_Time: {}, FISCAL: {}, TOTAL_CASH: 0.0, TOTAL_NONCASH: {total}, TOTAL: {total}",
            self.tin,
            receipt.number,
            receipt.at.rfc3339(),
            receipt.fiscal
        );
        json!({
            "receiptId": receipt.number, "crn": crn, "sn": format!("V{crn}"), "tin": self.tin, "taxpayer": "Ավագ Թեյ ՍՊԸ",
            "address": "Երևան", "time": receipt.at.0, "fiscal": receipt.fiscal, "total": total, "change": 0, "qr": qr,
        })
    }
}

fn line(item: &Value) -> Result<Line, No> {
    let word = |name: &str, no: No| {
        let text = item[name].as_str().map(str::trim).filter(|text| (1..=WORD).contains(&text.chars().count()));
        text.map(str::to_owned).ok_or(no)
    };
    word("goodCode", No(161, "INVALID_GOOD_CODE"))?;
    word("unit", No(164, "INVALID_MEASURE_UNIT"))?;
    word("adgCode", No(192, "ADG_CODE_REQUIRED"))?;
    item["dep"].as_i64().filter(|department| *department > 0).ok_or(No(198, "INVALID_FIELD"))?;
    Ok(Line {
        name: word("goodName", No(162, "INVALID_GOOD_NAME"))?,
        quantity: units(&item["quantity"], 3).filter(|quantity| *quantity > 0).ok_or(No(159, "NON_POSITIVE_VALUE"))?,
        price: units(&item["price"], 2).filter(|price| *price > 0).ok_or(No(165, "ITEM_FULL_PRICE_NON_POSITIVE"))?,
        returned: 0,
    })
}

/// A number of at most so many digits after the point, as a whole number of its last digit.
fn units(value: &Value, digits: usize) -> Option<i64> {
    let text = value.as_number()?.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    (part.len() <= digits).then(|| format!("{whole}{part:0<digits$}").parse().ok())?
}
