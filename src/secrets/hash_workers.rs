//! Hashing on all cores.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::thread;

use super::hasher::Hasher;
use super::hasher::NoMemory;
use super::password_hash::HashParameters;

/// How many tasks wait for each worker: so that none of them waits for the next one.
const WAITING: usize = 2;

/// Threads that hash, each with a [`Hasher`] and its memory: as many as there are cores. More would not be faster, and each
/// takes 64 MiB by default.
#[derive(Debug, Clone, Copy)]
pub struct HashWorkers {
    parameters: HashParameters,
    count: NonZeroUsize,
}

/// What a worker reports.
enum Report<R> {
    /// It has its memory, or not.
    Started(Result<(), NoMemory>),
    /// It has done a task.
    Done(R),
    /// It panicked; its task is lost.
    Lost,
}

impl HashWorkers {
    /// A worker for each core that this process may use.
    pub fn of_all_cores(parameters: HashParameters) -> Self {
        Self { parameters, count: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN) }
    }

    /// This many workers.
    pub fn new(parameters: HashParameters, count: NonZeroUsize) -> Self {
        Self { parameters, count }
    }

    /// The same workers, but not more than this many.
    #[must_use]
    pub fn at_most(self, count: usize) -> Self {
        Self { count: self.count.min(NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN)), ..self }
    }

    /// Gives each task of `next`, which ends with `None`, to a worker that does `work` with it, and each result to `done`, in the order
    /// in which they are ready. Only a few tasks are taken ahead. `next` and `done` run in the calling thread.
    ///
    /// Where not every worker gets its memory or its thread, the others do the work.
    ///
    /// # Errors
    /// [`NoMemory`] when no worker gets its memory; the first error of `next` or `done`, after which no further task is begun.
    ///
    /// # Panics
    /// When `work` does.
    pub fn run<T: Send, R: Send, E: From<NoMemory>>(
        &self,
        mut next: impl FnMut() -> Result<Option<T>, E>,
        work: impl Fn(&mut Hasher, T) -> R + Sync,
        mut done: impl FnMut(R) -> Result<(), E>,
    ) -> Result<(), E> {
        let (give, tasks) = mpsc::channel();
        let (report, reports) = mpsc::channel();
        let (tasks, is_stopped) = (Mutex::new(tasks), AtomicBool::new(false));
        thread::scope(|scope| {
            let mut started = 0;
            for _ in 0..self.count.get() {
                let (report, tasks, is_stopped, work) = (report.clone(), &tasks, &is_stopped, &work);
                let parameters = self.parameters;
                let worker = move || serve(parameters, tasks, report, is_stopped, work);
                // The first one must start; the others may be more than the machine allows.
                match thread::Builder::new().name("hash".to_owned()).spawn_scoped(scope, worker) {
                    Ok(_) => started += 1,
                    Err(_) => break,
                }
            }
            let ran = if started == 0 {
                self.run_here(&mut next, &work, &mut done)
            } else {
                distribute(started, give, &reports, &mut next, &mut done)
            };
            is_stopped.store(true, Ordering::Relaxed);
            ran
        })
    }

    /// The same in the calling thread, where there can be no other one.
    fn run_here<T, R, E: From<NoMemory>>(
        &self,
        next: &mut impl FnMut() -> Result<Option<T>, E>,
        work: &impl Fn(&mut Hasher, T) -> R,
        done: &mut impl FnMut(R) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut hasher = Hasher::new(self.parameters);
        hasher.reserve_for([])?;
        while let Some(task) = next()? {
            done(work(&mut hasher, task))?;
        }
        Ok(())
    }
}

/// Gives tasks to the workers and takes their results, until there are no more.
fn distribute<T, R, E: From<NoMemory>>(
    mut workers: usize,
    give: Sender<T>,
    reports: &Receiver<Report<R>>,
    next: &mut impl FnMut() -> Result<Option<T>, E>,
    done: &mut impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let (mut under_way, mut has_more) = (0, true);
    loop {
        while has_more && under_way < workers * WAITING {
            match next()? {
                Some(task) => {
                    // The receiver outlives this function.
                    let _ = give.send(task);
                    under_way += 1;
                }
                None => has_more = false,
            }
        }
        if under_way == 0 {
            return Ok(());
        }
        match reports.recv() {
            Ok(Report::Started(Ok(()))) => {}
            Ok(Report::Started(Err(no_memory))) => {
                workers -= 1;
                if workers == 0 {
                    return Err(no_memory.into());
                }
            }
            Ok(Report::Done(result)) => {
                under_way -= 1;
                done(result)?;
            }
            // The scope panics with the worker.
            Ok(Report::Lost) | Err(_) => return Ok(()),
        }
    }
}

/// What a worker does.
fn serve<T, R>(
    parameters: HashParameters,
    tasks: &Mutex<Receiver<T>>,
    report: Sender<Report<R>>,
    is_stopped: &AtomicBool,
    work: &impl Fn(&mut Hasher, T) -> R,
) {
    // Nobody listens any more after an error.
    let report = ReportOnPanic(report);
    let mut hasher = Hasher::new(parameters);
    let reserved = hasher.reserve_for([]);
    let has_memory = reserved.is_ok();
    let _ = report.0.send(Report::Started(reserved));
    if !has_memory {
        return;
    }
    loop {
        let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = task else { return };
        if is_stopped.load(Ordering::Relaxed) {
            return;
        }
        let _ = report.0.send(Report::Done(work(&mut hasher, task)));
    }
}

/// Reports the panic of its worker.
struct ReportOnPanic<R>(Sender<Report<R>>);

impl<R> Drop for ReportOnPanic<R> {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.0.send(Report::Lost);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn workers(count: usize) -> HashWorkers {
        HashWorkers::new(HashParameters::new(8, 1, 1).unwrap(), NonZeroUsize::new(count).unwrap())
    }

    #[test]
    fn each_task_is_done_once_and_few_are_taken_ahead() {
        for count in [1, 2, 7] {
            let (mut given, taken) = (0, std::cell::Cell::new(0));
            let mut results = BTreeSet::new();
            let next = || {
                given += 1;
                taken.set(taken.get() + 1);
                Ok::<_, NoMemory>((given <= 100).then_some(given))
            };
            let done = |result| {
                assert!(taken.get() <= results.len() + 1 + count * WAITING + 1, "{} taken", taken.get());
                assert!(results.insert(result), "{result} twice");
                Ok(())
            };
            workers(count).run(next, |_, task| task * 2, done).unwrap();
            assert_eq!(results, (1..=100).map(|task| task * 2).collect());
        }
    }

    #[test]
    fn nothing_to_do_is_no_work() {
        let next = || Ok::<Option<u8>, NoMemory>(None);
        workers(3).run(next, |_, task| task, |_| panic!("a result")).unwrap();
    }

    #[test]
    fn an_error_ends_the_work() {
        let failed = NoMemory { kib: 1 };
        let mut left = 1_000;
        let next = || {
            left -= 1;
            Ok(Some(left))
        };
        let done = |task: i32| if task < 990 { Err(failed) } else { Ok(()) };
        assert_eq!(workers(2).run(next, |_, task| task, done), Err(failed));
        assert!(left > 900, "{left}");
        let fails = || Err::<Option<u8>, _>(failed);
        assert_eq!(workers(2).run(fails, |_, task| task, |_| Ok(())), Err(failed));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_worker_that_panics_is_not_waited_for() {
        let next = || Ok::<_, NoMemory>(Some(1));
        let work = |_: &mut Hasher, _: i32| -> i32 { panic!("a bug") };
        workers(2).run(next, work, |_| Ok(())).unwrap();
    }
}
