//! The actions of the program, one a file, each named after its command. An action runs in a [`View`](crate::app::View) or a
//! [`Change`](crate::app::Change) of an [`App`](crate::app::App).

pub mod audit;
pub mod completion;
mod delivery;
pub mod doctor;
pub mod init;
pub mod jobs;
pub mod mail;
pub mod metrics;
pub mod notices;
pub mod operators;
pub mod policy;
mod rates;
pub mod resets;
pub mod roles;
pub mod store;
mod total;
pub mod users;
pub mod whoami;
mod without_password;

use std::time::Duration;

use jiff::Timestamp;

pub use total::Total;

/// The moment so long before.
fn ago(now: Timestamp, time: Duration) -> Timestamp {
    now.saturating_sub(time).unwrap_or(Timestamp::MIN)
}
