//! CSV row by row, behind its header.

use super::Delimiter;
use super::InputError;
use super::buffer::DecodedBuffer;
use super::tokenizer::RawRow;
use super::tokenizer::Tokenizer;

/// The first row of a CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its line, from 1: blank lines and `sep=;` may come before it.
    pub line: u64,
    /// The names of the columns, in lower case and without blanks around them; empty: the column has none.
    pub names: Vec<String>,
}

/// The rows of a CSV. Those of nothing but delimiters and blanks are left out.
#[derive(Debug)]
pub struct CsvRows<'input> {
    buffer: DecodedBuffer<'input>,
    tokenizer: Tokenizer,
    row: RawRow,
}

/// A row that was looked at and not consumed.
struct ProbedRow {
    row: RawRow,
    /// Where it ends in what was read ahead.
    end: usize,
    /// The machine behind it.
    tokenizer: Tokenizer,
}

/// The header, looked at and not consumed.
struct HeaderPreview {
    /// What comes before it: a line `sep=;`.
    skipped: usize,
    /// The machine before it, which knows the delimiter.
    tokenizer: Tokenizer,
    header: Header,
}

impl<'input> CsvRows<'input> {
    pub(super) fn open(
        mut buffer: DecodedBuffer<'input>,
        delimiter: Option<Delimiter>,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<(Self, Header), InputError> {
        let HeaderPreview { skipped, tokenizer, header } = look(&mut buffer, delimiter, is_known)?;
        buffer.consume(skipped);
        let mut rows = Self { buffer, tokenizer, row: RawRow::default() };
        if let Some(row) = rows.next_row()?
            && let Some(fault) = row.broken()
        {
            return Err(InputError::line(row.line(), fault));
        }
        Ok((rows, header))
    }

    /// The next row.
    ///
    /// # Errors
    /// When the input cannot be read, or a quote is never closed.
    pub fn next_row(&mut self) -> Result<Option<&RawRow>, InputError> {
        loop {
            let (used, mut ended) = self.tokenizer.feed(self.buffer.unread(), &mut self.row)?;
            self.buffer.consume(used);
            if !ended && !self.buffer.more()? {
                ended = self.tokenizer.finish(&mut self.row)?;
                if !ended {
                    return Ok(None);
                }
            }
            if ended && !self.row.is_blank() {
                return Ok(Some(&self.row));
            }
        }
    }

    /// SHA-256 of the input so far, in hexadecimal digits.
    pub fn sha256(&self) -> String {
        self.buffer.decoder().sha256()
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.buffer.decoder().bytes_read()
    }

    pub(super) fn ends_within_line(&self) -> bool {
        self.buffer.ends_within_line()
    }
}

/// Whether the header has a column of which `is_known` holds; a row that is broken has none.
pub(super) fn has_column(buffer: &mut DecodedBuffer<'_>, is_known: impl Fn(&str) -> bool) -> Result<bool, InputError> {
    Ok(header(buffer, &is_known)?.is_some_and(|header| header.names.iter().any(|name| is_known(name))))
}

/// The header, looked at and not consumed; `None`: the first row is broken.
pub(super) fn header(
    buffer: &mut DecodedBuffer<'_>,
    is_known: impl Fn(&str) -> bool,
) -> Result<Option<Header>, InputError> {
    match look(buffer, None, &is_known) {
        Ok(look) => Ok(Some(look.header)),
        Err(InputError::Line { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks at the header.
fn look(
    buffer: &mut DecodedBuffer<'_>,
    delimiter: Option<Delimiter>,
    is_known: impl Fn(&str) -> bool,
) -> Result<HeaderPreview, InputError> {
    let (mut skipped, mut tokenizer) = (0, Tokenizer::new());
    let first = probe(buffer, skipped, &tokenizer)?;
    let named = first.row.fields().next().and_then(Delimiter::named_by);
    if named.is_some() {
        (skipped, tokenizer) = (first.end, first.tokenizer);
    }
    let tokenizer = match delimiter.or(named) {
        Some(delimiter) => tokenizer.with(delimiter),
        None => recognize(buffer, skipped, &tokenizer, is_known)?,
    };
    let row = probe(buffer, skipped, &tokenizer)?.row;
    Ok(HeaderPreview { skipped, tokenizer, header: Header { line: row.line(), names: names(&row) } })
}

/// Looks at the next row that is not blank. The buffer is larger than the longest row.
fn probe(buffer: &mut DecodedBuffer<'_>, from: usize, tokenizer: &Tokenizer) -> Result<ProbedRow, InputError> {
    loop {
        let (mut tokenizer, mut row, mut end) = (tokenizer.clone(), RawRow::default(), from);
        loop {
            let (used, ended) = tokenizer.feed(&buffer.unread()[end..], &mut row)?;
            end += used;
            if ended && !row.is_blank() {
                return Ok(ProbedRow { row, end, tokenizer });
            }
            if !ended {
                break;
            }
        }
        if !buffer.more()? {
            tokenizer.finish(&mut row)?;
            return Ok(ProbedRow { row, end, tokenizer });
        }
    }
}

/// The machine with the delimiter with which the header names most columns that are known; the comma where none does better.
fn recognize(
    buffer: &mut DecodedBuffer<'_>,
    from: usize,
    tokenizer: &Tokenizer,
    is_known: impl Fn(&str) -> bool,
) -> Result<Tokenizer, InputError> {
    let [mut best, ..] = Delimiter::RECOGNIZED;
    let mut most = 0;
    for delimiter in Delimiter::RECOGNIZED {
        let probed = probe(buffer, from, &tokenizer.clone().with(delimiter))?;
        let known = names(&probed.row).iter().filter(|name| is_known(name)).count();
        if known > most {
            (best, most) = (delimiter, known);
        }
    }
    Ok(tokenizer.clone().with(best))
}

fn names(row: &RawRow) -> Vec<String> {
    row.fields().map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase()).collect()
}
