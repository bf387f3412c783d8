//! The lines of `doctor`, and what they come to.

use crate::actions::doctor::finding::CheckError;
use crate::actions::doctor::finding::CheckResult;
use crate::actions::doctor::finding::Finding;
use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::failure;
use crate::cli::failure::CliError;
use crate::cli::mail::fault_of;
use crate::cli::output::Format;
use crate::cli::value::Value;
use crate::domain::secret_form::without_secrets;
use crate::domain::text;

/// What becomes of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckStatus {
    Ok,
    Warning,
    Failed,
    NotChecked,
}

impl CheckStatus {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::NotChecked => "not checked",
        }
    }
}

/// A check, as it is shown.
pub(super) struct ShownCheck {
    status: CheckStatus,
    /// The exit code, where it is a failure or a warning.
    code: u8,
    found: String,
    next: String,
}

/// What is shown of the result of a check.
pub(super) fn row(result: CheckResult) -> ShownCheck {
    let (status, fault) = match result {
        Ok(Finding::Ok(found)) => return ShownCheck { status: CheckStatus::Ok, code: 0, found, next: String::new() },
        Ok(Finding::NotChecked(found)) => {
            return ShownCheck { status: CheckStatus::NotChecked, code: 0, found, next: String::new() };
        }
        Ok(Finding::Warning(fault)) => (CheckStatus::Warning, fault),
        Ok(Finding::Failed(fault)) => (CheckStatus::Failed, fault),
        Err(CheckError::Action(error)) => return failed(&error.into()),
        Err(CheckError::Relay(error)) => {
            let hint = "the dialogue: cxme-admin mail test ADDRESS -v".to_owned();
            return failed(&CliError::NotSent { fault: fault_of(&error), words: error.message, hint }.into());
        }
    };
    ShownCheck { status, code: failure::code_of_fault(fault.class), found: fault.words, next: fault.next }
}

/// The same of an error.
pub(super) fn failed(error: &anyhow::Error) -> ShownCheck {
    let (code, found, next) = failure::code_words_and_hint(error);
    ShownCheck { status: CheckStatus::Failed, code, found, next }
}

/// A row with its name, as it is written.
struct NamedRow {
    name: &'static str,
    status: CheckStatus,
    found: String,
    /// In a table it is behind what was found.
    next: Option<String>,
}

const COLUMNS: [Column<NamedRow>; 4] = [
    Column { name: "check", title: "CHECK", cell: |row| Value::text(row.name) },
    Column { name: "status", title: "STATUS", cell: |row| Value::text(row.status.word()) },
    Column { name: "found", title: "FOUND", cell: |row| Value::Sentence((&row.found).into()) },
    Column {
        name: "next",
        title: "",
        cell: |row| row.next.as_ref().map_or(Value::Nothing(""), |next| Value::Sentence(next.into())),
    },
];

/// The checks whose lines say what the configuration says.
fn tells_of_configuration(name: &str) -> bool {
    let parts = ["configuration", "store", "lists", "texts", "link", "mail", "reset key", "test mail"];
    parts.contains(&name) || name.starts_with("relay")
}

/// Prints the rows.
///
/// # Errors
/// The first failure, or with `is_strict` the first warning; when standard output cannot be written.
pub(super) fn print(
    context: &mut Context,
    rows: Vec<(&'static str, ShownCheck)>,
    is_strict: bool,
) -> anyhow::Result<()> {
    let is_table = context.output.format == Format::Table;
    let is_fault =
        |row: &ShownCheck| row.status == CheckStatus::Failed || (is_strict && row.status == CheckStatus::Warning);
    let faults: Vec<(&str, u8)> =
        rows.iter().filter(|(_, row)| is_fault(row)).map(|(name, row)| (*name, row.code)).collect();
    let count = rows.len() as u64;
    let shown = |(name, ShownCheck { status, found, next, .. })| {
        if context.is_restricted() && tells_of_configuration(name) {
            return NamedRow { name, status, found: context.root_sees_why("doctor"), next: None };
        }
        let found = without_secrets(&found).into_owned();
        // The options that a command needs may hold a secret too.
        let next = without_secrets(&context.output.pasteable(&next)).into_owned();
        match (is_table, next.is_empty()) {
            (true, true) => NamedRow { name, status, found, next: None },
            (true, false) => NamedRow { name, status, found: format!("{found}; {next}"), next: None },
            (false, is_empty) => NamedRow { name, status, found, next: (!is_empty).then_some(next) },
        }
    };
    let rows: Vec<NamedRow> = rows.into_iter().map(shown).collect();
    let columns: Vec<_> = COLUMNS.into_iter().filter(|column| !is_table || !column.title.is_empty()).collect();
    let now = context.now();
    column::list::<_, anyhow::Error>(&mut context.output, &columns, now, |sink| Ok(rows.iter().try_for_each(sink)?))?;
    let Some((_, code)) = faults.first() else { return Ok(()) };
    let names: Vec<&str> = faults.iter().map(|(name, _)| *name).collect();
    let words = format!("{} of {} failed: {}", faults.len(), text::counted(count, "check"), names.join(", "));
    Err(CliError::ChecksFailed { code: *code, words }.into())
}
