//! One row: read from CSV, NDJSON or a JSON array, as the texts of its columns.

use std::collections::BTreeMap;
use std::fmt;

use super::BadRow;
use super::ImportOptions;
use super::columns;
use super::columns::ACCEPTED;
use super::columns::Fields;
use super::columns::ImportColumn;
use super::columns::PASSWORD_HASH;
use super::columns::STATUS;
use super::json;
use crate::actions::users::tabular::CsvRows;
use crate::actions::users::tabular::Elements;
use crate::actions::users::tabular::Input;
use crate::actions::users::tabular::Lines;
use crate::actions::users::tabular::NOT_UTF8;
use crate::actions::users::tabular::RawRow;
use crate::app::Result;
use crate::domain::formula::without_guards;
use crate::domain::text;

/// Which of the columns that need more permission the rows have.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SensitiveColumns {
    pub(super) hashes: bool,
    pub(super) statuses: bool,
    pub(super) must_changes: bool,
}

impl SensitiveColumns {
    pub(super) fn see(&mut self, row: &Row<'_>) {
        if let Ok(fields) = &row.fields {
            self.hashes |= fields[PASSWORD_HASH].is_some();
            self.statuses |= fields[STATUS].is_some() || fields[columns::LOCKED_UNTIL].is_some();
            self.must_changes |= fields[columns::MUST_CHANGE].is_some();
        }
    }
}

/// A row as read.
pub(super) struct Row<'row> {
    pub(super) place: RowLocation,
    pub(super) fields: std::result::Result<Fields<'row>, BadRow>,
}

impl Row<'_> {
    /// Counts its language, among at most `most`.
    pub(super) fn count_locale(&self, locales: &mut BTreeMap<String, u64>, most: usize) {
        let Ok(fields) = &self.fields else { return };
        let Some(locale) = fields[columns::LOCALE].as_deref().filter(|locale| !locale.is_empty()) else { return };
        let has_room = locales.len() < most;
        match locales.get_mut(locale) {
            Some(count) => *count += 1,
            None if has_room => drop(locales.insert(locale.to_owned(), 1)),
            None => {}
        }
    }
}

/// Where a row stands in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowLocation {
    /// Its number among the rows, from 1.
    pub number: u64,
    /// The line that it begins on, from 1.
    pub line: u64,
    /// Whether it is an element of a JSON array, of which many may be on one line.
    pub is_element: bool,
}

impl fmt::Display for RowLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, line, is_element } = self;
        if *is_element { write!(formatter, "line {line}, element {number}") } else { write!(formatter, "line {line}") }
    }
}

/// Reads row by row.
pub(super) struct RowReader<'input> {
    rows: Rows<'input>,
    /// How many rows were read.
    pub(super) count: u64,
    ignore_unknown: bool,
    /// Whether an empty field of the column clears.
    clears: [bool; ACCEPTED.len()],
}

enum Rows<'input> {
    Csv(CsvRows<'input>, Vec<ImportColumn>),
    Lines(Lines<'input>),
    Array(Elements<'input>),
}

impl<'input> RowReader<'input> {
    /// Tells the format, and reads the header of a CSV.
    pub(super) fn new(input: Input<'input>, options: &ImportOptions) -> Result<Self> {
        let rows = match input {
            // That is NDJSON of nobody.
            Input::Empty(text) => Rows::Lines(text.lines()),
            Input::JsonLines(lines) => Rows::Lines(lines),
            Input::JsonArray(elements) => Rows::Array(elements),
            Input::Text(text) => {
                let (rows, header) = text.csv(options.delimiter, columns::is_known)?;
                Rows::Csv(rows, columns::columns(&header, options)?)
            }
        };
        let mut clears = [false; ACCEPTED.len()];
        for clear in &options.clear {
            clears[clear.place()] = true;
        }
        Ok(Self { rows, count: 0, ignore_unknown: options.ignore_unknown, clears })
    }

    /// The next row.
    pub(super) fn next_row(&mut self) -> Result<Option<Row<'_>>> {
        let (ignore_unknown, clears) = (self.ignore_unknown, self.clears);
        let number = self.count + 1;
        let read = match &mut self.rows {
            Rows::Csv(rows, columns) => rows.next_row()?.map(|raw| {
                let place = RowLocation { number, line: raw.line(), is_element: false };
                Row { place, fields: csv_fields(raw, columns, clears, place) }
            }),
            Rows::Lines(lines) => lines.next_text_line()?.map(|(line, text)| {
                json_row(RowLocation { number, line, is_element: false }, text, ignore_unknown, clears)
            }),
            Rows::Array(elements) => elements.next_element()?.map(|element| {
                let place = RowLocation { number, line: element.line, is_element: true };
                json_row(place, element.text, ignore_unknown, clears)
            }),
        };
        self.count += u64::from(read.is_some());
        Ok(read)
    }

    /// Whether the rows are elements of a JSON array.
    pub(super) fn is_array(&self) -> bool {
        matches!(self.rows, Rows::Array(_))
    }

    /// SHA-256 of the input so far, in hexadecimal digits.
    pub(super) fn sha256(&self) -> String {
        match &self.rows {
            Rows::Csv(rows, _) => rows.sha256(),
            Rows::Lines(lines) => lines.sha256(),
            Rows::Array(elements) => elements.sha256(),
        }
    }
}

fn json_row(place: RowLocation, text: &[u8], ignore_unknown: bool, clears: [bool; ACCEPTED.len()]) -> Row<'_> {
    let fields = json::fields(text, ignore_unknown, clears);
    Row { place, fields: fields.map_err(|fault| BadRow::new(place, "", fault)) }
}

fn csv_fields<'row>(
    raw: &'row RawRow,
    columns: &[ImportColumn],
    clears: [bool; ACCEPTED.len()],
    place: RowLocation,
) -> std::result::Result<Fields<'row>, BadRow> {
    let bad = |field, fault: String| BadRow::new(place, field, fault);
    if let Some(fault) = raw.broken() {
        return Err(bad("", fault.to_owned()));
    }
    let is_blank = |bytes: &[u8]| bytes.trim_ascii().is_empty();
    // Spreadsheets write as many fields as their widest row has.
    let surplus = raw.fields().skip(columns.len()).any(|bytes| !is_blank(bytes));
    let lacking = columns.iter().skip(raw.count()).any(|column| *column != ImportColumn::Unnamed);
    if surplus || lacking {
        return Err(bad(
            "",
            format!("has {}, the header has {}", text::counted(raw.count() as u64, "field"), columns.len()),
        ));
    }
    let mut fields = Fields::default();
    for (number, (bytes, column)) in (1..).zip(raw.fields().zip(columns)) {
        let column = match *column {
            ImportColumn::Accepted(column) => column,
            ImportColumn::Unnamed if !is_blank(bytes) => {
                return Err(bad("", format!("field {number} has a value, and its column has no name in the header")));
            }
            ImportColumn::Unnamed | ImportColumn::Ignored => continue,
        };
        let text = std::str::from_utf8(bytes).map_err(|_| bad(ACCEPTED[column], NOT_UTF8.to_owned()))?;
        let text = without_guards(text.trim());
        if !text.is_empty() || clears[column] {
            fields[column] = Some(text);
        }
    }
    Ok(fields)
}
