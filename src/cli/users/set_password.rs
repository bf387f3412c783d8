//! `users set-password`.

use crate::actions::users::password;
use crate::actions::users::password::PasswordOptions;
use crate::actions::users::password::PasswordOrigin;
use crate::actions::users::password::PasswordTarget;
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
use crate::cli::value::Value;
use crate::domain::message::MessageId;
use crate::domain::text;
use crate::domain::user::User;
use crate::domain::user::UserReference;
use crate::secrets::admission::FormerPasswords;
use crate::secrets::generate;
use crate::secrets::generate::Generated;
use crate::secrets::password::Password;

/// Set a user's password
///
/// Prompts for it twice at the terminal, after showing the organization's requirements. The user can sign in with it as
/// soon as the command returns; their open sessions end. A password is never an argument, because other accounts on the
/// machine could read it there. In a script: `pass show alice | cxme-admin users set-password alice --stdin`
#[derive(Debug, clap::Args)]
pub struct SetPasswordArgs {
    /// Exact username or email address
    #[arg(value_name = "USER")]
    user: String,
    // Taken only to be refused with the reason, and never repeated.
    #[arg(hide = true, value_name = "PASSWORD")]
    refused: Vec<std::ffi::OsString>,
    /// Read the password from the first line of standard input
    #[arg(long, conflicts_with_all = ["password_file", "generate"])]
    stdin: bool,
    /// Read the password from the first line of a file that only you can read
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath, conflicts_with = "generate")]
    password_file: Option<InputFile>,
    /// Generate a password that meets the requirements and print it: `words` (the default) or `characters`
    #[arg(long, value_name = "KIND", num_args = 0..=1, require_equals = true, default_missing_value = "words")]
    generate: Option<Kind>,
    #[command(flatten)]
    how: HowArgs,
    /// Set the password even if the policy refuses it: requires the permission `override-policy`; recorded in the audit
    /// log
    #[arg(long)]
    override_policy: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// How long the password is valid for, and what it ends
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct HowArgs {
    /// The user must choose another password at the next sign-in
    #[arg(long, conflicts_with = "permanent")]
    must_change: bool,
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
    if !args.refused.is_empty() {
        let words = "a password is never an argument: everybody on this machine can read it, and the shell keeps it";
        let hint = Some("leave it out to be asked, or use `--stdin`, `--password-file` or `--generate`".to_owned());
        return Err(CliError::Usage { words: words.to_owned(), hint }.into());
    }
    let strictness = if args.override_policy { PolicyEnforcement::Overridden } else { PolicyEnforcement::Policy };
    let app = context.app(password::set_action(strictness))?;
    let target = password::look(&app, &UserReference::new(&args.user), strictness)?;
    let task = Task { app: &app, target: &target, how: args.how, change_options: args.acting.change_options() };
    if args.acting.dry_run && args.password_file.is_none() && !args.stdin {
        let must_change = task.must_change(context)?;
        return task.print_plan(context, must_change);
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
        let requirements = prompt::requirements(self.app.policy()?);
        terminal.show(&prompt::bullets(&heading, &requirements))?;
        let contact = &self.app.organization().help_contact;
        if !contact.is_empty() {
            terminal.show(&format!("Help: {}\n", text::visible(contact)))?;
        }
        let validate = &mut |password: &Password| {
            prompt::faults_in_words(self.app.validate(user, password, &FormerPasswords::default()))
        };
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
        let policy = app.policy()?;
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
        let must_change = self.must_change(context)?;
        let notify = !self.how.no_notify && context.has_mail()?;
        let options = PasswordOptions { must_change, keep_sessions: self.how.keep_sessions, notify };
        let notice = password::set(self.app, self.target, password, origin, options, &self.change_options)?;
        if self.change_options.dry_run {
            self.print_plan(context, must_change)?;
            return Ok(None);
        }
        context.output.say(&format!("Password set for {}.{}", self.target.user.username, then(must_change)));
        Ok(notice)
    }

    fn must_change(&self, context: &mut Context) -> anyhow::Result<bool> {
        let configured = context.config()?.password.must_change_after_set;
        // An import may have said it before there was a password.
        Ok((configured || self.how.must_change || self.target.user.must_change_password_next()) && !self.how.permanent)
    }

    fn print_plan(&self, context: &mut Context, must_change: bool) -> anyhow::Result<()> {
        let User { username: name, email, .. } = &self.target.user;
        let words = format!("Would set the password of {name}.{}", then(must_change));
        let step = PlanStep::new(password::set_action(self.target.strictness()), words)
            .field("username", Value::text(name.as_str()))
            .field("email", Value::text(email.as_str()))
            .field("must_change_password", Value::Flag(must_change));
        plan::print(&mut context.output, self.app.now(), &[step])
    }
}

fn then(must_change: bool) -> &'static str {
    if must_change { " The user must choose another password at the next sign-in." } else { "" }
}
