//! Facts and rules: no input, no output, no clock.
pub mod duration;
pub mod policy;
