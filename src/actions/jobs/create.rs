//! `users send-reset` to many, `jobs remind`: a job is planned, and made.

use std::time::Duration;

use crate::actions::ago;
use crate::actions::delivery::doubt_senders;
use crate::actions::users::list::UserFilter;
use crate::actions::users::list::resolve;
use crate::actions::users::send_reset;
use crate::actions::users::send_reset::check_note;
use crate::app::ActionError;
use crate::app::App;
use crate::app::Change;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::link::RESET_LIFE;
use crate::domain::message::MailKind;
use crate::domain::rate::Rates;
use crate::domain::refusal::ExpectedEffect;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::secret_form::secrets_in;
use crate::domain::text;
use crate::outbox::SampleMail;
use crate::outbox::quota;
use crate::outbox::quota::Left;
use crate::outbox::quota::UsedUp;
use crate::store::job_creation::AudiencePart;
use crate::store::job_creation::NewJob;
use crate::store::job_creation::RecipientSelection;
use crate::store::job_creation::Recipients;
use crate::store::jobs::Job;
use crate::store::jobs::JobSendOptions;
use crate::store::relay_refusals::RelayHold;

/// The longest key, in characters.
const MAX_KEY: usize = 100;

/// Who is meant, before names are looked up.
#[derive(Debug, Clone)]
pub enum Audience {
    /// The users of a selection.
    Selected(Box<UserFilter>),
    /// Those to whom a job brought a link at least so long ago that they did not use.
    NotYet(JobId, Duration),
}

/// A job as it is asked for.
#[derive(Debug, Clone)]
pub struct JobRequest {
    /// Who is meant.
    pub audience: Audience,
    /// The same in the operator's words.
    pub selection: String,
    /// SHA-256 of the file that named the users, in hexadecimal digits.
    pub sha256: Option<String>,
    /// What the operator calls the job.
    pub key: Option<String>,
    /// How many users the operator expects to be mailed.
    pub expect: Option<u64>,
    /// What the mails are to be.
    pub wanted: send_reset::LinkOptions,
    /// How it is sent.
    pub sending: JobSendOptions,
    /// The passwords and sessions of those who are mailed end with the job's creation.
    pub ends_passwords: bool,
}

impl JobRequest {
    /// Which action it is.
    pub fn action(&self) -> Action {
        match self.audience {
            Audience::Selected(_) => Action::UsersSendResetToMany,
            Audience::NotYet(..) => Action::JobsRemind,
        }
    }

    /// Refuses to end passwords where the operator may not set them: for its user, an ended password is one that was set to
    /// another.
    fn require_permission(&self, scene: &impl Transaction) -> Result<()> {
        if self.ends_passwords { scene.require(Permission::SetPasswords) } else { Ok(()) }
    }

    /// How long the links of resets and of invitations live.
    fn lives(&self) -> Result<(Duration, Duration)> {
        let invitation = send_reset::lifetime(&self.wanted, true)?;
        // Whether there is any reset among the mails is known when they are made.
        let reset = send_reset::lifetime(&self.wanted, false).unwrap_or(*RESET_LIFE.end());
        Ok((reset, invitation))
    }
}

/// Who would be mailed, and who not and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPlan {
    /// Those who would be mailed first, then the others by reason.
    pub parts: Vec<RecipientSelection>,
}

impl JobPlan {
    /// How many would be mailed.
    pub fn mailed(&self) -> u64 {
        self.parts.iter().filter(|part| part.skipped.is_none()).map(|part| part.count).sum()
    }

    /// How many of those who would be mailed have a password.
    pub fn with_password(&self) -> u64 {
        self.parts.iter().filter(|part| part.skipped.is_none()).map(|part| part.passwords).sum()
    }

    /// How many of those who would not be mailed have a password.
    pub fn skipped_with_password(&self) -> u64 {
        self.parts.iter().filter(|part| part.skipped.is_some()).map(|part| part.passwords).sum()
    }

    /// How many would not.
    pub fn skipped(&self) -> u64 {
        self.parts.iter().filter(|part| part.skipped.is_some()).map(|part| part.count).sum()
    }
}

/// The job with this key, if there is one.
///
/// # Errors
/// When the operator may not send to many, or the store cannot be read.
pub fn with_key(app: &App, key: &str) -> Result<Option<Job>> {
    app.view(Action::UsersSendResetToMany, |view| Ok(view.job_with_key(key)?))
}

/// Counts who would be mailed and who not. A dry run changes nothing; else what dead processes were sending is taken up first.
///
/// # Errors
/// When the operator may not send to many, a role, a user or a job that is named does not exist, or the wish is malformed.
pub fn plan(app: &App, request: &JobRequest, change_options: &ChangeOptions) -> Result<JobPlan> {
    check(request)?;
    app.view(request.action(), |view| request.require_permission(view))?;
    if !change_options.dry_run {
        app.take_up_the_dead()?;
        return app.view(request.action(), |view| planned(view, request));
    }
    let dead = app.dead_senders()?;
    if dead.is_empty() {
        return app.view(request.action(), |view| planned(view, request));
    }
    app.change(request.action(), change_options, |change| {
        doubt_senders(change, &dead)?;
        Ok((EventDetails::default(), planned(change, request)?))
    })
}

/// What keeps the mails of a job that is about to be created from leaving now.
#[derive(Debug, Default)]
pub struct Obstacles {
    /// The relay refused everything a short while ago.
    pub hold: Option<RelayHold>,
    /// Nothing is left of a rate.
    pub used_up: Option<UsedUp>,
    /// A rate leaves only so many.
    pub left: Option<Left>,
}

/// Looks what keeps the mails of this job from leaving now. `rates` are those of all mail.
///
/// # Errors
/// When the operator may not send to many, or the store cannot be read.
pub fn obstacles(app: &App, request: &JobRequest, rates: &Rates) -> Result<Obstacles> {
    // They were read from the command line, and are written as they are read.
    let job_rates = request.sending.rates.as_deref().and_then(|rates| rates.parse().ok()).unwrap_or_default();
    app.view(request.action(), |view| {
        let now = view.now();
        Ok(Obstacles {
            hold: view.relay_hold()?.filter(|hold| hold.is_in_force(now)),
            used_up: quota::used_up(view, rates, None, now)?,
            left: quota::left_for_new_job(view, rates, &job_rates, now)?,
        })
    })
}

/// Refuses when the disk may have too little room for creating the job; for sending its mails too, unless it is only `queued`. A dry
/// run asks as well, and hears what the command would.
///
/// # Errors
/// When the operator may not send to many, there is too little room, or the store cannot be written.
pub fn require_room(app: &App, request: &JobRequest, mails: u64, is_queued: bool) -> Result<()> {
    app.view(request.action(), |_| match is_queued {
        true => Ok(app.store().require_room_for_change()?),
        false => Ok(app.store().require_room_for_job(mails)?),
    })
}

/// Some of the mails that the job would send, by which the relay is asked whether it takes them.
///
/// # Errors
/// When the operator may not send to many, or the store cannot be read.
pub fn samples(app: &App, request: &JobRequest) -> Result<Vec<SampleMail>> {
    let (reset_life, invitation_lifetime) = request.lives()?;
    app.view(request.action(), |view| {
        let ids = with_recipients(view, request, |recipients| Ok(view.reading().sample_recipients(recipients)?))?;
        let mut samples = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(user) = view.user_by_id(id)? else { continue };
            let is_reset = user.password.is_some() || !view.password_history(id, 1)?.is_empty();
            let (kind, lifetime) = match is_reset {
                true if request.ends_passwords => (MailKind::ForcedReset, reset_life),
                true => (MailKind::Reset, reset_life),
                false => (MailKind::Invitation, invitation_lifetime),
            };
            samples.push(SampleMail { user, kind, lifetime, note: request.wanted.note.clone() });
        }
        Ok(samples)
    })
}

/// Refuses where the store is damaged so that it would end the passwords, and not send the mails. A dry run asks as well.
///
/// # Errors
/// When the operator may not send to many, or the store is damaged or cannot be written.
pub fn require_sound_outbox(app: &App, request: &JobRequest) -> Result<()> {
    let trial = ChangeOptions { dry_run: true, ..ChangeOptions::default() };
    app.change(request.action(), &trial, |change| {
        change.rehearse_sending(change.now())?;
        Ok((EventDetails::default(), ()))
    })
}

fn planned(scene: &impl Transaction, request: &JobRequest) -> Result<JobPlan> {
    request.require_permission(scene)?;
    let parts = with_recipients(scene, request, |recipients| Ok(scene.reading().plan_job(recipients)?))?;
    let has_resets = parts.iter().any(|part| part.skipped.is_none() && part.resets > 0);
    if has_resets && send_reset::lifetime(&request.wanted, false).is_err() {
        return Err(too_long().into());
    }
    expected(request, JobPlan { parts })
}

/// What the operator confirmed.
#[derive(Debug, Clone, Copy)]
pub struct ConfirmedPlan {
    /// How many users are mailed.
    pub mailed: u64,
    /// How many passwords end.
    pub passwords: u64,
}

/// A job that was created.
#[derive(Debug, Clone, Copy)]
pub struct CreatedJob {
    /// The job.
    pub id: JobId,
    /// How many users it mails.
    pub mailed: u64,
    /// How many passwords it has ended.
    pub ended: u64,
    /// How many of those whom it skips keep a password.
    pub kept: u64,
}

/// What making a job came to.
#[derive(Debug)]
pub enum CreateOutcome {
    /// It is created.
    New(CreatedJob),
    /// Another process has made one with this key meanwhile.
    Before(Box<Job>),
}

/// Makes the job: all of its messages, and the event, or nothing. It mails no more users, and ends no more passwords, than were
/// `confirmed`.
///
/// # Errors
/// As for [`plan`]; [`Refusal::SelectionChanged`] when there are more than were confirmed.
pub fn make(
    app: &App,
    request: &JobRequest,
    confirmed: Option<ConfirmedPlan>,
    change_options: &ChangeOptions,
) -> Result<CreateOutcome> {
    check(request)?;
    let (reset_life, invitation_lifetime) = request.lives()?;
    let before = request.key.as_deref().map(|key| with_key(app, key)).transpose()?.flatten();
    if let Some(job) = before {
        return Ok(CreateOutcome::Before(Box::new(job)));
    }
    let made = app.change(request.action(), change_options, |change| {
        request.require_permission(change)?;
        // Two cron lines at once: only here nobody comes between.
        if let Some(job) = request.key.as_deref().map(|key| change.job_with_key(key)).transpose()?.flatten() {
            return Err(Refusal::KeyTaken(job.id).into());
        }
        let new = NewJob {
            key: request.key.as_deref(),
            operator: app.account(),
            reason: change_options.reason.as_deref(),
            selection: &request.selection,
            note: request.wanted.note.as_deref(),
            reset_life,
            invitation_lifetime,
            sending: request.sending.clone(),
            ends_passwords: request.ends_passwords,
        };
        let (job, count) = with_recipients(change, request, |recipients| Ok(change.create_job(&new, recipients)?))?;
        if send_reset::lifetime(&request.wanted, false).is_err() && change.job_has_resets(job)? {
            return Err(too_long().into());
        }
        let skipped = skipped(change, job)?;
        let ended = change.job(job)?.and_then(|job| job.passwords_ended).unwrap_or_default();
        let found = [
            (confirmed.map(|confirmed| confirmed.mailed), count - skipped),
            (confirmed.map(|confirmed| confirmed.passwords), ended),
        ];
        for (confirmed, found) in found {
            if let Some(confirmed) = confirmed.filter(|confirmed| *confirmed < found) {
                return Err(Refusal::SelectionChanged { confirmed, found }.into());
            }
        }
        let kept = if request.ends_passwords { change.skipped_with_password(job)? } else { 0 };
        let plan = JobPlan {
            parts: vec![RecipientSelection { skipped: None, count: count - skipped, resets: 0, passwords: 0 }],
        };
        let mailed = expected(request, plan)?.mailed();
        let mut details = EventDetails::default();
        details.note("job", job.0);
        details.note("selection", request.selection.as_str());
        details.note("messages", mailed);
        details.note("skipped", skipped);
        if request.ends_passwords {
            details.note("passwords_ended", ended);
        }
        if let Some(sha256) = &request.sha256 {
            details.note("sha256", sha256.as_str());
        }
        if let Some(key) = &request.key {
            details.note("key", key.as_str());
        }
        Ok((details, CreatedJob { id: job, mailed, ended, kept }))
    });
    match (made, request.key.as_deref()) {
        (Err(ActionError::Refused(Refusal::KeyTaken(_))), Some(key)) => {
            let job = with_key(app, key)?;
            job.map(|job| CreateOutcome::Before(Box::new(job)))
                .ok_or_else(|| ActionError::BadInput("try again".to_owned()))
        }
        (made, _) => made.map(CreateOutcome::New),
    }
}

fn too_long() -> Refusal {
    let fault =
        "must be between 5 minutes and 24 hours for a reset, and some of these users have a password".to_owned();
    Refusal::Field { field: "lifetime of the link", fault }
}

fn skipped(change: &Change<'_>, job: JobId) -> Result<u64> {
    Ok(change.job_counts(job)?.of(crate::domain::message::MessageState::Skipped))
}

fn check(request: &JobRequest) -> Result<()> {
    request.lives()?;
    check_note(request.wanted.note.as_deref())?;
    if let Some(key) = &request.key {
        let validated = text::check_line(key, MAX_KEY);
        validated.map_err(|fault| Refusal::Field { field: "key", fault: fault.to_string() })?;
        if !secrets_in(key).is_empty() {
            let fault = "has the form of a secret, and a key is shown and recorded: choose another one".to_owned();
            return Err(Refusal::Field { field: "key", fault }.into());
        }
        if key.is_empty() {
            return Err(Refusal::Field { field: "key", fault: "must not be empty".to_owned() }.into());
        }
    }
    Ok(())
}

fn expected(request: &JobRequest, plan: JobPlan) -> Result<JobPlan> {
    match request.expect {
        Some(expected) if expected != plan.mailed() => {
            Err(Refusal::NotExpected { effect: ExpectedEffect::Mailed, expected, found: plan.mailed() }.into())
        }
        _ => Ok(plan),
    }
}

/// Looks up what a wish names, and gives it to `run`.
fn with_recipients<S: Transaction, T>(
    scene: &S,
    request: &JobRequest,
    run: impl FnOnce(&Recipients<'_>) -> Result<T>,
) -> Result<T> {
    let now = scene.now();
    let protected = scene.protected_users()?;
    let within = request.wanted.unless_sent_within;
    let sent_since = (!within.is_zero()).then(|| ago(now, within));
    let query;
    let whom = match &request.audience {
        Audience::Selected(wanted) => {
            query = resolve(scene, wanted)?;
            AudiencePart::Selected(&query.selection)
        }
        Audience::NotYet(job, after) => {
            scene.reading().job(*job)?.ok_or(Refusal::NoSuchJob(*job))?;
            AudiencePart::NotYet(*job, ago(now, *after))
        }
    };
    let email_domains = &scene.app().organization().email_domains;
    let (ends_passwords, includes_bounced) = (request.ends_passwords, request.wanted.includes_bounced);
    run(&Recipients { whom, protected: &protected, email_domains, sent_since, ends_passwords, includes_bounced, now })
}
