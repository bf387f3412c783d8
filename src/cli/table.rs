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
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::labelled::write_labelled;
use crate::cli::output::Charset;
use crate::cli::output::Output;
use crate::cli::value::Heading;
use crate::cli::value::Truncation;
use crate::cli::value::Value;

/// A table is kept in memory up to this size, in bytes of text: some 200,000 users.
const KEPT: usize = 16 * 1024 * 1024;
/// It is laid out so many rows at a time.
const CHUNK: usize = 500;
/// No column is shrunk below this, or its title, to fit a terminal.
const NARROWEST: usize = 12;
/// A few values go beyond their column, so that all texts have more room, if that gains so many columns or more.
const OUTLIER: usize = 16;
/// The blanks between two columns.
const GAP: u16 = 2;

/// A table in the making.
pub(super) struct Table<'heads> {
    heads: &'heads [Heading],
    columns: Option<u16>,
    charset: Charset,
    now: Timestamp,
    widths: Vec<usize>,
    /// How many cells of each column are so wide, by width.
    counts: Vec<Vec<u64>>,
    rows: u64,
    /// How the values of each column fit where it is narrower than they are.
    fittings: Vec<Truncation>,
    /// The widest word of each column whose values are broken between words.
    words: Vec<usize>,
    /// Whether the terminal is too narrow for the columns, and each row is a block of lines.
    is_blocks: bool,
    /// Whether a block was written.
    has_block: bool,
    /// The cells that are in memory, one after the other.
    text: String,
    /// Where each of them ends in `text`.
    ends: Vec<usize>,
    is_kept: bool,
}

impl<'heads> Table<'heads> {
    pub(super) fn new(heads: &'heads [Heading], columns: Option<u16>, charset: Charset, now: Timestamp) -> Self {
        Self {
            heads,
            columns,
            charset,
            now,
            widths: heads.iter().map(|head| head.title.width()).collect(),
            counts: vec![Vec::new(); heads.len()],
            rows: 0,
            fittings: vec![Truncation::Whole; heads.len()],
            words: vec![0; heads.len()],
            is_blocks: false,
            has_block: false,
            text: String::new(),
            ends: Vec::new(),
            is_kept: true,
        }
    }

    /// Takes a row's widths, and the row as long as the table is small.
    pub(super) fn measure(&mut self, cells: &[Value<'_>]) {
        self.rows += 1;
        for (place, cell) in cells.iter().enumerate() {
            let shown = cell.shown(self.now);
            let shown = self.charset.show(&shown);
            let width = width_of(&shown);
            self.widths[place] = self.widths[place].max(width);
            let counts = &mut self.counts[place];
            counts.resize(counts.len().max(width + 1), 0);
            counts[width] += 1;
            self.fittings[place] = self.fittings[place].max(cell.fitting());
            if cell.fitting() == Truncation::Broken {
                let widest = shown.split(' ').map(width_of).max().unwrap_or(0);
                self.words[place] = self.words[place].max(widest);
            }
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
        if self.is_blocks || (self.is_kept && self.ends.is_empty()) {
            return Ok(());
        }
        let titles: Vec<&str> = self.heads.iter().map(|head| head.title).collect();
        for line in self.lay_out(&[(titles, None)]).lines() {
            let line = output.heading(line.trim_end());
            writeln!(output.data(), "{line}")?;
        }
        Ok(())
    }

    /// Writes a row of a table that is not kept.
    pub(super) fn write(&mut self, output: &mut Output, cells: &[Value<'_>]) -> io::Result<()> {
        for cell in cells {
            let shown = cell.shown(self.now);
            let shown = self.charset.show(&shown);
            self.keep(&shown);
        }
        if self.ends.len() >= CHUNK * self.heads.len() { self.end(output) } else { Ok(()) }
    }

    /// Writes the rows that are left.
    pub(super) fn end(&mut self, output: &mut Output) -> io::Result<()> {
        let mut start = 0;
        for ends in self.ends.chunks(CHUNK * self.heads.len()) {
            let cell = |&end: &usize| &self.text[std::mem::replace(&mut start, end)..end];
            let cells: Vec<&str> = ends.iter().map(cell).collect();
            for row in cells.chunks(self.heads.len()) {
                if self.is_blocks {
                    self.write_block(output, row)?;
                    self.has_block = true;
                }
            }
            if !self.is_blocks {
                let lines: Vec<_> = cells.chunks(self.heads.len()).flat_map(|row| self.lines_of(row)).collect();
                for line in self.lay_out(&lines).lines() {
                    writeln!(output.data(), "{}", line.trim_end())?;
                }
            }
        }
        self.text.clear();
        self.ends.clear();
        Ok(())
    }

    /// Makes the table fit the terminal. Texts are cut, and columns of exact values become narrower than their widest values,
    /// which go beyond their column and push what follows to the next line: first the values of a few rows, so that they do
    /// not cost all rows their texts; then texts are cut; then more values go beyond. If that is not enough, rows become
    /// blocks. What goes to a file or a pipe is as wide as it is.
    fn fit(&mut self) {
        let Some(columns) = self.columns.map(usize::from) else { return };
        let room = columns.saturating_sub(usize::from(GAP) * self.widths.len().saturating_sub(1));
        self.shrink_exact(room, (self.rows / 50).max(1), OUTLIER);
        self.shrink_prose(room);
        self.shrink_exact(room, u64::MAX, 1);
        self.is_blocks = self.excess(room) > 0;
    }

    fn excess(&self, room: usize) -> usize {
        self.widths.iter().sum::<usize>().saturating_sub(room)
    }

    fn narrowest(&self, place: usize) -> usize {
        NARROWEST.max(self.words[place]).max(self.heads[place].title.width())
    }

    /// Makes columns of exact values narrower, those where the fewest values go beyond for the columns gained: at most `limit`
    /// values of a column, for a gain of `least` columns or more.
    fn shrink_exact(&mut self, room: usize, limit: u64, least: usize) {
        while let excess @ 1.. = self.excess(room) {
            let steps =
                (0..self.widths.len()).filter(|&place| self.fittings[place] == Truncation::Whole).filter_map(|place| {
                    let (width, counts) = (self.widths[place], &self.counts[place]);
                    let below = counts.get(..width).unwrap_or(counts);
                    let next = below.iter().rposition(|&count| count > 0).unwrap_or(0).max(self.narrowest(place));
                    let beyond = counts.get(next + 1..).unwrap_or_default().iter().sum::<u64>();
                    (width >= next + least && beyond <= limit).then(|| (place, beyond, width - next))
                });
            // The fewest values for each column gained.
            let best = steps.min_by(|(_, one, gain), (_, other, other_gain)| {
                let weighed = |count: u64, gain: usize| u128::from(count) * gain as u128;
                weighed(*one, *other_gain).cmp(&weighed(*other, *gain))
            });
            let Some((place, _, gain)) = best else { return };
            self.widths[place] -= gain.min(excess);
        }
    }

    /// Makes columns of texts narrower, the widest first.
    fn shrink_prose(&mut self, room: usize) {
        while let excess @ 1.. = self.excess(room) {
            let wide = (0..self.widths.len()).filter(|&place| {
                self.fittings[place] != Truncation::Whole && self.widths[place] > self.narrowest(place)
            });
            let Some(widest) = wide.clone().max_by_key(|&place| self.widths[place]) else { return };
            let second = wide.filter(|&place| place != widest).map(|place| self.widths[place]).max().unwrap_or(0);
            let gain = self.widths[widest] - second.max(self.narrowest(widest)).min(self.widths[widest] - 1);
            self.widths[widest] -= gain.min(excess);
        }
    }

    /// A row in lines, each with the place of the value that goes beyond its column and ends the line.
    fn lines_of<'text>(&self, row: &[&'text str]) -> Vec<(Vec<&'text str>, Option<usize>)> {
        let (mut lines, mut line) = (Vec::new(), vec![""; row.len()]);
        for (place, text) in row.iter().enumerate() {
            line[place] = *text;
            let is_last = place + 1 == row.len();
            if is_last || (self.fittings[place] == Truncation::Whole && width_of(text) > self.widths[place]) {
                let wide = Some(place).filter(|_| self.fittings[place] == Truncation::Whole);
                lines.push((std::mem::replace(&mut line, vec![""; row.len()]), wide));
            }
        }
        // What follows a value that goes beyond its column may be nothing.
        if lines.len() > 1 && lines.last().is_some_and(|(line, _)| line.iter().all(|text| text.is_empty())) {
            lines.pop();
        }
        lines
    }

    /// Some lines as text.
    fn lay_out(&self, lines: &[(Vec<&str>, Option<usize>)]) -> String {
        let mut laid_out = String::new();
        let mut rest = lines;
        while let Some((line, wide)) = rest.first() {
            // comfy-table breaks what goes beyond a column: such a line is a table of its own, without the columns behind it.
            let is_wide = |line: &[&str], wide: Option<usize>| {
                wide.is_some_and(|place| width_of(line[place]) > self.widths[place])
            };
            let (rows, columns) = if is_wide(line, *wide) {
                (1, wide.map_or(0, |place| place + 1))
            } else {
                let ordinary = rest.iter().take_while(|(line, wide)| !is_wide(line, *wide)).count();
                (ordinary, self.widths.len())
            };
            let (now, later) = rest.split_at(rows);
            for line in self.table_of(now, columns).lines() {
                laid_out.push_str(line.trim_end());
                laid_out.push('\n');
            }
            rest = later;
        }
        laid_out
    }

    /// The first columns of some lines.
    fn table_of(&self, lines: &[(Vec<&str>, Option<usize>)], columns: usize) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        let mut widths = self.widths[..columns].to_vec();
        for (line, _) in lines {
            let shown = line[..columns].iter().enumerate().map(|(place, text)| {
                match self.fittings[place] {
                    Truncation::Cut => return shortened(text, self.widths[place], self.charset),
                    Truncation::Whole => widths[place] = widths[place].max(width_of(text)),
                    Truncation::Broken => {}
                }
                Cow::Borrowed(*text)
            });
            table.add_row(shown.collect::<Vec<_>>());
        }
        for (place, width) in widths.into_iter().enumerate() {
            let is_last = place + 1 == columns;
            let gap = if is_last { 0 } else { GAP };
            if let Some(column) = table.column_mut(place) {
                column.set_padding((0, gap));
                let width = u16::try_from(width).unwrap_or(u16::MAX).saturating_add(gap);
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
        }
        table
    }

    /// Writes a row as a block of "title: value", after a blank line if it is not the first. Nothing is cut.
    fn write_block(&self, output: &mut Output, row: &[&str]) -> io::Result<()> {
        if self.has_block {
            writeln!(output.data())?;
        }
        let width = self.heads.iter().map(|head| head.title.width()).max().unwrap_or(0) + 1;
        for (head, text) in self.heads.iter().zip(row).filter(|(_, text)| !text.is_empty()) {
            write_labelled(output, head.title, width, text)?;
        }
        Ok(())
    }
}

fn width_of(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The text in so many columns, with an ellipsis where it was cut.
fn shortened(text: &str, width: usize, charset: Charset) -> Cow<'_, str> {
    if width_of(text) <= width {
        return Cow::Borrowed(text);
    }
    let ellipsis = if charset == Charset::Unicode { "…" } else { "..." };
    let (mut short, mut used) = (String::new(), ellipsis.width());
    for cluster in text.graphemes(true) {
        used += cluster.width();
        if used > width {
            break;
        }
        short.push_str(cluster);
    }
    short.push_str(ellipsis);
    Cow::Owned(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_columns_and_between_characters_as_people_see_them() {
        let cut = |text, width| shortened(text, width, Charset::Unicode).into_owned();
        assert_eq!(cut("Jörg Müller", 11), "Jörg Müller");
        assert_eq!(cut("Jörg Müller", 6), "Jörg …");
        assert_eq!(cut("明明明", 5), "明明…");
        assert_eq!(cut("明明明", 4), "明…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 3), "👩‍👩‍👧‍👦…");
        assert_eq!(shortened("Joerg Mueller", 6, Charset::Ascii), "Joe...");
    }
}
