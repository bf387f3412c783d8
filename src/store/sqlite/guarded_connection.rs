//! A connection that is closed while stop signals are deferred.

use std::ops::Deref;

use rusqlite::Connection;

use crate::store::stop_signals;

/// A connection that is closed under a [`StopSignalGuard`](stop_signals::StopSignalGuard): closing the last one moves the log into the file, under a lock.
#[derive(Debug)]
pub(super) struct GuardedConnection {
    connection: Connection,
    // After the connection: fields are dropped in their order.
    _end: End,
}

#[derive(Debug)]
struct End;

impl GuardedConnection {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, _end: End }
    }
}

impl Deref for GuardedConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for GuardedConnection {
    fn drop(&mut self) {
        stop_signals::block();
    }
}

impl Drop for End {
    fn drop(&mut self) {
        stop_signals::unblock();
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::signal::SigSet;
    use nix::sys::signal::Signal;

    use super::*;

    #[test]
    fn a_connection_is_closed_with_signals_deferred_and_not_after() {
        let is_blocked = || SigSet::thread_get_mask().unwrap().contains(Signal::SIGTSTP);
        let connection = GuardedConnection::new(Connection::open_in_memory().unwrap());
        assert!(!is_blocked());
        drop(connection);
        assert!(!is_blocked());
    }
}
