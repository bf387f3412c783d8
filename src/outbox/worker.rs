//! A worker: delivers messages one after the other over one connection to the relay.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

use super::outgoing::OutgoingMail;
use super::outgoing::RenderedMail;
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

/// How long a connection may be idle: after a longer time relays hang up, which would look like an error.
const MAX_IDLE: Duration = Duration::from_secs(10);
/// The text for a relay whose reply a worker had no time to wait for.
const CUT_OFF: &str = "the relay did not answer in the time that was left";

/// The answer of the store's thread to a worker.
#[derive(Debug)]
pub(super) enum WorkerResponse {
    /// Send this. `next`: also announce this one if the relay allows it, and render its mail meanwhile.
    Send { outgoing: Arc<OutgoingMail>, next: Option<Arc<OutgoingMail>> },
    /// Send the request again after this time.
    Wait(Duration),
    /// Open a connection after this time, instead of the current one.
    Open(Duration),
    /// Close the connection and wait for another answer.
    Rest,
    /// Nothing is left to do. It may come without a request, and then ends whatever the worker does.
    End,
}

/// What a worker needs for its work.
#[derive(Debug)]
pub(super) struct WorkerContext {
    pub(super) number: usize,
    pub(super) transport: Arc<Transport>,
    pub(super) composer: Arc<Composer>,
    pub(super) requests: Arc<RequestQueue>,
}

impl WorkerContext {
    /// Works until it is told to end. The first answer comes without a request.
    pub(super) async fn work(&self, answers: &mut UnboundedReceiver<WorkerResponse>) {
        let mut answer = answers.recv().await;
        loop {
            answer = match answer {
                Some(WorkerResponse::Rest) => answers.recv().await,
                Some(WorkerResponse::Open(wait)) => {
                    if unless_ended(tokio::time::sleep(wait), answers).await.is_none() {
                        return;
                    }
                    match unless_ended(self.transport.open(), answers).await {
                        Some(Ok(connection)) => self.serve(connection, answers).await,
                        Some(Err(transport_error)) => {
                            self.push(WorkerRequest::NotOpened(transport_error));
                            answers.recv().await
                        }
                        None => return self.push(WorkerRequest::NotOpened(cut_off(Phase::Connect))),
                    }
                }
                _ => return,
            };
        }
    }

    /// Delivers one message after the other. Returns the answer that ended this.
    async fn serve(
        &self,
        mut connection: OpenTransport,
        answers: &mut UnboundedReceiver<WorkerResponse>,
    ) -> Option<WorkerResponse> {
        let (mut last, mut has_answered) = (None, false);
        let mut announced: Option<JoinHandle<RenderedMail>> = None;
        loop {
            self.push(WorkerRequest::Next { last: last.take(), can_pipeline: connection.can_pipeline() });
            // If the task failed, the mail is rendered when it is needed.
            let rendered = match announced.take() {
                Some(rendered) => rendered.await.ok(),
                None => None,
            };
            let (outgoing, next) = match answers.recv().await {
                Some(WorkerResponse::Send { outgoing, next }) => (outgoing, next),
                Some(WorkerResponse::Wait(time)) if time <= MAX_IDLE => {
                    if unless_ended(tokio::time::sleep(time), answers).await.is_some() {
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
            let rendered = rendered.and_then(|rendered| rendered.mail_of(&outgoing));
            let mail = match rendered.unwrap_or_else(|| outgoing.compose(&self.composer)) {
                Ok(mail) => mail,
                Err(outcome) => {
                    if connection.has_announced() {
                        // The relay waits for this mail's content, and no other command is possible on this
                        // connection.
                        self.push(WorkerRequest::Lost(id, outcome));
                        drop(connection);
                        return answers.recv().await;
                    }
                    last = Some((id, outcome));
                    continue;
                }
            };
            drop(outgoing);
            let envelope = next.as_ref().map(|next| self.composer.envelope(&next.address));
            let ahead = next.map(|next| tokio::spawn(render_ahead(next, Arc::clone(&self.composer))));
            let (mut outcome, mut must_end) = deliver(&mut connection, &mail, envelope.as_ref(), answers).await;
            if has_answered && !must_end && is_connection_over(&outcome) {
                // A limit of mails per connection is not an error: the same mail is sent over a new connection.
                connection.close().await;
                connection = match unless_ended(self.transport.open(), answers).await {
                    Some(Ok(reopened)) => reopened,
                    opened => {
                        let transport_error = opened.and_then(Result::err).unwrap_or_else(|| cut_off(Phase::Connect));
                        self.push(WorkerRequest::Lost(id, DeliveryOutcome::TransportFailed(transport_error)));
                        return answers.recv().await;
                    }
                };
                (outcome, must_end) = deliver(&mut connection, &mail, envelope.as_ref(), answers).await;
            }
            if must_end {
                self.push(WorkerRequest::Lost(id, outcome));
                return None;
            }
            has_answered = true;
            // A relay may decide at the greeting that it has too many connections: on this one it would say so each
            // time.
            let is_used_up = connection.is_used_up() || is_one_too_many(&outcome);
            if is_used_up || matches!(outcome, DeliveryOutcome::TransportFailed(_)) || !connection.is_open() {
                self.push(WorkerRequest::Lost(id, outcome));
                // The answer may take long, and the relay may limit connections, so close this one now.
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

    pub(super) fn push(&self, request: WorkerRequest) {
        // If no receiver is left, the run is over, and the worker ends because it gets no answer.
        self.requests.push(self.number, request);
    }
}

/// Renders the mail of a message that is not started yet. As a task of its own it runs after the workers have sent
/// what they have, while the relay processes it.
async fn render_ahead(outgoing: Arc<OutgoingMail>, composer: Arc<Composer>) -> RenderedMail {
    RenderedMail::new(outgoing, &composer)
}

/// Delivers one mail, unless the worker is told to end before that is done. Returns the outcome, and whether it was
/// told to end.
async fn deliver(
    connection: &mut OpenTransport,
    mail: &Mail,
    next: Option<&Envelope>,
    answers: &mut UnboundedReceiver<WorkerResponse>,
) -> (DeliveryOutcome, bool) {
    match unless_ended(connection.deliver(mail, next), answers).await {
        Some(outcome) => (outcome, false),
        None if connection.may_have_left() => (DeliveryOutcome::InDoubt { reply: CUT_OFF.to_owned() }, true),
        None => (DeliveryOutcome::TransportFailed(cut_off(Phase::Mail)), true),
    }
}

/// Whether the relay replied that it has too many connections.
fn is_one_too_many(outcome: &DeliveryOutcome) -> bool {
    matches!(outcome, DeliveryOutcome::Deferred { relay: Some(reply), .. } if reply.throttle() == Throttle::Connections)
}

/// Whether the relay ended the connection, or wanted to, before it had the mail.
fn is_connection_over(outcome: &DeliveryOutcome) -> bool {
    match outcome {
        DeliveryOutcome::Deferred { relay: Some(reply), .. } => reply.ends_the_connection(),
        DeliveryOutcome::TransportFailed(transport_error) => {
            transport_error.kind == TransportErrorKind::Temporary
                && (Phase::Mail..=Phase::Content).contains(&transport_error.phase)
        }
        _ => false,
    }
}

/// The error of a worker that was told to end.
fn cut_off(phase: Phase) -> TransportError {
    TransportError { kind: TransportErrorKind::Temporary, phase, message: CUT_OFF.to_owned() }
}

/// Waits for a future; `None`: the worker was told to end first.
async fn unless_ended<T>(
    future: impl Future<Output = T>,
    answers: &mut UnboundedReceiver<WorkerResponse>,
) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        // Only `End` comes without a request, and a closed channel means the same.
        Poll::Pending => answers.poll_recv(context).map(|_| None),
    })
    .await
}
