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
    /// What the operator calls it.
    pub key: Option<String>,
    /// Where it is.
    pub state: JobState,
    /// Why it is paused.
    pub why: Option<String>,
    /// The OS account that asked for it.
    pub operator: String,
    /// That account's number.
    pub operator_uid: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why, as the operator gave it.
    pub reason: Option<String>,
    /// Which users, as the operator said it.
    pub selection: String,
    /// How it is sent.
    pub sending: JobSendOptions,
    /// How many passwords it ended when it was created; `None`: it was not asked to.
    pub passwords_ended: Option<u64>,
    /// How many were accepted, and how many had failed, when an operator let it go on after a pause: its limits count from
    /// there.
    pub base: (u64, u64),
}

/// How a job is sent, by whichever process goes on with it. The texts are as the operator gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobSendOptions {
    /// How many connections at most; otherwise as configured.
    pub connections: Option<u32>,
    /// How fast at most, besides what is configured: rates joined by commas.
    pub rates: Option<String>,
    /// The share of failures at which it is paused.
    pub max_failures: Option<String>,
    /// How many go first.
    pub canary: Option<u64>,
}

/// What became of some messages of a job, and with which words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientOutcome {
    /// Where they are.
    pub state: MessageState,
    /// The server's words, or why they were called off or skipped.
    pub reply: String,
    /// How many.
    pub count: u64,
}
