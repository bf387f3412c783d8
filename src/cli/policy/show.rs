//! `policy show`.

use crate::actions::policy;
use crate::actions::policy::PolicyDetails;
use crate::actions::policy::PolicySetting;
use crate::app::ActionError;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::jobs::summary::counted;
use crate::cli::output::Format;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::text;
use crate::domain::user::UserReference;
use crate::texts;
use crate::texts::policy::Reader;

/// Show the organization's password requirements in plain words
///
/// With `--user`, those of this user: if the configuration asks more of the user's role, the stricter value of each key holds, and the
/// section that it comes from is named.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// User whose requirements are shown: exact username or email address
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Language, such as `en` or `de`
    #[arg(long, value_name = "TAG", default_value = "en", hide_default_value = true)]
    locale: String,
}

const SETTINGS: [Column<PolicySetting>; 3] = [
    Column { name: "key", title: "KEY", cell: |row| Value::text(row.key) },
    Column { name: "value", title: "VALUE", cell: |row| Value::text_or(row.value.as_deref(), "none") },
    Column { name: "section", title: "FROM", cell: |row| Value::text(&row.section) },
];

/// Runs the command.
///
/// # Errors
/// When the operator is none, there is no such user, or the language has no texts.
pub fn run(context: &mut Context, args: &ShowArgs) -> anyhow::Result<()> {
    let app = context.app(Action::PolicyShow)?;
    let reference = args.user.as_deref().map(UserReference::new);
    let shown = policy::show(&app, reference.as_ref())?;
    let language = context.language(&args.locale)?;
    let requirements = texts::policy::requirements(&shown.requirements, &language, Reader::Operator);
    let notes = texts::policy::notes(&shown.requirements, &language);
    let organization = app.organization();
    if context.output.format != Format::Table {
        let mut object = serde_json::json!({
            "requirements": requirements,
            "notes": notes,
            "help_contact": organization.help_contact,
            "fingerprint": shown.fingerprint,
            "weak_hashes": shown.weak_hashes,
            "stricter_roles": shown.stricter_roles,
        });
        if let Some(user) = &shown.of_user {
            let setting = |setting: &PolicySetting| serde_json::json!({ "key": setting.key, "value": setting.value, "section": setting.section });
            object["username"] = user.username.as_str().into();
            object["role"] = user.role.as_str().into();
            object["settings"] = user.settings.iter().map(setting).collect();
        }
        return Ok(context.output.line(&object.to_string())?);
    }
    for line in prompt::bullets(&heading(&shown, &organization.name), &requirements).lines() {
        context.output.line(line)?;
    }
    if let Some(user) = &shown.of_user {
        column::list::<_, ActionError>(&mut context.output, &SETTINGS, app.now(), |sink| {
            for setting in &user.settings {
                sink(setting)?;
            }
            Ok(())
        })?;
    } else if !shown.stricter_roles.is_empty() {
        let which = if shown.stricter_roles.len() == 1 { "role" } else { "roles" };
        let roles = shown.stricter_roles.join(", ");
        let words = format!(
            "Stricter for users with the {which} {}: cxme-admin policy show --user USER",
            text::visible(&roles)
        );
        context.output.line(&words)?;
    }
    for note in &notes {
        context.output.line(note)?;
    }
    if !shown.is_age_in_force {
        context.output.line("The max_age holds for logins from the next change in the store on")?;
    }
    if !organization.help_contact.is_empty() {
        context.output.line(&format!("Help: {}", organization.help_contact))?;
    }
    if let Some(weak) = shown.weak_hashes.filter(|count| *count > 0) {
        let passwords = counted(weak, "password");
        context.output.line(&format!("Hashed below the configured cost: {passwords} (rehashed at the next login)"))?;
    }
    Ok(context.output.line(&format!("Fingerprint of this policy: {}", shown.fingerprint))?)
}

/// Whose passwords these requirements are for.
fn heading(shown: &PolicyDetails, organization: &str) -> String {
    let at = if organization.is_empty() { String::new() } else { format!(" at {organization}") };
    match &shown.of_user {
        None => format!("A new password{at} needs:"),
        Some(user) => format!("A new password of {} (role {}){at} needs:", user.username, text::visible(&user.role)),
    }
}
