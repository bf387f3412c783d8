//! What is said of another process that has stopped sending and keeps its mail.

use crate::actions::jobs::stalled;
use crate::app::App;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::process;
use crate::store::sender::Sender;

/// The complaint about a process that sends and has done nothing for `[jobs] complain_after`; `None`: there is none. `before` is
/// what this run came to, if it sent anything.
///
/// # Errors
/// When the configuration or the file beside the store cannot be read.
pub fn complaint(context: &mut Context, app: &App, before: Option<&str>) -> anyhow::Result<Option<CliError>> {
    let complain_after = context.config()?.jobs.complain_after;
    let is_stopped = |sender: &Sender| sender.elsewhere.is_none() && process::is_stopped(sender.process);
    let Some(sender) = stalled::find(app, complain_after, is_stopped)? else { return Ok(None) };
    let is_stopped = is_stopped(&sender);
    let output = &context.output;
    let mut words = format!(
        "{sender}, which began to send at {}, {}has done nothing since {}, and mail waits for it",
        output.local_time(sender.began_at),
        if is_stopped { "is stopped (SIGSTOP) and " } else { "" },
        output.local_time(sender.active_at),
    );
    if let Some(before) = before {
        words = format!("{words}; {before}");
    }
    let number = sender.process;
    let hint = match &sender.elsewhere {
        Some(_) => {
            "look at it there, and end it if it hangs; the next `jobs run` sends again what it was sending".to_owned()
        }
        None if is_stopped => format!(
            "to let it continue: kill -CONT {number}; to end it: kill -KILL {number}; the next `jobs run` then sends again what it \
             was sending"
        ),
        None => format!(
            "what it does: ps -fp {number}; to end it: kill {number}, or kill -KILL {number}; the next `jobs run` then sends again \
             what it was sending"
        ),
    };
    Ok(Some(CliError::NotSent { fault: MailFailure::Stalled, words, hint }))
}
