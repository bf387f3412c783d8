//! Real mail servers on this machine: Postfix as the relay, and Postfix's smtp-sink, which accepts everything.
//!
//! Each test starts its own server on a free port of 127.0.0.1, and no mail leaves the machine: Postfix only delivers
//! to directories of the test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by a panic")]

#[path = "postfix/arriving.rs"]
mod arriving;
#[path = "postfix/certificate.rs"]
mod certificate;
#[path = "postfix/commands.rs"]
mod commands;
#[path = "postfix/jobs.rs"]
mod jobs;
#[path = "postfix/program.rs"]
mod program;
#[path = "mail/reading.rs"]
mod reading;
#[path = "postfix/refusing.rs"]
mod refusing;
#[path = "postfix/server.rs"]
mod server;
#[path = "postfix/sink.rs"]
mod sink;
#[path = "postfix/support.rs"]
mod support;
#[path = "postfix/trust.rs"]
mod trust;
#[path = "outbox/world.rs"]
#[expect(dead_code, reason = "the tests of the outbox ask more of it")]
mod world;
