//! cxme-admin: set, reset and check the passwords of an organization's users.
//!
//! # The map
//!
//! A command is parsed in [`cli`], makes one call into [`actions`], and the action runs in one transaction of an [`app`], which
//! is built from the configuration and has the [`store`]. What may be done is decided by the rules in [`domain`]; what is secret is unwrapped in [`secrets`] alone.
//!
//! | layer | what it is | imports |
//! |---|---|---|
//! | [`clock`], [`random`] | time and randomness, passed in | nothing |
//! | [`private_file`] | files that hold secrets: modes, owners, the way to them, the rights to open them | random |
//! | [`domain`] | facts and rules; no input, no output, no clock | nothing |
//! | [`texts`] | every sentence a user of the organization reads, a file a language | domain |
//! | [`process`] | the outside world: arguments, environment, streams, terminal, OS account | nothing |
//! | [`blocklist`] | filters of published lists of passwords: building one, looking one password up | domain, private_file |
//! | [`secrets`] | passwords, hashes, generated passwords, the reset key | domain, random, private_file |
//! | [`store`] | the store: what the others see of it, what goes in and out, and the engine with all SQL | domain, secrets, private_file |
//! | [`mail`] | mails: writing one, handing it over | domain, secrets, texts, private_file |
//! | [`outbox`] | the messages that have not ended: taken, sent, settled | clock, random, domain, secrets, store, mail |
//! | [`config`] | the configuration file, a file a section | domain, secrets, private_file |
//! | [`app`] | what actions run in: an app, its views and changes, and how it is built from the configuration | clock, random, private_file, domain, blocklist, secrets, texts, config, store, mail, outbox |
//! | [`actions`] | the actions, one a file, each in a view or a change | clock, random, private_file, domain, secrets, texts, store, mail, outbox, app |
//! | [`cli`] | what a person at a terminal meets | everything |
//!
//! Nothing imports [`cli`]. `tests/layout.rs` holds the same table and fails on any other arrow.
//!
//! Who reads the code for the first time reads, in this order: [`domain::action::Action`] (what can be done and what it
//! takes), [`app`] (what an action runs in), `cli/users/lock.rs` (a command, whole).
//! `docs/architecture.md` tells how one password and one mail go through the layers, and why each library is there.

pub mod actions;
pub mod app;
pub mod blocklist;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod mail;
pub mod outbox;
pub mod private_file;
pub mod process;
pub mod random;
pub mod secrets;
pub mod store;
pub mod texts;
