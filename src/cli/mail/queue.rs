//! `mail queue`.

use jiff::Timestamp;

use crate::actions::Total;
use crate::actions::mail::queue;
use crate::actions::mail::queue::Delay;
use crate::app::ActionError;
use crate::cli::acting_args::ActingArgs;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::limit::LimitArgs;
use crate::cli::output::Format;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;
use crate::store::messages::Message;

/// List the waiting mails, oldest first, or cancel one
///
/// `cxme-admin jobs run` sends what is due.
#[derive(Debug, clap::Args)]
pub struct QueueArgs {
    /// Cancel the message with this number
    #[arg(long, value_name = "NUMBER")]
    cancel: Option<i64>,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    acting: ActingArgs,
}

/// A message that waits, and what keeps it waiting.
struct QueueRow {
    message: Message,
    delay: Option<Delay>,
    now: Timestamp,
    is_table: bool,
}

impl QueueRow {
    /// When it is tried next. What never was tried is due since it was queued.
    fn due_at(&self) -> Value<'static> {
        match (self.message.state, &self.delay) {
            (MessageState::Sending, _) => Value::Nothing("now"),
            (_, Some(Delay::Paused)) if self.is_table => Value::Nothing("paused"),
            (_, Some(Delay::UsedUp(used_up))) => Value::Time(used_up.until),
            _ if self.message.due_at <= self.now && self.is_table => Value::Nothing("due"),
            _ => Value::Time(self.message.due_at),
        }
    }

    /// What keeps it waiting, and what the relay said; what never was tried has no reply.
    fn reply(&self) -> Option<String> {
        let delay = self.delay.as_ref().map(|delay| match (delay, self.message.job) {
            (Delay::UsedUp(used_up), _) => used_up.to_string(),
            (Delay::Paused, Some(job)) => format!("job {job} is paused"),
            (Delay::Paused, None) => "paused".to_owned(),
        });
        match (delay, &self.message.reply) {
            (None, reply) => reply.clone(),
            (Some(delay), None) => Some(delay),
            (Some(delay), Some(reply)) => Some(format!("{delay}; {reply}")),
        }
    }
}

const MESSAGE: Column<QueueRow> =
    Column { name: "message", title: "MESSAGE", cell: |row| Value::Number(row.message.id.0) };
const KIND: Column<QueueRow> = Column { name: "kind", title: "", cell: |row| Value::text(row.message.kind.word()) };
const USERNAME: Column<QueueRow> =
    Column { name: "username", title: "", cell: |row| Value::text_or(row.message.username.as_deref(), "") };
const ADDRESS: Column<QueueRow> =
    Column { name: "address", title: "ADDRESS", cell: |row| Value::text_or(row.message.known_address(), "") };
const STATE: Column<QueueRow> =
    Column { name: "state", title: "STATE", cell: |row| Value::text(row.message.state.word()) };
const ATTEMPTS: Column<QueueRow> =
    Column { name: "attempts", title: "TRIES", cell: |row| Value::Number(i64::from(row.message.attempts)) };
const DUE_AT: Column<QueueRow> = Column { name: "due_at", title: "NEXT TRY", cell: |row| row.due_at() };
const REPLY: Column<QueueRow> =
    Column { name: "reply", title: "REPLY", cell: |row| row.reply().map_or(Value::Nothing(""), Value::prose) };
const CREATED_AT: Column<QueueRow> =
    Column { name: "created_at", title: "", cell: |row| Value::Time(row.message.created_at) };
const LAST_TRY_AT: Column<QueueRow> =
    Column { name: "last_try_at", title: "", cell: |row| Value::time_or(row.message.last_try_at, "") };
const OPERATOR: Column<QueueRow> =
    Column { name: "operator", title: "", cell: |row| Value::text(&row.message.operator) };

const TABLE: [Column<QueueRow>; 6] = [MESSAGE, ADDRESS, STATE, ATTEMPTS, DUE_AT, REPLY];

const DATA: [Column<QueueRow>; 11] =
    [MESSAGE, KIND, USERNAME, ADDRESS, STATE, ATTEMPTS, DUE_AT, REPLY, CREATED_AT, LAST_TRY_AT, OPERATOR];

/// Runs the command.
///
/// # Errors
/// When the operator may not, or the message does not wait.
pub fn run(context: &mut Context, args: &QueueArgs) -> anyhow::Result<()> {
    let app = context.app(if args.cancel.is_some() { Action::MailCancel } else { Action::MailQueue })?;
    if let Some(number) = args.cancel {
        let message = queue::cancel(&app, MessageId(number), &args.acting.change_options())?;
        let which = format!("message {number}, the {} for {}", message.kind, message.address);
        if args.acting.dry_run {
            let step = PlanStep::new(Action::MailCancel, format!("Would cancel {which}."))
                .field("message", Value::Number(number))
                .field("kind", Value::text(message.kind.word()))
                .field("username", Value::text_or(message.username.as_deref(), ""))
                .field("address", Value::text_or(message.known_address(), ""));
            plan::print(&mut context.output, app.now(), &[step])?;
        } else {
            context.output.say(&format!("Cancelled {which}."));
        }
        if message.link.is_some_and(|link| link.delivered_at.is_some()) {
            context.output.warn("it may have arrived, with a link that works: cxme-admin resets revoke USER ends it");
        }
        return Ok(());
    }
    let now = app.now();
    let rates = context.config()?.mail.smtp.rates.clone();
    let is_table = context.output.format == Format::Table;
    let columns: &[Column<QueueRow>] = if is_table { &TABLE } else { &DATA };
    let limit = args.limit.rows(&context.output);
    let (mut count, mut total) = (0_u64, Total::default());
    column::list::<_, ActionError>(&mut context.output, columns, now, |sink| {
        count = 0;
        total = queue::queue(&app, &rates, limit, &mut |message, delay| {
            count += 1;
            Ok(sink(&QueueRow { message, delay, now, is_table })?)
        })?;
        Ok(())
    })?;
    args.limit.say_total(&mut context.output, count, total, "mail");
    if count == 0 {
        context.output.say("No mail is waiting.");
    }
    Ok(())
}
