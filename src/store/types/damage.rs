//! What says which value of the store cannot be used.

use std::fmt;

use crate::domain::job::JobId;
use crate::domain::text;

/// A value that cannot be used, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The table.
    pub(in crate::store) table: &'static str,
    /// The value of the first column that was read, which says which row it is.
    pub(in crate::store) row: String,
    /// The column; empty: the row as a whole.
    pub(in crate::store) column: String,
    /// What is wrong.
    pub(in crate::store) fault: String,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, row, column, fault } = self;
        let (column, colon) = if column.is_empty() { ("", "") } else { (column.as_str(), ": ") };
        write!(f, "{table}: row {row}: {column}{colon}{fault}")
    }
}

impl std::error::Error for RowFault {}

impl RowFault {
    /// The fault of a job that says how it is sent in words that nobody could have given.
    pub fn of_job(job: JobId, column: &str, value: &str) -> Self {
        let fault = format!("`{}` cannot be read", text::quoted(value, 40));
        Self { table: "jobs", row: job.0.to_string(), column: column.to_owned(), fault }
    }

    /// The fault of a message.
    pub(in crate::store) fn of_message(row: String, column: &str, fault: String) -> Self {
        Self { table: "messages", row, column: column.to_owned(), fault }
    }

    /// The fault of a row as a whole.
    pub(in crate::store) fn of_row(table: &'static str, row: i64, fault: String) -> Self {
        Self { table, row: row.to_string(), column: String::new(), fault }
    }
}
