//! Limits of the process (setrlimit(2)) that somebody can set before sudo or doas, which pass them on. Under a limit of the size of
//! files nothing can be recorded, not even a wrong password; one of CPU time or of the stack ends the process in the middle.

use nix::sys::resource::RLIM_INFINITY;
use nix::sys::resource::Resource;
use nix::sys::resource::getrlimit;
use nix::sys::resource::rlim_t;
use nix::sys::resource::setrlimit;

/// A limit that is too low for any command, and that the process may not raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LowLimit {
    /// What is limited, in words.
    pub what: &'static str,
    /// What a command needs, in words.
    pub needed: &'static str,
    /// How it is raised.
    pub hint: &'static str,
}

/// A limit, in bytes or seconds.
struct Limit {
    resource: Resource,
    /// A command needs this.
    least: rlim_t,
    /// It is raised to this.
    wanted: rlim_t,
    low: LowLimit,
}

const LIMITS: [Limit; 3] = [
    Limit {
        resource: Resource::RLIMIT_FSIZE,
        // More than a store of a million users has, or the log before it could not grow.
        least: 1 << 30,
        wanted: RLIM_INFINITY,
        low: LowLimit {
            what: "the size of files",
            needed: "1 GiB",
            hint: "raise it (`ulimit -f unlimited`, or LimitFSIZE= of the service)",
        },
    },
    Limit {
        resource: Resource::RLIMIT_CPU,
        least: 10,
        wanted: RLIM_INFINITY,
        low: LowLimit {
            what: "CPU time",
            needed: "10 seconds",
            hint: "raise it (`ulimit -t unlimited`, or LimitCPU= of the service)",
        },
    },
    Limit {
        resource: Resource::RLIMIT_STACK,
        least: 2 << 20,
        wanted: 8 << 20,
        low: LowLimit {
            what: "the stack",
            needed: "2 MiB",
            hint: "raise it (`ulimit -s 8192`, or LimitSTACK= of the service)",
        },
    },
];

/// Raises the limits as far as the process may: root as far as wanted, others up to the hard limit. Called once, before anything
/// else needs stack. Programs that this one starts inherit it.
///
/// # Errors
/// The first that is too low all the same.
pub fn raise() -> Result<(), LowLimit> {
    LIMITS.iter().try_for_each(Limit::raise)
}

impl Limit {
    fn raise(&self) -> Result<(), LowLimit> {
        // A kernel that does not say has none.
        let Ok((soft, hard)) = getrlimit(self.resource) else { return Ok(()) };
        if soft >= self.wanted {
            return Ok(());
        }
        let raised = setrlimit(self.resource, self.wanted, hard.max(self.wanted)).is_ok();
        // Only a privileged process may raise the hard limit.
        if !raised {
            let _ = setrlimit(self.resource, hard.min(self.wanted), hard);
        }
        let is_enough = getrlimit(self.resource).is_ok_and(|(soft, _)| soft >= self.least);
        if is_enough { Ok(()) } else { Err(self.low) }
    }
}
