//! `mail queue`.

use crate::actions::ActionError;
use crate::actions::Total;
use crate::actions::mailer;
use crate::actions::mailer::Delay;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::limit::LimitArgs;
use crate::cli::output::Format;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Column;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::message::MessageId;
use crate::domain::message::MessageState;

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

const TABLE: [Column; 6] = [
    Column { name: "message", title: "MESSAGE" },
    Column { name: "address", title: "ADDRESS" },
    Column { name: "state", title: "STATE" },
    Column { name: "attempts", title: "TRIES" },
    Column { name: "due_at", title: "NEXT TRY" },
    Column { name: "reply", title: "REPLY" },
];

const DATA: [Column; 11] = [
    Column { name: "message", title: "" },
    Column { name: "kind", title: "" },
    Column { name: "username", title: "" },
    Column { name: "address", title: "" },
    Column { name: "state", title: "" },
    Column { name: "attempts", title: "" },
    Column { name: "due_at", title: "" },
    Column { name: "reply", title: "" },
    Column { name: "created_at", title: "" },
    Column { name: "last_try_at", title: "" },
    Column { name: "operator", title: "" },
];

/// Runs the command.
///
/// # Errors
/// When the operator may not, or the message does not wait.
pub fn run(context: &mut Context, args: &QueueArgs) -> anyhow::Result<()> {
    let app = context.app(if args.cancel.is_some() { Action::MailCancel } else { Action::MailQueue })?;
    if let Some(number) = args.cancel {
        let message = mailer::cancel(&app, MessageId(number), &args.acting.change_options())?;
        let which = format!("message {number}, the {} for {}", message.kind, message.address);
        if args.acting.dry_run {
            let step = PlanStep::new(Action::MailCancel, format!("Would cancel {which}."))
                .field("message", Value::Number(number))
                .field("kind", Value::text(message.kind.word()))
                .field("username", Value::text_or(message.username.as_deref(), ""))
                .field("address", Value::text(&message.address));
            plan::print(&mut context.output, app.now(), &[step])?;
        } else {
            context.output.say(&format!("Cancelled {which}."));
        }
        if message.link.is_some_and(|link| link.handed_at.is_some()) {
            context.output.warn("it may have arrived, with a link that works: cxme-admin resets revoke USER ends it");
        }
        return Ok(());
    }
    let now = app.now();
    let rates = context.config()?.mail.smtp.rates.clone();
    let is_table = context.output.format == Format::Table;
    let heads: &[Column] = if is_table { &TABLE } else { &DATA };
    let limit = args.limit.rows(&context.output);
    let (mut count, mut total) = (0_u64, Total::default());
    data::records::<ActionError>(&mut context.output, heads, now, |sink| {
        count = 0;
        total = mailer::queue(&app, &rates, limit, &mut |message, delay| {
            count += 1;
            // What never was tried has no reply, and is due since it was queued.
            let due_at = match (message.state, &delay) {
                (MessageState::Sending, _) => Value::Nothing("now"),
                (_, Some(Delay::Paused)) if is_table => Value::Nothing("paused"),
                (_, Some(Delay::UsedUp(used_up))) => Value::Time(used_up.until),
                _ if message.due_at <= now => {
                    if is_table {
                        Value::Nothing("due")
                    } else {
                        Value::Time(message.due_at)
                    }
                }
                _ => Value::Time(message.due_at),
            };
            let (number, attempts) = (Value::Number(message.id.0), Value::Number(i64::from(message.attempts)));
            let state = Value::text(message.state.word());
            let delay = delay.map(|delay| match (delay, message.job) {
                (Delay::UsedUp(used_up), _) => used_up.to_string(),
                (Delay::Paused, Some(job)) => format!("job {job} is paused"),
                (Delay::Paused, None) => "paused".to_owned(),
            });
            let why = match (delay, &message.reply) {
                (None, reply) => reply.clone(),
                (Some(delay), None) => Some(delay),
                (Some(delay), Some(reply)) => Some(format!("{delay}; {reply}")),
            };
            let (address, reply) = (Value::text(&message.address), Value::prose_or(why.as_deref(), ""));
            if is_table {
                return Ok(sink(&[number, address, state, attempts, due_at, reply])?);
            }
            let (kind, user) = (Value::text(message.kind.word()), Value::text_or(message.username.as_deref(), ""));
            let (created_at, last_try_at) = (Value::Time(message.created_at), Value::time_or(message.last_try_at, ""));
            let operator = Value::text(&message.operator);
            Ok(sink(&[number, kind, user, address, state, attempts, due_at, reply, created_at, last_try_at, operator])?)
        })?;
        Ok(())
    })?;
    args.limit.say_rest(&mut context.output, count, total);
    if count == 0 {
        context.output.say("No mail is waiting.");
    }
    Ok(())
}
