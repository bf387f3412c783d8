//! `users send-reset`.

use std::time::Duration;

use jiff::Timestamp;

use crate::actions::jobs::create::Audience;
use crate::actions::users::send_reset;
use crate::actions::users::send_reset::SendResult;
use crate::actions::users::send_reset::UserSendResult;
use crate::app::App;
use crate::cli::acting_args::ActingArgs;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::cli::jobs::mail_args::MailArgs;
use crate::cli::jobs::send::signal_name;
use crate::cli::jobs::send_to_many;
use crate::cli::jobs::send_to_many::BulkArgs;
use crate::cli::jobs::send_to_many::RequestedAudience;
use crate::cli::jobs::summary;
use crate::cli::jobs::summary::counted;
use crate::cli::mail::fault_of;
use crate::cli::mail::hint_for;
use crate::cli::output::Format;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::targets::TargetArgs;
use crate::cli::value;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::duration::DurationInWords;
use crate::domain::message::MailKind;
use crate::domain::message::MessageState;
use crate::domain::role::Permission;
use crate::domain::text;
use crate::domain::user::UserReference;
use crate::mail::transport::Transport;
use crate::outbox::SendReport;
use crate::outbox::StopReason;
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

type ResultColumn = Column<UserSendResult>;

const COLUMNS: [ResultColumn; 7] = [
    ResultColumn {
        name: "user",
        title: "",
        cell: |row| match &row.what {
            SendResult::Mailed(message) | SendResult::SentBefore(message) => {
                Value::text(message.username.as_deref().unwrap_or(&row.given))
            }
            SendResult::WouldBeMailed { user, .. } => Value::text(user.username.as_str()),
            SendResult::Refused(_) => Value::text(&row.given),
        },
    },
    ResultColumn {
        name: "address",
        title: "",
        cell: |row| match &row.what {
            SendResult::Mailed(message) | SendResult::SentBefore(message) => Value::text(&message.address),
            SendResult::WouldBeMailed { user, .. } => Value::text(user.email.as_str()),
            SendResult::Refused(_) => Value::Nothing(""),
        },
    },
    ResultColumn {
        name: "result",
        title: "",
        cell: |row| match &row.what {
            SendResult::Mailed(message) => Value::text(message.state.word()),
            SendResult::SentBefore(_) => Value::text("skipped"),
            SendResult::WouldBeMailed { .. } => Value::text("would be mailed"),
            SendResult::Refused(_) => Value::text("refused"),
        },
    },
    ResultColumn {
        name: "why",
        title: "",
        cell: |row| match &row.what {
            SendResult::Mailed(message) => Value::text(message.reply.as_deref().unwrap_or("")),
            SendResult::SentBefore(_) => Value::text("sent before"),
            SendResult::WouldBeMailed { .. } => Value::Nothing(""),
            SendResult::Refused(error) => Value::text(error.to_string()),
        },
    },
    ResultColumn {
        name: "message",
        title: "",
        cell: |row| row.what.message().map_or(Value::Nothing(""), |message| Value::Number(message.id.0)),
    },
    ResultColumn {
        name: "expires_at",
        title: "",
        cell: |row| Value::time_or(row.what.message().and_then(|message| message.link.as_ref()?.expires_at), ""),
    },
    ResultColumn {
        name: "next_try_at",
        title: "",
        cell: |row| match &row.what {
            SendResult::Mailed(message) if !message.state.has_ended() => Value::Time(message.due_at),
            _ => Value::Nothing(""),
        },
    },
];

/// Runs the command.
///
/// # Errors
/// When a user may not have a link, a mail is not sent, or the operator may not.
pub fn run(context: &mut Context, args: &SendResetArgs) -> anyhow::Result<()> {
    args.targets.check()?;
    let is_job = args.targets.is_selection();
    let of_jobs = args.end_passwords.then_some("--end-passwords").or_else(|| args.bulk.given());
    if let Some(option) = of_jobs.filter(|_| !is_job) {
        let words = format!("`{option}` needs a selection of users, such as `--search TEXT`, `--from FILE` or `--all`");
        let hint =
            "for one user, by standard input: echo USER | cxme-admin users send-reset --from - --end-passwords --yes";
        let hint = args.end_passwords.then(|| hint.to_owned());
        return Err(CliError::Usage { words, hint }.into());
    }
    let besides: &[Permission] = if args.end_passwords { &[Permission::SetPasswords] } else { &[] };
    let action = if is_job { Action::UsersSendResetToMany } else { Action::UsersSendReset };
    let app = context.app_with(action, besides)?;
    if is_job {
        let (wanted, sha256) = args.targets.selection.wanted_with_digest(context, &app)?;
        let (audience, selection) = (Audience::Selected(Box::new(wanted)), args.targets.words());
        let asked = RequestedAudience { audience, selection, sha256, ends_passwords: args.end_passwords };
        return send_to_many::send(context, &app, asked, &args.mail, &args.bulk, &args.acting);
    }
    let references: Vec<UserReference> = args.targets.users.iter().map(|user| UserReference::new(user)).collect();
    send_to(context, &app, &references, &args.mail, &args.acting)
}

/// Mails these users a link, and says what came of it.
///
/// # Errors
/// As the command.
pub fn send_to(
    context: &mut Context,
    app: &App,
    references: &[UserReference],
    mail: &MailArgs,
    acting: &ActingArgs,
) -> anyhow::Result<()> {
    let wanted = mail.wanted(context)?;
    let mailer = context.mailer(app)?;
    let send_options = app.send_options();
    let (send_options, signal) = context.stoppable(send_options)?;
    let (outcomes, report) =
        send_reset::send(app, &mailer, send_options, references, &wanted, &acting.change_options())?;
    if acting.dry_run {
        let sent = SendContext { report: &report, transport: &mailer.transport, now: app.now() };
        print_plan(context, &outcomes, sent)?;
        return tell(context, outcomes, sent, true);
    }
    if context.output.format != Format::Table {
        write_records(context, &outcomes, app.now())?;
    }
    if report.stop_reason == Some(StopReason::Stopped) {
        let words = format!("Stopped by {}: unsent mail waits in the outbox.", signal_name(signal.number()));
        let hint = "cxme-admin jobs run sends it; cxme-admin mail queue shows it".to_owned();
        return Err(CliError::Stopped { signal: signal.number(), words, hint }.into());
    }
    let sent = SendContext { report: &report, transport: &mailer.transport, now: app.now() };
    tell(context, outcomes, sent, false)
}

/// What is known of the sending, besides what became of each mail.
#[derive(Clone, Copy)]
struct SendContext<'a> {
    report: &'a SendReport,
    transport: &'a Transport,
    now: Timestamp,
}

/// Prints what would be sent. Those who may have no link are errors, and in data a row too.
fn print_plan(context: &mut Context, outcomes: &[UserSendResult], sent: SendContext<'_>) -> anyhow::Result<()> {
    let is_table = context.output.format == Format::Table;
    let mut steps = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let words = match validate(outcome, sent) {
            Ok(words) => words,
            Err(_) if is_table => continue,
            Err(error) => error.to_string(),
        };
        let step = PlanStep::new(Action::UsersSendReset, words);
        let step = step.if_changed(matches!(outcome.what, SendResult::WouldBeMailed { .. }));
        steps.push(COLUMNS.iter().fold(step, |step, column| step.field(column.name, (column.cell)(outcome))));
    }
    plan::print(&mut context.output, sent.now, &steps)
}

/// Says what came of it, a line a user; the error is the single user's own, or the sum of several. What a plan has said
/// already is not said again.
fn tell(
    context: &mut Context,
    mut outcomes: Vec<UserSendResult>,
    sent: SendContext<'_>,
    is_planned: bool,
) -> anyhow::Result<()> {
    if outcomes.len() == 1
        && let Some(outcome) = outcomes.pop()
    {
        return match validate(&outcome, sent) {
            Ok(words) => {
                if !is_planned {
                    context.output.say(&words);
                }
                Ok(())
            }
            Err(error) => Err(match outcome.what {
                SendResult::Refused(refused) => refused.into(),
                _ => error.into(),
            }),
        };
    }
    let (mut failed, mut skipped, mut faults) = (0_usize, 0_usize, Vec::new());
    for outcome in &outcomes {
        match validate(outcome, sent) {
            Ok(words) => {
                skipped += usize::from(matches!(outcome.what, SendResult::SentBefore(_)));
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
    if let Some(transport_error) = &sent.report.transport_error {
        return Err(not_sent(fault_of(transport_error), format!("{words}: {}", transport_error.message)).into());
    }
    // What is only late is as with one user.
    let fault =
        if faults.iter().all(|fault| *fault == MailFailure::Later) { MailFailure::Later } else { MailFailure::Some };
    let hint = if faults.contains(&MailFailure::Later) { hint_for(MailFailure::Later) } else { "" };
    Err(CliError::NotSent { fault, words, hint: hint.to_owned() }.into())
}

fn fault_in(complaint: &CliError) -> Option<MailFailure> {
    if let CliError::NotSent { fault, .. } = complaint { Some(*fault) } else { None }
}

/// What came of it for one user: good, or not.
fn validate(outcome: &UserSendResult, sent: SendContext<'_>) -> Result<String, CliError> {
    match &outcome.what {
        SendResult::Mailed(message) => validate_message(message, sent),
        SendResult::WouldBeMailed { user, invitation, lifetime } => {
            let (kind, lifetime) = (kind(*invitation), DurationInWords(*lifetime));
            Ok(format!("{}: would be mailed {kind} to {}, valid for {lifetime}.", user.username, user.email))
        }
        SendResult::SentBefore(message) => {
            let when = match value::relative(message.last_try_at.unwrap_or(message.created_at), sent.now).as_str() {
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
        SendResult::Refused(error) => {
            let (given, words) = (text::quoted(&outcome.given, 80), error.to_string());
            let words = if words.starts_with(&given) { words } else { format!("{given}: {words}") };
            Err(CliError::NotSent { fault: MailFailure::CalledOff, words, hint: String::new() })
        }
    }
}

fn validate_message(message: &Message, sent: SendContext<'_>) -> Result<String, CliError> {
    let SendContext { report, transport, now } = sent;
    let name = message.username.as_deref().unwrap_or("a user who was deleted");
    let address = &message.address;
    let reply = message.reply.as_deref().unwrap_or_default();
    let later = |words: String| Err(not_sent(MailFailure::Later, words));
    if let Some(used_up) = report.used_up().filter(|_| message.state == MessageState::Queued) {
        return later(format!("{name}: not sent yet: {}", summary::of_used_up(&used_up, now)));
    }
    if let Some(transport_error) = report.transport_error.as_ref().filter(|_| may_wait_for_the_relay(message.state)) {
        return Err(not_sent(fault_of(transport_error), format!("{name}: not sent yet: {}", transport_error.message)));
    }
    match message.state {
        MessageState::Accepted => {
            let kind = kind(message.kind == MailKind::Invitation);
            let lifetime = DurationInWords(message.link.as_ref().map_or(Duration::ZERO, |link| link.lifetime));
            let accepted = transport.accepted(&format!("{kind} for {address}"));
            Ok(format!("{name}: {accepted}; the link is valid for {lifetime}."))
        }
        MessageState::Queued | MessageState::Sending => {
            later(format!("{name}: not sent yet: another process has the mail"))
        }
        MessageState::Deferred => {
            let next = value::relative(message.due_at, now);
            later(format!("{name}: deferred by the relay, the next try is due {next}: {reply}"))
        }
        MessageState::InDoubt => later(format!("{name}: the relay may have the mail for {address} or not: {reply}")),
        MessageState::Cancelled | MessageState::Skipped => {
            let words = format!("{name}: cancelled: {reply}");
            Err(CliError::NotSent { fault: MailFailure::CalledOff, words, hint: String::new() })
        }
        MessageState::Failed | MessageState::Bounced => {
            let fault = if report.bug { MailFailure::Bug } else { MailFailure::Refused };
            let words = format!("{name}: the mail for {address} was refused, and is not tried again: {reply}");
            Err(CliError::NotSent { fault, words, hint: String::new() })
        }
    }
}

/// Whether a message in this state may wait because the relay cannot be used.
fn may_wait_for_the_relay(state: MessageState) -> bool {
    matches!(state, MessageState::Queued | MessageState::Sending | MessageState::Deferred)
}

/// What is tried again by `jobs run`, which the hint says.
fn not_sent(fault: MailFailure, words: String) -> CliError {
    CliError::NotSent { fault, words, hint: hint_for(fault).to_owned() }
}

fn kind(invitation: bool) -> &'static str {
    if invitation { "an invitation" } else { "a reset link" }
}

fn write_records(context: &mut Context, outcomes: &[UserSendResult], now: Timestamp) -> anyhow::Result<()> {
    column::list::<_, anyhow::Error>(&mut context.output, &COLUMNS, now, |sink| {
        outcomes.iter().try_for_each(|outcome| Ok(sink(outcome)?))
    })
}
