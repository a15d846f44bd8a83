//! A provider's or bank's list as a file: its cells read into lines by the names of its columns.
//!
//! Sums are read from their text, digit by digit; an amount that cannot be read exactly is an error with its line.

use domain::{Currency, reconcile::Theirs};
use serde::{Deserialize, Serialize};

use super::sum;
use crate::{
    failure::Refusal,
    sheet::{Cell, Row, Sheet},
};

/// Which column says what, by its name in the head. Empty: the file does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mapping {
    pub order_id: String,
    pub reference: String,
    pub amount: String,
    pub currency: String,
    /// What kind of line it is.
    pub status: String,
    /// The words of `status` that mean money went back, separated by commas. A negative sum means it too.
    pub refund_words: String,
    /// The words of `status` whose lines are passed over, separated by commas: failed, pending …
    pub skip_words: String,
    /// `.` or `,`: what stands before hundredths.
    pub decimal: String,
}

impl Sheet {
    fn column(&self, name: &str) -> Option<usize> {
        let name = name.trim();
        (!name.is_empty()).then(|| self.head.iter().position(|own| own.trim() == name)).flatten()
    }

    /// A first guess at what the columns mean, in Armenian, Russian and English.
    #[must_use]
    pub fn guess(&self) -> Mapping {
        let find = |signs: &[&str]| {
            let fits = |head: &&String| signs.iter().any(|sign| head.to_lowercase().contains(sign));
            self.head.iter().find(fits).cloned().unwrap_or_default()
        };
        let amount = find(&["amount", "sum", "сумма", "գումար"]);
        Mapping {
            order_id: find(&["order", "заказ", "պատվեր"]),
            reference: find(&["session", "reference", "rrn", "transaction", "операци", "գործարք"]),
            currency: find(&["currency", "валюта", "արժույթ"]),
            status: find(&["status", "type", "статус", "тип", "կարգավիճակ"]),
            refund_words: "refund, refunded, возврат".to_owned(),
            skip_words: "failed, pending, expired, cancelled".to_owned(),
            decimal: self.decimal(&amount).unwrap_or(".").to_owned(),
            amount,
        }
    }

    /// A mapping remembered from another file; how sums are written is seen in this one.
    #[must_use]
    pub fn suggest(&self, known: Mapping) -> Mapping {
        let decimal = self.decimal(&known.amount).map_or(known.decimal, str::to_owned);
        Mapping { decimal, ..known }
    }

    fn decimal(&self, amount: &str) -> Option<&'static str> {
        let column = self.column(amount)?;
        let cells = self.rows.iter().filter_map(|row| row.cells.get(column)).filter(|cell| !cell.number);
        sum::decimal(cells.map(|cell| cell.text.as_str()))
    }

    /// # Errors
    /// `column_missing`, `amount_unreadable` with the line.
    pub fn lines(&self, mapping: &Mapping, currency: Currency) -> Result<Vec<Theirs>, Refusal> {
        let missing = |field: &'static str| Refusal::field(field, "column_missing");
        let amount = self.column(&mapping.amount).ok_or_else(|| missing("amount"))?;
        let (order, reference) = (self.column(&mapping.order_id), self.column(&mapping.reference));
        if order.is_none() && reference.is_none() {
            return Err(missing("order_id"));
        }
        let (status, own_currency) = (self.column(&mapping.status), self.column(&mapping.currency));
        let (back, skip) = (words(&mapping.refund_words), words(&mapping.skip_words));
        let mut lines = Vec::new();
        for Row { line, cells } in &self.rows {
            let cell = |place: Option<usize>| {
                place.and_then(|place| cells.get(place)).filter(|cell| !cell.text.trim().is_empty())
            };
            let text = |place: Option<usize>| cell(place).map(|cell| cell.text.trim());
            let word = text(status).unwrap_or_default().to_lowercase();
            if skip.contains(&word) {
                continue;
            }
            let bad = || Refusal::field("amount", "amount_unreadable").with("line", line);
            let currency = text(own_currency).map_or(Ok(currency), |code| code.to_uppercase().parse());
            let currency: Currency = currency.map_err(|_| bad())?;
            let sum = cell(Some(amount)).and_then(|cell| minor(cell, mapping, currency)).ok_or_else(bad)?;
            lines.push(Theirs {
                line: *line,
                order_id: text(order).map(str::to_owned),
                reference: text(reference).map(str::to_owned),
                amount_minor: sum.abs(),
                currency,
                refund: sum < 0 || back.contains(&word),
            });
        }
        Ok(lines)
    }
}

fn minor(cell: &Cell, mapping: &Mapping, currency: Currency) -> Option<i64> {
    if cell.number { sum::counted(&cell.text, currency) } else { sum::written(&cell.text, &mapping.decimal, currency) }
}

fn words(list: &str) -> Vec<String> {
    list.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_three_spellings_say_the_same() {
        let files = [
            "Order;Amount;Status\nK1;1000,00;paid\nK2;200,00;refund\nK3;5,00;failed\n",
            "\u{feff}Order\tAmount\tStatus\nK1\t1000,00\tpaid\nK2\t200,00\tRefund\nK3\t5,00\tfailed",
            "Order,Amount,Status\n\"K1\",\"1000,00\",paid\n\nK2,\"-200,00\",paid\nK3,\"5,00\",failed\n",
            "Order;Amount;Status\rK1;1000,00;paid\rK2;200,00;refund\r",
        ];
        for file in files {
            let sheet = Sheet::read(file.as_bytes()).unwrap();
            assert_eq!(sheet.guess().decimal, ",");
            let lines = sheet.lines(&sheet.guess(), Currency::Amd).unwrap();
            let short: Vec<_> =
                lines.iter().map(|l| (l.order_id.as_deref().unwrap(), l.amount_minor, l.refund)).collect();
            assert_eq!(short, [("K1", 100_000, false), ("K2", 20_000, true)], "{file}");
        }
        assert_eq!(Sheet::read(b"\xff\xfe").unwrap_err().code, "sheet_unreadable");
        assert_eq!(Sheet::read(b"PK\x03\x04not a book").unwrap_err().code, "sheet_unreadable");
        assert_eq!(Sheet::read(b"").unwrap_err().code, "sheet_unreadable");
        for (file, line) in [("Order,Amount\n,\n\nK1,abc\n", "4"), ("\r\nOrder,Amount\r\n\"K\n1\",5\r\nK2,abc", "5")] {
            let sheet = Sheet::read(file.as_bytes()).unwrap();
            let refused = sheet.lines(&sheet.guess(), Currency::Amd).unwrap_err();
            assert_eq!((refused.code, refused.values[0].1.as_str()), ("amount_unreadable", line), "as the file counts");
        }
        let sheet = Sheet::read(b"Order,Amount\nK1,5\n").unwrap();
        assert_eq!(sheet.lines(&Mapping::default(), Currency::Amd).unwrap_err().code, "column_missing");
    }
}
