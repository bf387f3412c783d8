//! The outbox on a real store, against a scripted relay on this machine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "outbox/clock.rs"]
mod clock;
#[path = "outbox/crash.rs"]
mod crash;
#[path = "outbox/doubts.rs"]
mod doubts;
#[path = "outbox/faults.rs"]
mod faults;
#[path = "outbox/halts.rs"]
mod halts;
#[path = "outbox/links.rs"]
mod links;
#[path = "outbox/msmtp.rs"]
mod msmtp;
#[path = "outbox/programs.rs"]
mod programs;
#[path = "outbox/rates.rs"]
mod rates;
#[path = "outbox/refusals.rs"]
mod refusals;
#[path = "relay/mod.rs"]
mod relay;
#[path = "outbox/relays.rs"]
mod relays;
#[path = "outbox/riding.rs"]
mod riding;
#[path = "outbox/sending.rs"]
mod sending;
#[path = "outbox/throttling.rs"]
mod throttling;
#[path = "outbox/world.rs"]
mod world;
