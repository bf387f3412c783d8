//! `resets list`.

use crate::actions::ActionError;
use crate::actions::Total;
use crate::actions::resets::list;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::cli::limit::LimitArgs;
use crate::cli::one_of;
use crate::cli::output::Format;
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

const TABLE: [Head; 6] = [
    Head { name: "message", title: "MESSAGE" },
    Head { name: "username", title: "USER" },
    Head { name: "link", title: "LINK" },
    Head { name: "mail", title: "MAIL" },
    Head { name: "expires_at", title: "EXPIRES" },
    Head { name: "operator", title: "ASKED BY" },
];

const DATA: [Head; 15] = [
    Head { name: "message", title: "" },
    Head { name: "user_id", title: "" },
    Head { name: "username", title: "" },
    Head { name: "address", title: "" },
    Head { name: "kind", title: "" },
    Head { name: "link", title: "" },
    Head { name: "mail", title: "" },
    Head { name: "operator", title: "" },
    Head { name: "created_at", title: "" },
    Head { name: "sent_at", title: "" },
    Head { name: "expires_at", title: "" },
    Head { name: "used_at", title: "" },
    Head { name: "revoked_at", title: "" },
    Head { name: "revoked_why", title: "" },
    Head { name: "reply", title: "" },
];

/// Runs the command.
///
/// # Errors
/// When the operator may not see users, or there is no such user.
pub fn run(context: &mut Context, args: &ListArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::ResetsList)?;
    let now = desk.now();
    let user = args.user.as_deref().map(UserReference::new);
    let is_table = context.output.format == Format::Table;
    let limit = args.limit.rows(&context.output);
    let heads: &[Head] = if is_table { &TABLE } else { &DATA };
    let (mut count, mut total) = (0_u64, Total::default());
    data::records::<ActionError>(&mut context.output, heads, now, |sink| {
        count = 0;
        total = list::list(&desk, user.as_ref(), args.state, limit, &mut |message| {
            let Some(link) = &message.link else { return Ok(()) };
            count += 1;
            let state = link.state(now);
            if is_table {
                let shown = match (state, &link.revoked_why, link.used_at) {
                    (LinkState::Revoked, Some(why), _) => format!("revoked: {why}"),
                    (LinkState::Used, _, Some(time)) => format!("used {}", data::relative(time, now)),
                    _ => state.word().to_owned(),
                };
                // Of a link that is over, when it would have expired says nothing any more.
                let expires_at = link.expires_at.filter(|_| matches!(state, LinkState::Open | LinkState::Expired));
                return Ok(sink(&[
                    Cell::Number(message.id.0),
                    Cell::text_or(message.username.as_deref(), "(deleted)"),
                    Cell::prose(shown),
                    Cell::text(message.state.word()),
                    Cell::time_or(expires_at, "-"),
                    Cell::text(&message.operator),
                ])?);
            }
            Ok(sink(&[
                Cell::Number(message.id.0),
                message.user.map_or(Cell::Nothing(""), |user| Cell::Number(user.0)),
                Cell::text_or(message.username.as_deref(), ""),
                Cell::text(&message.address),
                Cell::text(message.kind.word()),
                Cell::text(state.word()),
                Cell::text(message.state.word()),
                Cell::text(&message.operator),
                Cell::Time(message.created_at),
                Cell::time_or(message.last_try_at, ""),
                Cell::time_or(link.expires_at, ""),
                Cell::time_or(link.used_at, ""),
                Cell::time_or(link.revoked_at, ""),
                Cell::text_or(link.revoked_why.as_deref(), ""),
                Cell::text_or(message.reply.as_deref(), ""),
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
