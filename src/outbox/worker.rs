//! A worker: one connection to the relay, and the messages that go over it one after the other.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::mpsc::UnboundedReceiver;

use super::parcel::Parcel;
use crate::domain::message::MessageId;
use crate::mail::compose::Composer;
use crate::mail::handover::Handover;
use crate::mail::handover::Phase;
use crate::mail::handover::Trouble;
use crate::mail::handover::TroubleKind;
use crate::mail::transport::Connection;
use crate::mail::transport::Transport;

/// What a worker says to the store's thread. Each is answered by one [`Answer`].
#[derive(Debug)]
pub(super) enum Request {
    /// The connection could not be opened.
    NotOpened(Trouble),
    /// The connection is open and free; what became of the last message, if there was one.
    Next(Option<(MessageId, Handover)>),
    /// The connection is lost; what became of the last message.
    Lost(MessageId, Handover),
    /// The worker failed; whatever it was sending is the store's thread to settle.
    Panicked,
}

/// What the store's thread says to a worker.
#[derive(Debug)]
pub(super) enum Answer {
    /// Send this.
    Send(Box<Parcel>),
    /// Open a connection after this time.
    Open(Duration),
    /// There is nothing more to do.
    End,
}

/// What a worker works with.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) number: usize,
    pub(super) transport: Arc<Transport>,
    pub(super) composer: Arc<Composer>,
    pub(super) deadline: Option<Instant>,
    pub(super) requests: mpsc::Sender<(usize, Request)>,
}

impl Seat {
    /// Works until it is told to end. The first answer comes unasked.
    pub(super) async fn work(&self, answers: &mut UnboundedReceiver<Answer>) {
        while let Some(Answer::Open(wait)) = answers.recv().await {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            match self.open().await {
                Ok(connection) => {
                    if self.serve(connection, answers).await {
                        return;
                    }
                }
                Err(trouble) => self.say(Request::NotOpened(trouble)),
            }
        }
    }

    /// Hands over one message after the other; true: there are no more.
    async fn serve(&self, mut connection: Connection, answers: &mut UnboundedReceiver<Answer>) -> bool {
        let mut settled = None;
        loop {
            self.say(Request::Next(settled.take()));
            let Some(Answer::Send(parcel)) = answers.recv().await else {
                connection.close().await;
                return true;
            };
            let handover = match parcel.compose(&self.composer) {
                Ok(mail) => self.within(connection.hand_over(&mail, None)).await.unwrap_or_else(|| Handover::InDoubt {
                    reply: "the relay did not answer in the time that was left".to_owned(),
                }),
                Err(reply) => Handover::Refused { reply },
            };
            let is_over = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
            if matches!(handover, Handover::Trouble(_)) || !connection.is_open() || is_over {
                self.say(Request::Lost(parcel.id, handover));
                return false;
            }
            settled = Some((parcel.id, handover));
        }
    }

    async fn open(&self) -> Result<Connection, Trouble> {
        self.within(self.transport.open()).await.unwrap_or_else(|| {
            Err(Trouble {
                kind: TroubleKind::Later,
                phase: Phase::Connect,
                words: "the relay did not answer in the time that was left".to_owned(),
            })
        })
    }

    /// Waits for something until the deadline; `None`: it passed.
    async fn within<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        match self.deadline {
            None => Some(future.await),
            Some(deadline) => tokio::time::timeout_at(deadline.into(), future).await.ok(),
        }
    }

    pub(super) fn say(&self, request: Request) {
        // Where nobody listens any more, the run is over, and the answer that does not come ends the worker.
        let _ = self.requests.send((self.number, request));
    }
}
