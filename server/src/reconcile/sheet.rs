//! A provider's or bank's list as a file: CSV or XLSX, read into cells of text, then into lines by the names of its columns.
//!
//! Sums are read from their text, digit by digit; an amount that cannot be read exactly is an error with its line.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use domain::{Currency, reconcile::Theirs};
use serde::{Deserialize, Serialize};

use crate::failure::Refusal;

/// Rows of one file, its head included.
const ROWS: usize = 100_000;
const COLUMNS: usize = 100;

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

/// A file as a table of text: the head, then the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

fn unreadable() -> Refusal {
    Refusal::field("file", "sheet_unreadable")
}

impl Sheet {
    /// # Errors
    /// `sheet_unreadable`, `sheet_too_long`.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let rows = if bytes.starts_with(b"PK") { xlsx(bytes)? } else { delimited(bytes)? };
        let mut rows = rows.into_iter().filter(|row| row.iter().any(|cell| !cell.is_empty()));
        let head = rows.next().ok_or_else(unreadable)?;
        let rows: Vec<_> = rows.take(ROWS + 1).collect();
        if rows.len() > ROWS || head.len() > COLUMNS {
            return Err(Refusal::field("file", "sheet_too_long").with("max", ROWS));
        }
        Ok(Self { head, rows })
    }

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
        Mapping {
            order_id: find(&["order", "заказ", "պատվեր"]),
            reference: find(&["session", "reference", "rrn", "transaction", "операци", "գործարք"]),
            amount: find(&["amount", "sum", "сумма", "գումար"]),
            currency: find(&["currency", "валюта", "արժույթ"]),
            status: find(&["status", "type", "статус", "тип", "կարգավիճակ"]),
            refund_words: "refund, refunded, возврат".to_owned(),
            skip_words: "failed, pending, expired, cancelled".to_owned(),
            decimal: ".".to_owned(),
        }
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
        for (number, row) in (2_u32..).zip(&self.rows) {
            let cell = |place: Option<usize>| {
                place.and_then(|place| row.get(place)).map(|text| text.trim()).filter(|text| !text.is_empty())
            };
            let word = cell(status).unwrap_or_default().to_lowercase();
            if skip.contains(&word) {
                continue;
            }
            let currency = cell(own_currency).map_or(Ok(currency), |code| code.to_uppercase().parse());
            let bad = || Refusal::field("amount", "amount_unreadable").with("line", number);
            let text = cell(Some(amount)).ok_or_else(bad)?;
            let currency: Currency = currency.map_err(|_| bad())?;
            let sum = minor(text, &mapping.decimal, currency).ok_or_else(bad)?;
            lines.push(Theirs {
                line: number,
                order_id: cell(order).map(str::to_owned),
                reference: cell(reference).map(str::to_owned),
                amount_minor: sum.abs(),
                currency,
                refund: sum < 0 || back.contains(&word),
            });
        }
        Ok(lines)
    }
}

fn words(list: &str) -> Vec<String> {
    list.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect()
}

/// `15 000,00`, `15,000.00`, `-99.5`: exact, or nothing.
fn minor(text: &str, decimal: &str, currency: Currency) -> Option<i64> {
    let point = if decimal == "," { ',' } else { '.' };
    let clean: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
    let (sign, clean) = clean.strip_prefix(['-', '\u{2212}']).map_or((1, clean.as_str()), |rest| (-1, rest));
    let clean = clean.trim_end_matches(currency.sign()).trim_end_matches(currency.as_str());
    let (whole, part) = clean.split_once(point).unwrap_or((clean, ""));
    let whole: String = whole.chars().filter(|c| !matches!(c, ',' | '.')).collect();
    let digits = currency.exponent() as usize;
    let part = if part.len() > digits {
        part.get(..digits).filter(|_| part[digits..].bytes().all(|b| b == b'0'))?
    } else {
        part
    };
    let all = format!("{whole}{part:0<digits$}");
    if whole.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    all.parse::<i64>().ok().map(|value| sign * value)
}

fn delimited(bytes: &[u8]) -> Result<Vec<Vec<String>>, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable())?.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: char| first.chars().filter(|c| *c == sign).count();
    let delimiter = [';', '\t', ','].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).delimiter(delimiter as u8).from_reader(text.as_bytes());
    let rows = reader.records().take(ROWS + 2).map(|row| row.map(|row| row.iter().map(str::to_owned).collect()));
    rows.collect::<Result<_, _>>().map_err(|_| unreadable())
}

fn xlsx(bytes: &[u8]) -> Result<Vec<Vec<String>>, Refusal> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let range = book.worksheet_range_at(0).ok_or_else(unreadable)?.map_err(|_| unreadable())?;
    Ok(range.rows().take(ROWS + 2).map(|row| row.iter().map(cell_text).collect()).collect())
}

/// Numbers come as the spreadsheet shows them, in their shortest exact spelling, and are then read like any other text.
fn cell_text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_exactly_or_not_at_all() {
        let table = [
            ("15000", ".", Some(1_500_000)),
            ("15 000,00", ",", Some(1_500_000)),
            ("15,000.00", ".", Some(1_500_000)),
            ("15.000,5", ",", Some(1_500_050)),
            ("-99.50", ".", Some(-9_950)),
            ("99.5000", ".", Some(9_950)),
            ("99.505", ".", None),
            ("15 000 ֏", ".", Some(1_500_000)),
            ("12e3", ".", None),
            ("", ".", None),
            ("abc", ".", None),
        ];
        for (text, decimal, wanted) in table {
            assert_eq!(minor(text, decimal, Currency::Amd), wanted, "{text}");
        }
    }

    #[test]
    fn files_of_three_spellings_say_the_same() {
        let files = [
            "Order;Amount;Status\nK1;1000,00;paid\nK2;200,00;refund\nK3;5,00;failed\n",
            "\u{feff}Order\tAmount\tStatus\nK1\t1000,00\tpaid\nK2\t200,00\tRefund\nK3\t5,00\tfailed",
            "Order,Amount,Status\n\"K1\",\"1000,00\",paid\n\nK2,\"-200,00\",paid\nK3,\"5,00\",failed\n",
        ];
        for file in files {
            let sheet = Sheet::read(file.as_bytes()).unwrap();
            let mapping = Mapping { decimal: ",".to_owned(), ..sheet.guess() };
            let lines = sheet.lines(&mapping, Currency::Amd).unwrap();
            let short: Vec<_> =
                lines.iter().map(|l| (l.order_id.as_deref().unwrap(), l.amount_minor, l.refund)).collect();
            assert_eq!(short, [("K1", 100_000, false), ("K2", 20_000, true)], "{file}");
        }
        assert_eq!(Sheet::read(b"\xff\xfe").unwrap_err().code, "sheet_unreadable");
        assert_eq!(Sheet::read(b"PK\x03\x04not a book").unwrap_err().code, "sheet_unreadable");
        assert_eq!(Sheet::read(b"").unwrap_err().code, "sheet_unreadable");
        let sheet = Sheet::read(b"Order,Amount\nK1,abc\n").unwrap();
        let refused = sheet.lines(&sheet.guess(), Currency::Amd).unwrap_err();
        assert_eq!((refused.code, refused.values[0].1.as_str()), ("amount_unreadable", "2"));
        assert_eq!(sheet.lines(&Mapping::default(), Currency::Amd).unwrap_err().code, "column_missing");
    }
}
