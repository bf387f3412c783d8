//! `policy blocklist build`.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use super::info;
use crate::blocklist;
use crate::blocklist::BuildError;
use crate::blocklist::BuildOptions;
use crate::blocklist::BuiltFilter;
use crate::blocklist::ListError;
use crate::blocklist::ListFormat;
use crate::blocklist::ListInput;
use crate::blocklist::filter::is_filter;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::files::InputFile;
use crate::cli::files::open_regular;
use crate::cli::jobs::progress::ProgressLine;
use crate::cli::jobs::summary::grouped;
use crate::cli::output::Format;
use crate::domain::text;
use crate::private_file;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;
use crate::private_file::UnfinishedFile;
use crate::process::Process;

/// Everybody may read it: a published list is no secret, and another account than the one that builds it will.
const MODE: u32 = 0o644;

/// Build a blocklist file of published lists
///
/// Reads lists of SHA-1 or NTLM hashes (`HASH` or `HASH:COUNT` lines, ordered by hash or by count, as Have I Been Pwned
/// publishes them) and lists of words, one password a line in UTF-8; each plain or compressed by gzip. What a list has is told
/// by its first line. Needs little memory, and for lists that are not ordered by hash 8 bytes an entry of disk beside the new
/// file. About one in 65,536 passwords that are not on a list will be refused too.
///
/// Example: `cxme-admin policy blocklist build pwned.txt --out pwned.filter`
#[derive(Debug, clap::Args)]
pub struct BuildArgs {
    /// Lists, or `-` for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::AnyPath, required = true)]
    lists: Vec<InputFile>,
    /// New file, created with mode 0644
    #[arg(long = "out", value_name = "FILE")]
    filter: PathBuf,
    /// Replace a blocklist file of that name, in one step when the new one is finished
    #[arg(long)]
    replace: bool,
    /// What the lines of all lists are: sha1, ntlm or words
    #[arg(long, value_name = "FORMAT", value_enum, hide_possible_values = true)]
    format: Option<LineFormat>,
}

/// [`ListFormat`] as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LineFormat {
    Sha1,
    Ntlm,
    Words,
}

impl From<LineFormat> for ListFormat {
    fn from(format: LineFormat) -> Self {
        match format {
            LineFormat::Sha1 => Self::Sha1,
            LineFormat::Ntlm => Self::Ntlm,
            LineFormat::Words => Self::Words,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When a list cannot be read or has a bad line, there is a file already, or the disk is full: no file is left then.
pub fn run(context: &mut Context, args: &BuildArgs) -> anyhow::Result<()> {
    let place = args.filter.as_path();
    let unfinished = if args.replace { begin_over(place)? } else { UnfinishedFile::begin(place)? };
    let built = {
        let progress = ProgressLine::begin(&context.output, 0);
        let mut inputs = inputs(&mut context.process, &args.lists)?;
        let mut spool = || {
            let _own = FsCredentials::own();
            private_file::create_unnamed(place)
        };
        let mut told = |entries: u64| {
            if let Some(progress) = &progress {
                progress.say(&mut context.output, &format!("{} entries read", grouped(entries)));
            }
        };
        let mut options =
            BuildOptions { format: args.format.map(ListFormat::from), spool: &mut spool, progress: &mut told };
        let built = blocklist::build(&mut inputs, &mut options, &unfinished.writer()?);
        if let Some(progress) = progress {
            progress.end(&mut context.output);
        }
        built.map_err(|error| failed(&unfinished, error))?
    };
    unfinished.set_mode(MODE)?;
    if args.replace {
        unfinished.finish_over()?
    } else {
        unfinished.finish()?
    };
    for list in &built.lists {
        context.output.say(&read_words(list));
    }
    if context.output.format != Format::Table {
        return info::print(context, place, &built.header, false);
    }
    let BuiltFilter { header, .. } = &built;
    let size = text::bytes(header.length);
    let entries = grouped(header.entries);
    context.output.say(&format!("Built {}: {entries} different entries, {size}.", place.display()));
    Ok(())
}

/// Begins a file that takes the place of a filter, and of nothing else.
fn begin_over(place: &Path) -> anyhow::Result<UnfinishedFile> {
    match open_regular(place) {
        Ok(old) => {
            let failed = |error| FileError::Io { path: place.to_owned(), doing: "read", error };
            if !is_filter(&old).map_err(failed)? {
                let words = format!("{}: is no blocklist filter, and is not replaced", place.display());
                return Err(CliError::BadFile { words, hint: "give another path".to_owned() }.into());
            }
        }
        Err(FileError::Io { error, .. }) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(problem) => return Err(problem.into()),
    }
    Ok(UnfinishedFile::begin_over(place)?)
}

/// The lists. Standard input can be read once, and so can a pipe.
fn inputs<'a>(process: &'a mut Process, lists: &'a [InputFile]) -> anyhow::Result<Vec<ListInput<'a>>> {
    let mut stdin = Some(&mut process.stdin);
    let mut inputs = Vec::with_capacity(lists.len());
    for list in lists {
        inputs.push(match list {
            InputFile::File(path) => of_file(path)?,
            InputFile::Stdin => {
                let Some(stdin) = stdin.take() else {
                    let words = "`-` (standard input) is given twice".to_owned();
                    return Err(CliError::Usage { words, hint: None }.into());
                };
                if stdin.is_terminal {
                    let words = "`-` needs a pipe or a file: standard input is a terminal".to_owned();
                    return Err(CliError::Usage { words, hint: Some("name the lists".to_owned()) }.into());
                }
                let mut stdin = Some(&mut stdin.bytes);
                let open = move || {
                    let once = stdin.take().ok_or_else(|| std::io::Error::other("it was read already"))?;
                    Ok(Box::new(once) as Box<dyn Read + 'a>)
                };
                ListInput { name: "standard input".to_owned(), size: None, open: Box::new(open) }
            }
        });
    }
    Ok(inputs)
}

fn of_file(path: &Path) -> Result<ListInput<'_>, FileError> {
    // The operator names it, and not the store.
    let _own = FsCredentials::own();
    let found = path.metadata().map_err(|error| FileError::Io { path: path.to_owned(), doing: "opened", error })?;
    if found.is_dir() {
        return Err(FileError::Io { path: path.to_owned(), doing: "read", error: nix::errno::Errno::EISDIR.into() });
    }
    let open = move || {
        let _own = FsCredentials::own();
        Ok(Box::new(File::open(path)?) as Box<dyn Read>)
    };
    let size = found.is_file().then_some(found.len());
    Ok(ListInput { name: path.display().to_string(), size, open: Box::new(open) })
}

fn read_words(list: &blocklist::ReadList) -> String {
    let plural = if list.entries == 1 {
        ""
    } else if list.format == ListFormat::Words {
        "s"
    } else {
        "es"
    };
    let skipped = match list.skipped {
        0 => String::new(),
        1 => "; skipped 1 line that no password can be".to_owned(),
        lines => format!("; skipped {} lines that no password can be", grouped(lines)),
    };
    format!("Read {} {}{plural} of {}{skipped}.", grouped(list.entries), list.format.noun(), list.name)
}

fn failed(unfinished: &UnfinishedFile, error: BuildError) -> anyhow::Error {
    let words = error.to_string();
    let bad = |hint: &str| CliError::BadFile { words, hint: hint.to_owned() }.into();
    match error {
        BuildError::List(ListError::Line { .. } | ListError::Mixed { .. }) => {
            bad("nothing was built; download the list again, or say with `--format` what its lines are")
        }
        BuildError::List(ListError::Kind { hint, .. }) => bad(hint),
        BuildError::List(ListError::Empty { .. } | ListError::Compressed { .. }) => {
            bad("nothing was built; download the list again")
        }
        BuildError::List(ListError::Io { list, error }) => {
            FileError::Io { path: list.into(), doing: "read", error }.into()
        }
        BuildError::NoHashes => bad("give `--format words`, if the lines are passwords"),
        BuildError::NoSpool(problem) => problem.into(),
        BuildError::Output(error) | BuildError::Spool(error) => unfinished.problem("written", error).into(),
        BuildError::NoFilter(_) | BuildError::NotInOrder { .. } => error.into(),
    }
}
