//! Tables for people: columns without lines, so that they can be copied and cut.
//!
//! The widths are known only after the last row. A table of usual size is kept until then; of a larger one only the
//! widths are, and its rows are read a second time, so that memory stays flat.

use std::borrow::Cow;
use std::io;

use comfy_table::ColumnConstraint;
use comfy_table::ContentArrangement;
use comfy_table::Width;
use comfy_table::presets;
use jiff::Timestamp;
use unicode_width::UnicodeWidthChar as _;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::output::Output;

/// A table is kept in memory up to this size, in bytes of text: some 200,000 users.
const KEPT: usize = 16 * 1024 * 1024;
/// It is laid out so many rows at a time.
const CHUNK: usize = 500;
/// No column is shrunk below this, or its title, to fit a terminal.
const NARROWEST: usize = 12;
/// No cell is wider than this on a terminal.
const WIDEST: usize = 60;
/// The blanks between two columns.
const GAP: u16 = 2;

/// A table in the making.
pub(super) struct Table<'heads> {
    heads: &'heads [Head],
    columns: Option<u16>,
    now: Timestamp,
    widths: Vec<usize>,
    /// The cells that are in memory, one after the other.
    text: String,
    /// Where each of them ends in `text`.
    ends: Vec<usize>,
    is_kept: bool,
}

impl<'heads> Table<'heads> {
    pub(super) fn new(heads: &'heads [Head], columns: Option<u16>, now: Timestamp) -> Self {
        let widths = heads.iter().map(|head| head.title.width()).collect();
        Self { heads, columns, now, widths, text: String::new(), ends: Vec::new(), is_kept: true }
    }

    /// Takes a row's widths, and the row as long as the table is small.
    pub(super) fn measure(&mut self, cells: &[Cell<'_>]) {
        for (place, cell) in cells.iter().enumerate() {
            let shown = cell.shown(self.now);
            self.widths[place] = self.widths[place].max(width_of(&shown));
            if self.is_kept {
                self.keep(&shown);
            }
        }
        if self.text.len() > KEPT {
            self.is_kept = false;
            (self.text, self.ends) = (String::new(), Vec::new());
        }
    }

    fn keep(&mut self, shown: &str) {
        self.text.push_str(shown);
        self.ends.push(self.text.len());
    }

    /// Whether all rows are in memory.
    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Decides the widths and writes the headings.
    pub(super) fn begin(&mut self, output: &mut Output) -> io::Result<()> {
        self.fit();
        if self.is_kept && self.ends.is_empty() {
            return Ok(());
        }
        let titles: Vec<&str> = self.heads.iter().map(|head| head.title).collect();
        for line in self.lay_out(&titles).lines() {
            let line = output.heading(line.trim_end());
            writeln!(output.data(), "{line}")?;
        }
        Ok(())
    }

    /// Writes a row of a table that is not kept.
    pub(super) fn write(&mut self, output: &mut Output, cells: &[Cell<'_>]) -> io::Result<()> {
        for cell in cells {
            self.keep(&cell.shown(self.now));
        }
        if self.ends.len() >= CHUNK * self.heads.len() { self.end(output) } else { Ok(()) }
    }

    /// Writes the rows that are left.
    pub(super) fn end(&mut self, output: &mut Output) -> io::Result<()> {
        let mut start = 0;
        for ends in self.ends.chunks(CHUNK * self.heads.len()) {
            let cell = |&end: &usize| &self.text[std::mem::replace(&mut start, end)..end];
            let cells: Vec<&str> = ends.iter().map(cell).collect();
            for line in self.lay_out(&cells).lines() {
                writeln!(output.data(), "{}", line.trim_end())?;
            }
        }
        self.text.clear();
        self.ends.clear();
        Ok(())
    }

    /// Shrinks the widest columns until the table fits the terminal. What goes to a file or a pipe is never cut.
    fn fit(&mut self) {
        let Some(columns) = self.columns.map(usize::from) else { return };
        for width in &mut self.widths {
            *width = (*width).min(WIDEST);
        }
        let gaps = usize::from(GAP) * self.widths.len().saturating_sub(1);
        loop {
            let total: usize = self.widths.iter().sum::<usize>() + gaps;
            let narrowest = |place: usize| NARROWEST.max(self.heads[place].title.width());
            let shrinkable = (0..self.widths.len()).filter(|&place| self.widths[place] > narrowest(place));
            match shrinkable.max_by_key(|&place| self.widths[place]) {
                Some(widest) if total > columns => self.widths[widest] -= 1,
                _ => return,
            }
        }
    }

    /// Some rows, given cell by cell.
    fn lay_out(&self, cells: &[&str]) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        for row in cells.chunks(self.heads.len()) {
            table.add_row(row.iter().zip(&self.widths).map(|(text, &width)| shortened(text, width)));
        }
        for (place, &width) in self.widths.iter().enumerate() {
            let is_last = place + 1 == self.widths.len();
            let gap = if is_last { 0 } else { GAP };
            if let Some(column) = table.column_mut(place) {
                column.set_padding((0, gap));
                let width = u16::try_from(width).unwrap_or(u16::MAX).saturating_add(gap);
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
        }
        table
    }
}

fn width_of(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The text in so many columns, with an ellipsis where it was cut.
fn shortened(text: &str, width: usize) -> Cow<'_, str> {
    if width_of(text) <= width {
        return Cow::Borrowed(text);
    }
    let (mut short, mut used) = (String::new(), 1);
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        short.push(character);
    }
    short.push('…');
    Cow::Owned(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_columns_not_by_bytes() {
        assert_eq!(shortened("Jörg Müller", 11), "Jörg Müller");
        assert_eq!(shortened("Jörg Müller", 6), "Jörg …");
        assert_eq!(shortened("明明明", 5), "明明…");
    }
}
