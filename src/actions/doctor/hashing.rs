//! The time of a password hash.

use std::time::Duration;

use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use crate::app::Setup;

/// A login waits that long at most: longer, and users notice it, and a few logins at once keep the machine busy.
const TARGET: Duration = Duration::from_millis(500);

/// Measures how long a hash with the configured cost takes, in the time of a processor.
///
/// # Errors
/// When the configured cost is none that a hash can have, or the process may not have the memory.
pub fn check_hashing(setup: &Setup) -> CheckResult {
    let (parameters, time) = setup.time_hash()?;
    let (memory, passes) = (parameters.memory_kib() / 1_024, parameters.iterations());
    Ok(finding_of(&format!("Argon2id with {memory} MiB and {passes} passes"), time))
}

fn finding_of(cost: &str, time: Duration) -> Finding {
    let (took, target) = (time.as_millis(), TARGET.as_millis());
    let words = format!("{cost} takes {took} ms (target: at most {target} ms)");
    if time > TARGET {
        let next = "each login waits that long: lower [password.argon2] iterations or memory_kib";
        return Finding::warning(FaultClass::Configuration, words, next);
    }
    Finding::ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_that_takes_longer_than_the_target_is_a_warning() {
        assert_eq!(finding_of("x", TARGET), Finding::ok("x takes 500 ms (target: at most 500 ms)"));
        let slow = finding_of("x", Duration::from_millis(501));
        assert!(matches!(slow, Finding::Warning(fault) if fault.words.starts_with("x takes 501 ms")));
    }
}
