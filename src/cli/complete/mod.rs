//! What shells ask when somebody presses TAB: `cxme-admin __complete SHELL TEXT WORD...`.
//!
//! The scripts in `completions` ask it for the values that only the store knows, and nobody else does: it is no part of the tree of
//! commands, and may change with the scripts. Each WORD is one of the command line up to the cursor, the first one the name of the
//! program and the last one being typed. TEXT is the end of that word which bash replaces.
//!
//! It prints one value a line, for zsh and fish with a tab and a description, and the exit code is 0, whatever is wrong: where the
//! store cannot be read, or the operator may not, there is nothing to choose from. It never prompts, records nothing, and holds no lock when
//! it ends; what keeps it for long ends it.

mod position;
mod quoting;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use strum::VariantArray as _;

use crate::actions::completion;
use crate::actions::completion::CompletionItem;
use crate::actions::completion::Subject;
use crate::cli::Global;
use crate::cli::command_tree;
use crate::cli::context::Context;
use crate::cli::failure;
use crate::cli::files::NamedFiles;
use crate::cli::output::Colour;
use crate::cli::output::Format;
use crate::clock::Clock;
use crate::domain::action::Action;
use crate::domain::text;
use crate::process::Process;
use crate::random::Random;
use crate::store::waiting_at_most;

use position::Position;
use quoting::Unquoted;

/// The first argument.
const NAME: &str = "__complete";
/// How long the store is waited for where another process keeps it for itself: nobody looks at a line for longer.
const PATIENCE: Duration = Duration::from_millis(20);
/// How long anything else may keep the answer, such as a directory server that does not say who the operator is, in seconds.
const LONGEST: u32 = 2;
/// How much of a description is shown, in characters.
const DESCRIPTION: usize = 60;

/// What a shell asked.
pub struct Request {
    shell: Shell,
    text: String,
    words: Vec<String>,
}

/// The shells whose scripts ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// What stands at the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    OfStore(Subject),
    Action,
}

/// What a shell asked, if it did; with nothing in it where it asked in a way that is not known.
pub fn asked_for(arguments: &[OsString]) -> Option<Option<Request>> {
    let [_, name, rest @ ..] = arguments else { return None };
    (name == NAME).then(|| request(rest))
}

fn request(arguments: &[OsString]) -> Option<Request> {
    let mut arguments =
        arguments.iter().map(|word| word.to_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?.into_iter();
    let shell = match arguments.next()?.as_str() {
        "bash" => Shell::Bash,
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        _ => return None,
    };
    Some(Request { shell, text: arguments.next()?, words: arguments.collect() })
}

/// Answers a shell.
pub fn run(process: Process, clock: Arc<dyn Clock>, random: Arc<dyn Random>, request: Option<Request>) -> u8 {
    process.end_after(LONGEST);
    if let Some(request) = request {
        // What goes wrong goes to nobody.
        let _ = answer(process, clock, random, &request);
    }
    failure::OK
}

fn answer(process: Process, clock: Arc<dyn Clock>, random: Arc<dyn Random>, request: &Request) -> Option<()> {
    let (typed, before) = request.words.split_last()?;
    let typed = quoting::unquoted(typed)?;
    // fish takes the quotes away from all words but the last one.
    let plain = |word: &String| Some(Unquoted { text: word.clone(), has_tilde: word.starts_with("~/"), open: None });
    let before: Vec<Option<Unquoted>> = before
        .iter()
        .map(|word| if request.shell == Shell::Fish { plain(word) } else { quoting::unquoted(word) })
        .collect();
    let mut tree = command_tree();
    tree.build();
    let position = position::find(&tree, &before, &typed.text)?;
    let wanted = wanted(&position)?;
    let path = |word: &Option<Option<Unquoted>>| match word {
        None => Some(None),
        Some(word) => path_of(&process, word.as_ref()?).map(Some),
    };
    let global = Global {
        config: path(&position.config)?,
        store: path(&position.store)?,
        output: Format::Table,
        quiet: true,
        verbose: false,
        color: Colour::Never,
        no_input: true,
    };
    let mut context = Context::new(process, global, clock, random);
    let candidates = match wanted {
        Wanted::OfStore(subject) => of_store(&mut context, subject, &position.value)?,
        Wanted::Action => actions(&position.value),
    };
    let mut lines = String::new();
    for CompletionItem { value, description } in candidates {
        match request.shell {
            Shell::Bash => {
                if let Some(text) = quoting::for_bash(&typed, &request.text, &position.value, &value) {
                    writeln!(lines, "{text}").ok()?;
                }
            }
            Shell::Zsh | Shell::Fish => {
                let description: String = text::visible(&description).chars().take(DESCRIPTION).collect();
                writeln!(lines, "{value}\t{description}").ok()?;
            }
        }
    }
    context.output.data().write_all(lines.as_bytes()).ok()?;
    context.output.flush().ok()
}

/// What an argument names; `None`: nothing that the program knows better than the script.
fn wanted(position: &Position<'_>) -> Option<Wanted> {
    let name = position.argument.get_value_names()?.first()?.as_str();
    let acts = position.argument.is_positional() && position.path != ["users", "show"];
    let subject = match (position.path.as_slice(), name) {
        (_, "USER") => Subject::User { acts },
        (_, "ROLE") | (["roles", "clone"], "FROM") => Subject::Role,
        (_, "JOB") => Subject::Job,
        // Accounts of the machine that are no operators yet.
        (["init"] | ["operators", "add"], _) => return None,
        (_, "ACCOUNT") => Subject::Operator,
        (["audit", "list"], "COMMAND") => return Some(Wanted::Action),
        _ => return None,
    };
    Some(Wanted::OfStore(subject))
}

fn of_store(context: &mut Context, subject: Subject, prefix: &str) -> Option<Vec<CompletionItem>> {
    let named = NamedFiles {
        config: context.global.config.is_some(),
        store: context.global.store.is_some(),
        ..NamedFiles::default()
    };
    waiting_at_most(PATIENCE, || {
        if !context.may_name(named) {
            return None;
        }
        let app = context.app_for_completion().ok()?;
        completion::candidates(&app, subject, prefix).ok()
    })
}

/// The actions of events that begin so.
fn actions(prefix: &str) -> Vec<CompletionItem> {
    let words = Action::VARIANTS.iter().map(|action| action.word()).filter(|word| word.starts_with(prefix));
    words.map(|word| CompletionItem { value: word.to_owned(), description: String::new() }).collect()
}

/// The file that a word names, as the shell would hand it over; `None`: it cannot be told from the word.
fn path_of(process: &Process, word: &Unquoted) -> Option<PathBuf> {
    match word.text.strip_prefix("~/").filter(|_| word.has_tilde) {
        Some(rest) => Some(Path::new(process.variable("HOME")?).join(rest)),
        None => Some(PathBuf::from(&word.text)).filter(|path| path != Path::new("-")),
    }
}
