//! The disk of the store: room, and the time of a sync.

use std::time::Duration;

use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use crate::app::ActionError;
use crate::app::App;
use crate::domain::action::Action;
use crate::domain::text;
use crate::store::disk_space::DiskCheck;

/// Below this, in bytes, the disk will soon be full.
const LOW: u64 = 256 * 1024 * 1024;
/// A sync that takes longer makes each change, and each mail of a bulk send, wait for it.
const SLOW: Duration = Duration::from_millis(100);

/// Checks the room that the disk of the store has, and how long a sync takes.
///
/// # Errors
/// When the operator may not manage the store, or its disk is full or cannot be written.
pub fn check_disk(app: &App) -> CheckResult {
    app.authorize(Action::Doctor, &[])?;
    Ok(finding_of(app.store().check_disk().map_err(ActionError::from)?))
}

fn finding_of(DiskCheck { free, sync }: DiskCheck) -> Finding {
    let milliseconds = sync.as_secs_f64() * 1_000.0;
    let words = format!("{} free; a sync takes {milliseconds:.1} ms", text::bytes(free));
    if free < LOW {
        return Finding::warning(FaultClass::InputOutput, words, "free some space on the disk of the store");
    }
    if sync > SLOW {
        let next = "each change waits for the disk: look at its load (iostat -x), or move the store to a faster one";
        return Finding::warning(FaultClass::InputOutput, words, next);
    }
    Finding::ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_and_a_slow_disk_are_warnings() {
        let found = |free, milliseconds| finding_of(DiskCheck { free, sync: Duration::from_millis(milliseconds) });
        assert_eq!(found(4 << 30, 3), Finding::ok("4.0 GiB free; a sync takes 3.0 ms"));
        assert!(matches!(found(4 << 30, 101), Finding::Warning(fault) if fault.next.contains("iostat")));
        assert!(matches!(found(1 << 20, 3), Finding::Warning(fault) if fault.words.starts_with("1.0 MiB free")));
    }
}
