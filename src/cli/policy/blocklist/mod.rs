//! `policy blocklist`: filters of published lists. These commands need no store, so that a filter can be built on any machine.

pub mod build;
pub mod check;
pub mod info;

use std::path::Path;

use clap::Subcommand;

use crate::blocklist::FilterError;
use crate::blocklist::FilterFile;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::files::open_regular;

/// Lists of refused passwords, such as leaked ones, as compact files
///
/// `[password] blocklist_file` names such a file. Its look-ups need no network; docs/blocklist.md tells where lists come from.
/// These commands need no store and no configuration.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant is documented at its struct, and that is its help")]
pub enum BlocklistCommand {
    Build(build::BuildArgs),
    Info(info::InfoArgs),
    Check(check::ListedArgs),
}

/// Runs a command of the group.
///
/// # Errors
/// As the command.
pub fn run(context: &mut Context, command: BlocklistCommand) -> anyhow::Result<()> {
    match command {
        BlocklistCommand::Build(args) => build::run(context, &args),
        BlocklistCommand::Info(args) => info::run(context, &args),
        BlocklistCommand::Check(args) => check::run(context, &args),
    }
}

/// Opens a filter that an argument names.
fn open_filter(path: &Path) -> anyhow::Result<FilterFile> {
    let filter = FilterFile::open(open_regular(path)?, path);
    filter.map_err(|error| unusable(path, &error))
}

/// What is told of a filter that cannot be used.
fn unusable(path: &Path, error: &FilterError) -> anyhow::Error {
    let words = format!("{}: {error}", path.display());
    let hint = match error {
        FilterError::Io(_) => return CliError::BadFile { words, hint: String::new() }.into(),
        FilterError::NotAFilter => "build one of published lists: cxme-admin policy blocklist build".to_owned(),
        FilterError::Version { .. } => {
            "build it again with this program, or read it with the one that built it".to_owned()
        }
        FilterError::Length { .. } | FilterError::Damaged { .. } => {
            "build it again, or copy it again from where it was built".to_owned()
        }
    };
    CliError::BadFile { words, hint }.into()
}
