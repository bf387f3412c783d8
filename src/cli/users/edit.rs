//! `users edit`.

use crate::actions::users::edit;
use crate::actions::users::edit::Edit;
use crate::actions::users::edit::Edited;
use crate::cli::acting::ActingArgs;
use crate::cli::context::Context;
use crate::cli::data::Cell;
use crate::cli::failure::Complaint;
use crate::cli::one_of;
use crate::cli::plan;
use crate::cli::plan::Step;
use crate::cli::prompt;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::domain::user::SignIn;
use crate::domain::user::UserReference;

/// Change a user's address, name, role, sign-in or language
///
/// Moving a user to SAML takes his password away and asks before; a new address in another domain can do that too.
#[derive(Debug, clap::Args)]
pub struct EditArgs {
    /// Username or email address, whole
    #[arg(value_name = "USER")]
    user: String,
    /// New email address
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    /// New name to sign in with
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// New name of the person
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// New role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// New way to sign in: `password` or `saml`
    #[arg(long, value_name = "SIGN-IN", value_parser = one_of::sign_in(), hide_possible_values = true)]
    sign_in: Option<SignIn>,
    /// New language, such as `en` or `de-AT`; empty for the organization's
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Do not ask before a password is taken away
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When a field is malformed or taken, or the operator may not.
pub fn run(context: &mut Context, args: &EditArgs) -> anyhow::Result<()> {
    let is_empty = args.email.is_none() && args.username.is_none() && args.name.is_none() && args.role.is_none();
    if is_empty && args.sign_in.is_none() && args.locale.is_none() {
        let words = "nothing to change was given".to_owned();
        return Err(Complaint::Usage { words, hint: Some("cxme-admin users edit --help".to_owned()) }.into());
    }
    let desk = context.desk(Action::UsersEdit)?;
    let edit = Edit {
        email: args
            .email
            .as_deref()
            .map(|email| email.parse().map_err(Refusal::Email))
            .transpose()
            .map_err(crate::actions::ActionError::from)?,
        username: args
            .username
            .as_deref()
            .map(|name| name.parse().map_err(Refusal::Username))
            .transpose()
            .map_err(crate::actions::ActionError::from)?,
        name: args.name.clone(),
        role: args.role.clone(),
        sign_in: args.sign_in,
        locale: args.locale.clone(),
    };
    let reference = UserReference::new(&args.user);
    let plan = edit::plan(&desk, &reference, &edit)?;
    if args.acting.dry_run {
        return plan::print(&mut context.output, desk.now(), &[step(&plan)]);
    }
    if plan.password_removed {
        let question = format!("Move {} to SAML and remove the password?", plan.user.username);
        prompt::confirm(context, args.yes, &question)?;
    }
    let edited = edit::edit(&desk, &reference, &edit, &args.acting.intent())?;
    let name = &edited.user.username;
    if edited.changed.is_empty() {
        context.output.say(&format!("{name} is so already: nothing was changed."));
        return Ok(());
    }
    context.output.say(&format!("{name} is changed: {}.", edited.changed.join(", ")));
    if edited.password_removed {
        context.output.say(&format!("The password of {name} is removed: the user signs in with SAML."));
    } else if edited.user.sign_in == SignIn::Password && edited.user.password.is_none() && args.sign_in.is_some() {
        context.output.say(&format!("{name} cannot log in yet: cxme-admin users set-password {name}"));
    }
    Ok(())
}

/// What a dry run prints: the user as it would be, and which fields would change.
fn step(plan: &Edited) -> Step<'_> {
    let Edited { user, role, changed, password_removed } = plan;
    let name = &user.username;
    let removed = if *password_removed { " Would remove the password: the user signs in with SAML." } else { "" };
    let words = match changed.is_empty() {
        true => format!("{name} is so already: nothing would be changed."),
        false => format!("Would change {name}: {}.{removed}", changed.join(", ")),
    };
    Step::new(Action::UsersEdit, words)
        .if_changed(!changed.is_empty())
        .field("username", Cell::text(name.as_str()))
        .field("email", Cell::text(user.email.as_str()))
        .field("name", Cell::text(&user.name))
        .field("role", Cell::text(role))
        .field("sign_in", Cell::text(user.sign_in.word()))
        .field("locale", Cell::text_or(user.locale.as_deref(), ""))
        .field("changed", Cell::List(changed.iter().map(String::as_str).collect()))
        .field("password_removed", Cell::Flag(*password_removed))
}
