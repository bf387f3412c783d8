//! What is done with users.

pub mod add;
pub mod batch;
pub mod clone;
pub mod delete;
pub mod edit;
pub mod export;
pub mod import;
pub mod list;
pub mod lock;
pub mod password;
pub mod send_reset;
pub mod show;
pub mod tabular;
pub mod targets;
pub mod unlock;
pub mod validity;
