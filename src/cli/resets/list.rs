//! `resets list`.

use jiff::Timestamp;

use crate::actions::Total;
use crate::actions::resets::list;
use crate::app::ActionError;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::limit::LimitArgs;
use crate::cli::one_of;
use crate::cli::output::Format;
use crate::cli::value;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::user::UserReference;
use crate::store::messages::LinkState;
use crate::store::messages::LinkStatus;
use crate::store::messages::Message;

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

/// A message with its link.
struct LinkRow {
    message: Message,
    link: LinkStatus,
    now: Timestamp,
    is_table: bool,
}

impl LinkRow {
    /// The state of the link; in a table with why it was revoked, or how long ago it was used.
    fn shown_link(&self) -> Value<'_> {
        let state = self.link.state(self.now);
        match (state, &self.link.revoked_why, self.link.used_at) {
            _ if !self.is_table => Value::text(state.word()),
            (LinkState::Revoked, Some(why), _) => Value::prose(format!("revoked: {why}")),
            (LinkState::Used, _, Some(time)) => Value::prose(format!("used {}", value::relative(time, self.now))),
            _ => Value::prose(state.word()),
        }
    }

    /// When the link expires. Of one that is over, it says nothing any more to a person.
    fn shown_end(&self) -> Option<Timestamp> {
        let is_told = !self.is_table || matches!(self.link.state(self.now), LinkState::Open | LinkState::Expired);
        self.link.expires_at.filter(|_| is_told)
    }
}

const MESSAGE: Column<LinkRow> =
    Column { name: "message", title: "MESSAGE", cell: |row| Value::Number(row.message.id.0) };
const USER_ID: Column<LinkRow> = Column {
    name: "user_id",
    title: "",
    cell: |row| row.message.user.map_or(Value::Nothing(""), |user| Value::Number(user.0)),
};
const USERNAME: Column<LinkRow> = Column {
    name: "username",
    title: "USER",
    cell: |row| Value::text_or(row.message.username.as_deref(), "(deleted)"),
};
const ADDRESS: Column<LinkRow> =
    Column { name: "address", title: "", cell: |row| Value::text_or(row.message.known_address(), "") };
const KIND: Column<LinkRow> = Column { name: "kind", title: "", cell: |row| Value::text(row.message.kind.word()) };
const LINK: Column<LinkRow> = Column { name: "link", title: "LINK", cell: |row| row.shown_link() };
const MAIL: Column<LinkRow> = Column { name: "mail", title: "MAIL", cell: |row| Value::text(row.message.state.word()) };
const OPERATOR: Column<LinkRow> =
    Column { name: "operator", title: "REQUESTED BY", cell: |row| Value::text(&row.message.operator) };
const CREATED_AT: Column<LinkRow> =
    Column { name: "created_at", title: "", cell: |row| Value::Time(row.message.created_at) };
const SENT_AT: Column<LinkRow> =
    Column { name: "sent_at", title: "", cell: |row| Value::time_or(row.message.last_try_at, "") };
const EXPIRES_AT: Column<LinkRow> =
    Column { name: "expires_at", title: "EXPIRES", cell: |row| Value::time_or(row.shown_end(), "-") };
const USED_AT: Column<LinkRow> =
    Column { name: "used_at", title: "", cell: |row| Value::time_or(row.link.used_at, "") };
const REVOKED_AT: Column<LinkRow> =
    Column { name: "revoked_at", title: "", cell: |row| Value::time_or(row.link.revoked_at, "") };
const REVOKED_WHY: Column<LinkRow> =
    Column { name: "revoked_why", title: "", cell: |row| Value::text_or(row.link.revoked_why.as_deref(), "") };
const REPLY: Column<LinkRow> =
    Column { name: "reply", title: "", cell: |row| Value::text_or(row.message.reply.as_deref(), "") };

const TABLE: [Column<LinkRow>; 6] = [MESSAGE, USERNAME, LINK, MAIL, EXPIRES_AT, OPERATOR];

const DATA: [Column<LinkRow>; 15] = [
    MESSAGE,
    USER_ID,
    USERNAME,
    ADDRESS,
    KIND,
    LINK,
    MAIL,
    OPERATOR,
    CREATED_AT,
    SENT_AT,
    EXPIRES_AT,
    USED_AT,
    REVOKED_AT,
    REVOKED_WHY,
    REPLY,
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
    let columns: &[Column<LinkRow>] = if is_table { &TABLE } else { &DATA };
    let (mut count, mut total) = (0_u64, Total::default());
    column::list::<_, ActionError>(&mut context.output, columns, now, |sink| {
        count = 0;
        total = list::list(&app, user.as_ref(), args.state, limit, &mut |mut message| {
            let Some(link) = message.link.take() else { return Ok(()) };
            count += 1;
            Ok(sink(&LinkRow { message, link, now, is_table })?)
        })?;
        Ok(())
    })?;
    args.limit.say_total(&mut context.output, count, total, "link");
    if count == 0 {
        context.output.say("No links.");
    }
    Ok(())
}
