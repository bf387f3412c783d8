//! Questions at the terminal.

use zeroize::Zeroizing;

use crate::app::ActionError;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::domain::policy::Requirements;
use crate::domain::refusal::Refusal;
use crate::domain::removal::Removals;
use crate::domain::text;
use crate::process::terminal::Terminal;
use crate::secrets::password::Password;
use crate::texts;
use crate::texts::Texts;
use crate::texts::policy::Reader;

/// How often a new password is asked for before the program gives up.
const TRIES: u32 = 3;

/// Asks for a yes, unless `yes` was given.
///
/// # Errors
/// [`CliError::Declined`] for anything but yes; [`CliError::CannotAsk`] where nobody can be asked.
pub fn confirm(context: &mut Context, yes: bool, question: &str) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    let mut terminal = context.terminal(question, "give `--yes` to do it without being asked")?;
    let answer = terminal.ask_line(&format!("{} [y/N] ", text::visible(question)))?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => {
            context.was_asked = true;
            Ok(())
        }
        _ => Err(CliError::Declined.into()),
    }
}

/// Asks before passwords or locks are taken away, unless `yes` was given.
///
/// # Errors
/// As [`confirm`], but [`Refusal::Removals`] where nobody can be asked: what the input says is refused then.
pub fn confirm_removal(context: &mut Context, yes: bool, question: &str, removals: Removals) -> anyhow::Result<()> {
    confirm(context, yes, question).map_err(|error| of_removal(error, removals))
}

/// What is said where nobody can be asked whether to take so much away.
pub fn of_removal(error: anyhow::Error, removals: Removals) -> anyhow::Error {
    match error.downcast_ref() {
        Some(CliError::CannotAsk { .. }) if !removals.is_empty() => {
            ActionError::from(Refusal::Removals(removals)).into()
        }
        _ => error,
    }
}

/// Asks for a line; empty: the default.
///
/// # Errors
/// When the terminal fails, or the operator ends the input.
pub fn line(terminal: &mut dyn Terminal, question: &str, default: &str) -> anyhow::Result<String> {
    let shown = if default.is_empty() { String::new() } else { format!(" [{}]", text::visible(default)) };
    let answer = terminal.ask_line(&format!("{question}{shown}: "))?;
    let answer = answer.trim();
    Ok(if answer.is_empty() { default.to_owned() } else { answer.to_owned() })
}

/// Asks for a password that is known already, once.
///
/// # Errors
/// When the terminal fails, or the text is no password at all.
pub fn known_password(terminal: &mut dyn Terminal, question: &str) -> anyhow::Result<Password> {
    Ok(Password::new(terminal.ask_secret(&format!("{question}: "))?)?)
}

/// Asks for a new password twice, and again when it is refused or the two differ, three times in all. `validate` says what
/// is wrong with it, one line a rule, before it is asked for again.
///
/// # Errors
/// [`CliError::NoPassword`] after the last try; when the terminal fails.
pub fn new_password(
    terminal: &mut dyn Terminal,
    validate: &mut dyn FnMut(&Password) -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<Password> {
    for _ in 0..TRIES {
        let typed: Zeroizing<String> = terminal.ask_secret("New password: ")?;
        let password = match Password::new(typed) {
            Ok(password) => password,
            Err(error) => {
                terminal.show(&format!("{error}\n"))?;
                continue;
            }
        };
        let faults = validate(&password)?;
        if !faults.is_empty() {
            terminal.show(&bullets("This password does not meet the requirements:", &faults))?;
            continue;
        }
        let again = Password::new(terminal.ask_secret("Retype new password: ")?);
        if again.is_ok_and(|again| again.same_as(&password)) {
            return Ok(password);
        }
        terminal.show("Passwords do not match.\n")?;
    }
    Err(CliError::NoPassword.into())
}

/// What the policy says against a password, one line a rule.
///
/// # Errors
/// What is not the policy's word.
pub fn faults_in_words(validated: Result<(), ActionError>) -> anyhow::Result<Vec<String>> {
    match validated {
        Ok(()) => Ok(Vec::new()),
        Err(ActionError::Refused(Refusal::Policy { faults, .. })) => {
            let english = Texts::built_in().default_language();
            Ok(faults.iter().map(|fault| texts::policy::fault(fault, english, Reader::Operator)).collect())
        }
        Err(error) => Err(error.into()),
    }
}

/// The requirements of a policy as the program's own questions say them: in English, to an operator.
pub fn requirements(policy: &Requirements) -> Vec<String> {
    texts::policy::requirements(policy, Texts::built_in().default_language(), Reader::Operator)
}

/// A heading and a list.
pub fn bullets(heading: &str, lines: &[String]) -> String {
    let mut text = format!("{}\n", text::visible(heading));
    for line in lines {
        text.push_str(&format!("  - {}\n", text::visible(line)));
    }
    text
}
