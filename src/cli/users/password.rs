//! `users password`: the two choices of CXME's form *Password Management*.

use crate::actions::users::password;
use crate::actions::users::password::PasswordManagement;
use crate::app::App;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::mail_args::MailArgs;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::users::send_reset;
use crate::cli::users::set_password;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::role::Permission;
use crate::domain::text;
use crate::domain::user::UserReference;
use crate::process::terminal::Terminal;

/// Choose how a user gets a password: by a mailed link, or set here
///
/// Prompts at the terminal, and then prints the equivalent non-interactive command.
#[derive(Debug, clap::Args)]
pub struct PasswordArgs {
    /// Exact username or email address
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    acting: ActingArgs,
}

/// The choices in CXME's own words.
const SEND: &str = "Email the link for resetting password to this User";
const SET: &str = "Set a password for this user";
const NEITHER: &str = "Neither now";

/// Runs the command.
///
/// # Errors
/// When there is no such user, nothing is chosen, or what is chosen fails.
pub fn run(context: &mut Context, args: &PasswordArgs) -> anyhow::Result<()> {
    let app = context.app(Action::UsersShow)?;
    for action in [Action::UsersSendReset, Action::UsersSetPassword] {
        context.require_reason(action)?;
    }
    let reference = UserReference::new(&args.user);
    let mut management = password::management(&app, &reference)?;
    // Where no mail is configured the choice is offered all the same if it is the only one: it says what is missing.
    management.may_send &= context.has_mail()? || !management.may_set;
    if args.acting.dry_run {
        let PasswordManagement { user, may_send, may_set } = &management;
        let choices: Vec<&str> = [(*may_send, "send-reset"), (*may_set, "set-password")]
            .iter()
            .filter(|(may, _)| *may)
            .map(|(_, name)| *name)
            .collect();
        let words =
            format!("Would ask how {} ({}) gets a password: {}.", user.username, user.email, choices.join(" or "));
        let step = PlanStep::new(Action::UsersSetPassword, words)
            .field("username", Value::text(user.username.as_str()))
            .field("email", Value::text(user.email.as_str()))
            .field("choices", Value::List(choices));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    let hint = "give `users send-reset USER` or `users set-password USER --stdin`";
    let mut terminal = context.terminal("How the user gets a password", hint)?;
    match ask(terminal.as_mut(), &management, &[])? {
        Some(choice) => act(context, &app, &management, choice, &args.acting),
        None => Err(CliError::Declined.into()),
    }
}

/// Asks the same after a user was added, at a terminal; false: nobody could be asked, or neither was chosen.
///
/// # Errors
/// When what is chosen fails. The user is added all the same.
pub fn offer(context: &mut Context, app: &App, reference: &UserReference, acting: &ActingArgs) -> anyhow::Result<bool> {
    if context.global.no_input || !context.process.stdin.is_terminal {
        return Ok(false);
    }
    // An operator who may add users may lack both permissions; nothing was tried then, and no refusal is recorded.
    let authority = app.current_authority()?;
    if [Permission::SendResets, Permission::SetPasswords].iter().all(|needed| authority.require(*needed).is_err()) {
        return Ok(false);
    }
    let mut management = password::management(app, reference)?;
    management.may_send &= context.has_mail()?;
    if !management.may_send && !management.may_set {
        return Ok(false);
    }
    let Ok(mut terminal) = context.terminal("How the user gets a password", "") else { return Ok(false) };
    match ask(terminal.as_mut(), &management, &[NEITHER])? {
        Some(choice) if choice != NEITHER => {
            act(context, app, &management, choice, acting)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn ask(
    terminal: &mut dyn Terminal,
    management: &PasswordManagement,
    more: &[&'static str],
) -> anyhow::Result<Option<&'static str>> {
    let PasswordManagement { user, may_send, may_set } = management;
    let offered = [(*may_send, SEND), (*may_set, SET)];
    let choices: Vec<&'static str> =
        offered.into_iter().filter(|(may, _)| *may).map(|(_, words)| words).chain(more.iter().copied()).collect();
    let question = text::visible(&format!("Password Management: {} ({})", user.username, user.email)).into_owned();
    Ok(terminal.choose(&question, &choices)?.and_then(|index| choices.get(index).copied()))
}

fn act(
    context: &mut Context,
    app: &App,
    management: &PasswordManagement,
    choice: &str,
    acting: &ActingArgs,
) -> anyhow::Result<()> {
    let name = &management.user.username;
    let reference = UserReference::of(&management.user);
    if choice == SET {
        return set_password::ask_and_set(context, app, &reference, &acting.change_options());
    }
    send_reset::send_to(context, app, &[reference], &MailArgs::default(), acting)?;
    let words = ["users", "send-reset", name.as_str()];
    let same = context.equivalent("send-reset", &words, acting.change_options().reason.as_deref(), "");
    context.output.say_typed(&format!("Non-interactive equivalent: {same}"));
    Ok(())
}
