//! A run that a signal ends in good order.

use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering;

use super::Context;
use crate::outbox::SendOptions;
use crate::outbox::StopSignal;
use crate::store::StoreError;

/// By which signal a run was asked to stop.
#[derive(Debug, Clone, Default)]
pub struct StoppedBy(Arc<AtomicI32>);

impl StoppedBy {
    /// Its number; 0: by none.
    pub fn number(&self) -> i32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Context {
    /// The order of a run that ends in good order when somebody asks it to, and by which signal that was.
    ///
    /// # Errors
    /// When signals cannot be listened to.
    pub fn stoppable(&mut self, send_options: SendOptions) -> anyhow::Result<(SendOptions, StoppedBy)> {
        let stop = Arc::new(StopSignal::default());
        let by = StoppedBy::default();
        let (asked, noted) = (Arc::clone(&stop), Arc::clone(&by.0));
        let listening = self.process.on_stop_request(move |signal| {
            noted.store(signal, Ordering::Relaxed);
            asked.ask();
        });
        listening.map_err(StoreError::NoThread)?;
        Ok((SendOptions { stop: Some(stop), ..send_options }, by))
    }
}
