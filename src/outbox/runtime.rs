//! The thread of the workers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::requests::RequestQueue;
use super::requests::WorkerRequest;
use super::worker::WorkerContext;
use super::worker::WorkerResponse;

/// How long name look-ups that nobody waits for any more may keep the program from ending.
pub(super) const SHUTDOWN: Duration = Duration::from_millis(10);

/// There is always a timer that ends within this time. One that ends before all others costs a system call when it is set, and
/// those of the mails would be such timers, one a mail.
const TICK: Duration = Duration::from_secs(1);

/// The answers of a turn, each with the number of its worker. They come together, because each one alone would wake the thread.
pub(super) type Answers = Vec<(usize, WorkerResponse)>;

/// Runs the workers in this thread until all have ended.
pub(super) fn run(seats: Vec<WorkerContext>, answers: UnboundedReceiver<Answers>, requests: &RequestQueue) {
    let _end = End(requests);
    // Without a runtime nobody asks for anything, and the run ends at once with nothing begun.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        let mut working = JoinSet::new();
        let mut ways = Vec::with_capacity(seats.len());
        for worker_context in seats {
            let (way, hearing) = unbounded_channel();
            ways.push(way);
            working.spawn(supervise(worker_context, hearing));
        }
        tokio::spawn(distribute(answers, ways));
        while working.join_next().await.is_some() {}
    });
    runtime.shutdown_timeout(SHUTDOWN);
}

/// Gives each worker its answers. When there are none any more, the workers hear that too.
async fn distribute(mut answers: UnboundedReceiver<Answers>, ways: Vec<UnboundedSender<WorkerResponse>>) {
    loop {
        match timeout(TICK, answers.recv()).await {
            Ok(Some(answers)) => {
                for (number, answer) in answers {
                    // One that has ended needs none.
                    let _ = ways[number].send(answer);
                }
            }
            Ok(None) => return,
            Err(_) => {}
        }
    }
}

/// Says that the workers have ended, however that came.
struct End<'a>(&'a RequestQueue);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Lets a worker work, and another one in its place should it panic: that costs the message it had, and no other.
async fn supervise(worker_context: WorkerContext, hearing: UnboundedReceiver<WorkerResponse>) {
    let (worker_context, hearing) = (Arc::new(worker_context), Arc::new(Mutex::new(hearing)));
    loop {
        let (at, to) = (Arc::clone(&worker_context), Arc::clone(&hearing));
        let working = tokio::spawn(async move { at.work(&mut *to.lock().await).await });
        if working.await.is_ok() {
            return;
        }
        worker_context.say(WorkerRequest::Panicked);
    }
}
