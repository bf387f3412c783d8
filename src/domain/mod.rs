//! Facts and rules: no input, no output, no clock. Everything here can be tested with plain values.

pub mod action;
pub mod duration;
pub mod eligibility;
pub mod email_address;
pub mod event;
mod field_hasher;
pub mod formula;
pub mod job;
pub mod link;
pub mod mailbox;
pub mod message;
pub mod moment;
pub mod operator;
pub mod organization;
pub mod policy;
pub mod rate;
pub mod refusal;
pub mod relay;
pub mod retry;
pub mod role;
pub mod selection;
pub mod share;
pub mod sign_in;
pub mod spelling;
pub mod text;
pub mod user;
pub mod user_change;
