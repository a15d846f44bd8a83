//! XLSX in constant memory: rows go to a temporary file as they are read, then the file is sent and forgotten.

use std::{
    fs::File,
    io::{Seek, SeekFrom},
};

use anyhow::Context;
use axum::body::Body;
use bytes::BytesMut;
use domain::Money;
use futures_util::stream;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use server::failure::Outcome;
use tokio::{io::AsyncReadExt, sync::mpsc};

use super::{Cell, Rows, harmless};

/// A sheet holds no more, its head included.
const SHEET_ROWS: u32 = 1_048_576;
const CHUNK: usize = 64 * 1024;
/// Excel refuses longer cells; nothing of ours is.
const CELL_LETTERS: usize = 32_000;

pub(super) async fn body(header: Vec<String>, mut rows: impl Rows) -> Outcome<Body> {
    let (pages, come) = mpsc::channel(1);
    let writer = tokio::task::spawn_blocking(move || book(&header, come, SHEET_ROWS));
    loop {
        let page = rows.next().await?;
        // A writer that has ended says why below.
        if page.is_empty() || pages.send(page).await.is_err() {
            break;
        }
    }
    drop(pages);
    let file = writer.await.context("writing a workbook panicked")??;
    Ok(Body::from_stream(stream::try_unfold(tokio::fs::File::from_std(file), async |mut file| {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let read = file.read_buf(&mut chunk).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (chunk.freeze(), file)))
    })))
}

/// The workbook in a file without a name, ready to be read. `most` rows to a sheet.
fn book(header: &[String], mut pages: mpsc::Receiver<Vec<Vec<Cell>>>, most: u32) -> anyhow::Result<File> {
    let mut book = Workbook::new();
    let looks = Looks { head: Format::new().set_bold(), sum: Format::new().set_num_format("#,##0.00") };
    let mut sheet = begin(&mut book, header, &looks)?;
    let mut line = 1;
    while let Some(page) = pages.blocking_recv() {
        for row in page {
            if line == most {
                sheet = begin(&mut book, header, &looks)?;
                line = 1;
            }
            for (column, cell) in (0_u16..).zip(row) {
                write(sheet, (line, column), cell, &looks)?;
            }
            line += 1;
        }
    }
    let mut file = tempfile::tempfile().context("a temporary file cannot be made")?;
    book.save_to_writer(&mut file)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

struct Looks {
    head: Format,
    sum: Format,
}

fn begin<'a>(book: &'a mut Workbook, header: &[String], looks: &Looks) -> Result<&'a mut Worksheet, XlsxError> {
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, text) in (0_u16..).zip(header) {
        sheet.set_column_width(column, 20)?;
        sheet.write_string_with_format(0, column, text, &looks.head)?;
    }
    Ok(sheet)
}

fn write(sheet: &mut Worksheet, (row, column): (u32, u16), cell: Cell, looks: &Looks) -> Result<(), XlsxError> {
    match cell {
        Cell::Nothing => {}
        Cell::Text(text) => {
            let text: String = harmless(&text).chars().take(CELL_LETTERS).collect();
            sheet.write_string(row, column, text)?;
        }
        Cell::Number(number) => match i32::try_from(number) {
            Ok(number) => sheet.write_number(row, column, number).map(|_| ())?,
            Err(_) => sheet.write_string(row, column, number.to_string()).map(|_| ())?,
        },
        Cell::Sum(sum) => match exact(sum) {
            Some(number) => sheet.write_number_with_format(row, column, number, &looks.sum).map(|_| ())?,
            None => sheet.write_string(row, column, sum.decimal()).map(|_| ())?,
        },
    }
    Ok(())
}

/// Excel keeps so many digits of a number and makes zeros of the rest.
const EXACT_DIGITS: usize = 15;

/// The number that a spreadsheet reads from the sum's text, if it writes the same text again. Larger sums than it can hold
/// stay texts.
fn exact(sum: Money) -> Option<f64> {
    let text = sum.decimal();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.parse().ok().filter(|number| digits <= EXACT_DIGITS && format!("{number:.2}") == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sheet::tests::Given;

    #[test]
    fn a_sum_is_a_number_only_where_it_stays_exact() {
        let most = 999_999_999_999_999;
        let table =
            [(0, true), (1, true), (-150, true), (1_500_000, true), (most, true), (most + 1, false), (i64::MAX, false)];
        for (minor, is_number) in table {
            let sum = Money::amd(minor);
            assert_eq!(exact(sum).is_some(), is_number, "{minor}");
            assert!(exact(sum).is_none_or(|number| format!("{number:.2}") == sum.decimal()));
        }
    }

    /// The parts of the workbook's zip that hold this name, unpacked.
    async fn sheets(rows: Vec<Vec<Cell>>) -> Vec<String> {
        let body = body(vec!["Գումար".to_owned()], Given(rows)).await.unwrap();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        unpacked(std::io::Cursor::new(bytes))
    }

    fn unpacked(file: impl std::io::Read + Seek) -> Vec<String> {
        let mut zip = zip::ZipArchive::new(file).unwrap();
        let mut names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
        names.retain(|name| name.starts_with("xl/worksheets/sheet"));
        names.sort();
        names.iter().map(|name| std::io::read_to_string(zip.by_name(name).unwrap()).unwrap()).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn cells_are_what_they_are_and_never_formulas() {
        let rows = vec![
            vec![Cell::text("=1+1"), Cell::Sum(Money::amd(1_500_050))],
            vec![Cell::Nothing, Cell::Sum(Money::amd(i64::MAX))],
            vec![Cell::Number(7), Cell::Number(1 << 40)],
        ];
        let sheet = sheets(rows).await.pop().unwrap();
        for part in ["'=1+1", "<v>15000.5</v>", "92233720368547758.07", "<v>7</v>", "1099511627776", "Գումար"] {
            assert!(sheet.contains(part), "{part} is not in {sheet}");
        }
        assert!(!sheet.contains("<f>"), "{sheet}");
    }

    #[test]
    fn a_full_sheet_is_followed_by_another() {
        let (pages, come) = mpsc::channel(1);
        pages.try_send((0..5).map(|i| vec![Cell::Number(i)]).collect()).unwrap();
        drop(pages);
        let sheets = unpacked(book(&["№".to_owned()], come, 4).unwrap());
        assert_eq!(sheets.len(), 2);
        assert!(sheets[0].contains("<v>2</v>") && !sheets[0].contains("<v>3</v>"));
        assert!(sheets[1].contains("<v>3</v>") && sheets[1].contains("<v>4</v>") && sheets[1].contains("№"));
    }
}
