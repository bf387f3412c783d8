//! `users verify-password`.

use crate::actions::users::password;
use crate::actions::users::password::VerifyOutcome;
use crate::cli::context::Context;
use crate::cli::context::PasswordSource;
use crate::cli::failure::CliError;
use crate::domain::action::Action;
use crate::domain::sign_in::NamedClient;
use crate::domain::sign_in::client_of_pam;
use crate::domain::user::UserReference;
use crate::domain::user::shown_reference;
use crate::secrets::lines;
use crate::secrets::password::Password;

/// Check a user's password, as a login system does
///
/// Exits with 0 if it is accepted and 1 if not: wrong password, unknown user, locked, SAML, or no password, which are
/// not distinguished and take the same time. An accepted password is recorded as a login. Wrong passwords are counted;
/// after `[sign_in] max_failures` in a row, each further one is answered with a delay of up to 30 seconds. For
/// pam_exec(8) with `expose_authtok`: `cxme-admin users verify-password --stdin --pam`
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("whose").required(true).args(["user", "pam"]))]
pub struct VerifyPasswordArgs {
    /// Exact username or email address; with `--pam`, taken from the environment variable PAM_USER
    #[arg(value_name = "USER")]
    user: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    stdin: bool,
    /// Called by pam_exec: take the user from PAM_USER, and the password from standard input up to the NUL byte
    #[arg(long, requires = "stdin")]
    pam: bool,
    /// IP address or name of the client host, shown by `users show` after a failed login [with --pam: PAM_RHOST]
    #[arg(long, value_name = "ADDR")]
    client: Option<NamedClient>,
}

/// Runs the command.
///
/// # Errors
/// [`CliError::NotVerified`] when it is not accepted; others when the operator may not, or the store cannot be read.
pub fn run(context: &mut Context, args: &VerifyPasswordArgs) -> anyhow::Result<()> {
    let user = match &args.user {
        Some(user) => user.clone(),
        None => pam_user(context)?,
    };
    let app = context.login_app(Action::UsersVerifyPassword)?;
    let password = if args.stdin {
        let mut bytes = context.secret_bytes(&PasswordSource::Stdin)?;
        if args.pam {
            // pam_exec ends what it writes with a NUL, and modules before it may have done the same.
            let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
            bytes.truncate(end);
            // As it was typed at the login: nothing in it is an editor's.
            Password::from_bytes(lines::one_line(bytes)).ok()
        } else {
            let text = lines::without_mark(bytes).ok();
            text.and_then(|text| Password::from_bytes(lines::first_line(text)).ok())
        }
    } else {
        let question = format!("Password of {}", shown_reference(&user));
        let mut terminal = context.terminal(&question, "give `--stdin`")?;
        Password::new(terminal.ask_secret(&format!("{}: ", crate::domain::text::visible(&question)))?).ok()
    };
    // What can be nobody's password is a wrong one.
    let Some(password) = password else { return Err(CliError::NotVerified.into()) };
    let of_pam = || context.process.variable("PAM_RHOST").and_then(|host| client_of_pam(&host.to_string_lossy()));
    let named = args.client.as_ref().and_then(NamedClient::name).map(str::to_owned);
    let client = named.or_else(|| if args.pam { of_pam() } else { None });
    match password::verify(&app, &UserReference::new(&user), &password, client.as_deref())? {
        VerifyOutcome::Refused => Err(CliError::NotVerified.into()),
        VerifyOutcome::Expired { at } => {
            let words = "The password was temporary, and ended at";
            context.output.say(&format!("{words} {at}. The user needs a link: cxme-admin users send-reset USER"));
            Err(CliError::NotVerified.into())
        }
        VerifyOutcome::Accepted { must_change, expires_at } => {
            let then = match expires_at {
                Some(end) => format!(" It is temporary and ends at {end}: the user must choose another one now."),
                None if must_change => " The user must choose another one now.".to_owned(),
                None => String::new(),
            };
            context.output.say(&format!("Password accepted.{then}"));
            Ok(())
        }
    }
}

fn pam_user(context: &Context) -> Result<String, CliError> {
    // A name that is not UTF-8 is no user's, and refused as an unknown one.
    let user = context.process.variable("PAM_USER").map(|user| user.to_string_lossy().into_owned());
    user.ok_or_else(|| CliError::Usage {
        words: "`--pam` needs the variable PAM_USER, which pam_exec(8) sets".to_owned(),
        hint: Some("elsewhere name the user as an argument".to_owned()),
    })
}
