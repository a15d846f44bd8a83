//! A file as rows of cells, within what one file may hold: whatever it claims to be, reading it stays bounded.

use std::collections::BTreeMap;

use domain::limits;

use crate::failure::Refusal;

/// Rows of one file, its head not counted.
const ROWS: usize = 100_000;
const COLUMNS: usize = 100;

/// What stands in a cell, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    /// A number of a spreadsheet: spelled with a point, whatever people write.
    pub(crate) number: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Where it stands in the file, from 1.
    pub line: u32,
    pub cells: Vec<Cell>,
}

pub(crate) fn unreadable() -> Refusal {
    Refusal::field("file", "sheet_unreadable")
}

pub(super) fn too_large() -> Refusal {
    let max = limits::SHEET_UNPACKED_BYTES / 1024 / 1024;
    Refusal::field("file", "sheet_unpacked_too_large").with("max", max)
}

/// Rows as they are read, in whatever order. Empty cells take no place.
#[derive(Default)]
pub(super) struct Table {
    rows: BTreeMap<u32, Vec<Cell>>,
    bytes: usize,
}

impl Table {
    /// # Errors
    /// `sheet_too_long`, `sheet_too_wide`, `sheet_unpacked_too_large`.
    pub(super) fn put(&mut self, line: u32, column: usize, cell: Cell) -> Result<(), Refusal> {
        if cell.text.trim().is_empty() {
            return Ok(());
        }
        if column >= COLUMNS {
            return Err(Refusal::field("file", "sheet_too_wide").with("max", COLUMNS));
        }
        let row = self.rows.entry(line).or_default();
        let fresh = (column + 1).saturating_sub(row.len());
        row.resize(row.len() + fresh, Cell::default());
        self.bytes += fresh * size_of::<Cell>() + cell.text.len();
        row[column] = cell;
        if self.rows.len() > ROWS + 1 {
            return Err(Refusal::field("file", "sheet_too_long").with("max", ROWS));
        }
        if self.bytes > limits::SHEET_UNPACKED_BYTES { Err(too_large()) } else { Ok(()) }
    }

    pub(super) fn rows(self) -> impl Iterator<Item = Row> {
        self.rows.into_iter().map(|(line, cells)| Row { line, cells })
    }
}

/// CSV: the delimiter is the one that the first line that says something has most of.
pub(super) fn delimited(bytes: &[u8]) -> Result<Table, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable())?.trim_start_matches('\u{feff}');
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |sign: char| first.chars().filter(|c| *c == sign).count();
    let delimiter = [';', '\t', ','].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).delimiter(delimiter as u8).from_reader(text.as_bytes());
    let (mut table, mut lines) = (Table::default(), Lines { text: &text, read: 0, line: 1 });
    for record in reader.records() {
        let record = record.map_err(|_| unreadable())?;
        let line = record.position().and_then(|place| lines.at(place.byte())).ok_or_else(unreadable)?;
        for (column, text) in record.iter().enumerate() {
            table.put(line, column, Cell { text: text.to_owned(), number: false })?;
        }
    }
    Ok(table)
}

/// The reader says where it began to look for a record: blank lines may come first.
struct Lines<'a> {
    text: &'a str,
    read: usize,
    line: u32,
}

impl Lines<'_> {
    fn at(&mut self, byte: u64) -> Option<u32> {
        let begun = usize::try_from(byte).ok()?;
        let blank = self.text.as_bytes().get(begun..)?.iter().take_while(|b| **b == b'\n').count();
        let passed = self.text.as_bytes().get(self.read..begun + blank)?;
        self.line += u32::try_from(passed.iter().filter(|b| **b == b'\n').count()).ok()?;
        self.read = begun + blank;
        Some(self.line)
    }
}
