//! Jobs as stored.

use jiff::Timestamp;

use crate::domain::job::JobId;
use crate::domain::job::JobState;
use crate::domain::message::MessageState;

/// A job as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The key that the operator gave it.
    pub key: Option<String>,
    /// Its state.
    pub state: JobState,
    /// Why it is paused.
    pub why: Option<String>,
    /// The OS account that asked for it.
    pub operator: String,
    /// That account's number.
    pub operator_uid: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The reason that the operator gave.
    pub reason: Option<String>,
    /// The selection of users, as the operator typed it.
    pub selection: String,
    /// How it is sent.
    pub sending: JobSendOptions,
    /// How many passwords it ended when it was created; `None`: it was not asked to.
    pub passwords_ended: Option<u64>,
    /// How many messages were accepted, and how many had failed, when an operator last resumed it: its limits count from there.
    pub base: (u64, u64),
}

/// How a job is sent, whichever process sends it. The texts are as the operator gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobSendOptions {
    /// How many connections at most; otherwise as configured.
    pub connections: Option<u32>,
    /// The highest rates, besides the configured ones, separated by commas.
    pub rates: Option<String>,
    /// The share of failures at which it is paused.
    pub max_failures: Option<String>,
    /// How many messages are sent first, as a canary.
    pub canary: Option<u64>,
}

/// The outcome of some messages of a job that have the same state and reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientOutcome {
    /// Their state.
    pub state: MessageState,
    /// The reply of the server, or why they were cancelled or skipped.
    pub reply: String,
    /// How many.
    pub count: u64,
}

/// A job that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedJob {
    /// Its number.
    pub id: JobId,
    /// Where it is.
    pub state: JobState,
    /// When something happened in it last: it was created or paused, or one of its mails was tried.
    pub since: Timestamp,
}
