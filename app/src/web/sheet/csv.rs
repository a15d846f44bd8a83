//! CSV as it is read: one page of rows is in memory, whatever the length.

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use server::failure::{Failure, Outcome};

use super::{Cell, Rows, harmless};

/// Without it Excel takes Armenian letters for something else.
const UTF8_MARK: &str = "\u{feff}";

pub(super) fn body(header: Vec<String>, rows: impl Rows) -> Outcome<Body> {
    let head = Bytes::from([UTF8_MARK.as_bytes(), &lines(vec![header])?].concat());
    let pages = stream::try_unfold(rows, async |mut rows| {
        let page = rows.next().await.inspect_err(|error| tracing::error!(%error, "an export broke off"))?;
        if page.is_empty() {
            return Ok::<_, Failure>(None);
        }
        let page = page.into_iter().map(|row| row.into_iter().map(written).collect()).collect();
        Ok(Some((Bytes::from(lines(page)?), rows)))
    });
    let head = stream::once(std::future::ready(Ok(head)));
    Ok(Body::from_stream(futures_util::StreamExt::chain(head, pages)))
}

fn written(cell: Cell) -> String {
    match cell {
        Cell::Text(text) => harmless(&text),
        Cell::Number(number) => number.to_string(),
        Cell::Sum(sum) => sum.decimal(),
        Cell::Nothing => String::new(),
    }
}

fn lines(rows: Vec<Vec<String>>) -> Outcome<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(anyhow::Error::from)?;
    }
    Ok(writer.into_inner().map_err(|error| anyhow::anyhow!("a line of CSV could not be written: {error}"))?)
}

#[cfg(test)]
mod tests {
    use domain::Money;

    use super::*;
    use crate::web::sheet::tests::Given;

    #[tokio::test]
    async fn sums_are_exact_and_texts_harmless() {
        let rows = vec![
            vec![Cell::text("Անի, \"Ա\""), Cell::Sum(Money::amd(-150)), Cell::Number(-3)],
            vec![Cell::text("=1+1"), Cell::Sum(Money::amd(i64::MAX)), Cell::Nothing],
            vec![Cell::text("a\nb"), Cell::Sum(Money::amd(1_500_000)), Cell::Number(7)],
        ];
        let header = ["Ով", "Գումար", "№"].map(str::to_owned).to_vec();
        let body = axum::body::to_bytes(body(header, Given(rows)).unwrap(), usize::MAX).await.unwrap();
        let text = std::str::from_utf8(&body).unwrap();
        let wanted = "\u{feff}Ով,Գումար,№\r\n\"Անի, \"\"Ա\"\"\",-1.50,-3\r\n'=1+1,92233720368547758.07,\r\n\"a\nb\",15000.00,7\r\n";
        assert_eq!(text, wanted);
    }
}
