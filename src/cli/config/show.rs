//! `config show`.

use std::borrow::Cow;

use crate::cli::context::Context;
use crate::cli::context::Source;
use crate::cli::data;
use crate::cli::value::Heading;
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

const HEADS: [Heading; 4] = [
    Heading { name: "name", title: "NAME" },
    Heading { name: "value", title: "VALUE" },
    Heading { name: "source", title: "SOURCE" },
    Heading { name: "line", title: "LINE" },
];

/// Runs the command.
///
/// # Errors When the configuration cannot be loaded, or the operator may not manage the store; without a usable store,
/// after the data.
pub fn run(context: &mut Context, _: &ShowArgs) -> anyhow::Result<()> {
    let config = context.config()?.clone();
    let opened = context.app_if_usable(Action::ConfigShow)?;
    let now = opened.as_ref().map_or_else(|_| context.now(), |app| Ok(app.now()))?;
    let path = context.config_path();
    let settings = Config::settings(path.as_deref(), context.surroundings())?;
    let key_source = if config.reset.key_file.is_some() { Source::File } else { Source::Default };
    let shown =
        |path: Option<std::path::PathBuf>| path.map(|path| without_secrets(&path.display().to_string()).into_owned());
    let files = [
        ("config", shown(path), context.config_source()),
        ("store", shown(context.store_path(&config).ok()), context.store_source(&config)),
        ("reset_key", shown(context.key_path().ok()), key_source),
    ];
    // With `--verbose` this was said already.
    let ignored = if context.global.verbose { Vec::new() } else { context.ignored_directories() };
    for words in ignored {
        context.output.warn(&words);
    }
    data::records::<anyhow::Error>(&mut context.output, &HEADS, now, |sink| {
        for (name, value, source) in &files {
            sink(&[
                Value::text(*name),
                Value::text_or(value.as_deref(), "-"),
                Value::text(source.word()),
                Value::Nothing(""),
            ])?;
        }
        for Setting { name, value, line } in &settings {
            let source = if line.is_some() { Source::File } else { Source::Default };
            let line = line.map_or(Value::Nothing(""), |line| Value::Number(i64::try_from(line).unwrap_or(i64::MAX)));
            // A secret in a wrong place; the digest of a certificate has the form of a reset key, and is none.
            let value = value.as_deref().map(|value| match name.as_str() {
                "mail.smtp.certificate_sha256" => Cow::Borrowed(value),
                _ => without_secrets(value),
            });
            sink(&[Value::text(name), Value::text_or(value.as_deref(), "-"), Value::text(source.word()), line])?;
        }
        Ok(())
    })?;
    opened.map(drop)
}
