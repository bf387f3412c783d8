//! `metrics`.

pub mod exposition;

use jiff::Timestamp;
use strum::VariantArray as _;

use crate::actions::metrics;
use crate::app::ActionError;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::output::Format;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::message::MessageState;
use crate::store::metrics::Metrics;

/// Print numbers for monitoring, in the text format of Prometheus
///
/// Messages and jobs by state, how long the oldest unsent mail has waited, when `jobs run` last succeeded, refused actions,
/// and the number of the newest event. They name no user, so every operator may see them. `jobs run --metrics-file FILE`
/// writes the same at the end of each run, for the textfile collector of node_exporter.
#[derive(Debug, clap::Args)]
pub struct MetricsArgs {}

/// What a number is, as Prometheus tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It goes up and down.
    Gauge,
    /// It only grows, unless the store is replaced.
    Counter,
}

/// A number's meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it means, in one line.
    pub help: &'static str,
    /// What it is.
    pub kind: MetricKind,
    /// The name of the label that tells its samples apart; empty: there is one sample.
    pub label: &'static str,
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricSample {
    /// What it means.
    pub metric: Metric,
    /// The value of the label; empty: there is none.
    pub label: &'static str,
    /// The number.
    pub value: i64,
}

const fn gauge(name: &'static str, label: &'static str, help: &'static str) -> Metric {
    Metric { name, help, kind: MetricKind::Gauge, label }
}

const MESSAGES: Metric = gauge("cxme_admin_messages", "state", "Messages in the store, by state.");
const OLDEST_UNSENT: Metric = gauge(
    "cxme_admin_oldest_unsent_seconds",
    "of",
    "Age of the oldest unsent message of no job and of a running job; 0 if none waits.",
);
const JOBS: Metric = gauge("cxme_admin_jobs", "state", "Jobs in the store, by state.");
const RELAY_HOLD: Metric = gauge(
    "cxme_admin_relay_hold_seconds",
    "",
    "How long jobs run still sends nothing because the relay refused every mail; 0 if it does not wait.",
);
const LAST_SUCCESS: Metric = gauge(
    "cxme_admin_last_success_timestamp_seconds",
    "",
    "When jobs run last succeeded, in seconds since 1970; 0 if it never did.",
);
const REFUSED_ACTIONS: Metric = Metric {
    name: "cxme_admin_refused_actions_total",
    help: "Events of the audit log that tell of a refused action.",
    kind: MetricKind::Counter,
    label: "",
};
const EVENT_HEAD: Metric = gauge(
    "cxme_admin_event_head_number",
    "",
    "Number of the newest event of the audit log. It falls only if the store is replaced.",
);
const BOUNCING_USERS: Metric =
    gauge("cxme_admin_bouncing_users", "", "Users whose address takes no mail, as delivery reports said.");
const LAST_RUN: Metric =
    gauge("cxme_admin_last_run_timestamp_seconds", "", "When jobs run wrote this file, in seconds since 1970.");
const LAST_RUN_STATUS: Metric =
    gauge("cxme_admin_last_run_exit_status", "", "Exit status of the jobs run that wrote this file.");

/// The numbers of the store as samples.
pub fn samples(metrics: &Metrics, now: Timestamp) -> Vec<MetricSample> {
    let mut samples = Vec::new();
    let mut add = |metric, label, value| samples.push(MetricSample { metric, label, value });
    for &state in MessageState::VARIANTS {
        add(MESSAGES, state.word(), number(metrics.messages.of(state)));
    }
    add(MESSAGES, "unknown", number(metrics.messages.unknown));
    for (label, since) in [("single", metrics.oldest_single), ("job", metrics.oldest_of_job)] {
        add(OLDEST_UNSENT, label, since.map_or(0, |since| seconds_between(since, now)));
    }
    for (state, count) in &metrics.jobs {
        add(JOBS, state.word(), number(*count));
    }
    add(RELAY_HOLD, "", metrics.relay_hold_until.map_or(0, |until| seconds_between(now, until)));
    add(LAST_SUCCESS, "", metrics.last_success.map_or(0, Timestamp::as_second));
    add(REFUSED_ACTIONS, "", number(metrics.refused_actions));
    add(EVENT_HEAD, "", number(metrics.event_head));
    add(BOUNCING_USERS, "", number(metrics.bouncing_users));
    samples
}

/// What a run says of itself.
pub fn samples_of_run(status: u8, now: Timestamp) -> [MetricSample; 2] {
    let sample = |metric, value| MetricSample { metric, label: "", value };
    [sample(LAST_RUN, now.as_second()), sample(LAST_RUN_STATUS, i64::from(status))]
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// No less than 0: a clock may have been set back.
fn seconds_between(earlier: Timestamp, later: Timestamp) -> i64 {
    later.as_second().saturating_sub(earlier.as_second()).max(0)
}

const COLUMNS: [Column<MetricSample>; 3] = [
    Column { name: "metric", title: "METRIC", cell: |row| Value::text(row.metric.name) },
    Column {
        name: "label",
        title: "LABEL",
        cell: |row| if row.label.is_empty() { Value::Nothing("") } else { Value::text(row.label) },
    },
    Column { name: "value", title: "VALUE", cell: |row| Value::Number(row.value) },
];

/// Runs the command.
///
/// # Errors
/// When the account is no operator, or the store cannot be read.
pub fn run(context: &mut Context, _: &MetricsArgs) -> anyhow::Result<()> {
    let app = context.app(Action::Metrics)?;
    let now = app.now();
    let samples = samples(&metrics::metrics(&app)?, now);
    if context.output.format == Format::Table {
        context.output.data().write_all(exposition::text(&samples).as_bytes())?;
        return Ok(());
    }
    column::list::<_, ActionError>(&mut context.output, &COLUMNS, now, |sink| {
        Ok(samples.iter().try_for_each(sink)?)
    })?;
    Ok(())
}
