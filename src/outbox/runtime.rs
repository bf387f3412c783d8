//! The thread in which the workers run.

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

/// How long pending name look-ups may delay the end of the program.
pub(super) const SHUTDOWN: Duration = Duration::from_millis(10);

/// A timer always ends within this time. Setting a timer that ends before all others costs a system call, and without
/// this one each mail would set such a timer.
const TICK: Duration = Duration::from_secs(1);

/// The answers of a turn, each with the number of its worker. They are sent together, because each message on the
/// channel wakes the thread.
pub(super) type Answers = Vec<(usize, WorkerResponse)>;

/// Runs the workers in this thread until all have ended.
pub(super) fn run(contexts: Vec<WorkerContext>, answers: UnboundedReceiver<Answers>, requests: &RequestQueue) {
    let _end = End(requests);
    // Without a runtime no worker sends a request, and the run ends with nothing started.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        let mut senders = Vec::with_capacity(contexts.len());
        for worker_context in contexts {
            let (sender, receiver) = unbounded_channel();
            senders.push(sender);
            tasks.spawn(supervise(worker_context, receiver));
        }
        tokio::spawn(distribute(answers, senders));
        while tasks.join_next().await.is_some() {}
    });
    runtime.shutdown_timeout(SHUTDOWN);
}

/// Passes its answers to each worker. When the channel closes, so do the channels of the workers.
async fn distribute(mut answers: UnboundedReceiver<Answers>, senders: Vec<UnboundedSender<WorkerResponse>>) {
    loop {
        match timeout(TICK, answers.recv()).await {
            Ok(Some(answers)) => {
                for (number, answer) in answers {
                    // An ended worker needs no answer.
                    let _ = senders[number].send(answer);
                }
            }
            Ok(None) => return,
            Err(_) => {}
        }
    }
}

/// Tells the queue on drop that the workers have ended, in whatever way.
struct End<'a>(&'a RequestQueue);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Runs a worker, and restarts it if it panics: that costs the message that it had, and no other.
async fn supervise(worker_context: WorkerContext, receiver: UnboundedReceiver<WorkerResponse>) {
    let (worker_context, receiver) = (Arc::new(worker_context), Arc::new(Mutex::new(receiver)));
    loop {
        let (at, to) = (Arc::clone(&worker_context), Arc::clone(&receiver));
        let task = tokio::spawn(async move { at.work(&mut *to.lock().await).await });
        if task.await.is_ok() {
            return;
        }
        worker_context.push(WorkerRequest::Panicked);
    }
}
