//! `config show`.

use crate::cli::column;
use crate::cli::column::Column;
use crate::cli::context::Context;
use crate::cli::context::Source;
use crate::cli::value::Value;
use crate::config::Config;
use crate::config::Setting;
use crate::domain::action::Action;
use crate::domain::secret_form::without_secrets;

/// Show the files and settings in force, and where each comes from
///
/// The first rows are the files: configuration, store and reset key. SOURCE is `flag`, `env`, `file` (with the LINE of
/// the configuration) or `default`; with `--config`, CXME_ADMIN_STORE is ignored. `[]` is an empty list, `-` means no
/// value. For a command, only the program is shown, because its arguments may be secret. Without a usable store, the
/// settings are printed before the error.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {}

/// A file or a setting, and what says it.
struct ConfigRow {
    name: String,
    value: Option<String>,
    source: Source,
    line: Option<usize>,
}

const COLUMNS: [Column<ConfigRow>; 4] = [
    Column { name: "name", title: "NAME", cell: |row| Value::text(&row.name) },
    Column { name: "value", title: "VALUE", cell: |row| Value::text_or(row.value.as_deref(), "-") },
    Column { name: "source", title: "SOURCE", cell: |row| Value::text(row.source.word()) },
    Column {
        name: "line",
        title: "LINE",
        cell: |row| match row.line {
            Some(line) => Value::Number(i64::try_from(line).unwrap_or(i64::MAX)),
            None => Value::Nothing(""),
        },
    },
];

/// Runs the command.
///
/// # Errors When the configuration cannot be loaded, or the operator may not manage the store; without a usable store,
/// after the data.
pub fn run(context: &mut Context, _: &ShowArgs) -> anyhow::Result<()> {
    let config = context.config()?;
    let opened = context.app_if_usable(Action::ConfigShow)?;
    let now = context.now();
    let path = context.config_path();
    let settings = Config::settings(path.as_deref(), context.surroundings())?;
    let key_source = if config.reset.key_file.is_some() { Source::File } else { Source::Default };
    let shown =
        |path: Option<std::path::PathBuf>| path.map(|path| without_secrets(&path.display().to_string()).into_owned());
    let files = [
        ("config", shown(path), context.config_source()),
        ("store", shown(context.store_path(&config).ok()), context.store_source(&config)),
        ("reset_key", shown(context.setup().ok().map(|setup| setup.key_path())), key_source),
    ];
    // With `--verbose` this was said already.
    let ignored = if context.global.verbose { Vec::new() } else { context.ignored_directories() };
    for words in ignored {
        context.output.warn(&words);
    }
    let of_file = |(name, value, source): (&str, _, _)| ConfigRow { name: name.to_owned(), value, source, line: None };
    let of_setting = |Setting { name, value, line }| {
        let source = if line.is_some() { Source::File } else { Source::Default };
        // A secret in a wrong place; the digest of a certificate has the form of a reset key, and is none.
        let value = value.map(|value| match name.as_str() {
            "mail.smtp.certificate_sha256" => value,
            _ => without_secrets(&value).into_owned(),
        });
        ConfigRow { name, value, source, line }
    };
    let rows: Vec<ConfigRow> = files.into_iter().map(of_file).chain(settings.into_iter().map(of_setting)).collect();
    column::list::<_, anyhow::Error>(&mut context.output, &COLUMNS, now, |sink| {
        rows.iter().try_for_each(|row| Ok(sink(row)?))
    })?;
    opened.map(drop)
}
