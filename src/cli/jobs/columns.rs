//! What `jobs list`, `jobs show` and a run say of a job as data: a fact has one name and one value in all of them.

use crate::actions::jobs::show::JobStatus;
use crate::cli::column::Column;
use crate::cli::value::Value;
use crate::domain::message::MessageState;

/// Its number.
pub(super) const JOB: Column<JobStatus> = Column { name: "job", title: "JOB", cell: |row| Value::Number(row.job.id.0) };
/// The key that keeps a second call from creating it again.
pub(super) const KEY: Column<JobStatus> =
    Column { name: "key", title: "", cell: |row| Value::text_or(row.job.key.as_deref(), "") };
/// Its state.
pub(super) const STATE: Column<JobStatus> =
    Column { name: "state", title: "STATE", cell: |row| Value::text(row.job.state.word()) };
/// Why it is paused.
pub(super) const WHY: Column<JobStatus> =
    Column { name: "why", title: "", cell: |row| Value::text_or(row.job.why.as_deref(), "") };
/// Who requested it.
pub(super) const OPERATOR: Column<JobStatus> =
    Column { name: "operator", title: "BY", cell: |row| Value::text(&row.job.operator) };
/// When it was created.
pub(super) const CREATED_AT: Column<JobStatus> =
    Column { name: "created_at", title: "CREATED", cell: |row| Value::Time(row.job.created_at) };
/// When it ended.
pub(super) const ENDED_AT: Column<JobStatus> =
    Column { name: "ended_at", title: "", cell: |row| Value::time_or(row.job.ended_at, "") };
/// Which users were selected.
pub(super) const SELECTION: Column<JobStatus> =
    Column { name: "selection", title: "", cell: |row| Value::text(&row.job.selection) };
/// How many mails it has.
pub(super) const MAILS: Column<JobStatus> =
    Column { name: "mails", title: "MAILS", cell: |row| Value::count(row.counts.mails()) };
/// How many the relay accepted.
pub(super) const ACCEPTED: Column<JobStatus> =
    Column { name: "accepted", title: "ACCEPTED", cell: |row| Value::count(row.counts.of(MessageState::Accepted)) };
/// How many failed.
pub(super) const FAILED: Column<JobStatus> =
    Column { name: "failed", title: "FAILED", cell: |row| Value::count(row.counts.of(MessageState::Failed)) };
/// How many bounced, as delivery reports said later.
pub(super) const BOUNCED: Column<JobStatus> =
    Column { name: "bounced", title: "", cell: |row| Value::count(row.counts.of(MessageState::Bounced)) };
/// How many were cancelled.
pub(super) const CANCELLED: Column<JobStatus> =
    Column { name: "cancelled", title: "CANCELLED", cell: |row| Value::count(row.counts.of(MessageState::Cancelled)) };
/// How many have not ended.
pub(super) const WAITING: Column<JobStatus> =
    Column { name: "waiting", title: "WAITING", cell: |row| Value::count(row.counts.waiting()) };
/// How many users were skipped.
pub(super) const SKIPPED: Column<JobStatus> =
    Column { name: "skipped", title: "", cell: |row| Value::count(row.counts.of(MessageState::Skipped)) };
/// How many the relay deferred.
pub(super) const DEFERRED: Column<JobStatus> =
    Column { name: "deferred", title: "", cell: |row| Value::count(row.counts.of(MessageState::Deferred)) };
/// How many may have arrived.
pub(super) const IN_DOUBT: Column<JobStatus> =
    Column { name: "in_doubt", title: "", cell: |row| Value::count(row.counts.of(MessageState::InDoubt)) };
/// The reason that the operator gave.
pub(super) const REASON: Column<JobStatus> =
    Column { name: "reason", title: "", cell: |row| Value::text_or(row.job.reason.as_deref(), "") };
