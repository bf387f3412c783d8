//! Mail settings, and the messages that wait.

pub mod bounces;
pub mod preview;
pub mod queue;
pub mod test;
