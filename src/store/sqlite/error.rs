//! The meaning of SQLite errors for the store. No error type of SQLite leaves this directory.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use super::StoreError;
use crate::store::types::damage::RowFault;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error;
        if let Some(fault) = RowFault::of(&error) {
            return Self::Row(fault.clone());
        }
        let words = error.to_string();
        // The schema does not allow such values: another program wrote to the file without it.
        if let Error::InvalidColumnType(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::FromSqlConversionFailure(..)
        | Error::Utf8Error(..) = error
        {
            return Self::Value(words);
        }
        let Some(code) = error.sqlite_error_code() else { return Self::Sql(words) };
        match error {
            Error::SqliteFailure(failure, _) if failure.extended_code == SQLITE_IOERR_SHMSIZE => return Self::Full,
            Error::SqliteFailure(failure, _) if failure.extended_code == SQLITE_CONSTRAINT_UNIQUE => {
                return Self::Conflict(words);
            }
            _ => {}
        }
        // SQLite says this only of a number in the header.
        if code == ErrorCode::Unknown && words == "unsupported file format" {
            return Self::Corrupt("its header names a schema format that there is not".to_owned());
        }
        match code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::ReadOnly(words),
            ErrorCode::CannotOpen => Self::Closed(words),
            ErrorCode::FileLockingProtocolFailed => Self::LockHeld,
            ErrorCode::SystemIoFailure => Self::Disk(words),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt(words),
            _ => Self::Sql(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn a_lock_that_others_keep_on_the_files_of_sqlite_is_busy() {
        let failure = ffi::Error::new(ffi::SQLITE_PROTOCOL);
        let error = StoreError::from(rusqlite::Error::SqliteFailure(failure, None));
        assert!(matches!(error, StoreError::LockHeld), "{error}");
    }

    #[test]
    fn a_value_that_another_row_has_is_a_conflict_and_another_constraint_is_a_bug() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let sql = "CREATE TABLE t (a TEXT UNIQUE, b TEXT NOT NULL); INSERT INTO t VALUES ('x', '')";
        connection.execute_batch(sql).unwrap();
        let failed = |sql| StoreError::from(connection.execute(sql, []).unwrap_err());
        assert!(matches!(failed("INSERT INTO t VALUES ('x', '')"), StoreError::Conflict(_)));
        assert!(matches!(failed("INSERT INTO t VALUES ('y', NULL)"), StoreError::Sql(_)));
    }
}
