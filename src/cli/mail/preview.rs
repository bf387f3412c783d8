//! `mail preview`.

use std::path::PathBuf;

use crate::actions::mail::preview;
use crate::actions::mail::preview::SAMPLE_ADDRESS;
use crate::actions::mail::preview::SAMPLE_CODE;
use crate::actions::users::send_reset::check_note;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::failure::CliError;
use crate::cli::one_of;
use crate::cli::output::Format;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::message::MailKind;
use crate::domain::role::Permission;
use crate::domain::user::UserReference;
use crate::mail::context::MailContext;
use crate::private_file;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;

/// Show a mail as users get it, with a code that does not work
///
/// Prints the text part; `--out` writes the HTML part, to be opened in a browser.
#[derive(Debug, clap::Args)]
pub struct PreviewArgs {
    /// `reset`, `forced-reset` (after an ended password), `invitation`, `notice` (of a changed password),
    /// `address-notice` (to the old address) or `test`
    #[arg(value_name = "MAIL", value_parser = one_of::mail_kind(), hide_possible_values = true)]
    kind: MailKind,
    /// Show it as this user would get it
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Language, such as `en` or `de`; by default the user's
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Message from the administrator in the mail; it may have several lines
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Write the HTML part to this new file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When mail is not configured, there is no such user, or the file cannot be made.
pub fn run(context: &mut Context, args: &PreviewArgs) -> anyhow::Result<()> {
    let besides: &[Permission] = if args.user.is_some() { &[Permission::ViewUsers] } else { &[] };
    let app = context.app_with(Action::MailPreview, besides)?;
    check_note(args.note.as_deref())?;
    let reference = args.user.as_deref().map(UserReference::new);
    let user = preview::preview_user(&app, reference.as_ref())?;
    if let Some(tag) = &args.locale {
        context.language(tag)?;
    } else {
        context.warn_of_language(user.as_ref().and_then(|user| user.locale.as_deref()));
    }
    let composer = context.composer(&app)?;
    let sample: EmailAddress = SAMPLE_ADDRESS.parse()?;
    let code = ResetCode::parse(SAMPLE_CODE)?;
    let content = context.setup()?.sample_content(args.kind, &code, args.note.as_deref(), app.now());
    let letter = MailContext {
        recipient: user.as_ref().map_or(&sample, |user| &user.email),
        name: user.as_ref().map_or("Alex Example", |user| &user.name),
        username: user.as_ref().map_or("alex", |user| user.username.as_str()),
        role: user.as_ref().map(|user| user.role),
        locale: args.locale.as_deref().or(user.as_ref().and_then(|user| user.locale.as_deref())),
        date: app.now(),
        nonce: &[0; NONCE],
        message_id: "preview@example.com",
        content,
    };
    let preview = composer.preview(&letter).map_err(|error| CliError::Configuration(error.to_string()))?;
    if let Some(path) = &args.out {
        private_file::write_new(path, 0o600, preview.html.as_bytes())?;
        context.output.say(&format!("The HTML part is in {}.", path.display()));
    }
    let heads = [
        Heading { name: "subject", title: "Subject" },
        Heading { name: "text", title: "" },
        Heading { name: "html", title: "" },
    ];
    if context.output.format != Format::Table {
        let cells = [Value::text(&preview.subject), Value::text(&*preview.text), Value::text(&*preview.html)];
        return Ok(data::record(&mut context.output, &heads, &cells, app.now())?);
    }
    let lines = [format!("To: {}", letter.recipient), format!("Subject: {}", preview.subject), String::new()];
    for line in lines.iter().map(String::as_str).chain(preview.text.lines()) {
        context.output.line(line)?;
    }
    Ok(())
}
