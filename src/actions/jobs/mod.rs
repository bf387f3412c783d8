//! Jobs: bulk sends.

pub mod create;
pub mod end;
pub mod pause;
pub mod report_limit;
pub mod retry;
pub mod run;
pub mod show;
pub mod stalled;
