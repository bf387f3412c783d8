//! Jobs: bulk sends.

pub mod cancel;
pub mod create;
pub mod delete;
pub mod list;
pub mod pause;
mod rank;
pub mod recipients;
pub mod report_limit;
pub mod resume;
pub mod retry;
pub mod run;
pub mod show;
pub mod stalled;
pub mod wait;
