//! Asks systemd for the timer that sends mail.

use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use super::wait;

/// The fixed paths of systemctl: the caller's PATH could lead to a program of the caller.
const PROGRAMS: [&str; 3] = ["/usr/bin/systemctl", "/bin/systemctl", "/run/current-system/sw/bin/systemctl"];
/// It exists where systemd runs (sd_booted(3)).
const RUNS: &str = "/run/systemd/system";
/// How long systemctl may take.
const TIMEOUT: Duration = Duration::from_secs(3);
/// What is asked for.
const PROPERTIES: &str = "--property=Id,LoadState,ActiveState,UnitFileState,LastTriggerUSec,Result,ExecMainStatus";

/// The timer and the service of the package.
pub const TIMER: &str = "cxme-admin-jobs.timer";
/// See [`TIMER`].
pub const SERVICE: &str = "cxme-admin-jobs.service";

/// systemd, as far as the program asks it.
#[derive(Debug, Clone, Default)]
pub enum Systemd {
    /// That of the machine.
    #[default]
    Real,
    /// What systemctl prints in a test; `None`: systemd does not run.
    Scripted(Option<String>),
}

/// What systemd says of the timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerState {
    /// systemd does not run on this machine.
    NoSystemd,
    /// It does not answer, or not with what was asked for.
    NoAnswer,
    /// There is no such timer.
    NotInstalled,
    /// There is.
    Installed {
        /// Whether it starts the service.
        is_active: bool,
        /// When it started it last, in systemd's words; empty: never since the machine started.
        last_trigger: String,
        /// How the service ended last, such as `success` or `exit-code`.
        result: String,
        /// With which exit code.
        status: String,
    },
}

impl Systemd {
    /// What systemd says of the timer that sends mail.
    pub fn jobs_timer(&self) -> TimerState {
        match self {
            Self::Scripted(said) => said.as_deref().map_or(TimerState::NoSystemd, parse),
            Self::Real if !Path::new(RUNS).is_dir() => TimerState::NoSystemd,
            Self::Real => ask().as_deref().map_or(TimerState::NoAnswer, parse),
        }
    }
}

/// What systemctl prints.
fn ask() -> Option<String> {
    let program = PROGRAMS.into_iter().find(|path| Path::new(path).exists())?;
    let spawned = Command::new(program)
        .args(["show", TIMER, SERVICE, PROPERTIES])
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = spawned.ok()?;
    // It prints less than a pipe takes, so that it ends without a reader.
    let status = wait::within(&mut child, TIMEOUT)?;
    let mut said = String::new();
    child.stdout.take()?.read_to_string(&mut said).ok()?;
    status.success().then_some(said)
}

/// Reads what `systemctl show` prints: a block of `NAME=VALUE` lines for each unit.
fn parse(said: &str) -> TimerState {
    let block = |unit: &str| {
        let has_id = |block: &&str| block.lines().any(|line| line.strip_prefix("Id=") == Some(unit));
        said.split("\n\n").find(has_id)
    };
    let value = |block: &str, name: &str| {
        let found = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_default().to_owned()
    };
    let Some(timer) = block(TIMER) else { return TimerState::NoAnswer };
    if value(timer, "LoadState") == "not-found" {
        return TimerState::NotInstalled;
    }
    let service = block(SERVICE).unwrap_or_default();
    let last_trigger = value(timer, "LastTriggerUSec");
    TimerState::Installed {
        is_active: value(timer, "ActiveState") == "active",
        last_trigger: if last_trigger == "n/a" { String::new() } else { last_trigger },
        result: value(service, "Result"),
        status: value(service, "ExecMainStatus"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemctl_prints_is_read_by_unit() {
        let said = "Result=success\nLastTriggerUSec=Tue 2026-11-24 07:59:01 UTC\nId=cxme-admin-jobs.timer\nLoadState=loaded\n\
                    ActiveState=active\nUnitFileState=enabled\n\nResult=exit-code\nExecMainStatus=78\n\
                    Id=cxme-admin-jobs.service\nLoadState=loaded\nActiveState=failed\nUnitFileState=static\n";
        let expected = TimerState::Installed {
            is_active: true,
            last_trigger: "Tue 2026-11-24 07:59:01 UTC".to_owned(),
            result: "exit-code".to_owned(),
            status: "78".to_owned(),
        };
        assert_eq!(parse(said), expected);
        let missing = "Id=cxme-admin-jobs.timer\nLoadState=not-found\nActiveState=inactive\n";
        assert_eq!(parse(missing), TimerState::NotInstalled);
        assert_eq!(parse("Failed to connect to bus"), TimerState::NoAnswer);
        assert_eq!(Systemd::Scripted(None).jobs_timer(), TimerState::NoSystemd);
    }
}
