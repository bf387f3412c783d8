//! `policy blocklist check`.

use std::path::PathBuf;

use super::open_filter;
use crate::cli::context::Context;
use crate::cli::context::PasswordSource;
use crate::cli::failure::CliError;
use crate::cli::prompt;
use crate::secrets::password::Password;

/// Check whether a password is on a blocklist file
///
/// Exits with 0 if it is not, and with 65 if it is. Nothing else is checked: `policy check` checks all requirements.
#[derive(Debug, clap::Args)]
pub struct ListedArgs {
    /// File that `policy blocklist build` created
    #[arg(value_name = "FILE")]
    filter: PathBuf,
    /// Read the password from the first line of standard input
    #[arg(long)]
    stdin: bool,
}

/// Runs the command.
///
/// # Errors
/// When the password is on the list, or the file is no filter or is damaged.
pub fn run(context: &mut Context, args: &ListedArgs) -> anyhow::Result<()> {
    let filter = open_filter(&args.filter)?;
    let password = if args.stdin {
        Password::from_bytes(context.secret_line(&PasswordSource::Stdin)?)?
    } else {
        let mut terminal = context.terminal("A password to check", "give `--stdin`")?;
        prompt::known_password(terminal.as_mut(), "Password to check")?
    };
    let file = args.filter.display();
    let is_listed = password.is_listed(&filter).map_err(|list| CliError::BadFile {
        words: list.to_string(),
        hint: "build it again, or copy it again from where it was built".to_owned(),
    })?;
    if is_listed {
        let words = format!("the password is on the list {file}");
        let hint = "about one in 65,536 other passwords is taken for one that is".to_owned();
        return Err(CliError::BadFile { words, hint }.into());
    }
    context.output.say(&format!("The password is not on the list {file}."));
    Ok(())
}
