//! `mail queue`.

use crate::actions::ActionError;
use crate::actions::Total;
use crate::actions::outbox;
use crate::actions::outbox::Delay;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::limit::LimitArgs;
use crate::cli::output::Format;
use crate::cli::plan;
use crate::cli::plan::Step;
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

const TABLE: [Head; 6] = [
    Head { name: "message", title: "MESSAGE" },
    Head { name: "address", title: "ADDRESS" },
    Head { name: "state", title: "STATE" },
    Head { name: "attempts", title: "TRIES" },
    Head { name: "due_at", title: "NEXT TRY" },
    Head { name: "reply", title: "REPLY" },
];

const DATA: [Head; 11] = [
    Head { name: "message", title: "" },
    Head { name: "kind", title: "" },
    Head { name: "username", title: "" },
    Head { name: "address", title: "" },
    Head { name: "state", title: "" },
    Head { name: "attempts", title: "" },
    Head { name: "due_at", title: "" },
    Head { name: "reply", title: "" },
    Head { name: "created_at", title: "" },
    Head { name: "last_try_at", title: "" },
    Head { name: "operator", title: "" },
];

/// Runs the command.
///
/// # Errors
/// When the operator may not, or the message does not wait.
pub fn run(context: &mut Context, args: &QueueArgs) -> anyhow::Result<()> {
    let desk = context.desk(if args.cancel.is_some() { Action::MailCancel } else { Action::MailQueue })?;
    if let Some(number) = args.cancel {
        let message = outbox::cancel(&desk, MessageId(number), &args.acting.intent())?;
        let which = format!("message {number}, the {} for {}", message.kind, message.address);
        if args.acting.dry_run {
            let step = Step::new(Action::MailCancel, format!("Would cancel {which}."))
                .field("message", Cell::Number(number))
                .field("kind", Cell::text(message.kind.word()))
                .field("username", Cell::text_or(message.username.as_deref(), ""))
                .field("address", Cell::text(&message.address));
            plan::print(&mut context.output, desk.now(), &[step])?;
        } else {
            context.output.say(&format!("Cancelled {which}."));
        }
        if message.link.is_some_and(|link| link.handed_at.is_some()) {
            context.output.warn("it may have arrived, with a link that works: cxme-admin resets revoke USER ends it");
        }
        return Ok(());
    }
    let now = desk.now();
    let rates = context.config()?.mail.smtp.rates.clone();
    let is_table = context.output.format == Format::Table;
    let heads: &[Head] = if is_table { &TABLE } else { &DATA };
    let limit = args.limit.rows(&context.output);
    let (mut count, mut total) = (0_u64, Total::default());
    data::records::<ActionError>(&mut context.output, heads, now, |sink| {
        count = 0;
        total = outbox::queue(&desk, &rates, limit, &mut |message, delay| {
            count += 1;
            // What never was tried has no reply, and is due since it was queued.
            let due_at = match (message.state, &delay) {
                (MessageState::Sending, _) => Cell::Nothing("now"),
                (_, Some(Delay::Paused)) if is_table => Cell::Nothing("paused"),
                (_, Some(Delay::UsedUp(used_up))) => Cell::Time(used_up.until),
                _ if message.due_at <= now => {
                    if is_table {
                        Cell::Nothing("due")
                    } else {
                        Cell::Time(message.due_at)
                    }
                }
                _ => Cell::Time(message.due_at),
            };
            let (number, attempts) = (Cell::Number(message.id.0), Cell::Number(i64::from(message.attempts)));
            let state = Cell::text(message.state.word());
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
            let (address, reply) = (Cell::text(&message.address), Cell::prose_or(why.as_deref(), ""));
            if is_table {
                return Ok(sink(&[number, address, state, attempts, due_at, reply])?);
            }
            let (kind, user) = (Cell::text(message.kind.word()), Cell::text_or(message.username.as_deref(), ""));
            let (created_at, last_try_at) = (Cell::Time(message.created_at), Cell::time_or(message.last_try_at, ""));
            let operator = Cell::text(&message.operator);
            Ok(sink(&[number, kind, user, address, state, attempts, due_at, reply, created_at, last_try_at, operator])?)
        })?;
        Ok(())
    })?;
    args.limit.say_rest(&mut context.output, count, total);
    if count == 0 {
        context.output.say("No mail waits.");
    }
    Ok(())
}
