//! Making a job: the selection is resolved once, and becomes one message a user, those that are not to be mailed among
//! them, with the reason.

use std::rc::Rc;

use rusqlite::ToSql;
use rusqlite::params;

use super::ReadTransaction;
use super::Result;
use super::WriteTransaction;
use super::messages::WAITING;
use super::protected_users::is_protected;
use super::user_list::Conditions;
use super::user_list::EMAIL_DOMAIN;
use super::users::locked_at;
use crate::domain::eligibility::Ineligible;
use crate::domain::email_domain;
use crate::domain::job::JobId;
use crate::domain::management::ManagementError;
use crate::domain::selection::Selection;
use crate::domain::user::UserId;
use crate::store::types::job_creation::AudiencePart;
use crate::store::types::job_creation::NewJob;
use crate::store::types::job_creation::RecipientSelection;
use crate::store::types::job_creation::Recipients;
use crate::store::types::jobs::JobSendOptions;

/// The condition that a user has a password, or had one that was ended: there is no other way to have a former one alone.
const HAD_PASSWORD: &str = "(password_set_at IS NOT NULL OR EXISTS (SELECT 1 FROM password_history WHERE password_history.user_id = users.id))";

/// How many users the relay is asked about, and among how many of the first ones other domains are looked for.
const SAMPLES: u32 = 5;
const FIRST: u32 = 1_000;

impl Recipients<'_> {
    /// Why a user is not mailed, as an expression; NULL: they are. It is [`crate::domain::eligibility::check`] in SQL, and
    /// then what is held back by another message. `?1` is the time.
    pub(super) fn reason(&self) -> String {
        let mut cases = String::new();
        let mut when = |condition: &str, why: Ineligible| cases += &format!(" WHEN {condition} THEN '{}'", why.word());
        if !self.protected.is_empty() {
            // The words are the same whatever the reason.
            let why = Ineligible::NotManageable(ManagementError::OutsideLimits);
            when(&is_protected(self.protected, "users"), why);
        }
        when("sign_in = 'saml'", Ineligible::Saml);
        when(&locked_at("?1"), Ineligible::Locked);
        if !self.email_domains.is_empty() {
            let places: Vec<String> = (0..self.email_domains.len()).map(|place| format!("?{}", 2 + place)).collect();
            when(&format!("{EMAIL_DOMAIN} NOT IN ({})", places.join(", ")), Ineligible::EmailDomain);
        }
        if !self.includes_bounced {
            // The words are those of `Bounce::words`.
            cases += " WHEN bounced_at IS NOT NULL THEN bounce_words(bounced_at, bounce_reply, ?1)";
        }
        format!("CASE{cases} ELSE held.reason END")
    }

    /// What [`Recipients::reason`] binds.
    pub(super) fn values(&self) -> Vec<Box<dyn ToSql>> {
        let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(self.now.as_second())];
        for domain in self.email_domains {
            values.push(Box::new(email_domain::canonical(domain).into_owned()));
        }
        values
    }
}

impl ReadTransaction<'_> {
    /// Who would be mailed, and who not and why, the largest part first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plan_job(&self, recipients: &Recipients<'_>) -> Result<Vec<RecipientSelection>> {
        let conditions = self.prepare_recipients(recipients)?;
        let reason = recipients.reason();
        let mut values = recipients.values();
        let clause = conditions.clause_from(values.len() + 1);
        values.extend(conditions.values);
        let sql = format!(
            "SELECT {reason} AS skipped, count(*) AS times, sum({HAD_PASSWORD}), count(password_set_at) FROM users \
             LEFT JOIN temp.held ON held.user_id = users.id{clause} \
             GROUP BY skipped ORDER BY skipped IS NOT NULL, times DESC, skipped"
        );
        let mut statement = self.transaction.prepare(&sql)?;
        let bound: Vec<&dyn ToSql> = values.iter().map(AsRef::as_ref).collect();
        let rows = statement.query_map(bound.as_slice(), |row| {
            let count = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
            Ok(RecipientSelection { skipped: row.get(0)?, count: count(1)?, resets: count(2)?, passwords: count(3)? })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Users who would be mailed, by whom the relay can be asked: the first ones, of as many domains as there are among them, those
    /// before others whose addresses every relay carries (an ASCII local part: RFC 6531), and then those with the longest names and
    /// addresses, and so the largest mails.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sample_recipients(&self, recipients: &Recipients<'_>) -> Result<Vec<UserId>> {
        let conditions = self.prepare_recipients(recipients)?;
        let reason = recipients.reason();
        let mut values = recipients.values();
        let clause = conditions.clause_from(values.len() + 1);
        values.extend(conditions.values);
        let mailed = format!(
            "SELECT users.id AS id, {EMAIL_DOMAIN} AS domain, octet_length(users.name) + octet_length(username) + \
             octet_length(email) AS length, substr(email, 1, instr(email, '@')) GLOB '*[^ -~]*' AS is_international, \
             password_set_at IS NULL AS is_without, {reason} AS skipped \
             FROM users LEFT JOIN temp.held ON held.user_id = users.id{clause}"
        );
        let first = format!(
            "SELECT id FROM (SELECT id, is_international, row_number() OVER (PARTITION BY domain, is_international ORDER BY id) AS place \
             FROM (SELECT id, domain, is_international FROM ({mailed}) WHERE skipped IS NULL ORDER BY is_international, id LIMIT {FIRST})) \
             ORDER BY is_international, place, id LIMIT {SAMPLES}"
        );
        // An invitation has another text than a reset.
        let [resets, invitations] = [0, 1].map(|is_without| {
            format!(
                "SELECT id FROM ({mailed}) WHERE skipped IS NULL AND is_without = {is_without} \
                 ORDER BY length DESC, id LIMIT {SAMPLES}"
            )
        });
        let bound: Vec<&dyn ToSql> = values.iter().map(AsRef::as_ref).collect();
        let mut chosen: Vec<UserId> = Vec::new();
        for sql in [first, resets, invitations] {
            let mut statement = self.transaction.prepare(&sql)?;
            for id in statement.query_map(bound.as_slice(), |row| Ok(UserId(row.get(0)?)))? {
                let id = id?;
                if !chosen.contains(&id) {
                    chosen.push(id);
                }
            }
        }
        Ok(chosen)
    }

    /// Writes down, for this connection alone, who is held back by another message, and who is meant by name: the statement
    /// that fills the table of messages must not read it. Gives the conditions that the users meet who are meant.
    pub(super) fn prepare_recipients(&self, recipients: &Recipients<'_>) -> Result<Conditions> {
        self.transaction.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS held (user_id INTEGER PRIMARY KEY, reason TEXT); DELETE FROM temp.held;",
        )?;
        self.transaction.execute(
            &format!(
                "INSERT OR IGNORE INTO temp.held SELECT user_id, ifnull('waiting in job ' || job_id, 'waiting already') \
                 FROM messages WHERE id IN ({WAITING}) AND lifetime IS NOT NULL"
            ),
            [],
        )?;
        let conditions = match &recipients.whom {
            AudiencePart::Selected(selection) => {
                self.prepare_names(selection)?;
                Conditions::of(selection, recipients.now)
            }
            AudiencePart::NotYet(job, before) => {
                let named = Selection { named: Some(Rc::default()), ..Selection::default() };
                self.prepare_names(&named)?;
                self.transaction.execute(
                    "INSERT OR IGNORE INTO temp.named SELECT users.id FROM messages JOIN users ON users.id = messages.user_id \
                     WHERE job_id = ?1 AND messages.state = 'accepted' AND used_at IS NULL AND delivered_at <= ?2 \
                     AND (password_set_at IS NULL OR password_set_at <= delivered_at) \
                     AND ifnull(revoked_why, '') NOT IN ('another password', 'a newer link')",
                    params![job.0, before.as_second()],
                )?;
                Conditions::of(&named, recipients.now)
            }
            AudiencePart::Failed(job) => {
                let named = Selection { named: Some(Rc::default()), ..Selection::default() };
                self.prepare_names(&named)?;
                self.prepare_failed(*job)?;
                Conditions::of(&named, recipients.now)
            }
        };
        if let Some(since) = recipients.sent_since {
            // From the users that are meant, and not through all that was ever sent.
            let sql = format!(
                "INSERT OR IGNORE INTO temp.held SELECT chosen, 'sent a short while ago' FROM \
                 (SELECT users.id AS chosen FROM users{}) WHERE EXISTS (SELECT 1 FROM messages WHERE user_id = chosen \
                 AND delivered_at > ?1 AND delivered_at <= ?2 AND lifetime IS NOT NULL AND revoked_at IS NULL)",
                conditions.clause_from(3)
            );
            let since = since.as_second();
            let now = recipients.now.as_second();
            let first: [&dyn ToSql; 2] = [&since, &now];
            let bound: Vec<&dyn ToSql> = first.into_iter().chain(conditions.values.iter().map(AsRef::as_ref)).collect();
            self.transaction.execute(&sql, bound.as_slice())?;
        }
        if recipients.ends_passwords {
            let sql = "DELETE FROM temp.held WHERE user_id IN (SELECT id FROM users WHERE password_set_at IS NOT NULL)";
            self.transaction.execute(sql, [])?;
        }
        Ok(conditions)
    }
}

impl WriteTransaction<'_> {
    /// How many of those whom a job skips have a password.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn skipped_with_password(&self, job: JobId) -> Result<u64> {
        let sql = "SELECT count(*) FROM messages JOIN users ON users.id = messages.user_id \
                   WHERE job_id = ?1 AND messages.state = 'skipped' AND password_set_at IS NOT NULL";
        let count: i64 = self.transaction.query_row(sql, [job.0], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Whether a job has a message that waits to bring the link of a reset, and not of an invitation.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn job_has_resets(&self, job: JobId) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM messages WHERE job_id IS ?1 AND state = 'queued' AND kind = 'reset')";
        Ok(self.transaction.query_row(sql, [job.0], |row| row.get(0))?)
    }

    /// Makes a job with a message for each user that is meant. Gives its number and how many messages there are.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn create_job(&self, new: &NewJob<'_>, recipients: &Recipients<'_>) -> Result<(JobId, u64)> {
        let JobSendOptions { connections, rates, max_failures, canary } = &new.sending;
        self.transaction.execute(
            "INSERT INTO jobs (key, state, operator, operator_uid, created_at, reason, selection, connections, rate, \
             max_failures, canary, event, note) VALUES (?1, 'running', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                new.key,
                new.operator.name,
                new.operator.uid,
                recipients.now.as_second(),
                new.reason,
                new.selection,
                connections,
                rates,
                max_failures,
                canary.map(u64::cast_signed),
                self.next_event_number()?,
                new.note,
            ],
        )?;
        let job = JobId(self.transaction.last_insert_rowid());
        let conditions = self.prepare_recipients(recipients)?;
        let reason = recipients.reason();
        // `?1` is the time.
        let mut values = recipients.values();
        let clause = conditions.clause_from(values.len() + 1);
        values.extend(conditions.values);
        let meant = format!(
            "SELECT users.id AS id, email, {HAD_PASSWORD} AS had_password, {reason} AS skipped \
             FROM users LEFT JOIN temp.held ON held.user_id = users.id{clause} ORDER BY users.id"
        );
        let source = if new.ends_passwords {
            self.end_passwords(job, &meant, &values, recipients.now)?;
            "temp.meant".to_owned()
        } else {
            format!("({meant})")
        };
        let first = values.len() + 1;
        let fixed: [Box<dyn ToSql>; 6] = [
            Box::new(job.0),
            Box::new(new.operator.name.clone()),
            Box::new(new.operator.uid),
            Box::new(new.invitation_lifetime.as_secs().cast_signed()),
            Box::new(new.reset_life.as_secs().cast_signed()),
            Box::new(new.ends_passwords),
        ];
        values.extend(fixed);
        let place = |offset: usize| format!("?{}", first + offset);
        let sql = format!(
            "INSERT INTO messages (job_id, kind, state, user_id, address, operator, operator_uid, created_at, due_at, \
             ended_at, lifetime, reply, is_forced) \
             SELECT {job}, iif(had_password, 'reset', 'invitation'), iif(skipped IS NULL, 'queued', 'skipped'), id, email, \
             {operator}, {uid}, ?1, ?1, iif(skipped IS NULL, NULL, ?1), iif(had_password, {reset}, {invitation}), \
             skipped, iif({forced} AND had_password AND skipped IS NULL, 1, NULL) FROM {source}",
            job = place(0),
            operator = place(1),
            uid = place(2),
            invitation = place(3),
            reset = place(4),
            forced = place(5),
        );
        let bound: Vec<&dyn ToSql> = values.iter().map(AsRef::as_ref).collect();
        let count = self.transaction.execute(&sql, bound.as_slice())?;
        Ok((job, count as u64))
    }
}
