//! The store as others meet it: the real program on real files, with other processes, other programs, full disks and
//! kills in between. What a second engine would have to do is told in `store/conformance`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]
#![expect(clippy::panic, reason = "a test that cannot go on says so by a panic")]

#[path = "store/acl.rs"]
mod acl;
#[path = "store/addresses.rs"]
mod addresses;
#[path = "store/audit.rs"]
mod audit;
#[path = "store/backup.rs"]
mod backup;
#[path = "store/backup_directory.rs"]
mod backup_directory;
#[path = "store/batches.rs"]
mod batches;
#[path = "store/bulk.rs"]
mod bulk;
#[path = "store/companions.rs"]
mod companions;
#[path = "store/conformance/mod.rs"]
mod conformance;
#[path = "store/crash.rs"]
mod crash;
#[path = "store/damaged_indexes.rs"]
mod damaged_indexes;
#[path = "store/disk.rs"]
mod disk;
#[path = "store/eligibility.rs"]
mod eligibility;
#[path = "store/erasing.rs"]
mod erasing;
#[path = "store/file_systems.rs"]
mod file_systems;
#[path = "store/follow.rs"]
mod follow;
#[path = "store/full_disks.rs"]
mod full_disks;
#[path = "store/held_log.rs"]
mod held_log;
#[path = "store/inherited.rs"]
mod inherited;
#[path = "store/killed.rs"]
mod killed;
#[path = "store/login_view.rs"]
mod login_view;
#[path = "store/migration.rs"]
mod migration;
#[path = "store/modes.rs"]
mod modes;
#[path = "store/opening.rs"]
mod opening;
#[path = "store/own_mounts.rs"]
mod own_mounts;
#[path = "store/recovery.rs"]
mod recovery;
#[path = "store/resets.rs"]
mod resets;
#[path = "store/restore.rs"]
mod restore;
#[path = "store/secret_output.rs"]
mod secret_output;
#[path = "store/shortages.rs"]
mod shortages;
#[path = "store/stalled.rs"]
mod stalled;
#[path = "store/standard_streams.rs"]
mod standard_streams;
#[path = "store/stopped.rs"]
mod stopped;
#[path = "store/strangers.rs"]
mod strangers;
#[path = "store/versions.rs"]
mod versions;
#[path = "store/world.rs"]
mod world;
#[path = "store/writers.rs"]
mod writers;
