//! `metrics`, and what `jobs run` records for monitoring.

use std::time::Duration;

use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::store::metadata::LAST_SUCCESS;
use crate::store::metrics::Metrics;

/// How long other writers are waited for: the next run records its own success.
const WRITE_WITHIN: Duration = Duration::from_millis(500);

/// The numbers for monitoring. They name no user, so every operator may see them.
///
/// # Errors
/// When the account is no operator, or the store cannot be read.
pub fn metrics(app: &App) -> Result<Metrics> {
    app.view(Action::Metrics, |view| Ok(view.metrics(view.now())?))
}

/// The same for `jobs run`, which asks for no other permission.
///
/// # Errors
/// When the operator may not run jobs, or the store cannot be read.
pub fn metrics_of_run(app: &App) -> Result<Metrics> {
    app.view(Action::JobsRun, |view| Ok(view.metrics(view.now())?))
}

/// Records that a `jobs run` without a job succeeded just now. A store that cannot be written hides no mail that was sent, so
/// nothing is said of it: monitoring sees that the time grows old.
pub fn record_success(app: &App) {
    let _ = app.store().write_within(WRITE_WITHIN).and_then(|writing| {
        writing.set_fact(LAST_SUCCESS, &app.now().as_second().to_be_bytes())?;
        writing.commit()
    });
}
