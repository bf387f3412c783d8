//! Messages that no run sends.

use super::damage::RowFault;

/// Messages that no run reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// What is wrong with the first of them.
    pub fault: RowFault,
    /// How many have the same fault.
    pub count: u64,
}
