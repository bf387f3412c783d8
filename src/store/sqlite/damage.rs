//! Values that the program never writes: they come from another program that edited the file, or from a failing disk. The error
//! names the row, so that an operator can find it. A run that does not need a damaged row continues without it.

use std::time::Duration;

use rusqlite::Error;
use rusqlite::Row;
use rusqlite::types::FromSqlError;
use rusqlite::types::FromSqlResult;
use rusqlite::types::Type;
use rusqlite::types::ValueRef;

use crate::domain::link;
use crate::domain::text;
use crate::domain::user::SignIn;
use crate::store::types::damage::RowFault;

/// No number above this one was reached by counting.
pub(super) const FAR_FROM_THE_END: i64 = i64::MAX >> 1;
/// The same for what is counted in 32 bits.
const FAR_FROM_THE_END_OF_32_BITS: u32 = u32::MAX >> 1;

impl RowFault {
    /// The fault that an error describes; `None`: it is another error.
    pub(super) fn of(error: &Error) -> Option<&Self> {
        match error {
            Error::FromSqlConversionFailure(_, _, inner) => inner.downcast_ref(),
            _ => None,
        }
    }
}

/// Reads a row of `table` by `read`. A value that cannot be used is named with the row, whose key is the first column.
pub(super) fn named<'row, 'rows, T>(
    table: &'static str,
    row: &'row Row<'rows>,
    read: impl FnOnce(&'row Row<'rows>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    named_by(table, 0, row, read)
}

/// As [`named`], where the column `key` says which row of `table` it is.
pub(super) fn named_by<'row, 'rows, T>(
    table: &'static str,
    key: usize,
    row: &'row Row<'rows>,
    read: impl FnOnce(&'row Row<'rows>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    read(row).map_err(|error| {
        let Some((column, fault)) = of_column(&error) else { return error };
        let name = row.as_ref().column_name(column).map_or_else(|_| "?".to_owned(), |name| text::quoted(name, 40));
        let fault = RowFault { table, row: key_of(row, key), column: name, fault };
        Error::FromSqlConversionFailure(column, Type::Null, Box::new(fault))
    })
}

/// The rows that can be read, and what is wrong with the others.
pub(super) fn readable<T>(
    rows: impl Iterator<Item = rusqlite::Result<T>>,
) -> rusqlite::Result<(Vec<T>, Vec<RowFault>)> {
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(row) => read.push(row),
            Err(error) => faults.push(RowFault::of(&error).cloned().ok_or(error)?),
        }
    }
    Ok((read, faults))
}

/// The number of a row, which SQLite counts from 1.
pub(super) fn row_number(row: &Row<'_>, column: usize) -> rusqlite::Result<i64> {
    let number: i64 = row.get(column)?;
    if number < 1 {
        return Err(Error::IntegralValueOutOfRange(column, number));
    }
    Ok(number)
}

/// A number that is counted up one by one, and so is not near the end of its type.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u32> {
    let count: u32 = row.get(column)?;
    if count > FAR_FROM_THE_END_OF_32_BITS {
        return Err(Error::IntegralValueOutOfRange(column, count.into()));
    }
    Ok(count)
}

/// The value of the column that identifies the row.
pub(super) fn key_of(row: &Row<'_>, column: usize) -> String {
    match row.get_ref(column) {
        Ok(ValueRef::Integer(number)) => number.to_string(),
        Ok(ValueRef::Text(bytes)) => text::quoted(&String::from_utf8_lossy(bytes), 40),
        _ => "?".to_owned(),
    }
}

/// The column that cannot be read, and the reason; `None`: the error is of another kind, or names the row already.
fn of_column(error: &Error) -> Option<(usize, String)> {
    match error {
        Error::InvalidColumnType(column, _, found) => Some((*column, format!("is of the type {found}"))),
        Error::IntegralValueOutOfRange(column, value) => Some((*column, format!("{value} is out of range"))),
        Error::FromSqlConversionFailure(column, _, inner) if inner.downcast_ref::<RowFault>().is_none() => {
            Some((*column, inner.to_string()))
        }
        Error::Utf8Error(column, error) => Some((*column, error.to_string())),
        _ => None,
    }
}

/// The lifetime of a link. It may not be longer than any that the program sends, because its end could overflow.
pub(super) fn lifetime(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Duration>> {
    let Some(seconds) = row.get::<_, Option<i64>>(column)? else { return Ok(None) };
    let lifetime = u64::try_from(seconds).map(Duration::from_secs).ok();
    let lifetime = lifetime.filter(|lifetime| lifetime <= link::INVITATION_LIFE.end());
    lifetime.map(Some).ok_or(Error::IntegralValueOutOfRange(column, seconds))
}

/// A text that is one of the program's own words.
pub(super) fn word<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a str> {
    borrowed(row, column, |value| value.as_str())
}

/// A text, or none.
pub(super) fn optional_text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Option<&'a str>> {
    borrowed(row, column, |value| value.as_str_or_null())
}

/// Bytes.
pub(super) fn blob<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a [u8]> {
    borrowed(row, column, |value| value.as_blob())
}

/// As [`Row::get`], without a copy.
fn borrowed<'a, T>(
    row: &'a Row<'_>,
    column: usize,
    read: impl FnOnce(ValueRef<'a>) -> FromSqlResult<T>,
) -> rusqlite::Result<T> {
    let value = row.get_ref(column)?;
    read(value).map_err(|error| match error {
        FromSqlError::Utf8Error(error) => Error::Utf8Error(column, error),
        _ => Error::InvalidColumnType(column, String::new(), value.data_type()),
    })
}

/// How a user signs in.
pub(super) fn sign_in(row: &Row<'_>, column: usize) -> rusqlite::Result<SignIn> {
    match word(row, column)? {
        "password" => Ok(SignIn::Password),
        "saml" => Ok(SignIn::Saml),
        other => Err(unknown_word(column, other)),
    }
}

/// A text that another program may have written. Bytes that are not UTF-8 are shown as U+FFFD, so that one bad row affects one
/// mail, and does not end every run.
pub(super) fn lossy(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    let value = row.get_ref(column)?;
    let bytes = value.as_bytes_or_null();
    let bytes = bytes.map_err(|_| Error::InvalidColumnType(column, String::new(), value.data_type()))?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// The error for a text that is not one of the words of the program.
pub(super) fn unknown_word(column: usize, word: &str) -> Error {
    let fault = format!("`{}` is unknown", text::quoted(word, 40));
    Error::FromSqlConversionFailure(column, Type::Text, fault.into())
}
