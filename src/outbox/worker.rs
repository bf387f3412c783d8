//! A worker: one connection to the relay, and the messages that go over it one after the other.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

use super::outgoing::OutgoingMail;
use super::outgoing::Written;
use super::requests::RequestQueue;
use super::requests::WorkerRequest;
use crate::domain::reply::Throttle;
use crate::mail::Envelope;
use crate::mail::Mail;
use crate::mail::compose::Composer;
use crate::mail::outcome::DeliveryOutcome;
use crate::mail::outcome::Phase;
use crate::mail::outcome::TransportError;
use crate::mail::outcome::TransportErrorKind;
use crate::mail::transport::OpenTransport;
use crate::mail::transport::Transport;

/// How long a connection may lie idle: longer, and relays hang up, which would look like trouble.
const IDLE: Duration = Duration::from_secs(10);
/// What is said of a relay that a worker was not left the time to wait for.
const CUT: &str = "the relay did not answer in the time that was left";

/// What the store's thread says to a worker.
#[derive(Debug)]
pub(super) enum WorkerResponse {
    /// Send this. `next`: announce this one with it, if the relay allows it, and write its mail meanwhile.
    Send { outgoing: Arc<OutgoingMail>, next: Option<Arc<OutgoingMail>> },
    /// Ask again after this time.
    Wait(Duration),
    /// Open a connection after this time, in place of the one there is.
    Open(Duration),
    /// Close the connection, and wait for another answer.
    Rest,
    /// There is nothing more to do. It may come unasked, and then whatever the worker does ends now.
    End,
}

/// What a worker works with.
#[derive(Debug)]
pub(super) struct WorkerContext {
    pub(super) number: usize,
    pub(super) transport: Arc<Transport>,
    pub(super) composer: Arc<Composer>,
    pub(super) requests: Arc<RequestQueue>,
}

impl WorkerContext {
    /// Works until it is told to end. The first answer comes unasked.
    pub(super) async fn work(&self, answers: &mut UnboundedReceiver<WorkerResponse>) {
        let mut answer = answers.recv().await;
        loop {
            answer = match answer {
                Some(WorkerResponse::Rest) => answers.recv().await,
                Some(WorkerResponse::Open(wait)) => {
                    if unless_told(tokio::time::sleep(wait), answers).await.is_none() {
                        return;
                    }
                    match unless_told(self.transport.open(), answers).await {
                        Some(Ok(connection)) => self.serve(connection, answers).await,
                        Some(Err(trouble)) => {
                            self.say(WorkerRequest::NotOpened(trouble));
                            answers.recv().await
                        }
                        None => return self.say(WorkerRequest::NotOpened(cut(Phase::Connect))),
                    }
                }
                _ => return,
            };
        }
    }

    /// Delivers one message after the other, and gives the answer that this ends with.
    async fn serve(
        &self,
        mut connection: OpenTransport,
        answers: &mut UnboundedReceiver<WorkerResponse>,
    ) -> Option<WorkerResponse> {
        let (mut last, mut has_answered) = (None, false);
        let mut announced: Option<JoinHandle<Written>> = None;
        loop {
            self.say(WorkerRequest::Next { last: last.take(), can_ride: connection.can_ride() });
            // Should it fail, the mail is written when it is needed.
            let written = match announced.take() {
                Some(written) => written.await.ok(),
                None => None,
            };
            let (outgoing, next) = match answers.recv().await {
                Some(WorkerResponse::Send { outgoing, next }) => (outgoing, next),
                Some(WorkerResponse::Wait(time)) if time <= IDLE => {
                    if unless_told(tokio::time::sleep(time), answers).await.is_some() {
                        continue;
                    }
                    connection.close().await;
                    return None;
                }
                answer => {
                    connection.close().await;
                    return match answer {
                        Some(WorkerResponse::Wait(time)) => Some(WorkerResponse::Open(time)),
                        answer => answer,
                    };
                }
            };
            let id = outgoing.id;
            let written = written.and_then(|written| written.mail_of(&outgoing));
            let mail = match written.unwrap_or_else(|| outgoing.compose(&self.composer)) {
                Ok(mail) => mail,
                Err(unwritten) => {
                    if connection.has_announced() {
                        // The relay waits for this mail's content, and nothing else can be said on this connection.
                        self.say(WorkerRequest::Lost(id, unwritten));
                        drop(connection);
                        return answers.recv().await;
                    }
                    last = Some((id, unwritten));
                    continue;
                }
            };
            drop(outgoing);
            let envelope = next.as_ref().map(|next| self.composer.envelope(&next.address));
            let ahead = next.map(|next| tokio::spawn(write_ahead(next, Arc::clone(&self.composer))));
            let (mut outcome, mut was_told) = deliver(&mut connection, &mail, envelope.as_ref(), answers).await;
            if has_answered && !was_told && is_over(&outcome) {
                // A limit per connection is no trouble: the same mail goes over a new one.
                connection.close().await;
                connection = match unless_told(self.transport.open(), answers).await {
                    Some(Ok(fresh)) => fresh,
                    opened => {
                        let trouble = opened.and_then(Result::err).unwrap_or_else(|| cut(Phase::Connect));
                        self.say(WorkerRequest::Lost(id, DeliveryOutcome::Trouble(trouble)));
                        return answers.recv().await;
                    }
                };
                (outcome, was_told) = deliver(&mut connection, &mail, envelope.as_ref(), answers).await;
            }
            if was_told {
                self.say(WorkerRequest::Lost(id, outcome));
                return None;
            }
            has_answered = true;
            // A relay may decide at the greeting which connections are too many: on this one it would say so each time.
            let is_used_up = connection.is_used_up() || is_one_too_many(&outcome);
            if is_used_up || matches!(outcome, DeliveryOutcome::Trouble(_)) || !connection.is_open() {
                self.say(WorkerRequest::Lost(id, outcome));
                // The answer may take long, and the relay may have a limit of connections.
                if is_used_up {
                    connection.close().await;
                } else {
                    drop(connection);
                }
                return answers.recv().await;
            }
            (last, announced) = (Some((id, outcome)), ahead);
        }
    }

    pub(super) fn say(&self, request: WorkerRequest) {
        // Where nobody listens any more, the run is over, and the answer that does not come ends the worker.
        self.requests.say(self.number, request);
    }
}

/// Writes the mail of a message that is not begun yet. As a task of its own it comes after what the workers have to send, when the
/// relay is at work.
async fn write_ahead(outgoing: Arc<OutgoingMail>, composer: Arc<Composer>) -> Written {
    Written::new(outgoing, &composer)
}

/// Delivers one mail, unless the worker is told to end before that is done: what became of it, and whether it was told.
async fn deliver(
    connection: &mut OpenTransport,
    mail: &Mail,
    next: Option<&Envelope>,
    answers: &mut UnboundedReceiver<WorkerResponse>,
) -> (DeliveryOutcome, bool) {
    match unless_told(connection.deliver(mail, next), answers).await {
        Some(outcome) => (outcome, false),
        None if connection.may_have_left() => (DeliveryOutcome::InDoubt { reply: CUT.to_owned() }, true),
        None => (DeliveryOutcome::Trouble(cut(Phase::Mail)), true),
    }
}

/// Whether the relay has said that it has too many connections.
fn is_one_too_many(outcome: &DeliveryOutcome) -> bool {
    matches!(outcome, DeliveryOutcome::Deferred { relay: Some(reply), .. } if reply.throttle() == Throttle::Connections)
}

/// Whether the relay has ended the connection, or had enough of it, before it had the mail.
fn is_over(outcome: &DeliveryOutcome) -> bool {
    match outcome {
        DeliveryOutcome::Deferred { relay: Some(reply), .. } => reply.ends_the_connection(),
        DeliveryOutcome::Trouble(trouble) => {
            trouble.kind == TransportErrorKind::Temporary && (Phase::Mail..=Phase::Content).contains(&trouble.phase)
        }
        _ => false,
    }
}

/// The trouble of a worker that was told to end.
fn cut(phase: Phase) -> TransportError {
    TransportError { kind: TransportErrorKind::Temporary, phase, words: CUT.to_owned() }
}

/// Waits for something; `None`: the worker was told to end before it came.
async fn unless_told<T>(future: impl Future<Output = T>, answers: &mut UnboundedReceiver<WorkerResponse>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        // Nothing else comes unasked, and nobody is left to say more when the way is closed.
        Poll::Pending => answers.poll_recv(context).map(|_| None),
    })
    .await
}
