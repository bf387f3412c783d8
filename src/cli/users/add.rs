//! `users add`.

use crate::actions::users::add;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::mail_args::MailArgs;
use crate::cli::one_of;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::users::password;
use crate::cli::users::send_reset;
use crate::cli::users::set_password;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::refusal::Refusal;
use crate::domain::role::MINIMAL;
use crate::domain::role::Permission;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::domain::user::UserReference;

/// Add a user
///
/// The username is the part of the address before the @, unless `--username` gives another. A new user has no password
/// and cannot log in until one is chosen or set: at a terminal this command asks how; in a script, say so, for example
/// `cxme-admin users add alice@example.com --name 'Alice Adams' --send-reset`
#[derive(Debug, clap::Args)]
pub struct AddArgs {
    /// Email address; if the organization has email domains, it must be in one of them
    #[arg(value_name = "EMAIL")]
    email: String,
    /// Username to sign in with: ASCII letters, digits and `._-`
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Name of the person
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// Role; by default Minimal Permissions
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// How the user signs in, `password` or `saml`; by default the domain of the address decides
    #[arg(long, value_name = "SIGN-IN", value_parser = one_of::sign_in(), hide_possible_values = true)]
    sign_in: Option<SignIn>,
    /// Language of mails and pages, such as `en` or `de-AT`
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Mail the user an invitation: a link with which they choose a password
    #[arg(long, conflicts_with_all = ["generate", "set_password"])]
    send_reset: bool,
    /// Prompt for a password and set it
    #[arg(long, conflicts_with = "generate")]
    set_password: bool,
    /// Set a generated password and print it
    #[arg(long)]
    generate: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When a field is malformed or taken, or the operator may not.
pub fn run(context: &mut Context, args: &AddArgs) -> anyhow::Result<()> {
    // What follows the adding is asked for with it: without the permission for both the user is not added.
    let then = match (args.send_reset, args.set_password || args.generate) {
        (true, _) => Some(Permission::SendResets),
        (false, true) => Some(Permission::SetPasswords),
        (false, false) => None,
    };
    let app = context.app_with(Action::UsersAdd, then.as_slice())?;
    match then {
        Some(Permission::SendResets) => context.require_reason(Action::UsersSendReset)?,
        Some(_) => context.require_reason(Action::UsersSetPassword)?,
        None => {}
    }
    let wanted = wanted(args, then)?;
    let with_password = args.set_password || args.generate || args.send_reset;
    if with_password && args.sign_in.unwrap_or_else(|| app.organization().sign_in_of(&wanted.email)) == SignIn::Saml {
        let words = "a user who signs in with SAML has no password here: leave out `--send-reset`, `--set-password` and `--generate`";
        return Err(CliError::Data(words.to_owned()).into());
    }
    if args.set_password && !args.acting.dry_run {
        // Where nobody can be asked for the password, the user is not added either.
        context.terminal("Password of the new user", "give `--generate`, or set it afterwards")?;
    }
    if args.generate && !args.acting.dry_run {
        // Where nobody would see the password, the user is not added either.
        context.check_secret_output()?;
    }
    if args.generate || args.set_password {
        // Where no password can be judged, the user is not added either.
        app.general_policy()?;
    }
    if args.send_reset {
        // Where no mail can be sent, the user is not added either.
        context.mailer(&app)?;
    }
    let user = add::add(&app, &wanted, &args.acting.change_options())?;
    context.warn_of_language(args.locale.as_deref());
    if args.acting.dry_run {
        return plan::print(&mut context.output, app.now(), &steps(args, &user));
    }
    let name = &user.username;
    context.output.say(&format!("Added {name} ({}).", user.email));
    let reference = UserReference::of(&user);
    if args.set_password {
        return set_password::ask_and_set(context, &app, &reference, &args.acting.change_options());
    }
    if args.generate {
        return set_password::generate_and_set(context, &app, &reference, &args.acting.change_options());
    }
    if args.send_reset {
        return send_reset::send_to(context, &app, &[reference], &MailArgs::default(), &args.acting);
    }
    if user.sign_in == SignIn::Password {
        if password::offer(context, &app, &reference, &args.acting)? {
            return Ok(());
        }
        context.output.say(&format!("{name} cannot log in yet: cxme-admin users password {name}"));
    }
    Ok(())
}

/// What a dry run prints: the user as it would be added, and what would follow.
fn steps<'a>(args: &'a AddArgs, user: &'a User) -> Vec<PlanStep<'a>> {
    let (name, email) = (&user.username, &user.email);
    let named = |step: PlanStep<'a>| {
        step.field("username", Value::text(name.as_str())).field("email", Value::text(email.as_str()))
    };
    let added = named(PlanStep::new(Action::UsersAdd, format!("Would add {name} ({email}).")))
        .field("name", Value::text(&user.name))
        .field("role", Value::text(args.role.as_deref().unwrap_or(MINIMAL)))
        .field("sign_in", Value::text(user.sign_in.word()))
        .field("locale", Value::text_or(user.locale.as_deref(), ""));
    let then = match (args.send_reset, args.generate, args.set_password) {
        (true, ..) => (Action::UsersSendReset, format!("Would mail {name} an invitation to {email}.")),
        (_, true, _) => (Action::UsersSetPassword, format!("Would generate, set and print a password for {name}.")),
        (.., true) => (Action::UsersSetPassword, format!("Would ask for a password for {name} and set it.")),
        (false, false, false) => return vec![added],
    };
    vec![added, named(PlanStep::new(then.0, then.1))]
}

fn wanted(args: &AddArgs, then: Option<Permission>) -> Result<add::NewUserRequest, crate::app::ActionError> {
    let username = args.username.as_deref().map(|name| name.parse().map_err(Refusal::Username)).transpose()?;
    Ok(add::NewUserRequest {
        email: args.email.parse::<EmailAddress>().map_err(Refusal::Email)?,
        username,
        name: args.name.clone(),
        role: args.role.clone(),
        sign_in: args.sign_in,
        locale: args.locale.clone(),
        then,
    })
}
