//! `resets list`.

use crate::actions::ActionError;
use crate::actions::Total;
use crate::actions::resets::list;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::limit::LimitArgs;
use crate::cli::one_of;
use crate::cli::output::Format;
use crate::cli::value;
use crate::cli::value::Column;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::user::UserReference;
use crate::store::messages::LinkState;

/// List links, newest first: open, used, expired or revoked
///
/// A link is `unsent` until a mail with it may have arrived; `mail` is the state of the mail. Only `open` links can be
/// redeemed. Codes are never shown: the store does not contain them.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Links of this user
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Links that are `unsent`, `open`, `used`, `expired` or `revoked`
    #[arg(long, value_name = "STATE", value_parser = one_of::link_state(), hide_possible_values = true)]
    state: Option<LinkState>,
    #[command(flatten)]
    limit: LimitArgs,
}

const TABLE: [Column; 6] = [
    Column { name: "message", title: "MESSAGE" },
    Column { name: "username", title: "USER" },
    Column { name: "link", title: "LINK" },
    Column { name: "mail", title: "MAIL" },
    Column { name: "expires_at", title: "EXPIRES" },
    Column { name: "operator", title: "REQUESTED BY" },
];

const DATA: [Column; 15] = [
    Column { name: "message", title: "" },
    Column { name: "user_id", title: "" },
    Column { name: "username", title: "" },
    Column { name: "address", title: "" },
    Column { name: "kind", title: "" },
    Column { name: "link", title: "" },
    Column { name: "mail", title: "" },
    Column { name: "operator", title: "" },
    Column { name: "created_at", title: "" },
    Column { name: "sent_at", title: "" },
    Column { name: "expires_at", title: "" },
    Column { name: "used_at", title: "" },
    Column { name: "revoked_at", title: "" },
    Column { name: "revoked_why", title: "" },
    Column { name: "reply", title: "" },
];

/// Runs the command.
///
/// # Errors
/// When the operator may not see users, or there is no such user.
pub fn run(context: &mut Context, args: &ListArgs) -> anyhow::Result<()> {
    let app = context.app(Action::ResetsList)?;
    let now = app.now();
    let user = args.user.as_deref().map(UserReference::new);
    let is_table = context.output.format == Format::Table;
    let limit = args.limit.rows(&context.output);
    let heads: &[Column] = if is_table { &TABLE } else { &DATA };
    let (mut count, mut total) = (0_u64, Total::default());
    data::records::<ActionError>(&mut context.output, heads, now, |sink| {
        count = 0;
        total = list::list(&app, user.as_ref(), args.state, limit, &mut |message| {
            let Some(link) = &message.link else { return Ok(()) };
            count += 1;
            let state = link.state(now);
            if is_table {
                let shown = match (state, &link.revoked_why, link.used_at) {
                    (LinkState::Revoked, Some(why), _) => format!("revoked: {why}"),
                    (LinkState::Used, _, Some(time)) => format!("used {}", value::relative(time, now)),
                    _ => state.word().to_owned(),
                };
                // Of a link that is over, when it would have expired says nothing any more.
                let expires_at = link.expires_at.filter(|_| matches!(state, LinkState::Open | LinkState::Expired));
                return Ok(sink(&[
                    Value::Number(message.id.0),
                    Value::text_or(message.username.as_deref(), "(deleted)"),
                    Value::prose(shown),
                    Value::text(message.state.word()),
                    Value::time_or(expires_at, "-"),
                    Value::text(&message.operator),
                ])?);
            }
            Ok(sink(&[
                Value::Number(message.id.0),
                message.user.map_or(Value::Nothing(""), |user| Value::Number(user.0)),
                Value::text_or(message.username.as_deref(), ""),
                Value::text(&message.address),
                Value::text(message.kind.word()),
                Value::text(state.word()),
                Value::text(message.state.word()),
                Value::text(&message.operator),
                Value::Time(message.created_at),
                Value::time_or(message.last_try_at, ""),
                Value::time_or(link.expires_at, ""),
                Value::time_or(link.used_at, ""),
                Value::time_or(link.revoked_at, ""),
                Value::text_or(link.revoked_why.as_deref(), ""),
                Value::text_or(message.reply.as_deref(), ""),
            ])?)
        })?;
        Ok(())
    })?;
    args.limit.say_rest(&mut context.output, count, total);
    if count == 0 {
        context.output.say("No links.");
    }
    Ok(())
}
