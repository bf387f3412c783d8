//! `users send-reset`.

use std::time::Duration;

use jiff::Timestamp;

use crate::actions::Desk;
use crate::actions::jobs::make::Meant;
use crate::actions::resets::send;
use crate::actions::resets::send::Outcome;
use crate::actions::resets::send::Wanted;
use crate::actions::resets::send::What;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::failure::Complaint;
use crate::cli::failure::MailFault;
use crate::cli::jobs::running::signal_name;
use crate::cli::jobs::summary;
use crate::cli::jobs::summary::counted;
use crate::cli::mail::fault_of;
use crate::cli::mail::hint_for;
use crate::cli::output::Format;
use crate::cli::plan;
use crate::cli::plan::Step;
use crate::cli::targets::TargetArgs;
use crate::cli::users::send_to_many;
use crate::cli::users::send_to_many::Asked;
use crate::cli::users::send_to_many::BulkArgs;
use crate::domain::action::Action;
use crate::domain::duration::SpokenDuration;
use crate::domain::duration::parse_duration;
use crate::domain::message::MailKind;
use crate::domain::message::MessageState;
use crate::domain::role::Permission;
use crate::domain::text;
use crate::domain::user::UserReference;
use crate::mail::transport::Transport;
use crate::outbox::Halt;
use crate::outbox::Report;
use crate::store::messages::Message;

/// Mail users a link with which they choose a password
///
/// The mail is sent immediately, and only to the address in the store. The link works once, and stops working when a
/// newer one is sent or the password changes. A user who never had a password gets an invitation. A mail that the relay
/// does not accept now waits in the outbox: `cxme-admin jobs run` tries it again.
///
/// Named users are mailed one by one. Selecting users creates a job, which records the result for each user:
/// `cxme-admin users send-reset --policy-outdated --key 2026-11 --max-failures 20% --yes`
#[derive(Debug, clap::Args)]
pub struct SendResetArgs {
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    bulk: BulkArgs,
    /// After a breach: end the passwords and sessions of all mailed users immediately; skipped users keep theirs
    #[arg(long, help_heading = "Many users")]
    end_passwords: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// What the mails are
#[derive(Debug, Clone, Default, clap::Args)]
pub struct MailArgs {
    /// Lifetime of the link: 5m to 24h, or up to 7d if all mails are invitations; by default as configured
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// Skip users who were sent a link within this time; `0s` skips nobody; by default as configured (15m)
    #[arg(long, value_name = "TIME")]
    unless_sent_within: Option<String>,
    /// Message to include in the mail, up to 1,000 characters; it may have several lines
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl MailArgs {
    /// What the action is told.
    ///
    /// # Errors
    /// When a time is malformed.
    pub fn wanted(&self, context: &mut Context) -> anyhow::Result<Wanted> {
        let config = context.config()?;
        let time = |option: &'static str, given: &Option<String>| {
            let usage = |words: String| Complaint::Usage { words: format!("{option}: {words}"), hint: None };
            given.as_deref().map(parse_duration).transpose().map_err(|error| usage(error.to_string()))
        };
        Ok(Wanted {
            life: time("--expires", &self.expires)?,
            reset_life: config.reset.life,
            invitation_life: config.reset.invitation_life,
            note: self.note.clone(),
            unless_sent_within: time("--unless-sent-within", &self.unless_sent_within)?
                .unwrap_or(config.jobs.unless_sent_within),
        })
    }
}

const HEADS: [Head; 7] = [
    Head { name: "user", title: "" },
    Head { name: "address", title: "" },
    Head { name: "result", title: "" },
    Head { name: "why", title: "" },
    Head { name: "message", title: "" },
    Head { name: "expires_at", title: "" },
    Head { name: "next_try_at", title: "" },
];

/// Runs the command.
///
/// # Errors
/// When a user may not have a link, a mail is not sent, or the operator may not.
pub fn run(context: &mut Context, args: &SendResetArgs) -> anyhow::Result<()> {
    args.targets.check()?;
    let is_job = args.targets.is_selection();
    if !is_job && (args.bulk.is_given() || args.end_passwords) {
        let words = "this option is for jobs: `--key`, `--rate` and the like need a selection".to_owned();
        return Err(Complaint::Usage { words, hint: None }.into());
    }
    let besides: &[Permission] = if args.end_passwords { &[Permission::SetPasswords] } else { &[] };
    let action = if is_job { Action::UsersSendResetToMany } else { Action::UsersSendReset };
    let desk = context.desk_with(action, besides)?;
    if is_job {
        let (wanted, sha256) = args.targets.selection.wanted_with_digest(context, &desk)?;
        let (meant, selection) = (Meant::Selected(Box::new(wanted)), args.targets.words());
        let asked = Asked { meant, selection, sha256, ends_passwords: args.end_passwords };
        return send_to_many::send(context, &desk, asked, &args.mail, &args.bulk, &args.acting);
    }
    let references: Vec<UserReference> = args.targets.users.iter().map(|user| UserReference::new(user)).collect();
    send_to(context, &desk, &references, &args.mail, &args.acting)
}

/// Mails these users a link, and says what came of it.
///
/// # Errors
/// As the command.
pub fn send_to(
    context: &mut Context,
    desk: &Desk,
    references: &[UserReference],
    mail: &MailArgs,
    acting: &ActingArgs,
) -> anyhow::Result<()> {
    let wanted = mail.wanted(context)?;
    let post = context.post(desk)?;
    let order = context.order()?;
    let (order, signal) = context.stoppable(order)?;
    let (outcomes, report) = send::send(desk, &post, order, references, &wanted, &acting.intent())?;
    if acting.dry_run {
        let sent = Sent { report: &report, transport: &post.transport, now: desk.now() };
        print_plan(context, &outcomes, sent)?;
        return tell(context, outcomes, sent, true);
    }
    if context.output.format != Format::Table {
        write_records(context, &outcomes, desk.now())?;
    }
    if report.halt == Some(Halt::Stopped) {
        let words = format!("Stopped by {}: what had not left waits in the outbox.", signal_name(signal.number()));
        let hint = "cxme-admin jobs run sends it; cxme-admin mail queue shows it".to_owned();
        return Err(Complaint::Stopped { signal: signal.number(), words, hint }.into());
    }
    let sent = Sent { report: &report, transport: &post.transport, now: desk.now() };
    tell(context, outcomes, sent, false)
}

/// What is known of the sending, besides what became of each mail.
#[derive(Clone, Copy)]
struct Sent<'a> {
    report: &'a Report,
    transport: &'a Transport,
    now: Timestamp,
}

/// Prints what would be sent. Those who may have no link are errors, and in data a row too.
fn print_plan(context: &mut Context, outcomes: &[Outcome], sent: Sent<'_>) -> anyhow::Result<()> {
    let is_table = context.output.format == Format::Table;
    let mut steps = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let words = match judge(outcome, sent) {
            Ok(words) => words,
            Err(_) if is_table => continue,
            Err(error) => error.to_string(),
        };
        let step = Step::new(Action::UsersSendReset, words);
        let step = step.if_changed(matches!(outcome.what, What::WouldBeMailed { .. }));
        let fields = HEADS.iter().map(|head| head.name).zip(cells(outcome));
        steps.push(fields.fold(step, |step, (name, value)| step.field(name, value)));
    }
    plan::print(&mut context.output, sent.now, &steps)
}

/// Says what came of it, a line a user; the error is the single user's own, or the sum of several. What a plan has said
/// already is not said again.
fn tell(context: &mut Context, mut outcomes: Vec<Outcome>, sent: Sent<'_>, is_planned: bool) -> anyhow::Result<()> {
    if outcomes.len() == 1
        && let Some(outcome) = outcomes.pop()
    {
        return match judge(&outcome, sent) {
            Ok(words) => {
                if !is_planned {
                    context.output.say(&words);
                }
                Ok(())
            }
            Err(error) => Err(match outcome.what {
                What::Refused(refused) => refused.into(),
                _ => error.into(),
            }),
        };
    }
    let (mut failed, mut skipped, mut faults) = (0_usize, 0_usize, Vec::new());
    for outcome in &outcomes {
        match judge(outcome, sent) {
            Ok(words) => {
                skipped += usize::from(matches!(outcome.what, What::SentBefore(_)));
                if !is_planned {
                    context.output.say(&words);
                }
            }
            Err(error) => {
                failed += 1;
                context.output.complain(&error.to_string());
                faults.extend(fault_in(&error));
            }
        }
    }
    if failed == 0 {
        return Ok(());
    }
    let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    let were = if failed == 1 { "was" } else { "were" };
    let words = format!("{failed} of {} {were} sent no mail{skipped}", counted(outcomes.len() as u64, "user"));
    if let Some(trouble) = &sent.report.trouble {
        return Err(not_sent(fault_of(trouble), format!("{words}: {}", trouble.words)).into());
    }
    // What is only late is as with one user.
    let fault = if faults.iter().all(|fault| *fault == MailFault::Later) { MailFault::Later } else { MailFault::Some };
    let hint = if faults.contains(&MailFault::Later) { hint_for(MailFault::Later) } else { "" };
    Err(Complaint::NotSent { fault, words, hint: hint.to_owned() }.into())
}

fn fault_in(complaint: &Complaint) -> Option<MailFault> {
    if let Complaint::NotSent { fault, .. } = complaint { Some(*fault) } else { None }
}

/// What came of it for one user: good, or not.
fn judge(outcome: &Outcome, sent: Sent<'_>) -> Result<String, Complaint> {
    match &outcome.what {
        What::Mailed(message) => judge_message(message, sent),
        What::WouldBeMailed { user, invitation, life } => {
            let (kind, life) = (kind(*invitation), SpokenDuration(*life));
            Ok(format!("{}: would be mailed {kind} to {}, good for {life}.", user.username, user.email))
        }
        What::SentBefore(message) => {
            let when = match data::relative(message.last_try_at.unwrap_or(message.created_at), sent.now).as_str() {
                "now" => "just now".to_owned(),
                earlier => earlier.to_owned(),
            };
            let name = message.username.as_deref().unwrap_or(&outcome.given);
            let may = if message.state == MessageState::Accepted { "was" } else { "may have been" };
            Ok(format!(
                "{name}: skipped: a link {may} mailed {when} (message {}); `--unless-sent-within 0s` mails another.",
                message.id.0
            ))
        }
        What::Refused(error) => {
            let (given, words) = (text::quoted(&outcome.given, 80), error.to_string());
            let words = if words.starts_with(&given) { words } else { format!("{given}: {words}") };
            Err(Complaint::NotSent { fault: MailFault::CalledOff, words, hint: String::new() })
        }
    }
}

fn judge_message(message: &Message, sent: Sent<'_>) -> Result<String, Complaint> {
    let Sent { report, transport, now } = sent;
    let name = message.username.as_deref().unwrap_or("a user who was deleted");
    let address = &message.address;
    let reply = message.reply.as_deref().unwrap_or_default();
    let later = |words: String| Err(not_sent(MailFault::Later, words));
    if let Some(used_up) = report.used_up().filter(|_| message.state == MessageState::Queued) {
        return later(format!("{name}: not sent yet: {}", summary::of_used_up(&used_up, now)));
    }
    if let Some(trouble) = report.trouble.as_ref().filter(|_| may_wait_for_the_relay(message.state)) {
        return Err(not_sent(fault_of(trouble), format!("{name}: not sent yet: {}", trouble.words)));
    }
    match message.state {
        MessageState::Accepted => {
            let kind = kind(message.kind == MailKind::Invitation);
            let life = SpokenDuration(message.link.as_ref().map_or(Duration::ZERO, |link| link.life));
            let accepted = transport.accepted(&format!("{kind} for {address}"));
            Ok(format!("{name}: {accepted}; the link is good for {life}."))
        }
        MessageState::Queued | MessageState::Sending => {
            later(format!("{name}: not sent yet: another process has the mail"))
        }
        MessageState::Deferred => {
            let next = data::relative(message.due_at, now);
            later(format!("{name}: deferred by the relay, the next try is due {next}: {reply}"))
        }
        MessageState::InDoubt => later(format!("{name}: the relay may have the mail for {address} or not: {reply}")),
        MessageState::Cancelled | MessageState::Skipped => {
            let words = format!("{name}: cancelled: {reply}");
            Err(Complaint::NotSent { fault: MailFault::CalledOff, words, hint: String::new() })
        }
        MessageState::Failed => {
            let fault = if report.bug { MailFault::Bug } else { MailFault::Refused };
            let words = format!("{name}: the mail for {address} was refused, and is not tried again: {reply}");
            Err(Complaint::NotSent { fault, words, hint: String::new() })
        }
    }
}

/// Whether a message in this state may wait because the relay cannot be used.
fn may_wait_for_the_relay(state: MessageState) -> bool {
    matches!(state, MessageState::Queued | MessageState::Sending | MessageState::Deferred)
}

/// What is tried again by `jobs run`, which the hint says.
fn not_sent(fault: MailFault, words: String) -> Complaint {
    Complaint::NotSent { fault, words, hint: hint_for(fault).to_owned() }
}

fn kind(invitation: bool) -> &'static str {
    if invitation { "an invitation" } else { "a reset link" }
}

fn write_records(context: &mut Context, outcomes: &[Outcome], now: Timestamp) -> anyhow::Result<()> {
    data::records::<anyhow::Error>(&mut context.output, &HEADS, now, |sink| {
        for outcome in outcomes {
            sink(&cells(outcome))?;
        }
        Ok(())
    })
}

/// What came of it for one user, under the [`HEADS`].
fn cells(outcome: &Outcome) -> [Cell<'_>; 7] {
    let nothing = || Cell::Nothing("");
    match &outcome.what {
        What::Mailed(message) | What::SentBefore(message) => {
            let is_new = matches!(outcome.what, What::Mailed(_));
            let waits = is_new && !message.state.has_ended();
            let expires_at = message.link.as_ref().and_then(|link| link.expires_at);
            [
                Cell::text(message.username.as_deref().unwrap_or(&outcome.given)),
                Cell::text(&message.address),
                Cell::text(if is_new { message.state.word() } else { "skipped" }),
                Cell::text(if is_new { message.reply.as_deref().unwrap_or("") } else { "sent before" }),
                Cell::Number(message.id.0),
                Cell::time_or(expires_at, ""),
                Cell::time_or(waits.then_some(message.due_at), ""),
            ]
        }
        What::WouldBeMailed { user, .. } => {
            let (user, address) = (Cell::text(user.username.as_str()), Cell::text(user.email.as_str()));
            [user, address, Cell::text("would be mailed"), nothing(), nothing(), nothing(), nothing()]
        }
        What::Refused(error) => {
            let (user, why) = (Cell::text(&outcome.given), Cell::text(error.to_string()));
            [user, nothing(), Cell::text("refused"), why, nothing(), nothing(), nothing()]
        }
    }
}
