//! cxme-admin: set, reset and check the passwords of an organization's users.
pub mod clock;
pub mod config;
pub mod domain;
pub mod private_file;
pub mod process;
pub mod random;
pub mod secrets;
pub mod texts;
