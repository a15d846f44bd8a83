//! Tables as files, CSV and XLSX, written while they are read: no size of shop fits them into memory at once.
//!
//! A cell that a program would take for a formula is kept a text. Sums come from integers and stay exact.

mod csv;
mod xlsx;

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::Money;
use server::failure::Outcome;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(String),
    Number(i64),
    Sum(Money),
    Nothing,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Nothing, Self::text)
    }
}

/// Where rows come from, page by page; an empty page is the end.
pub(crate) trait Rows: Send + 'static {
    fn next(&mut self) -> impl Future<Output = Outcome<Vec<Vec<Cell>>>> + Send;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Xlsx,
}

impl Format {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// The file as an answer to be saved under `name` and the format's ending.
pub(crate) async fn file(format: Format, name: &str, header: Vec<String>, rows: impl Rows) -> Outcome<Response> {
    let body = match format {
        Format::Csv => csv::body(header, rows)?,
        Format::Xlsx => xlsx::body(header, rows).await?,
    };
    Ok(answer(format, name, body))
}

fn answer(format: Format, name: &str, body: Body) -> Response {
    let mut response = body.into_response();
    let saved = ["attachment; filename=\"", name, ".", format.word(), "\""].concat();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(saved) = HeaderValue::from_str(&saved) {
        headers.insert(header::CONTENT_DISPOSITION, saved);
    }
    response
}

/// The text with an apostrophe before it where a spreadsheet would take it for a formula. Both formats do so: what was opened
/// as one is often saved as the other.
fn harmless(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if risky { ["'", text].concat() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that are there already, in pages of two.
    pub(super) struct Given(pub(super) Vec<Vec<Cell>>);

    impl Rows for Given {
        async fn next(&mut self) -> Outcome<Vec<Vec<Cell>>> {
            Ok(self.0.drain(..self.0.len().min(2)).collect())
        }
    }

    #[test]
    fn no_text_is_a_formula() {
        let table = [
            ("=1+1", "'=1+1"),
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+374 99 000000", "'+374 99 000000"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("＝1", "'＝1"),
            ("'=1", "'=1"),
            ("Անի = +", "Անի = +"),
            (" =1", " =1"),
            ("", ""),
        ];
        for (text, written) in table {
            assert_eq!(harmless(text), written, "{text:?}");
        }
    }
}
