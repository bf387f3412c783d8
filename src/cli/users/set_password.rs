//! `users set-password`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::actions::users::batch::BatchOptions;
use crate::actions::users::batch::GeneratedKind;
use crate::actions::users::password;
use crate::actions::users::password::PasswordOptions;
use crate::actions::users::password::PasswordOrigin;
use crate::actions::users::password::PasswordTarget;
use crate::actions::users::targets::TargetList;
use crate::actions::users::targets::Targets;
use crate::actions::users::validity::Demand;
use crate::actions::users::validity::Validity;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::app::policy_check::PolicyEnforcement;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::context::PasswordSource;
use crate::cli::failure::CliError;
use crate::cli::files::InputFile;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::selection::SelectionArgs;
use crate::cli::targets::TargetArgs;
use crate::cli::users::set_password_many;
use crate::cli::users::set_password_many::ManyArgs;
use crate::cli::value::Value;
use crate::domain::message::MessageId;
use crate::domain::password_age::end_of;
use crate::domain::password_age::parse_lifetime;
use crate::domain::text;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::secrets::generate;
use crate::secrets::generate::Generated;
use crate::secrets::password::Password;

/// Set a user's password
///
/// Prompts for it twice at the terminal, after showing the organization's requirements. The user can sign in with it as
/// soon as the command returns; their open sessions end. A password is never an argument, because other accounts on the
/// machine could read it there. In a script: `pass show alice | cxme-admin users set-password alice --stdin`. Many
/// users at once, all or none: `--batch FILE`, or `--role Student --no-password --generate --out new-students.csv`
#[derive(Debug, clap::Args)]
pub struct SetPasswordArgs {
    /// Exact username or email address; several only with `--generate --out`
    // More than one is most often a password, which is refused with the reason and never repeated.
    #[arg(value_name = "USER")]
    users: Vec<OsString>,
    /// Read the password from the first line of standard input
    #[arg(long, conflicts_with_all = ["password_file", "generate", "batch"])]
    stdin: bool,
    /// Read the password from the first line of a file that only you can read
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath, conflicts_with_all = ["generate", "batch"])]
    password_file: Option<InputFile>,
    /// Set the passwords of many users, all or none, from a file that only you can read (`-`: standard input): lines
    /// `USER:PASSWORD` as of chpasswd(8), or CSV whose header names `password` and `username` or `email`, and may name
    /// `must_change_password` and `expires`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath, conflicts_with = "generate")]
    batch: Option<InputFile>,
    /// Generate a password that meets the requirements and print it: `words` (the default) or `characters`
    #[arg(long, value_name = "KIND", num_args = 0..=1, require_equals = true, default_missing_value = "words")]
    generate: Option<Kind>,
    /// With `--generate`: set generated passwords of several users, named or selected, and write them to a new file of
    /// mode 0600, as CSV that `--batch` reads
    #[arg(long, value_name = "FILE", requires = "generate")]
    out: Option<PathBuf>,
    #[command(flatten)]
    how: HowArgs,
    /// Set the password even if the policy refuses it: requires the permission `override-policy`; recorded in the audit
    /// log
    #[arg(long)]
    override_policy: bool,
    /// With `--batch` or `--out`: abort unless exactly N users would be given a password
    #[arg(long, value_name = "N")]
    expect: Option<u64>,
    /// With `--batch` or `--out`: skip confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// All users
    #[arg(long, help_heading = "Which users")]
    all: bool,
}

/// How long the password is valid for, and what it ends
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct HowArgs {
    /// The user must choose another password at the next sign-in
    #[arg(long, conflicts_with = "permanent")]
    must_change: bool,
    /// A temporary password: it ends after this time, such as `7d`, and the user must choose another one before [default:
    /// `[password] temporary_lifetime`, if the user must change it]
    #[arg(long, value_name = "TIME", value_parser = parse_lifetime, conflicts_with = "permanent")]
    expires: Option<Duration>,
    /// The user may keep this password, whatever the configuration says
    #[arg(long)]
    permanent: bool,
    /// Keep the user's open sessions
    #[arg(long)]
    keep_sessions: bool,
    /// Do not notify the user by mail that the password was changed
    #[arg(long)]
    no_notify: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Words,
    Characters,
}

/// Runs the command.
///
/// # Errors
/// When there is no such user, the policy refuses the password, or the operator may not.
pub fn run(context: &mut Context, args: &SetPasswordArgs) -> anyhow::Result<()> {
    check(args)?;
    let strictness = if args.override_policy { PolicyEnforcement::Overridden } else { PolicyEnforcement::Policy };
    let app = context.app(password::set_action(strictness))?;
    if args.batch.is_some() || args.out.is_some() {
        return set_many(context, &app, args, strictness);
    }
    let user = args.users.first().map(|user| user.to_string_lossy().into_owned()).unwrap_or_default();
    let target = password::look(&app, &UserReference::new(&user), strictness)?;
    let task = Task { app: &app, target: &target, how: args.how, change_options: args.acting.change_options() };
    if args.acting.dry_run && args.password_file.is_none() && !args.stdin {
        return task.print_plan(context);
    }
    let source = match (&args.password_file, args.stdin) {
        (Some(path), _) => Some(PasswordSource::File(path.clone())),
        (None, true) => Some(PasswordSource::Stdin),
        (None, false) => None,
    };
    match (args.generate, source) {
        (Some(kind), _) => task.generate(context, kind),
        (None, Some(source)) => {
            let password = Password::from_bytes(context.secret_line(&source)?)?;
            let notice = task.set(context, &password, PasswordOrigin::Operator)?;
            // It is not needed while the relay is waited for.
            drop(password);
            context.send_notice(&app, notice);
            Ok(())
        }
        (None, None) => task.ask(context),
    }
}

/// Refuses what does not say whose password is set, and to what.
fn check(args: &SetPasswordArgs) -> Result<(), CliError> {
    let usage = |words: &str, hint: &str| Err(CliError::Usage { words: words.to_owned(), hint: Some(hint.to_owned()) });
    let selects = args.selection.is_given() || args.all;
    if args.batch.is_some() {
        if !args.users.is_empty() || selects {
            return usage("--batch: the file names the users", "leave out the users and the conditions");
        }
        return Ok(());
    }
    if args.out.is_some() {
        return targets(args).check();
    }
    if args.users.len() > 1 {
        let words = "a password is never an argument: everybody on this machine can read it, and the shell keeps it";
        return usage(words, "leave it out to be asked, or use `--stdin`, `--password-file` or `--generate`");
    }
    if selects {
        let hint = "give `--generate --out FILE`, or `--batch FILE`; or mail them links: users send-reset";
        return usage("several users are given a password by `--batch` or `--generate --out` alone", hint);
    }
    if args.users.is_empty() {
        return usage("no user is named", "name one; many: `--batch FILE`, or `--generate --out FILE` with conditions");
    }
    if args.expect.is_some() || args.yes {
        let option = if args.yes { "--yes" } else { "--expect" };
        return usage(&format!("{option}: one user is named, and nothing is confirmed"), "leave it out");
    }
    Ok(())
}

/// The users of `--out`.
fn targets(args: &SetPasswordArgs) -> TargetArgs {
    TargetArgs {
        users: args.users.iter().map(|user| user.to_string_lossy().into_owned()).collect(),
        selection: args.selection.clone(),
        all: args.all,
    }
}

/// Sets the passwords of many users.
fn set_many(
    context: &mut Context,
    app: &App,
    args: &SetPasswordArgs,
    strictness: PolicyEnforcement,
) -> anyhow::Result<()> {
    let options = BatchOptions {
        strictness,
        must_change: args.how.must_change,
        lifetime: args.how.expires,
        permanent: args.how.permanent,
        keep_sessions: args.how.keep_sessions,
        notify: !args.how.no_notify && context.has_mail()?,
    };
    let many = ManyArgs { options, expect: args.expect, yes: args.yes, acting: &args.acting };
    if let Some(source) = &args.batch {
        return set_password_many::set_batch(context, app, source, &many);
    }
    let Some(out) = &args.out else { return Ok(()) };
    let several = match targets(args).targets(context, app)? {
        Targets::Many(several) => *several,
        Targets::One(user) => {
            let mut one = TargetList::default();
            one.wanted.query.selection.named = Some([user].into_iter().collect());
            one
        }
    };
    let kind = match args.generate {
        Some(Kind::Characters) => GeneratedKind::Characters,
        Some(Kind::Words) | None => GeneratedKind::Words,
    };
    set_password_many::set_generated(context, app, &several, kind, out, &many)
}

/// Asks for a password and sets it: `users add --set-password`.
///
/// # Errors
/// As the command.
pub fn ask_and_set(
    context: &mut Context,
    app: &App,
    reference: &UserReference,
    change_options: &ChangeOptions,
) -> anyhow::Result<()> {
    let target = password::look(app, reference, PolicyEnforcement::Policy)?;
    Task { app, target: &target, how: HowArgs::default(), change_options: change_options.clone() }.ask(context)
}

/// Makes a password, sets it and prints it: `users add --generate`.
///
/// # Errors
/// As the command.
pub fn generate_and_set(
    context: &mut Context,
    app: &App,
    reference: &UserReference,
    change_options: &ChangeOptions,
) -> anyhow::Result<()> {
    let target = password::look(app, reference, PolicyEnforcement::Policy)?;
    Task { app, target: &target, how: HowArgs::default(), change_options: change_options.clone() }
        .generate(context, Kind::Words)
}

/// A password to be set.
struct Task<'a> {
    app: &'a App,
    target: &'a PasswordTarget,
    how: HowArgs,
    change_options: ChangeOptions,
}

impl Task<'_> {
    fn ask(&self, context: &mut Context) -> anyhow::Result<()> {
        let user = &self.target.user;
        let question = format!("New password for {}", user.username);
        let hint = "give `--stdin`, `--password-file FILE` or `--generate`";
        let mut terminal = context.terminal(&question, hint)?;
        let heading = format!("Requirements for the password of {} ({}):", user.username, user.email);
        let requirements = prompt::requirements(&self.target.policy);
        terminal.show(&prompt::bullets(&heading, &requirements))?;
        let contact = &self.app.organization().help_contact;
        if !contact.is_empty() {
            terminal.show(&format!("Help: {}\n", text::visible(contact)))?;
        }
        let validate = &mut |password: &Password| prompt::faults_in_words(self.target.validate(self.app, password));
        let password = prompt::new_password(terminal.as_mut(), validate)?;
        let notice = self.set(context, &password, PasswordOrigin::Operator)?;
        drop(password);
        context.send_notice(self.app, notice);
        let words = ["users", "set-password", user.username.as_str()];
        let same = context.equivalent("set-password", &words, self.change_options.reason.as_deref(), " --stdin < FILE");
        context.output.say_typed(&format!("Non-interactive equivalent: {same}"));
        Ok(())
    }

    fn generate(&self, context: &mut Context, kind: Kind) -> anyhow::Result<()> {
        context.check_secret_output()?;
        let (app, user) = (self.app, &self.target.user);
        let words = app.personal_words(user);
        let policy = &self.target.policy;
        let generated: Generated = match kind {
            Kind::Words => generate::words(policy, &words, app.random(), None),
            Kind::Characters => generate::characters(policy, &words, app.random(), None),
        }?;
        let notice = self.set(context, generated.password(), PasswordOrigin::Generated)?;
        // First: an operator who waits for the relay loses the password with an impatient Ctrl-C.
        let shown = context.output.generated(user.username.as_str(), &generated);
        shown.map_err(|error| CliError::NotShown { username: user.username.as_str().to_owned(), error })?;
        drop(generated);
        context.send_notice(self.app, notice);
        Ok(())
    }

    /// Sets it; gives the notice that is to be sent when all else is said.
    fn set(
        &self,
        context: &mut Context,
        password: &Password,
        origin: PasswordOrigin,
    ) -> anyhow::Result<Option<MessageId>> {
        let Validity { must_change, lifetime } = self.validity();
        let notify = !self.how.no_notify && context.has_mail()?;
        let options = PasswordOptions { must_change, lifetime, keep_sessions: self.how.keep_sessions, notify };
        let notice = password::set(self.app, self.target, password, origin, options, &self.change_options)?;
        if self.change_options.dry_run {
            self.print_plan(context)?;
            return Ok(None);
        }
        context.output.say(&format!("Password set for {}.{}", self.target.user.username, self.then()));
        Ok(notice)
    }

    fn validity(&self) -> Validity {
        let HowArgs { must_change, expires, permanent, .. } = self.how;
        let target = self.target;
        Validity::of(&target.user, &target.policy.ages, Demand { must_change, lifetime: expires, permanent })
    }

    /// When the password ends, if it is set now.
    fn expires_at(&self) -> Option<Timestamp> {
        self.validity().lifetime.map(|lifetime| end_of(self.app.now(), lifetime))
    }

    /// What the user must do then.
    fn then(&self) -> String {
        match (self.validity().must_change, self.expires_at()) {
            (false, _) => String::new(),
            (true, None) => " The user must choose another password at the next sign-in.".to_owned(),
            (true, Some(end)) => format!(" It ends at {end}: the user must choose another password before then."),
        }
    }

    fn print_plan(&self, context: &mut Context) -> anyhow::Result<()> {
        let User { username: name, email, .. } = &self.target.user;
        let words = format!("Would set the password of {name}.{}", self.then());
        let step = PlanStep::new(password::set_action(self.target.strictness()), words)
            .field("username", Value::text(name.as_str()))
            .field("email", Value::text(email.as_str()))
            .field("must_change_password", Value::Flag(self.validity().must_change))
            .field("password_expires_at", Value::time_or(self.expires_at(), ""));
        plan::print(&mut context.output, self.app.now(), &[step])
    }
}
