//! Resource limits (setrlimit(2)) that a caller can set before sudo or doas, which pass them on. With a limit of the
//! file size nothing can be recorded, not even a wrong password; a limit of CPU time or of the stack kills the
//! process at any point.

use nix::sys::resource::RLIM_INFINITY;
use nix::sys::resource::Resource;
use nix::sys::resource::getrlimit;
use nix::sys::resource::rlim_t;
use nix::sys::resource::setrlimit;

/// A limit that is too low for any command, and that the process may not raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LowLimit {
    /// The limited resource, as text.
    pub what: &'static str,
    /// What a command needs, as text.
    pub needed: &'static str,
    /// How to raise the limit.
    pub hint: &'static str,
}

/// A limit, in bytes or seconds.
struct Limit {
    resource: Resource,
    /// The least that a command needs.
    least: rlim_t,
    /// The value to which it is raised.
    wanted: rlim_t,
    low: LowLimit,
}

const LIMITS: [Limit; 3] = [
    Limit {
        resource: Resource::RLIMIT_FSIZE,
        // Larger than the store of a million users; the log before it must be able to grow.
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

/// Raises the limits as far as the process may: root to the wanted values, others up to the hard limit. Must be
/// called once, before anything else needs much stack. Programs that this process starts inherit the limits.
///
/// # Errors
/// The first limit that is still too low.
pub fn raise() -> Result<(), LowLimit> {
    LIMITS.iter().try_for_each(Limit::raise)
}

impl Limit {
    fn raise(&self) -> Result<(), LowLimit> {
        // If the kernel does not report a limit, there is none.
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
