//! What each action did, as the part of a sentence that follows the operator's name: "locked bob until 12 May".

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::actions::audit::list::EventNames;
use crate::domain::action::Action;
use crate::domain::moment::local_time;
use crate::domain::text::counted;

/// The facts of an event of which a phrase tells.
pub(super) struct Facts<'a> {
    /// What the event recorded.
    pub(super) details: &'a serde_json::Map<String, Value>,
    /// The users that it is about.
    pub(super) names: &'a EventNames,
    /// The zone of the times that are told.
    pub(super) zone: &'a TimeZone,
}

/// What an event did: the words behind the operator's name, and the notes that stand in brackets behind them.
pub(super) struct Phrase {
    pub(super) words: String,
    pub(super) notes: Vec<String>,
}

impl Facts<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.details.get(name)?.as_str()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.details.get(name)?.as_u64()
    }

    /// A text of the details, or what stands for one that is missing.
    fn quoted(&self, name: &str) -> &str {
        self.text(name).unwrap_or("?")
    }

    /// The texts of a list, joined by commas.
    fn list(&self, name: &str) -> Option<String> {
        let texts: Vec<&str> = self.details.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }

    /// A number with its noun, unless it is zero or missing: "2 mails".
    fn count(&self, name: &str, noun: &str) -> Option<String> {
        self.number(name).filter(|count| *count > 0).map(|count| counted(count, noun))
    }

    /// "job 3".
    fn job(&self) -> String {
        self.number("job").map_or_else(|| "a job".to_owned(), |job| format!("job {job}"))
    }

    /// The user, or the users: by name where they are few, by number where they are many.
    fn users(&self, counted_as: &str) -> String {
        if let Some(user) = &self.names.user {
            return user.clone();
        }
        let count = self.number(counted_as).or_else(|| self.number("users"));
        match (count, self.names.several.as_slice()) {
            (Some(count), named) if !named.is_empty() && named.len() as u64 == count => sequence(named),
            (Some(count), _) => counted(count, "user"),
            (None, _) => "users".to_owned(),
        }
    }

    /// The words of a selection, as the operator typed it.
    fn selection(&self) -> Option<String> {
        self.text("selection").filter(|words| !words.is_empty()).map(|words| format!("chosen by `{words}`"))
    }

    /// Where rows came from.
    fn source(&self) -> Option<String> {
        self.text("source").map(|source| format!("from {}", if source == "-" { "standard input" } else { source }))
    }

    /// Until when a lock lasts.
    fn until(&self) -> String {
        self.time("until").map(|until| format!(" until {until}")).unwrap_or_default()
    }

    /// A time of the details, in the zone of those who read it.
    fn time(&self, name: &str) -> Option<String> {
        let time: Timestamp = self.text(name)?.parse().ok()?;
        Some(local_time(time, self.zone))
    }

    /// "a password for bob", "passwords for 12 users".
    fn password(&self) -> Phrase {
        let verb = if self.text("chosen_by") == Some("generator") { "generated" } else { "set" };
        let what = if self.names.user.is_some() { "a password" } else { "passwords" };
        let notes = [
            self.selection(),
            self.source(),
            (self.details.get("must_change") == Some(&Value::Bool(true))).then(|| "must be changed".to_owned()),
            self.time("expires_at").map(|end| format!("ends {end}")),
            (self.text("sessions") == Some("kept")).then(|| "sessions kept".to_owned()),
        ];
        phrase(format!("{verb} {what} for {}", self.users("users")), notes)
    }

    fn import(&self, what: &str) -> Phrase {
        let counted = [("added", "added"), ("changed", "changed"), ("passwords_removed", "passwords removed")];
        let counts = counted.map(|(name, words)| {
            let count = self.number(name).filter(|count| *count > 0)?;
            Some(format!("{} {words}", crate::domain::text::grouped(count, ',')))
        });
        let source = self.source().map(|source| format!(" {source}")).unwrap_or_default();
        phrase(format!("imported {what}{source}"), counts)
    }

    /// An operator's role and limits.
    fn operator(&self, verb: &str) -> Phrase {
        let former = |name: &str| self.text(name).map(|former| format!(", formerly {former}")).unwrap_or_default();
        let limits = [("only_roles", "only the roles"), ("only_domains", "only the domains")];
        let mut notes = vec![self.text("role").map(|role| format!("role {role}{}", former("former_role")))];
        notes.extend(limits.map(|(name, words)| self.list(name).map(|list| format!("{words} {list}"))));
        notes.push(self.text("former_limits").map(|limits| format!("limits formerly: {limits}")));
        phrase(format!("{verb} operator {}", self.quoted("account")), notes)
    }

    fn role(&self, verb: &str) -> Phrase {
        let notes = [
            self.text("renamed").map(|name| format!("now {name}")),
            self.text("from").map(|from| format!("from {from}")),
            self.list("permissions").map(|permissions| format!("may {permissions}")),
            self.list("allowed").map(|permissions| format!("allowed {permissions}")),
            self.list("denied").map(|permissions| format!("denied {permissions}")),
            self.text("moved_to").and_then(|to| Some(format!("{} moved to {to}", self.count("users", "user")?))),
        ];
        phrase(format!("{verb} the role {}", self.quoted("role")), notes)
    }

    fn message(&self, what: &str) -> String {
        self.number("message").map_or_else(|| what.to_owned(), |number| format!("{what} (message {number})"))
    }

    /// The fields that several users got: "role: Helpdesk".
    fn new_values(&self) -> Vec<Option<String>> {
        let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let new = |(name, value): (&String, &Value)| Some(format!("{name}: {}", shown(value.get("new")?)));
        self.details.iter().map(new).collect()
    }
}

/// "alice, bob and carol".
fn sequence(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn phrase(words: impl Into<String>, notes: impl IntoIterator<Item = Option<String>>) -> Phrase {
    Phrase { words: words.into(), notes: notes.into_iter().flatten().collect() }
}

fn plain(words: impl Into<String>) -> Phrase {
    phrase(words, [])
}

/// What an action did. Each action has its words here, also one that only reads, of which no event tells unless it is refused.
pub(super) fn of(action: Action, facts: &Facts<'_>) -> Phrase {
    match action {
        Action::UsersAdd => phrase(
            format!("added {}", facts.users("users")),
            [facts.text("role").map(|role| format!("role {role}")), saml(facts)],
        ),
        Action::UsersClone => {
            let of = facts.names.original.as_ref().map(|original| format!(" as a clone of {original}"));
            plain(format!("added {}{}", facts.users("users"), of.unwrap_or_default()))
        }
        Action::UsersEdit => {
            let mut notes = vec![facts.selection()];
            notes.extend(facts.new_values());
            phrase(format!("edited {}", facts.users("changed")), notes)
        }
        Action::UsersDelete => plain(format!("deleted {}", facts.users("users"))),
        Action::UsersLock => phrase(format!("locked {}{}", facts.users("changed"), facts.until()), [facts.selection()]),
        Action::UsersUnlock => {
            let failures = facts.count("failed_logins", "failed login").map(|count| format!("{count} forgotten"));
            phrase(format!("unlocked {}", facts.users("unlocked")), [facts.selection(), failures])
        }
        Action::UsersImport => facts.import("users"),
        Action::UsersImportHashes => facts.import("users with password hashes"),
        Action::UsersExportHashes => {
            phrase("exported users with password hashes", [facts.count("users", "user"), to(facts)])
        }
        Action::UsersSetPassword => facts.password(),
        Action::UsersOverridePolicy => {
            let Phrase { words, notes } = facts.password();
            Phrase { words: format!("{words} against the policy"), notes }
        }
        Action::UsersVerifyPassword => plain(format!("checked the password of {}", facts.users("users"))),
        Action::UsersChangePassword => {
            plain(format!("changed the password of {} to one that the user chose", facts.users("users")))
        }
        Action::UsersSendReset => {
            let what = if facts.text("kind") == Some("invitation") { "an invitation" } else { "a reset link" };
            match facts.text("skipped") {
                Some(why) => phrase(format!("queued no mail for {}", facts.users("users")), [Some(why.to_owned())]),
                None => plain(format!("{} for {}", facts.message(&format!("queued {what}")), facts.users("users"))),
            }
        }
        Action::UsersSendResetToMany => phrase(
            format!("created {}", facts.job()),
            [
                facts.count("messages", "mail"),
                facts.count("skipped", "user").map(|users| format!("{users} skipped")),
                facts.count("passwords_ended", "password").map(|passwords| format!("{passwords} ended")),
                facts.selection(),
            ],
        ),
        Action::ResetsRevoke | Action::ResetsRevokeByCode => {
            let whose = if facts.names.user.is_some() { facts.users("users") } else { "all users".to_owned() };
            let waiting = facts.count("waiting", "mail").map(|mails| format!("{mails} cancelled"));
            phrase(format!("revoked the reset links of {whose}"), [facts.count("links", "link"), waiting])
        }
        Action::ResetsRedeem => {
            plain(format!("set the password that {} chose with a reset link", facts.users("users")))
        }
        Action::JobsRun => {
            let whose = if facts.number("job").is_some() { facts.job() } else { "the outbox".to_owned() };
            plain(format!(
                "made {} of {whose} due",
                facts.count("due_now", "mail").unwrap_or_else(|| "mails".to_owned())
            ))
        }
        Action::JobsPause => phrase(
            format!("paused {}", facts.job()),
            [facts.count("waiting", "mail").map(|mails| format!("{mails} waiting"))],
        ),
        Action::JobsResume => phrase(
            format!("resumed {}", facts.job()),
            [facts.text("paused").filter(|why| !why.is_empty()).map(|why| format!("it was paused: {why}"))],
        ),
        Action::JobsRetry => {
            let failed = facts.count("failed", "failed mail");
            phrase(format!("retried {}", facts.job()), [failed, facts.count("deferred", "deferred mail")])
        }
        Action::JobsCancel => {
            let links = facts.count("links", "link").map(|links| format!("{links} revoked"));
            phrase(format!("cancelled {}", facts.job()), [facts.count("messages", "mail"), links])
        }
        Action::JobsRemind => phrase(format!("created {}", facts.job()), [facts.count("messages", "reminder")]),
        Action::JobsDelete => {
            let jobs = facts.details.get("jobs").and_then(Value::as_array).map_or(0, Vec::len) as u64;
            let what = if jobs == 0 { "old mails".to_owned() } else { counted(jobs, "job") };
            phrase(format!("deleted {what}"), [facts.count("messages", "mail"), facts.count("links", "open link")])
        }
        Action::MailTest => plain(format!("queued a test mail to {}", facts.quoted("address"))),
        Action::MailCancel => {
            let whom = match (&facts.names.user, facts.text("address")) {
                (Some(user), _) => format!(" to {user}"),
                (None, Some(address)) => format!(" to {address}"),
                (None, None) => String::new(),
            };
            plain(format!("cancelled {}{whom}", facts.message("a mail")))
        }
        Action::MailBounces => phrase(
            format!("marked {} as bounced", facts.count("bounced", "mail").unwrap_or_else(|| "mails".to_owned())),
            [facts.count("users", "user")],
        ),
        Action::RolesAdd => facts.role("added"),
        Action::RolesEdit => facts.role("edited"),
        Action::RolesClone => facts.role("added"),
        Action::RolesDelete => facts.role("deleted"),
        Action::OperatorsAdd => facts.operator("added"),
        Action::OperatorsEdit => facts.operator("edited"),
        Action::OperatorsDisable => facts.operator("disabled"),
        Action::OperatorsEnable => facts.operator("enabled"),
        Action::OperatorsRemove => facts.operator("removed"),
        Action::StoreInit if facts.text("key").is_some() => {
            let links = facts.count("links", "link").map(|links| format!("{links} ended"));
            phrase("replaced the lost reset key", [links])
        }
        Action::StoreInit => phrase(
            "created the store",
            [("operator", "operator"), ("service", "service account")]
                .map(|(name, words)| facts.text(name).map(|account| format!("{words} {account}"))),
        ),
        Action::StoreRepairTimes => {
            let times = facts.details.iter().map(|(name, value)| Some(format!("{}: {value}", name.replace('_', " "))));
            phrase("repaired times that were ahead of the clock", times)
        }
        Action::StoreBackup => phrase("backed up the store", [to(facts)]),
        Action::StoreRestore => phrase(
            format!("restored the store from {}", facts.quoted("from")),
            [
                facts.count("links", "link").map(|links| format!("{links} ended")),
                facts.text("replaced_store").map(|path| format!("the replaced store is {path}")),
            ],
        ),
        Action::StoreMigrate => {
            let version = |name| facts.number(name).map_or_else(|| "?".to_owned(), |version| version.to_string());
            plain(format!("upgraded the store from version {} to {}", version("from_version"), version("to_version")))
        }
        Action::AuditArchive => {
            let number = |name| facts.number(name).map_or_else(|| "?".to_owned(), |number| number.to_string());
            phrase(format!("moved events {} to {} out of the store", number("first"), number("last")), [to(facts)])
        }
        Action::UsersList
        | Action::UsersShow
        | Action::UsersExport
        | Action::ResetsList
        | Action::JobsList
        | Action::JobsShow
        | Action::JobsRecipients
        | Action::JobsWait
        | Action::Doctor
        | Action::Metrics
        | Action::MailPreview
        | Action::MailQueue
        | Action::RolesList
        | Action::RolesShow
        | Action::OperatorsList
        | Action::PolicyShow
        | Action::PolicyCheck
        | Action::AuditList
        | Action::AuditShow
        | Action::AuditVerify
        | Action::AuditHead
        | Action::AuditExport
        | Action::WhoAmI
        | Action::ConfigShow
        | Action::StoreCheck => plain(format!("ran `{}`", action.word())),
        Action::StoreOpen => plain("opened the store"),
    }
}

/// Where a file was written.
fn to(facts: &Facts<'_>) -> Option<String> {
    facts.text("to").map(|path| format!("to {path}"))
}

fn saml(facts: &Facts<'_>) -> Option<String> {
    (facts.text("sign_in") == Some("saml")).then(|| "signs in with SAML".to_owned())
}
