//! Secrets: passwords, their hashes, generated passwords, and the key of the reset codes.
//!
//! Only this directory unwraps a password. The `Debug` of each type prints its name and nothing else.

pub mod admission;
pub mod generate;
pub mod hash_workers;
pub mod hasher;
pub mod key;
pub mod lines;
mod memory;
pub mod password;
pub mod password_hash;
pub mod relay_password;
pub mod reset_code;
pub mod zeroizing;

pub use hasher::Hasher;
pub use key::ResetKey;
pub use password::Password;
pub use password_hash::HashParameters;
pub use password_hash::PasswordHash;
pub use relay_password::RelayPassword;
pub use reset_code::ResetCode;
