//! The first sheet of an XLSX book. A book is a ZIP of strangers: it is unpacked once against a limit before it is read.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};
use domain::limits;
use zip::ZipArchive;

use super::table::{Cell, Table, too_large, unreadable};
use crate::failure::Refusal;

/// # Errors
/// `sheet_unreadable`, `sheet_too_long`, `sheet_too_wide`, `sheet_unpacked_too_large`.
pub(super) fn book(bytes: &[u8]) -> Result<Table, Refusal> {
    within_limits(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let first = book.sheet_names().into_iter().next().ok_or_else(unreadable)?;
    let mut cells = book.worksheet_cells_reader(&first).map_err(|_| unreadable())?;
    let mut table = Table::default();
    while let Some(cell) = cells.next_cell().map_err(|_| unreadable())? {
        let (row, column) = cell.get_position();
        let Some(value) = read(cell.get_value()) else { continue };
        table.put(row.saturating_add(1), usize::try_from(column).unwrap_or(usize::MAX), value)?;
    }
    Ok(table)
}

/// Numbers come in their shortest exact spelling, with a point.
fn read(cell: &DataRef<'_>) -> Option<Cell> {
    let number = |text: String| Some(Cell { text, number: true });
    let written = |text: &str| Some(Cell { text: text.to_owned(), number: false });
    match cell {
        DataRef::Empty | DataRef::Error(_) => None,
        DataRef::Int(value) => number(value.to_string()),
        DataRef::Float(value) => number(value.to_string()),
        // How a number is shown makes it a day; whoever says that it is a sum means the number.
        DataRef::DateTime(value) => number(value.to_string()),
        DataRef::Bool(value) => written(if *value { "true" } else { "false" }),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => written(text),
        DataRef::SharedString(text) => written(text),
    }
}

/// Unpacks every part, whatever size it claims, and stops at the limit.
fn within_limits(bytes: &[u8]) -> Result<(), Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let mut left = limits::SHEET_UNPACKED_BYTES;
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|_| unreadable())?;
        let strings = part.name().map_err(|_| unreadable())?.to_lowercase().ends_with("sharedstrings.xml");
        let mut part = part.take(left as u64 + 1);
        let size = if strings {
            let mut text = Vec::new();
            part.read_to_end(&mut text).map_err(|_| unreadable())?;
            honest_strings(&text)?;
            text.len()
        } else {
            std::io::copy(&mut part, &mut std::io::sink()).map_err(|_| unreadable())?.try_into().unwrap_or(usize::MAX)
        };
        left = left.checked_sub(size).ok_or_else(too_large)?;
    }
    Ok(())
}

/// The reader makes room for as many strings as the part claims to hold: not more than it has bytes.
fn honest_strings(part: &[u8]) -> Result<(), Refusal> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_reader(part);
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| unreadable())? {
            Event::Start(tag) if tag.local_name().as_ref() == "sst" => {
                let claimed = tag.try_get_attribute("uniqueCount").map_err(|_| unreadable())?;
                let honest =
                    claimed.is_none_or(|claimed| claimed.value.parse().is_ok_and(|count: usize| count <= part.len()));
                return if honest { Ok(()) } else { Err(unreadable()) };
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, body) in parts {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(body).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused_and_so_is_a_lie_about_strings() {
        let half = vec![b' '; limits::SHEET_UNPACKED_BYTES / 2];
        assert_eq!(within_limits(&packed(&[("a", &half), ("b", &half)])), Ok(()));
        let over = packed(&[("a", &half), ("b", &half), ("c", b" ")]);
        assert_eq!(within_limits(&over).unwrap_err().code, "sheet_unpacked_too_large");
        let strings = |count: &str| {
            let part = format!("<?xml version=\"1.0\"?><sst uniqueCount=\"{count}\"><si><t>K1</t></si></sst>");
            within_limits(&packed(&[("xl/sharedStrings.xml", part.as_bytes())]))
        };
        assert_eq!(strings("1"), Ok(()));
        assert_eq!(strings("99999999999999").unwrap_err().code, "sheet_unreadable");
        assert_eq!(within_limits(b"PK\x03\x04not a book").unwrap_err().code, "sheet_unreadable");
    }
}
