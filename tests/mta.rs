//! Exim and OpenSMTPD as relays: the replies of other servers than Postfix, and how the program handles them.
//!
//! Debian cannot install either besides Postfix, so tests/run unpacks them in cargo's target directory. Each test
//! starts its own server in a mount namespace, with its own configuration, accounts and spool, on a free port of
//! 127.0.0.1. Delivered mails are counted where the server keeps them. `tests/run --long` sends 2,000 mails where the
//! others send some.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by a panic")]

#[path = "mta/account.rs"]
mod account;
#[path = "mta/bounces.rs"]
mod bounces;
#[path = "mta/exim.rs"]
mod exim;
#[path = "mta/exim_replies.rs"]
mod exim_replies;
#[path = "mta/opensmtpd.rs"]
mod opensmtpd;
#[path = "mta/opensmtpd_replies.rs"]
mod opensmtpd_replies;
#[path = "postfix/program.rs"]
#[expect(dead_code, reason = "the tests with Postfix ask more of it")]
mod program;
#[path = "mta/sending.rs"]
mod sending;
#[path = "mta/server.rs"]
mod server;
#[path = "postfix/support.rs"]
#[expect(dead_code, reason = "the tests with Postfix ask more of it")]
mod support;
#[path = "outbox/world.rs"]
#[expect(dead_code, reason = "the tests of the outbox ask more of it")]
mod world;
