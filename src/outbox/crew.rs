//! The thread of the workers.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::task::LocalSet;

use super::worker::Answer;
use super::worker::Request;
use super::worker::Seat;

/// How long name look-ups that nobody waits for any more may keep the program from ending.
const SHUTDOWN: Duration = Duration::from_millis(10);

/// Runs the workers in this thread until all have ended.
pub(super) fn run(seats: Vec<(Seat, UnboundedReceiver<Answer>)>) {
    // Without a runtime nobody asks for anything, and the run ends at once with nothing begun.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let all = LocalSet::new();
    runtime.block_on(all.run_until(async {
        let mut working = JoinSet::new();
        for (seat, hearing) in seats {
            working.spawn_local(supervise(seat, hearing));
        }
        while working.join_next().await.is_some() {}
    }));
    drop(all);
    runtime.shutdown_timeout(SHUTDOWN);
}

/// Lets a worker work, and another one in its place should it panic: that costs the message it had, and no other.
async fn supervise(seat: Seat, hearing: UnboundedReceiver<Answer>) {
    let (seat, hearing) = (Rc::new(seat), Rc::new(Mutex::new(hearing)));
    loop {
        let (at, to) = (Rc::clone(&seat), Rc::clone(&hearing));
        let working = tokio::task::spawn_local(async move { at.work(&mut *to.lock().await).await });
        if working.await.is_ok() {
            return;
        }
        seat.say(Request::Panicked);
    }
}
