//! The store itself: whether it is sound, and its copies.

pub mod backup;
pub mod check;
pub mod migrate;
pub mod repair_times;
pub mod restore;
mod verify_copy;
