//! `jobs remind`.

use crate::actions::jobs::create::Audience;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::mail_args::MailArgs;
use crate::cli::jobs::send_to_many;
use crate::cli::jobs::send_to_many::BulkArgs;
use crate::cli::jobs::send_to_many::RequestedAudience;
use crate::domain::action::Action;
use crate::domain::duration::parse_duration;
use crate::domain::job::JobId;

/// Remind the users of a job who have not used their link
///
/// Creates a new job with new links; the old links stop working. Users who have changed their password since then, in
/// any way, are skipped.
#[derive(Debug, clap::Args)]
pub struct RemindArgs {
    /// Number of the job
    #[arg(value_name = "JOB")]
    job: i64,
    /// Only users whose mail was sent at least this long ago, such as `3d`
    #[arg(long, value_name = "TIME")]
    after: String,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    bulk: BulkArgs,
    #[command(flatten)]
    acting: ActingArgs,
}

/// Runs the command.
///
/// # Errors
/// When there is no such job, or as `users send-reset` to many.
pub fn run(context: &mut Context, args: &RemindArgs) -> anyhow::Result<()> {
    let usage = |words: String| CliError::Usage { words: format!("--after: {words}"), hint: None };
    let after = parse_duration(&args.after).map_err(|error| usage(error.to_string()))?;
    let app = context.app(Action::JobsRemind)?;
    let audience = Audience::NotYet(JobId(args.job), after);
    let selection = format!("who did not use the link of job {}, {} after", args.job, args.after);
    let asked = RequestedAudience { audience, selection, sha256: None, ends_passwords: false };
    send_to_many::send(context, &app, asked, &args.mail, &args.bulk, &args.acting)
}
