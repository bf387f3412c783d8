//! What goes into the store and comes out of it, without SQL and without a word of the engine.

pub mod damage;
pub mod disk_space;
pub mod sender;
