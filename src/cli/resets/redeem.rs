//! `resets redeem`.

use zeroize::Zeroizing;

use crate::actions::resets::redeem;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::user::User;
use crate::secrets::password::Password;
use crate::secrets::reset_code::ResetCode;

/// Set a new password with the code from a reset mail
///
/// The code proves who the user is; no username is asked for. It works once, and a password that the policy refuses
/// does not use it up. With `--stdin`, as your own web page would call it: the code on the first line, the new password
/// on the second.
#[derive(Debug, clap::Args)]
pub struct RedeemArgs {
    /// Read the code and the new password from two lines of standard input
    #[arg(long)]
    stdin: bool,
    /// Do not notify the user by mail that the password was changed
    #[arg(long)]
    no_notify: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When the code is not accepted, the policy refuses the password, or the operator may not.
pub fn run(context: &mut Context, args: &RedeemArgs) -> anyhow::Result<()> {
    let app = context.app(Action::ResetsRedeem)?;
    let notify = !args.no_notify && context.has_mail()?;
    let (redeemable, new) = if args.stdin {
        let lines = context.two_secrets("the code and the new password")?;
        let code = std::str::from_utf8(&lines.0).ok().and_then(|typed| ResetCode::parse_pasted(typed).ok());
        (redeem::look(&app, code.as_ref())?, Password::from_bytes(lines.1)?)
    } else {
        let mut terminal = context.terminal("The code and the new password", "give `--stdin`")?;
        let typed = Zeroizing::new(terminal.ask_line("Code from the mail: ")?);
        let redeemable = redeem::look(&app, ResetCode::parse_pasted(&typed).ok().as_ref())?;
        let user = redeemable.user();
        let heading = format!("Requirements for the password of {} ({}):", user.username, user.email);
        terminal.show(&prompt::bullets(&heading, &prompt::requirements(redeemable.requirements())))?;
        let validate = &mut |password: &Password| prompt::faults_in_words(redeemable.validate(&app, password));
        let new = prompt::new_password(terminal.as_mut(), validate)?;
        (redeemable, new)
    };
    let change_options = args.acting.change_options();
    let notice = redeem::redeem(&app, &redeemable, &new, notify, &change_options)?;
    // It is not needed while the relay is waited for.
    drop(new);
    let User { username: name, email, .. } = redeemable.user();
    if change_options.dry_run {
        let words = format!("Would set the password of {name} and use up the link.");
        let step = PlanStep::new(Action::ResetsRedeem, words)
            .field("username", Value::text(name.as_str()))
            .field("email", Value::text(email.as_str()));
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    context.output.say(&format!("Password set for {name}."));
    context.send_notice(&app, notice);
    Ok(())
}
