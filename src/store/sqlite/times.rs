//! Times that were written while the clock was ahead. A mail that is due in eighty years is never sent, and a link that lives
//! until then opens an account all the time. Bringing such a time to the present is a change like another.

use jiff::Timestamp;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::clock::PERIOD;
use super::damage;
use super::time;
use crate::domain::report_limit::LastReport;
use crate::domain::retry;
use crate::store::types::metadata::LAST_REPORT;
use crate::store::types::times::TimesAhead;

/// Clocks differ by so many seconds without anybody noticing: what is less ahead passes by itself.
const UNNOTICED: i64 = 300;

/// A kind of time.
struct Kind {
    what: &'static str,
    table: &'static str,
    /// What names a row, as an expression.
    name: &'static str,
    column: &'static str,
    /// The condition that a row is one that is ahead. `{now}`, `{ahead}`, `{due}`, `{doubt}` and `{hold}` are
    /// times.
    condition: &'static str,
    /// What is set then.
    set: &'static str,
    takes_effect: bool,
}

/// What takes effect at its time, and then what only tells when something was.
const KINDS: [Kind; 26] = [
    Kind {
        what: "mails due",
        table: "messages",
        name: "'message ' || id",
        column: "due_at",
        condition: "state IN ('queued', 'deferred', 'in doubt') AND due_at > iif(state = 'in doubt', {doubt}, {due})",
        set: "due_at = {now}",
        takes_effect: true,
    },
    Kind {
        what: "ends of open links",
        table: "messages",
        name: "'message ' || id",
        column: "expires_at",
        condition: "lifetime IS NOT NULL AND used_at IS NULL AND revoked_at IS NULL AND expires_at > {ahead} + lifetime",
        set: "expires_at = {now}, clock_period = {period}",
        takes_effect: true,
    },
    Kind {
        what: "holds of the relay",
        table: "relay_hold",
        name: "'hold ' || id",
        column: "until",
        condition: "until > {hold}",
        set: "until = 0",
        takes_effect: true,
    },
    Kind {
        what: "temporary locks",
        table: "users",
        name: "'user ' || username",
        column: "locked_at",
        condition: "locked_until IS NOT NULL AND locked_at > {ahead}",
        // A lock for some time has that time still before it.
        set: "locked_until = {now} + max(locked_until - locked_at, 0), locked_at = {now}",
        takes_effect: true,
    },
    Kind {
        what: "ends of temporary passwords",
        table: "users",
        name: "'user ' || username",
        column: "password_expires_at",
        // It was set by a clock that was ahead. The time that was left may have passed by that clock: as with links, nothing
        // that had ended lives again.
        condition: "password_expires_at > {now} AND password_set_at > {ahead}",
        set: "password_expires_at = {now}",
        takes_effect: true,
    },
    Kind {
        takes_effect: true,
        ..plain("lifetimes of mails in the queue", "messages", "'message ' || id", "lifetime_from")
    },
    plain("creations of mails", "messages", "'message ' || id", "created_at"),
    plain("first tries of mails", "messages", "'message ' || id", "first_try_at"),
    plain("last tries of mails", "messages", "'message ' || id", "last_try_at"),
    plain("deliveries of mails", "messages", "'message ' || id", "delivered_at"),
    plain("ends of mails", "messages", "'message ' || id", "ended_at"),
    plain("uses of links", "messages", "'message ' || id", "used_at"),
    plain("revocations of links", "messages", "'message ' || id", "revoked_at"),
    plain("creations of jobs", "jobs", "'job ' || id", "created_at"),
    plain("ends of jobs", "jobs", "'job ' || id", "ended_at"),
    plain("pauses of jobs", "jobs", "'job ' || id", "paused_at"),
    plain("permanent locks", "users", "'user ' || username", "locked_at"),
    plain("logins", "users", "'user ' || username", "last_login_at"),
    plain("passwords set", "users", "'user ' || username", "password_set_at"),
    plain("creations of users", "users", "'user ' || username", "created_at"),
    plain("changes of users", "users", "'user ' || username", "updated_at"),
    plain("former passwords", "password_history", "'user ' || user_id", "replaced_at"),
    plain("wrong passwords", "sign_in_failures", "'user ' || user_id", "last_at"),
    plain("operators added", "operators", "'operator ' || account", "added_at"),
    plain("operators disabled", "operators", "'operator ' || account", "disabled_at"),
    plain("events of refused attempts", "refused_attempts", "action", "event_at"),
];

/// A time that only tells when something was.
const fn plain(what: &'static str, table: &'static str, name: &'static str, column: &'static str) -> Kind {
    Kind { what, table, name, column, condition: "", set: "", takes_effect: false }
}

impl Kind {
    /// The condition, for the moment `now`.
    fn condition(&self, now: i64) -> String {
        let Self { column, condition, .. } = self;
        let condition = if condition.is_empty() { format!("{column} > {{ahead}}") } else { (*condition).to_owned() };
        // What is no number is damage, and not a clock.
        format!("typeof({column}) = 'integer' AND {}", with_times(&condition, now))
    }

    /// What is set, for the moment `now`.
    fn set(&self, now: i64) -> String {
        let Self { column, set, .. } = self;
        let set = if set.is_empty() { format!("{column} = {{now}}") } else { (*set).to_owned() };
        with_times(&set, now)
    }
}

/// The text with the times and the period of the clock in their places.
fn with_times(text: &str, now: i64) -> String {
    let ahead = now.saturating_add(UNNOTICED);
    let after = |wait: u64| ahead.saturating_add(wait.cast_signed()).to_string();
    text.replace("{now}", &now.to_string())
        .replace("{ahead}", &ahead.to_string())
        .replace("{due}", &after(retry::LONGEST_WAIT.as_secs()))
        .replace("{doubt}", &after(retry::LONGEST_WAIT_IN_DOUBT.as_secs()))
        .replace("{hold}", &after(retry::LONGEST_HOLD.as_secs()))
        .replace("{period}", PERIOD)
}

impl ReadTransaction<'_> {
    /// The times that were written while the clock was ahead of `now`, a kind each; empty: none. Those of events are not among
    /// them: nobody can change an event.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn times_ahead(&self, now: Timestamp) -> Result<Vec<TimesAhead>> {
        let seconds = now.as_second();
        let mut found = Vec::new();
        // One look at each row for all the kinds of its table: usually there are none.
        let mut tables: Vec<&str> = KINDS.iter().map(|kind| kind.table).collect();
        tables.sort_unstable();
        tables.dedup();
        let mut affected = Vec::new();
        for table in tables {
            let kinds = KINDS.iter().filter(|kind| kind.table == table);
            let conditions: Vec<String> = kinds.map(|kind| format!("({})", kind.condition(seconds))).collect();
            let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {})", conditions.join(" OR "));
            if self.transaction.query_row(&sql, [], |row| row.get(0))? {
                affected.push(table);
            }
        }
        for kind in KINDS.iter().filter(|kind| affected.contains(&kind.table)) {
            let Kind { what, table, name, column, takes_effect, .. } = *kind;
            // SQLite gives the other columns of the row that has the least time.
            let sql = format!("SELECT count(*), min({column}), {name} FROM {table} WHERE {}", kind.condition(seconds));
            let ahead = self.transaction.query_row(&sql, [], |row| {
                let (count, least): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
                let first = damage::key_of(row, 2);
                Ok(least.map(|least| {
                    let (count, time) = (count.unsigned_abs(), time(least));
                    TimesAhead { what, count, first, time, takes_effect }
                }))
            })?;
            found.extend(ahead);
        }
        let sql = format!("SELECT count(*), min(minute) FROM deliveries WHERE minute > {}", (seconds + UNNOTICED) / 60);
        let (count, minute): (i64, Option<i64>) =
            self.transaction.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.extend(minute.map(|minute| TimesAhead {
            what: "minutes of deliveries",
            count: count.unsigned_abs(),
            first: format!("minute {minute}"),
            time: time(minute.saturating_mul(60)),
            takes_effect: false,
        }));
        let report = self.fact(LAST_REPORT)?.as_deref().and_then(LastReport::from_bytes);
        found.extend(report.filter(|report| report.at.as_second() > seconds + UNNOTICED).map(|report| TimesAhead {
            what: "reports of `jobs run`",
            count: 1,
            first: "the last one".to_owned(),
            time: report.at,
            takes_effect: false,
        }));
        Ok(found)
    }
}

impl ReadTransaction<'_> {
    /// The latest time of the events from the last one of this action on, or of all if there is none. What is older was
    /// recorded by a clock of which that event tells.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn latest_event_since(&self, action: &str) -> Result<Option<Timestamp>> {
        let sql = "SELECT max(time) FROM events WHERE typeof(time) = 'integer' AND number >= \
                   ifnull((SELECT max(number) FROM events WHERE action = ?1 AND outcome = 'done'), 0)";
        let latest: Option<i64> = self.transaction.query_row(sql, [action], |row| row.get(0))?;
        Ok(latest.map(time))
    }
}

impl WriteTransaction<'_> {
    /// Brings the times of [`ReadTransaction::times_ahead`] to `now`: mails are due, links expire, the hold of the relay and the last report
    /// are gone, and a lock for some time has that time still before it. What a clock that was ahead has seen is kept, so that
    /// no link which had expired lives again (`clock.rs`).
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn bring_times_to(&self, now: Timestamp) -> Result<()> {
        let seconds = now.as_second();
        for kind in &KINDS {
            let (table, set, condition) = (kind.table, kind.set(seconds), kind.condition(seconds));
            self.transaction.execute(&format!("UPDATE {table} SET {set} WHERE {condition}"), [])?;
        }
        self.bring_deliveries_back(seconds)?;
        let report = self.fact(LAST_REPORT)?.as_deref().and_then(LastReport::from_bytes);
        if report.is_some_and(|report| report.at > now) {
            self.delete_fact(LAST_REPORT)?;
        }
        Ok(())
    }
}
