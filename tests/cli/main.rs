//! The commands, run inside the test by a scripted process: status, standard output and standard error together.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "../older/mod.rs"]
mod older;
#[path = "../relay/mod.rs"]
mod relay;
mod support;

mod address_notices;
mod addresses;
mod audit;
mod audit_users;
mod change_password;
mod clock;
mod config;
mod damaged_rows;
mod dry_run;
mod elevation;
mod end_passwords;
mod ended_passwords;
mod export;
mod gate;
mod help;
mod hostile;
mod import;
mod import_columns;
mod import_removals;
mod import_sheets;
mod import_week;
mod init;
mod jobs;
mod jobs_cron;
mod jobs_rates;
mod jobs_retry;
mod jobs_rules;
mod limits;
mod login_config;
mod mail;
mod mail_relay;
mod near_users;
mod notices;
mod odd_values;
mod operators;
mod output;
mod owners;
mod password;
mod pasted_commands;
mod permission_first;
mod permissions;
mod phrase_words;
mod policy;
mod rank;
mod remedies;
mod repair_times;
mod reserved_names;
mod resets;
mod resets_revoke;
mod right_store;
mod roles;
mod screens;
mod secrecy;
mod secret_sources;
mod send_reset;
mod set_password;
mod store;
mod store_broken;
mod store_damage;
mod strangers;
mod sudo;
mod texts;
mod times;
mod unknown_command;
mod users;
mod users_many;
mod verify_password;
mod weak_hashes;
