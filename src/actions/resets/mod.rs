//! Resets: links by which users choose a password.

pub mod list;
pub mod redeem;
pub mod revoke;
