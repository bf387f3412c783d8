//! Runs checks side by side, each in a thread of its own and with a time limit of its own. A check that does not end holds nobody:
//! it is reported by what it waits for, and its thread ends with the process.

use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use super::finding::CheckLine;
use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use super::within::start;

/// A check, which may report several lines.
pub struct Check {
    /// The name of its line, or of its first one.
    pub name: &'static str,
    /// How long it may take.
    pub limit: Duration,
    /// What to do if it takes longer.
    pub if_late: &'static str,
    /// Does it.
    pub run: Box<dyn FnOnce(&Reporter) + Send>,
}

/// Through which a check reports. Clones report for the same check.
#[derive(Debug, Clone)]
pub struct Reporter {
    number: usize,
    sender: Sender<(usize, Report)>,
}

/// What a check reports.
#[derive(Debug)]
enum Report {
    /// It begins something that may never end.
    Begins {
        name: &'static str,
        waits_for: String,
    },
    Line(CheckLine),
    /// It has ended; by a panic, if so it says.
    Ended {
        by_panic: bool,
    },
}

impl Reporter {
    /// Says what is waited for from now on, such as a host; if time runs out, the line with this name says so.
    pub fn begins(&self, name: &'static str, waits_for: impl Into<String>) {
        self.send(Report::Begins { name, waits_for: waits_for.into() });
    }

    /// Reports a line.
    pub fn line(&self, name: &'static str, result: CheckResult) {
        self.send(Report::Line(CheckLine { name, result }));
    }

    fn send(&self, report: Report) {
        // Nobody listens to a check that has run out of time.
        let _ = self.sender.send((self.number, report));
    }
}

/// Reports the end of a check, in whatever way it ends.
struct End(Reporter);

impl Drop for End {
    fn drop(&mut self) {
        self.0.send(Report::Ended { by_panic: thread::panicking() });
    }
}

/// A check that runs or has ended.
struct Running {
    name: &'static str,
    limit: Duration,
    if_late: &'static str,
    waits_for: Option<String>,
    has_ended: bool,
    lines: Vec<CheckLine>,
}

impl Running {
    /// Ends it with a line more.
    fn end_with(&mut self, finding: Finding) {
        self.has_ended = true;
        self.lines.push(CheckLine { name: self.name, result: Ok(finding) });
    }

    fn take(&mut self, report: Report) {
        match report {
            _ if self.has_ended => {}
            Report::Begins { name, waits_for } => (self.name, self.waits_for) = (name, Some(waits_for)),
            Report::Line(line) => self.lines.push(line),
            Report::Ended { by_panic: false } => self.has_ended = true,
            Report::Ended { by_panic: true } => {
                let next = "this is a bug: please report it with the command that you ran";
                self.end_with(Finding::failed(FaultClass::Bug, "the check failed: a bug", next));
            }
        }
    }

    /// Its time is up.
    fn run_out(&mut self) {
        let who = self
            .waits_for
            .take()
            .map_or_else(|| "the check did not end".to_owned(), |host| format!("{host} did not answer"));
        let words = format!("{who} within {} s", self.limit.as_secs());
        self.end_with(Finding::failed(FaultClass::Later, words, self.if_late));
    }
}

/// Runs the checks, all together for at most `whole`. Gives their lines in the order of the checks.
pub fn run(checks: Vec<Check>, whole: Duration) -> Vec<CheckLine> {
    let began = Instant::now();
    let (sender, reports) = mpsc::channel();
    let mut all = Vec::with_capacity(checks.len());
    for (number, Check { name, limit, if_late, run }) in checks.into_iter().enumerate() {
        let limit = limit.min(whole);
        let mut running = Running { name, limit, if_late, waits_for: None, has_ended: false, lines: Vec::new() };
        let reporter = Reporter { number, sender: sender.clone() };
        let started = start(move || {
            let end = End(reporter);
            run(&end.0);
        });
        if let Err(error) = started {
            let words = format!("no thread can be started: {error}");
            let next = "raise the limit of processes (`ulimit -u`, TasksMax= of the service)";
            running.end_with(Finding::failed(FaultClass::Later, words, next));
        }
        all.push(running);
    }
    drop(sender);
    while let Some(next) = all.iter().filter(|running| !running.has_ended).map(|running| running.limit).min() {
        match reports.recv_timeout((began + next).saturating_duration_since(Instant::now())) {
            Ok((number, report)) => all[number].take(report),
            Err(RecvTimeoutError::Timeout) => {
                let elapsed = began.elapsed();
                let late = all.iter_mut().filter(|running| !running.has_ended && running.limit <= elapsed);
                late.for_each(Running::run_out);
            }
            // Each has ended, and was heard.
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    all.into_iter().flat_map(|running| running.lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, limit: Duration, run: impl FnOnce(&Reporter) + Send + 'static) -> Check {
        Check { name, limit, if_late: "look at it", run: Box::new(run) }
    }

    fn shown(lines: &[CheckLine]) -> Vec<String> {
        let shown = lines.iter().map(|line| match &line.result {
            Ok(Finding::Ok(words)) => format!("{}: {words}", line.name),
            Ok(Finding::Failed(fault)) => format!("{}: {:?}, {}; {}", line.name, fault.class, fault.words, fault.next),
            other => format!("{}: {other:?}", line.name),
        });
        shown.collect()
    }

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(20);

    #[test]
    fn lines_come_in_the_order_of_the_checks_and_not_of_their_ends() {
        let (done, waits) = mpsc::channel::<()>();
        let first = check("first", LONG, move |reporter| {
            waits.recv().unwrap();
            reporter.line("first", Ok(Finding::ok("1")));
            reporter.line("more", Ok(Finding::ok("2")));
        });
        let second = check("second", LONG, move |reporter| {
            reporter.line("second", Ok(Finding::ok("3")));
            done.send(()).unwrap();
        });
        assert_eq!(shown(&run(vec![first, second], LONG)), ["first: 1", "more: 2", "second: 3"]);
    }

    #[test]
    fn a_check_that_never_ends_is_reported_by_what_it_waits_for_and_holds_nobody() {
        let (never, waits) = mpsc::channel::<()>();
        let (_other, waits_too) = mpsc::channel::<()>();
        let stuck = check("relay", SHORT, move |reporter| {
            reporter.line("relay", Ok(Finding::ok("configured")));
            reporter.begins("relay name", "mail.example.com");
            let _ = waits.recv();
            reporter.line("relay name", Ok(Finding::ok("too late")));
        });
        // The limit of all ends it, although its own is longer.
        let silent = check("disk", LONG, move |_| {
            let _ = waits_too.recv();
        });
        let quick = check("quick", LONG, |reporter| reporter.line("quick", Ok(Finding::ok("done"))));
        let lines = shown(&run(vec![stuck, silent, quick], 3 * SHORT));
        drop(never);
        assert_eq!(
            lines,
            [
                "relay: configured",
                "relay name: Later, mail.example.com did not answer within 0 s; look at it",
                "disk: Later, the check did not end within 0 s; look at it",
                "quick: done",
            ]
        );
    }

    #[test]
    fn a_check_that_panics_is_a_bug_and_the_others_go_on() {
        let broken = check("broken", LONG, |_| panic!("a test"));
        let good = check("good", LONG, |reporter| reporter.line("good", Ok(Finding::ok("done"))));
        let lines = shown(&run(vec![broken, good], LONG));
        assert!(lines[0].starts_with("broken: Bug, "), "{lines:?}");
        assert_eq!(lines[1], "good: done");
    }
}
