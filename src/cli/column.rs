//! The columns of a list: what each is called and what it shows are one thing.

use std::io;

use jiff::Timestamp;

use crate::cli::data;
use crate::cli::output::Output;
use crate::cli::value::Heading;
use crate::cli::value::Value;

/// A column of a list of `Row`s.
pub struct Column<Row> {
    /// Its name in data.
    pub name: &'static str,
    /// Its title in a table; empty: no table has it.
    pub title: &'static str,
    /// Its value in a row.
    pub cell: for<'row> fn(&'row Row) -> Value<'row>,
}

impl<Row> Column<Row> {
    /// How it is headed.
    pub fn heading(&self) -> Heading {
        Heading { name: self.name, title: self.title }
    }

    /// Its heading and its value, for a record of one row.
    pub fn of<'row>(&self, row: &'row Row) -> (Heading, Value<'row>) {
        (self.heading(), (self.cell)(row))
    }
}

/// Takes one row.
pub type RowSink<'sink, Row> = dyn FnMut(&Row) -> io::Result<()> + 'sink;

/// Writes the rows that `each` gives to the sink it gets, with these columns, as [`data::records`] does.
///
/// # Errors
/// When `each` fails, or standard output cannot be written.
pub fn list<Row, E: From<io::Error>>(
    output: &mut Output,
    columns: &[Column<Row>],
    now: Timestamp,
    mut each: impl FnMut(&mut RowSink<'_, Row>) -> Result<(), E>,
) -> Result<(), E> {
    let headings: Vec<Heading> = columns.iter().map(Column::heading).collect();
    data::records(output, &headings, now, |sink| {
        each(&mut |row| {
            let cells: Vec<Value<'_>> = columns.iter().map(|column| (column.cell)(row)).collect();
            sink(&cells)
        })
    })
}

/// Writes one row as a record. A table leaves out what does not apply; data always has every key.
///
/// # Errors
/// When standard output cannot be written.
pub fn record<Row>(output: &mut Output, columns: &[Column<Row>], row: &Row, now: Timestamp) -> io::Result<()> {
    data::fields(output, columns.iter().map(|column| column.of(row)), now)
}
