//! The audit log.

pub mod archive;
mod archive_file;
pub mod export;
pub mod head;
pub mod list;
pub mod show;
pub mod verify;
