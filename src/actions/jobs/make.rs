//! `users send-reset` to many, `jobs remind`: a job is planned, and made.

use std::time::Duration;

use crate::actions::ActionError;
use crate::actions::Change;
use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::Record;
use crate::actions::Result;
use crate::actions::Scene;
use crate::actions::ago;
use crate::actions::outbox::doubt_senders;
use crate::actions::resets::send;
use crate::actions::resets::send::check_note;
use crate::actions::users::list::Wanted;
use crate::actions::users::list::resolve;
use crate::domain::action::Action;
use crate::domain::job::JobId;
use crate::domain::link::RESET_LIFE;
use crate::domain::rate::Rates;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::text;
use crate::outbox::quota;
use crate::outbox::quota::Left;
use crate::outbox::quota::UsedUp;
use crate::store::job_making::NewJob;
use crate::store::job_making::Part;
use crate::store::job_making::Recipients;
use crate::store::job_making::Whom;
use crate::store::jobs::Job;
use crate::store::jobs::Sending;
use crate::store::relay_refusals::RelayHold;

/// The longest key, in characters.
const MAX_KEY: usize = 100;

/// Who is meant, before names are looked up.
#[derive(Debug, Clone)]
pub enum Meant {
    /// The users of a selection.
    Selected(Box<Wanted>),
    /// Those to whom a job brought a link at least so long ago that they did not use.
    NotYet(JobId, Duration),
}

/// A job as it is asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Who is meant.
    pub meant: Meant,
    /// The same in the operator's words.
    pub selection: String,
    /// SHA-256 of the file that named the users, in hexadecimal digits.
    pub sha256: Option<String>,
    /// What the operator calls the job.
    pub key: Option<String>,
    /// How many users the operator expects to be mailed.
    pub expect: Option<u64>,
    /// What the mails are to be.
    pub wanted: send::Wanted,
    /// How it is sent.
    pub sending: Sending,
    /// The passwords and sessions of those who are mailed end with the job's creation.
    pub ends_passwords: bool,
}

impl Wish {
    /// Which action it is.
    pub fn action(&self) -> Action {
        match self.meant {
            Meant::Selected(_) => Action::UsersSendResetToMany,
            Meant::NotYet(..) => Action::JobsRemind,
        }
    }

    /// Refuses to end passwords where the operator may not set them: for its user, an ended password is one that was set to
    /// another.
    fn require_permission(&self, scene: &impl Scene) -> Result<()> {
        if self.ends_passwords { scene.require(Permission::SetPasswords) } else { Ok(()) }
    }

    /// How long the links of resets and of invitations live.
    fn lives(&self) -> Result<(Duration, Duration)> {
        let invitation = send::life(&self.wanted, true)?;
        // Whether there is any reset among the mails is known when they are made.
        let reset = send::life(&self.wanted, false).unwrap_or(*RESET_LIFE.end());
        Ok((reset, invitation))
    }
}

/// Who would be mailed, and who not and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Those who would be mailed first, then the others by reason.
    pub parts: Vec<Part>,
}

impl Plan {
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
pub fn with_key(desk: &Desk, key: &str) -> Result<Option<Job>> {
    desk.view(Action::UsersSendResetToMany, |view| Ok(view.job_with_key(key)?))
}

/// Counts who would be mailed and who not. A dry run changes nothing; else what dead processes were sending is taken up first.
///
/// # Errors
/// When the operator may not send to many, a role, a user or a job that is named does not exist, or the wish is malformed.
pub fn plan(desk: &Desk, wish: &Wish, intent: &Intent) -> Result<Plan> {
    check(wish)?;
    desk.view(wish.action(), |view| wish.require_permission(view))?;
    if !intent.dry_run {
        desk.take_up_the_dead()?;
        return desk.view(wish.action(), |view| planned(view, wish));
    }
    let dead = desk.dead_senders()?;
    if dead.is_empty() {
        return desk.view(wish.action(), |view| planned(view, wish));
    }
    desk.change(wish.action(), intent, |change| {
        doubt_senders(change, &dead)?;
        Ok((Record::default(), planned(change, wish)?))
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
pub fn obstacles(desk: &Desk, wish: &Wish, rates: &Rates) -> Result<Obstacles> {
    // They were read from the command line, and are written as they are read.
    let job_rates = wish.sending.rates.as_deref().and_then(|rates| rates.parse().ok()).unwrap_or_default();
    desk.view(wish.action(), |view| {
        let now = view.now();
        Ok(Obstacles {
            hold: view.relay_hold()?.filter(|hold| hold.is_in_force(now)),
            used_up: quota::used_up(view, rates, None, now)?,
            left: quota::left_for_new_job(view, rates, &job_rates, now)?,
        })
    })
}

fn planned(scene: &impl Scene, wish: &Wish) -> Result<Plan> {
    wish.require_permission(scene)?;
    let parts = with_recipients(scene, wish, |recipients| Ok(scene.reading().plan_job(recipients)?))?;
    let has_resets = parts.iter().any(|part| part.skipped.is_none() && part.resets > 0);
    if has_resets && send::life(&wish.wanted, false).is_err() {
        return Err(too_long().into());
    }
    expected(wish, Plan { parts })
}

/// What the operator confirmed.
#[derive(Debug, Clone, Copy)]
pub struct Confirmed {
    /// How many users are mailed.
    pub mailed: u64,
    /// How many passwords end.
    pub passwords: u64,
}

/// A job that was created.
#[derive(Debug, Clone, Copy)]
pub struct Created {
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
pub enum Made {
    /// It is created.
    New(Created),
    /// Another process has made one with this key meanwhile.
    Before(Box<Job>),
}

/// Makes the job: all of its messages, and the event, or nothing. It mails no more users, and ends no more passwords, than were
/// `confirmed`.
///
/// # Errors
/// As for [`plan`]; [`Refusal::SelectionChanged`] when there are more than were confirmed.
pub fn make(desk: &Desk, wish: &Wish, confirmed: Option<Confirmed>, intent: &Intent) -> Result<Made> {
    check(wish)?;
    let (reset_life, invitation_life) = wish.lives()?;
    let before = wish.key.as_deref().map(|key| with_key(desk, key)).transpose()?.flatten();
    if let Some(job) = before {
        return Ok(Made::Before(Box::new(job)));
    }
    let made = desk.change(wish.action(), intent, |change| {
        wish.require_permission(change)?;
        // Two cron lines at once: only here nobody comes between.
        if let Some(job) = wish.key.as_deref().map(|key| change.job_with_key(key)).transpose()?.flatten() {
            return Err(Refusal::KeyTaken(job.id).into());
        }
        let new = NewJob {
            key: wish.key.as_deref(),
            operator: desk.account(),
            reason: intent.reason.as_deref(),
            selection: &wish.selection,
            note: wish.wanted.note.as_deref(),
            reset_life,
            invitation_life,
            sending: wish.sending.clone(),
            ends_passwords: wish.ends_passwords,
        };
        let (job, count) = with_recipients(change, wish, |recipients| Ok(change.make_job(&new, recipients)?))?;
        if send::life(&wish.wanted, false).is_err() && change.job_has_resets(job)? {
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
        let kept = if wish.ends_passwords { change.skipped_with_password(job)? } else { 0 };
        let plan = Plan { parts: vec![Part { skipped: None, count: count - skipped, resets: 0, passwords: 0 }] };
        let mailed = expected(wish, plan)?.mailed();
        let mut record = Record::default();
        record.note("job", job.0);
        record.note("selection", wish.selection.as_str());
        record.note("messages", mailed);
        record.note("skipped", skipped);
        if wish.ends_passwords {
            record.note("passwords_ended", ended);
        }
        if let Some(sha256) = &wish.sha256 {
            record.note("sha256", sha256.as_str());
        }
        if let Some(key) = &wish.key {
            record.note("key", key.as_str());
        }
        Ok((record, Created { id: job, mailed, ended, kept }))
    });
    match (made, wish.key.as_deref()) {
        (Err(ActionError::Refused(Refusal::KeyTaken(_))), Some(key)) => {
            let job = with_key(desk, key)?;
            job.map(|job| Made::Before(Box::new(job))).ok_or_else(|| ActionError::BadInput("try again".to_owned()))
        }
        (made, _) => made.map(Made::New),
    }
}

fn too_long() -> Refusal {
    let fault =
        "must be between 5 minutes and 24 hours for a reset, and some of these users have a password".to_owned();
    Refusal::Field { field: "life of the link", fault }
}

fn skipped(change: &Change<'_>, job: JobId) -> Result<u64> {
    Ok(change.job_counts(job)?.of(crate::domain::message::MessageState::Skipped))
}

fn check(wish: &Wish) -> Result<()> {
    wish.lives()?;
    check_note(wish.wanted.note.as_deref())?;
    if let Some(key) = &wish.key {
        let judged = text::check_line(key, MAX_KEY);
        judged.map_err(|fault| Refusal::Field { field: "key", fault: fault.to_string() })?;
        if key.is_empty() {
            return Err(Refusal::Field { field: "key", fault: "must not be empty".to_owned() }.into());
        }
    }
    Ok(())
}

fn expected(wish: &Wish, plan: Plan) -> Result<Plan> {
    match wish.expect {
        Some(expected) if expected != plan.mailed() => {
            Err(Refusal::NotExpected { expected, found: plan.mailed() }.into())
        }
        _ => Ok(plan),
    }
}

/// Looks up what a wish names, and gives it to `run`.
fn with_recipients<S: Scene, T>(scene: &S, wish: &Wish, run: impl FnOnce(&Recipients<'_>) -> Result<T>) -> Result<T> {
    let now = scene.now();
    let outranking = scene.outranking()?;
    let within = wish.wanted.unless_sent_within;
    let sent_since = (!within.is_zero()).then(|| ago(now, within));
    let query;
    let whom = match &wish.meant {
        Meant::Selected(wanted) => {
            query = resolve(scene, wanted)?;
            Whom::Selected(&query.selection)
        }
        Meant::NotYet(job, after) => {
            scene.reading().job(*job)?.ok_or(Refusal::NoSuchJob(*job))?;
            Whom::NotYet(*job, ago(now, *after))
        }
    };
    let email_domains = &scene.desk().organization().email_domains;
    let ends_passwords = wish.ends_passwords;
    run(&Recipients { whom, outranking: &outranking, email_domains, sent_since, ends_passwords, now })
}
