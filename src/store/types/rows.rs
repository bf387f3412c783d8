//! What is wrong with the rows of the store.

/// The most faults that are listed, as of SQLite's `integrity_check`.
pub(in crate::store) const MOST: usize = 100;

/// What was found in the rows.
#[derive(Debug, Default)]
pub struct RowFindings {
    /// What is wrong, a line each, at most 100.
    pub faults: Vec<String>,
    /// How many rows of each table could be read.
    pub readable: Vec<(&'static str, u64)>,
}

impl RowFindings {
    pub(in crate::store) fn is_full(&self) -> bool {
        self.faults.len() >= MOST
    }

    /// Adds a fault, which two functions may find that read the same row.
    pub(in crate::store) fn add(&mut self, table: &str, key: &str, column: &str, fault: &str) {
        self.push(format!("{table}: row {key}: {column}: {fault}"));
    }

    pub(in crate::store) fn push(&mut self, line: String) {
        if !self.is_full() && !self.faults.contains(&line) {
            self.faults.push(line);
        }
    }
}
