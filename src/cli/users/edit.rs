//! `users edit`.

use crate::actions::users::edit;
use crate::actions::users::edit::EditManyOutcome;
use crate::actions::users::edit::EditOutcome;
use crate::actions::users::edit::UserEdit;
use crate::actions::users::targets::NAMED;
use crate::actions::users::targets::TargetList;
use crate::actions::users::targets::Targets;
use crate::app::ActionError;
use crate::app::App;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::summary::counted;
use crate::cli::jobs::summary::grouped;
use crate::cli::one_of;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::targets;
use crate::cli::targets::TargetArgs;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::refusal::Refusal;
use crate::domain::removal::Removals;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::store::selected_users::BulkEditOutcome;

/// Change users: address, name, role, sign-in, language, or whether they must change their password
///
/// Moving users to SAML removes their passwords, after confirmation; a new address in another domain can do that too. A
/// change of address is reported by mail to the old and the new one. Of several users, named or selected, all are
/// changed or none, after confirmation. Example, for everybody with the role Clerk: `cxme-admin users edit --with-role
/// Clerk --must-change`
#[derive(Debug, clap::Args)]
#[command(mut_arg("role", |role| role.long("with-role")))]
#[command(mut_arg("sign_in", |sign_in| sign_in.long("with-sign-in")))]
pub struct EditArgs {
    /// New email address (one user only)
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    /// New username (one user only)
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// New name of the person (one user only)
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// New role
    #[arg(long = "role", value_name = "ROLE")]
    new_role: Option<String>,
    /// New sign-in: `password` or `saml`
    #[arg(long = "sign-in", value_name = "SIGN-IN", value_parser = one_of::sign_in(), hide_possible_values = true)]
    new_sign_in: Option<SignIn>,
    /// New language, such as `en` or `de-AT`; empty for the organization's default
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Do not notify the old and the new address of the change
    #[arg(long)]
    no_notify: bool,
    /// Users must choose another password at the next sign-in; open sessions continue
    #[arg(long, conflicts_with = "no_must_change")]
    must_change: bool,
    /// Users may keep their password
    #[arg(long)]
    no_must_change: bool,
    /// Forget that the address bounced, so that it is mailed again; a new address does that too
    #[arg(long)]
    clear_bounce: bool,
    /// Skip confirmation before passwords are removed or several users are changed
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
    #[command(flatten)]
    targets: TargetArgs,
}

/// Runs the command.
///
/// # Errors
/// When a field is malformed or taken, or the operator may not.
pub fn run(context: &mut Context, args: &EditArgs) -> anyhow::Result<()> {
    let usage = |words: String, hint: &str| CliError::Usage { words, hint: Some(hint.to_owned()) };
    let must_change = (args.must_change || args.no_must_change).then_some(args.must_change);
    let is_for_one = args.email.is_some() || args.username.is_some() || args.name.is_some();
    let is_for_any =
        args.new_role.is_some() || args.new_sign_in.is_some() || args.locale.is_some() || args.clear_bounce;
    if !is_for_one && !is_for_any && must_change.is_none() {
        return Err(usage("nothing to change was given".to_owned(), "cxme-admin users edit --help").into());
    }
    if must_change == Some(true) && args.new_sign_in == Some(SignIn::Saml) {
        let words = "--must-change: a user who signs in with SAML has no password to change".to_owned();
        return Err(usage(words, "give one of `--must-change` and `--sign-in saml`").into());
    }
    args.targets.check()?;
    let app = context.app(Action::UsersEdit)?;
    let edit = UserEdit {
        email: parsed(args.email.as_deref(), Refusal::Email)?,
        username: parsed(args.username.as_deref(), Refusal::Username)?,
        name: args.name.clone(),
        role: args.new_role.clone(),
        sign_in: args.new_sign_in,
        locale: args.locale.clone(),
        notify: args.email.is_some() && !args.no_notify && context.has_mail()?,
        must_change,
        clear_bounce: args.clear_bounce,
    };
    // The plain names of these options set the new values.
    let mut targets = args.targets.clone();
    targets.selection.prefix = "with-";
    let edited = match targets.targets(context, &app)? {
        Targets::One(user) => edit_one(context, &app, &user, &edit, args),
        Targets::Many(several) => match edit.option_for_one() {
            Some(option) => Err(usage(format!("{option}: only for one user, named exactly"), "name one user").into()),
            None => edit_several(context, &app, *several, &edit, args),
        },
    };
    if edited.is_ok() {
        context.warn_of_language(edit.locale.as_deref());
    }
    edited
}

fn parsed<T: std::str::FromStr>(
    given: Option<&str>,
    refusal: impl Fn(T::Err) -> Refusal,
) -> Result<Option<T>, ActionError> {
    Ok(given.map(str::parse).transpose().map_err(refusal)?)
}

fn edit_one(
    context: &mut Context,
    app: &App,
    user: &UserReference,
    edit: &UserEdit,
    args: &EditArgs,
) -> anyhow::Result<()> {
    let plan = edit::plan(app, user, edit)?;
    if args.acting.dry_run {
        return plan::print(&mut context.output, app.now(), &[step(&plan)]);
    }
    if plan.password_removed {
        let question = format!("Move {} to SAML and remove the password?", plan.user.username);
        prompt::confirm_removal(context, args.yes, &question, Removals::of_passwords(1))?;
    }
    let confirmed = (!args.yes).then_some(u64::from(plan.password_removed));
    let edited = edit::edit(app, user, edit, confirmed, &args.acting.change_options())?;
    let name = &edited.user.username;
    if edited.changed.is_empty() {
        context.output.say(&format!("{name} already matches; nothing was changed."));
        return Ok(());
    }
    context.output.say(&format!("Changed {name}: {}.", edited.changed.join(", ")));
    if edited.password_removed {
        context.output.say(&format!("Removed the password of {name}: the user signs in with SAML."));
    } else if edited.user.sign_in == SignIn::Password && edited.user.password.is_none() && edit.sign_in.is_some() {
        context.output.say(&format!("{name} cannot log in yet: cxme-admin users set-password {name}"));
    }
    context.send_address_notices(app, &edited.notices);
    Ok(())
}

fn edit_several(
    context: &mut Context,
    app: &App,
    several: TargetList,
    edit: &UserEdit,
    args: &EditArgs,
) -> anyhow::Result<()> {
    let fields = fields(edit);
    let removal = |removed: u64| match removed {
        0 => String::new(),
        removed => format!(" and remove {}", counted(removed, "password")),
    };
    // How many passwords the question was about.
    let removed = std::cell::Cell::new(0);
    let edited = targets::change_several(
        context,
        args.yes,
        &args.acting,
        several,
        |EditManyOutcome { users, done, .. }| {
            let who = targets::changed_of(done.changed, users);
            removed.set(done.passwords_removed);
            (done.changed > 0)
                .then(|| format!("Change {} of {who}{}?", fields.join(", "), removal(done.passwords_removed)))
        },
        |several, change_options| {
            let confirmed = several.confirmed.as_ref().map(|_| removed.get());
            edit::edit_several(app, several, edit, confirmed, change_options)
        },
    );
    let edited = edited.map_err(|error| prompt::of_removal(error, Removals::of_passwords(removed.get())))?;
    let EditManyOutcome { users, done, without_password_now } = &edited;
    if args.acting.dry_run {
        let without = without_password(done.without_password);
        let words = match (done.changed, done.without_password) {
            (0, 1..) => format!("Nothing would be changed.{without}"),
            _ => targets::would(done.changed, users, |who| {
                let (removal, who_loses) = (removal(done.passwords_removed), first_names(without_password_now, done));
                format!("Would change {} of {who}{removal}{who_loses}.{without}", fields.join(", "))
            }),
        };
        let usernames = Value::List(without_password_now.iter().map(|user| user.username.as_str()).collect());
        let step = PlanStep::new(Action::UsersEdit, words)
            .if_changed(done.changed > 0)
            .field("users", Value::count(users.count))
            .field("users_changed", Value::count(done.changed))
            .field("usernames", targets::usernames(users))
            .field("changed", Value::List(fields))
            .field("passwords_removed", Value::count(done.passwords_removed))
            .field("password_removed_usernames", usernames)
            .field("without_password", Value::count(done.without_password));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    let without = without_password(done.without_password);
    context.output.say(&match (users.count, done.changed, done.passwords_removed) {
        (0, ..) => targets::NOBODY.to_owned(),
        (_, 0, _) if done.without_password > 0 => format!("Nothing was changed.{without}"),
        (_, 0, _) => "All of these users already match; nothing was changed.".to_owned(),
        (_, changed, 0) => {
            let next = if edit.sign_in == Some(SignIn::Password) { BACK_FROM_SAML } else { "" };
            format!("Changed {} of {}.{without}{next}", fields.join(", "), targets::count_of(changed, users))
        }
        (_, changed, removed) => format!(
            "Changed {} of {}. Removed {}: these users sign in with SAML.{without}",
            fields.join(", "),
            targets::count_of(changed, users),
            counted(removed, "password")
        ),
    });
    Ok(())
}

/// What users who come back from SAML need.
const BACK_FROM_SAML: &str =
    " Those who came from SAML cannot log in before they have a new password: cxme-admin users list --no-password";

/// " (alice, bob and 3 more)": the first users who would lose their passwords; or nothing.
fn first_names(users: &[User], done: &BulkEditOutcome) -> String {
    if users.is_empty() {
        return String::new();
    }
    let names: Vec<String> = users.iter().take(NAMED).map(|user| user.username.to_string()).collect();
    let more = match done.passwords_removed.saturating_sub(names.len() as u64) {
        0 => String::new(),
        more => format!(" and {} more", grouped(more)),
    };
    format!(" ({}{more})", names.join(", "))
}

/// The names of the fields that several users get.
fn fields(edit: &UserEdit) -> Vec<&'static str> {
    let given = [
        ("role", edit.role.is_some()),
        ("sign_in", edit.sign_in.is_some()),
        ("locale", edit.locale.is_some()),
        ("must_change_password", edit.must_change.is_some()),
        ("bounce", edit.clear_bounce),
    ];
    given.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect()
}

fn without_password(users: u64) -> String {
    match users {
        0 => String::new(),
        1 => " 1 user has no password to change.".to_owned(),
        users => format!(" {} have no password to change.", counted(users, "user")),
    }
}

/// What a dry run prints: the user as it would be, and which fields would change.
fn step(plan: &EditOutcome) -> PlanStep<'_> {
    let EditOutcome { user, role, changed, password_removed, notices } = plan;
    let name = &user.username;
    let removed = if *password_removed { " Would remove the password: the user signs in with SAML." } else { "" };
    let told = if notices.is_empty() { "" } else { " Would notify the old and the new address by mail." };
    let words = match changed.is_empty() {
        true => format!("{name} already matches; nothing would be changed."),
        false => format!("Would change {name}: {}.{removed}{told}", changed.join(", ")),
    };
    PlanStep::new(Action::UsersEdit, words)
        .if_changed(!changed.is_empty())
        .field("username", Value::text(name.as_str()))
        .field("email", Value::text(user.email.as_str()))
        .field("name", Value::text(&user.name))
        .field("role", Value::text(role))
        .field("sign_in", Value::text(user.sign_in.word()))
        .field("locale", Value::text_or(user.locale.as_deref(), ""))
        .field("must_change_password", Value::Flag(user.must_change_password))
        .field("changed", Value::List(changed.iter().map(String::as_str).collect()))
        .field("password_removed", Value::Flag(*password_removed))
        .field("notices", Value::Number(notices.len() as i64))
}
