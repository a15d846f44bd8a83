//! Codes as people bring them: pasted lines, or a file.

use crate::{
    failure::Refusal,
    sheet::{self, Sheet},
};

/// The name of the column that holds the codes, in a table.
const COLUMN: [&str; 3] = ["code", "код", "կոդ"];

/// A code on each line; blank lines are passed over.
#[must_use]
pub fn of_text(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// A table with a column of codes, or else a text with a code on each line.
///
/// # Errors
/// Why the file cannot be read; `codes_no_column` where it is a book without that column.
pub fn of_file(bytes: &[u8]) -> Result<Vec<String>, Refusal> {
    let is_book = bytes.starts_with(b"PK");
    let table = Sheet::read(bytes);
    if let Ok(table) = &table
        && let Some(place) = table.head.iter().position(|name| COLUMN.contains(&name.trim().to_lowercase().as_str()))
    {
        let cells = table.rows.iter().filter_map(|row| row.cells.get(place));
        return Ok(cells.flat_map(|cell| of_text(&cell.text)).collect());
    }
    if is_book {
        table?;
        return Err(Refusal::field("file", "codes_no_column"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| sheet::unreadable())?;
    Ok(of_text(text.trim_start_matches('\u{feff}')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_codes_and_a_table_has_a_column_of_them() {
        assert_eq!(of_text(" A-1 \r\n\nB,2\n"), ["A-1", "B,2"]);
        assert_eq!(of_file("\u{feff}A-1\nB,2\n".as_bytes()).unwrap(), ["A-1", "B,2"]);
        assert_eq!(of_file(b"name;Code\nx;A-1\ny;\nz;B 2\n").unwrap(), ["A-1", "B 2"]);
        assert_eq!(of_file(b"").unwrap(), Vec::<String>::new());
        assert_eq!(of_file(b"\xff\xfe\x00").unwrap_err().code, "sheet_unreadable");
    }
}
