//! `policy show`.

use crate::actions::policy;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::cli::output::Format;
use crate::cli::prompt;
use crate::domain::action::Action;
use crate::texts;
use crate::texts::policy::Reader;

/// Show the organization's password requirements in plain words
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Language, such as `en` or `de`
    #[arg(long, value_name = "TAG", default_value = "en", hide_default_value = true)]
    locale: String,
}

/// Runs the command.
///
/// # Errors
/// When the operator is none, or the language has no texts.
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    let app = context.app(Action::PolicyShow)?;
    let weak = policy::show(&app)?;
    let (organization, rules) = (app.organization(), app.policy()?);
    let language = context.language(&args.locale)?;
    let requirements = texts::policy::requirements(rules, &language, Reader::Operator);
    let notes = texts::policy::notes(rules, &language);
    if context.output.format != Format::Table {
        let object = serde_json::json!({
            "requirements": requirements,
            "notes": notes,
            "help_contact": organization.help_contact,
            "fingerprint": rules.fingerprint(),
            "weak_hashes": weak,
        });
        return Ok(context.output.line(&object.to_string())?);
    }
    let whose = match organization.name.as_str() {
        "" => "A new password needs:".to_owned(),
        name => format!("A new password at {name} needs:"),
    };
    for line in prompt::bullets(&whose, &requirements).lines() {
        context.output.line(line)?;
    }
    for note in &notes {
        context.output.line(note)?;
    }
    if !organization.help_contact.is_empty() {
        context.output.line(&format!("Help: {}", organization.help_contact))?;
    }
    if let Some(weak) = weak.filter(|count| *count > 0) {
        let passwords = counted(weak, "password");
        context.output.line(&format!("Hashed below the configured cost: {passwords} (rehashed at the next login)"))?;
    }
    Ok(context.output.line(&format!("Fingerprint of this policy: {}", rules.fingerprint()))?)
}
