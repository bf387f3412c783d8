//! A worker: one connection to the relay, and the messages that go over it one after the other.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

use super::parcel::Parcel;
use super::parcel::Written;
use super::requests::Requests;
use crate::domain::message::MessageId;
use crate::domain::reply::Throttle;
use crate::mail::Envelope;
use crate::mail::Mail;
use crate::mail::compose::Composer;
use crate::mail::handover::Handover;
use crate::mail::handover::Phase;
use crate::mail::handover::Trouble;
use crate::mail::handover::TroubleKind;
use crate::mail::transport::Connection;
use crate::mail::transport::Transport;

/// How long a connection may lie idle: longer, and relays hang up, which would look like trouble.
const IDLE: Duration = Duration::from_secs(10);
/// What is said of a relay that a worker was not left the time to wait for.
const CUT: &str = "the relay did not answer in the time that was left";

/// What a worker says to the store's thread. Each is answered by one [`Answer`].
#[derive(Debug)]
pub(super) enum Request {
    /// The connection could not be opened.
    NotOpened(Trouble),
    /// The connection is open and free.
    Next {
        /// What became of the last message, if there was one.
        last: Option<(MessageId, Handover)>,
        /// Whether the envelope of a message can ride behind the one before it.
        can_ride: bool,
    },
    /// The connection is lost; what became of the last message.
    Lost(MessageId, Handover),
    /// The worker failed; whatever it was sending is the store's thread to settle.
    Panicked,
}

/// What the store's thread says to a worker.
#[derive(Debug)]
pub(super) enum Answer {
    /// Send this. `next`: announce this one with it, if the relay allows it, and write its mail meanwhile.
    Send { parcel: Arc<Parcel>, next: Option<Arc<Parcel>> },
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
pub(super) struct Seat {
    pub(super) number: usize,
    pub(super) transport: Arc<Transport>,
    pub(super) composer: Arc<Composer>,
    pub(super) requests: Arc<Requests>,
}

impl Seat {
    /// Works until it is told to end. The first answer comes unasked.
    pub(super) async fn work(&self, answers: &mut UnboundedReceiver<Answer>) {
        let mut answer = answers.recv().await;
        loop {
            answer = match answer {
                Some(Answer::Rest) => answers.recv().await,
                Some(Answer::Open(wait)) => {
                    if unless_told(tokio::time::sleep(wait), answers).await.is_none() {
                        return;
                    }
                    match unless_told(self.transport.open(), answers).await {
                        Some(Ok(connection)) => self.serve(connection, answers).await,
                        Some(Err(trouble)) => {
                            self.say(Request::NotOpened(trouble));
                            answers.recv().await
                        }
                        None => return self.say(Request::NotOpened(cut(Phase::Connect))),
                    }
                }
                _ => return,
            };
        }
    }

    /// Delivers one message after the other, and gives the answer that this ends with.
    async fn serve(&self, mut connection: Connection, answers: &mut UnboundedReceiver<Answer>) -> Option<Answer> {
        let (mut last, mut has_answered) = (None, false);
        let mut announced: Option<JoinHandle<Written>> = None;
        loop {
            self.say(Request::Next { last: last.take(), can_ride: connection.can_ride() });
            // Should it fail, the mail is written when it is needed.
            let written = match announced.take() {
                Some(written) => written.await.ok(),
                None => None,
            };
            let (parcel, next) = match answers.recv().await {
                Some(Answer::Send { parcel, next }) => (parcel, next),
                Some(Answer::Wait(time)) if time <= IDLE => {
                    if unless_told(tokio::time::sleep(time), answers).await.is_some() {
                        continue;
                    }
                    connection.close().await;
                    return None;
                }
                answer => {
                    connection.close().await;
                    return match answer {
                        Some(Answer::Wait(time)) => Some(Answer::Open(time)),
                        answer => answer,
                    };
                }
            };
            let id = parcel.id;
            let written = written.and_then(|written| written.mail_of(&parcel));
            let mail = match written.unwrap_or_else(|| parcel.compose(&self.composer)) {
                Ok(mail) => mail,
                Err(unwritten) => {
                    if connection.has_announced() {
                        // The relay waits for this mail's content, and nothing else can be said on this connection.
                        self.say(Request::Lost(id, unwritten));
                        drop(connection);
                        return answers.recv().await;
                    }
                    last = Some((id, unwritten));
                    continue;
                }
            };
            drop(parcel);
            let envelope = next.as_ref().map(|next| self.composer.envelope(&next.address));
            let ahead = next.map(|next| tokio::spawn(write_ahead(next, Arc::clone(&self.composer))));
            let (mut handover, mut was_told) = deliver(&mut connection, &mail, envelope.as_ref(), answers).await;
            if has_answered && !was_told && is_over(&handover) {
                // A limit per connection is no trouble: the same mail goes over a new one.
                connection.close().await;
                connection = match unless_told(self.transport.open(), answers).await {
                    Some(Ok(fresh)) => fresh,
                    opened => {
                        let trouble = opened.and_then(Result::err).unwrap_or_else(|| cut(Phase::Connect));
                        self.say(Request::Lost(id, Handover::Trouble(trouble)));
                        return answers.recv().await;
                    }
                };
                (handover, was_told) = deliver(&mut connection, &mail, envelope.as_ref(), answers).await;
            }
            if was_told {
                self.say(Request::Lost(id, handover));
                return None;
            }
            has_answered = true;
            // A relay may decide at the greeting which connections are too many: on this one it would say so each time.
            let is_used_up = connection.is_used_up() || is_one_too_many(&handover);
            if is_used_up || matches!(handover, Handover::Trouble(_)) || !connection.is_open() {
                self.say(Request::Lost(id, handover));
                // The answer may take long, and the relay may have a limit of connections.
                if is_used_up {
                    connection.close().await;
                } else {
                    drop(connection);
                }
                return answers.recv().await;
            }
            (last, announced) = (Some((id, handover)), ahead);
        }
    }

    pub(super) fn say(&self, request: Request) {
        // Where nobody listens any more, the run is over, and the answer that does not come ends the worker.
        self.requests.say(self.number, request);
    }
}

/// Writes the mail of a message that is not begun yet. As a task of its own it comes after what the workers have to send, when the
/// relay is at work.
async fn write_ahead(parcel: Arc<Parcel>, composer: Arc<Composer>) -> Written {
    Written::new(parcel, &composer)
}

/// Delivers one mail, unless the worker is told to end before that is done: what became of it, and whether it was told.
async fn deliver(
    connection: &mut Connection,
    mail: &Mail,
    next: Option<&Envelope>,
    answers: &mut UnboundedReceiver<Answer>,
) -> (Handover, bool) {
    match unless_told(connection.hand_over(mail, next), answers).await {
        Some(handover) => (handover, false),
        None if connection.may_have_left() => (Handover::InDoubt { reply: CUT.to_owned() }, true),
        None => (Handover::Trouble(cut(Phase::Mail)), true),
    }
}

/// Whether the relay has said that it has too many connections.
fn is_one_too_many(handover: &Handover) -> bool {
    matches!(handover, Handover::Deferred { relay: Some(reply), .. } if reply.throttle() == Throttle::Connections)
}

/// Whether the relay has ended the connection, or had enough of it, before it had the mail.
fn is_over(handover: &Handover) -> bool {
    match handover {
        Handover::Deferred { relay: Some(reply), .. } => reply.ends_the_connection(),
        Handover::Trouble(trouble) => {
            trouble.kind == TroubleKind::Later && (Phase::Mail..=Phase::Content).contains(&trouble.phase)
        }
        _ => false,
    }
}

/// The trouble of a worker that was told to end.
fn cut(phase: Phase) -> Trouble {
    Trouble { kind: TroubleKind::Later, phase, words: CUT.to_owned() }
}

/// Waits for something; `None`: the worker was told to end before it came.
async fn unless_told<T>(future: impl Future<Output = T>, answers: &mut UnboundedReceiver<Answer>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        // Nothing else comes unasked, and nobody is left to say more when the way is closed.
        Poll::Pending => answers.poll_recv(context).map(|_| None),
    })
    .await
}
