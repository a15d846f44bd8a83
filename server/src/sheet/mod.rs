//! Tables that people send as files: CSV or XLSX, read into rows of cells within what one file may hold. What the columns
//! mean is the reader's matter.

mod table;
mod xlsx;

pub(crate) use table::unreadable;
pub use table::{Cell, Row};

use crate::failure::{Outcome, Refusal};

/// A file as a table: the head, then the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub head: Vec<String>,
    pub rows: Vec<Row>,
}

impl Sheet {
    /// # Errors
    /// `sheet_unreadable`, `sheet_too_long`, `sheet_too_wide`, `sheet_unpacked_too_large`.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let table = if bytes.starts_with(b"PK") { xlsx::book(bytes)? } else { table::delimited(bytes)? };
        let mut rows = table.rows();
        let head = rows.next().ok_or_else(unreadable)?;
        let head = head.cells.into_iter().map(|cell| cell.text).collect();
        Ok(Self { head, rows: rows.collect() })
    }

    /// Away from the threads that answer others: a large file takes its time, and a broken one may make its reader panic.
    pub(crate) async fn read_aside(bytes: Vec<u8>) -> Outcome<Self> {
        let sheet = tokio::task::spawn_blocking(move || Self::read(&bytes)).await;
        Ok(sheet.map_err(|_| unreadable())??)
    }
}
