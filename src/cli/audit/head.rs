//! `audit head`.

use crate::actions::audit::head;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::output::Format;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::event_archive::hex;

/// Print the hash of the newest event, to be kept elsewhere
///
/// Example, from cron: `cxme-admin audit head | ssh elsewhere 'cat >> heads'`
#[derive(Debug, clap::Args)]
pub struct HeadArgs {}

/// Runs the command.
///
/// # Errors
/// When the operator may not view the audit.
pub fn run(context: &mut Context, _: &HeadArgs) -> anyhow::Result<()> {
    let app = context.app(Action::AuditHead)?;
    let Some((number, hash)) = head::head(&app)? else { return Ok(()) };
    let hash = hex(&hash);
    if context.output.format == Format::Table {
        return Ok(context.output.line(&hash)?);
    }
    let heads = [Heading { name: "number", title: "" }, Heading { name: "hash", title: "" }];
    Ok(data::record(&mut context.output, &heads, &[Value::Number(number), Value::text(hash)], app.now())?)
}
