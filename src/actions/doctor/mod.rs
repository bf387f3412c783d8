//! `doctor`: the checks of an installation. Each is a function that finds one thing out; `side_by_side` runs them.

pub mod disk;
pub mod finding;
pub mod hashing;
pub mod head;
pub mod jobs;
pub mod link;
pub mod lists;
pub mod operators;
pub mod relay;
pub mod role_policies;
pub mod side_by_side;
pub mod store;
pub mod texts;
pub mod users;
pub mod waiting;
pub mod within;
