//! `users clone`.

use crate::actions::users::clone;
use crate::actions::users::clone::CloneOutcome;
use crate::actions::users::clone::CloneRequest;
use crate::app::ActionError;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::users::password;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::refusal::Refusal;
use crate::domain::user::SignIn;
use crate::domain::user::UserReference;

/// Add a user with the role, language and sign-in of another user
///
/// The password, the name and a lock are not copied. Without `--email`, the address is
/// `alice+clone_XXXXXX@example.com` and the username `alice_clone_XXXXXX`, with six random characters: many
/// mail servers deliver such an address to the mailbox of `alice@example.com`. An address in another domain signs in as `[saml] email_domains` says.
/// Example: `cxme-admin users clone alice --email bob@example.com --name 'Bob Brown'`
#[derive(Debug, clap::Args)]
pub struct CloneArgs {
    /// Exact username or email address of the user to clone
    #[arg(value_name = "USER")]
    user: String,
    /// Email address of the new user; by default made from that of the original
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    /// Username of the new user; by default the part of the address before the @
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Name of the new person
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such user, a field is malformed or taken, or the operator may not.
pub fn run(context: &mut Context, args: &CloneArgs) -> anyhow::Result<()> {
    let app = context.app(Action::UsersClone)?;
    let request = request(args)?;
    let cloned = clone::clone(&app, &UserReference::new(&args.user), &request, &args.acting.change_options())?;
    if args.acting.dry_run {
        return plan::print(&mut context.output, app.now(), &[step(&cloned)]);
    }
    let CloneOutcome { user, original, role } = &cloned;
    let name = &user.username;
    context.output.say(&format!("Added {name} ({}) with the settings of {original}: role {role}.", user.email));
    if user.sign_in == SignIn::Password {
        let reference = UserReference::Username(name.as_str().to_owned());
        if password::offer(context, &app, &reference, &args.acting)? {
            return Ok(());
        }
        context.output.say(&format!("{name} cannot log in yet: cxme-admin users password {name}"));
    }
    Ok(())
}

fn request(args: &CloneArgs) -> Result<CloneRequest, ActionError> {
    let email = args.email.as_deref().map(str::parse::<EmailAddress>).transpose().map_err(Refusal::Email)?;
    let username = args.username.as_deref().map(str::parse).transpose().map_err(Refusal::Username)?;
    Ok(CloneRequest { email, username, name: args.name.clone() })
}

fn step(cloned: &CloneOutcome) -> PlanStep<'_> {
    let CloneOutcome { user, original, role } = cloned;
    let words = format!("Would add {} ({}) with the settings of {original}: role {role}.", user.username, user.email);
    PlanStep::new(Action::UsersClone, words)
        .field("original", Value::text(original))
        .field("username", Value::text(user.username.as_str()))
        .field("email", Value::text(user.email.as_str()))
        .field("name", Value::text(&user.name))
        .field("role", Value::text(role))
        .field("sign_in", Value::text(user.sign_in.word()))
        .field("locale", Value::text_or(user.locale.as_deref(), ""))
}
