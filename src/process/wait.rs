//! Waits for programs that answer a question, and not for ever.

use std::process::Child;
use std::process::ExitStatus;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// The interval of the checks whether the program has exited.
const INTERVAL: Duration = Duration::from_millis(5);

/// The exit status of a program; `None`: it did not exit in time and was killed, or cannot be waited for.
pub(super) fn within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(INTERVAL),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}
