//! `users send-reset`.

use std::collections::HashSet;
use std::time::Duration;

use crate::actions::ago;
use crate::actions::delivery::doubt_senders;
use crate::app::ActionError;
use crate::app::App;
use crate::app::Change;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::eligibility;
use crate::domain::eligibility::Candidate;
use crate::domain::eligibility::Ineligible;
use crate::domain::link::INVITATION_LIFE;
use crate::domain::link::RESET_LIFE;
use crate::domain::management::ManagedUser;
use crate::domain::message::MessageId;
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::domain::user::User;
use crate::domain::user::UserId;
use crate::domain::user::UserReference;
use crate::outbox::Mailer;
use crate::outbox::SendOptions;
use crate::outbox::SendReport;
use crate::store::lock_file::LockGuard;
use crate::store::messages::Message;
use crate::store::messages::NewContent;
use crate::store::messages::NewMessage;
use crate::store::outbox::Scope;

/// The longest note, in characters.
const MAX_NOTE: usize = 1_000;

/// What the mails are to be.
#[derive(Debug, Clone)]
pub struct LinkOptions {
    /// How long a link lives; `None`: as configured.
    pub lifetime: Option<Duration>,
    /// The configured life of resets.
    pub reset_life: Duration,
    /// The configured life of invitations.
    pub invitation_lifetime: Duration,
    /// The operator's own words.
    pub note: Option<String>,
    /// A user who was sent a link within this time gets no other one; zero: always.
    pub unless_sent_within: Duration,
    /// A user whose address takes no mail is mailed all the same.
    pub includes_bounced: bool,
}

/// What came of it for one user.
#[derive(Debug)]
pub struct UserSendResult {
    /// As the operator named them.
    pub given: String,
    /// What was done.
    pub what: SendResult,
}

/// What was done for one user.
#[derive(Debug)]
pub enum SendResult {
    /// A mail was queued, and tried: how it stands.
    Mailed(Box<Message>),
    /// It would be, and how long its link would live.
    WouldBeMailed {
        /// The user.
        user: Box<User>,
        /// Whether it is an invitation.
        invitation: bool,
        /// How long the link would live.
        lifetime: Duration,
    },
    /// Nothing: this one may have reached them a short while ago.
    SentBefore(Box<Message>),
    /// Nothing: why.
    Refused(ActionError),
}

impl SendResult {
    /// The message that the user was sent, now or before.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::Mailed(message) | Self::SentBefore(message) => Some(message),
            Self::WouldBeMailed { .. } | Self::Refused(_) => None,
        }
    }
}

/// What a change did.
enum QueueOutcome {
    New(MessageId),
    Would { user: Box<User>, invitation: bool, lifetime: Duration },
    Before(Box<Message>),
}

/// Mails each user a link: each is a change of its own, then all are sent at once.
///
/// # Errors
/// When the operator may not at all, the note is malformed, the key is missing or another one, or the store fails. What
/// one user may not have is their own [`SendResult::Refused`].
pub fn send(
    app: &App,
    mailer: &Mailer,
    send_options: SendOptions,
    references: &[UserReference],
    wanted: &LinkOptions,
    change_options: &ChangeOptions,
) -> Result<(Vec<UserSendResult>, SendReport)> {
    app.view(Action::UsersSendReset, |_| Ok(()))?;
    check_note(wanted.note.as_deref())?;
    app.check_mailer(mailer)?;
    let dead = if change_options.dry_run { app.dead_senders()? } else { Vec::new() };
    if !change_options.dry_run {
        app.take_up_the_dead()?;
    }
    let mut queued = Vec::with_capacity(references.len());
    let (mut ids, mut met) = (Vec::new(), HashSet::new());
    for reference in references {
        let mut user = None;
        let result = queue(app, reference, wanted, change_options, &dead, &met, &mut user);
        if user.is_some_and(|user| !met.insert(user)) {
            continue;
        }
        if let Ok(QueueOutcome::New(id)) = &result {
            ids.push(*id);
        }
        // What is queued is sent and told, whatever became of the store.
        let is_broken = result.as_ref().is_err_and(|error| !matches!(error, ActionError::Refused(_)));
        queued.push((reference.shown().to_owned(), result));
        if is_broken {
            break;
        }
    }
    let mut report = SendReport::default();
    if !ids.is_empty() {
        report = app.deliver(mailer, &SendOptions { scope: Scope::These(ids.clone()), ..send_options })?;
    }
    let mut messages = app.outcomes(&ids).map_err(app.broken_after(&report))?.into_iter();
    let outcomes = queued.into_iter().filter_map(|(given, result)| {
        let what = match result {
            // In the order of the numbers, so each finds its own.
            Ok(QueueOutcome::New(_)) => SendResult::Mailed(Box::new(messages.next()?)),
            Ok(QueueOutcome::Would { user, invitation, lifetime }) => {
                SendResult::WouldBeMailed { user, invitation, lifetime }
            }
            Ok(QueueOutcome::Before(message)) => SendResult::SentBefore(message),
            Err(error) => SendResult::Refused(error),
        };
        Some(UserSendResult { given, what })
    });
    Ok((outcomes.collect(), report))
}

/// Refuses a note that is too long, or holds what drives terminals.
///
/// # Errors
/// What is wrong with it.
pub fn check_note(note: Option<&str>) -> Result<()> {
    let Some(note) = note else { return Ok(()) };
    let validated = text::check_lines(note, MAX_NOTE);
    Ok(validated.map_err(|fault| Refusal::Field { field: "note", fault: fault.to_string() })?)
}

/// Queues a mail to a user, after what the `dead` were sending is in doubt. The user's number is put into `found`; one of
/// those who were `met` before, under another name, gets none.
fn queue(
    app: &App,
    reference: &UserReference,
    wanted: &LinkOptions,
    change_options: &ChangeOptions,
    dead: &[LockGuard],
    met: &HashSet<UserId>,
    found: &mut Option<UserId>,
) -> Result<QueueOutcome> {
    app.change(Action::UsersSendReset, change_options, |change| {
        doubt_senders(change, dead)?;
        let user = change.user(reference)?;
        *found = Some(user.id);
        if met.contains(&user.id) {
            return Err(Refusal::NamedTwice(user.username.to_string()).into());
        }
        may_have_a_link(change, &user, wanted)?;
        // A user whose password was ended has a former one alone.
        let invitation = user.password.is_none() && change.password_history(user.id, 1)?.is_empty();
        let lifetime = lifetime(wanted, invitation)?;
        let mut details = EventDetails::of(&user);
        details.note("kind", if invitation { "invitation" } else { "reset" });
        let since = ago(change.now(), wanted.unless_sent_within);
        let before = if wanted.unless_sent_within.is_zero() {
            None
        } else {
            change.recent_link(user.id, since, change.now())?
        };
        if let Some(before) = before {
            details.note("skipped", format!("message {} was sent a short while ago", before.id.0));
            return Ok((details, QueueOutcome::Before(Box::new(before))));
        }
        change.cancel_waiting_links(user.id, "a newer link", change.now())?;
        let id = change.queue_message(&NewMessage {
            content: NewContent::Link { invitation, lifetime, note: wanted.note.as_deref() },
            user: Some(user.id),
            address: &user.email,
            operator: app.account(),
            created_at: change.now(),
        })?;
        details.note("message", id.0);
        details.note("lifetime", lifetime.as_secs());
        if change_options.dry_run {
            return Ok((details, QueueOutcome::Would { user: Box::new(user), invitation, lifetime }));
        }
        Ok((details, QueueOutcome::New(id)))
    })
}

/// Refuses a user who may get no link: see [`eligibility::check`].
fn may_have_a_link(change: &Change<'_>, user: &User, wanted: &LinkOptions) -> Result<()> {
    let organization = change.app().organization();
    let candidate = Candidate {
        user: ManagedUser { role: user.role, permissions: change.permissions(user.role)?, email: &user.email },
        sign_in: user.sign_in,
        is_locked: user.is_locked(change.now()),
        bounce: user.bounce.as_ref().filter(|_| !wanted.includes_bounced),
    };
    let Err(why) = eligibility::check(&candidate, change.authority(), organization) else {
        return Ok(());
    };
    match why {
        Ineligible::NotManageable(error) => Err(change.not_manageable(user, error).into()),
        Ineligible::Saml => change.require_password_sign_in(user),
        Ineligible::Locked => Err(Refusal::Locked { user: user.username.to_string() }.into()),
        Ineligible::EmailDomain => {
            let domains = organization.email_domains.clone();
            Err(Refusal::EmailDomain { email: user.email.clone(), domains }.into())
        }
        Ineligible::Bounces => {
            let words = why.words(&candidate, change.now()).into_owned();
            Err(Refusal::Bounces { user: user.username.to_string(), words }.into())
        }
    }
}

/// How long a link lives.
pub(in crate::actions) fn lifetime(wanted: &LinkOptions, invitation: bool) -> Result<Duration> {
    let (bounds, configured) =
        if invitation { (INVITATION_LIFE, wanted.invitation_lifetime) } else { (RESET_LIFE, wanted.reset_life) };
    let lifetime = wanted.lifetime.unwrap_or(configured);
    if bounds.contains(&lifetime) {
        return Ok(lifetime);
    }
    let fault = if invitation {
        "must be between 5 minutes and 7 days for an invitation"
    } else {
        "must be between 5 minutes and 24 hours for a reset"
    };
    Err(Refusal::Field { field: "lifetime of the link", fault: fault.to_owned() }.into())
}
