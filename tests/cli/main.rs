//! The commands, run inside the test by a scripted process: status, standard output and standard error together.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod support;

mod audit;
mod change_password;
mod config;
mod export;
mod gate;
mod help;
mod hostile;
mod import;
mod init;
mod operators;
mod output;
mod permissions;
mod policy;
mod roles;
mod secrecy;
mod set_password;
mod store;
mod sudo;
mod users;
mod verify_password;
