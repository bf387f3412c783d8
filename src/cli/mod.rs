//! What a person at a terminal meets: arguments, prompts, output, exit codes. No SQL and no rules: a command is a struct
//! of arguments, whose doc comments are the help, and a `run` that makes one call into [`crate::actions`].

pub mod acting_args;
pub mod audit;
pub mod column;
pub mod complete;
pub mod completions;
pub mod config;
pub mod context;
pub mod data;
pub mod demo;
pub mod doctor;
pub mod examples;
pub mod failure;
pub mod files;
pub mod help;
pub mod init;
pub mod jobs;
mod labelled;
pub mod limit;
pub mod mail;
pub mod metrics;
pub mod one_of;
pub mod operators;
pub mod output;
pub mod plan;
pub mod policy;
pub mod prompt;
mod reason;
mod reason_given;
pub mod resets;
pub mod roles;
pub mod selection;
mod spool;
pub mod store;
pub mod table;
pub mod targets;
pub mod users;
pub mod value;
pub mod whoami;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory as _;
use clap::FromArgMatches as _;
use clap::Parser;
use clap::Subcommand;

use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::outbox::resources;
use crate::process::Process;
use crate::process::full_disk;
use crate::process::hardening;
use crate::process::inherited;
use crate::process::limits;
use crate::random::Random;
use crate::random::SystemRandom;
use context::Context;
use failure::CliError;
use files::NamedFiles;
use output::Colour;
use output::Format;
use reason::ReasonTyped;
use reason_given::ReasonGiven;

/// Set, reset and check the passwords of an organization's users
///
/// One store, a local SQLite file, holds one organization: its users, the operators who may act on them, and an audit
/// log of every action. `cxme-admin demo` shows the program at work on a sample organization; `cxme-admin init` creates
/// a store.
#[derive(Debug, Parser)]
#[command(
    name = "cxme-admin",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Configuration file [env: CXME_ADMIN_CONFIG]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Store file, instead of the configured one [env: CXME_ADMIN_STORE]
    #[arg(long, global = true, value_name = "PATH")]
    pub store: Option<PathBuf>,
    /// Output format
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "table", hide_default_value = true)]
    pub output: Format,
    /// Suppress messages; print only data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print messages even without a terminal
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Colours: auto, always or never [env: NO_COLOR]
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    #[arg(hide_possible_values = true)]
    pub color: Colour,
    /// Never prompt; fail if input is needed
    #[arg(long, global = true)]
    pub no_input: bool,
}

/// What every command may need besides what it asks for itself, in bytes. An allocation that fails ends the process
/// without a word of what to do.
const MEMORY: usize = 6 << 20;

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Init(init::InitArgs),
    #[command(subcommand)]
    Users(users::UsersCommand),
    #[command(subcommand)]
    Resets(resets::ResetsCommand),
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    #[command(subcommand)]
    Roles(roles::RolesCommand),
    #[command(subcommand)]
    Operators(operators::OperatorsCommand),
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    #[command(subcommand)]
    Mail(mail::MailCommand),
    #[command(subcommand)]
    Store(store::StoreCommand),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    Doctor(doctor::DoctorArgs),
    Metrics(metrics::MetricsArgs),
    Whoami(whoami::WhoamiArgs),
    Completions(completions::CompletionsArgs),
}

/// The program as the operating system starts it.
pub fn main() -> ExitCode {
    inherited::reset();
    if let Err(low) = limits::raise() {
        return ExitCode::from(failure::of_low_limit(&mut std::io::stderr(), low));
    }
    // A kernel that refuses one of these is no reason not to set a password.
    let _ = hardening::protect_memory();
    let _ = hardening::ignore_file_size_signal();
    let _ = full_disk::report_fault();
    if !resources::may_have(MEMORY) {
        return ExitCode::from(failure::of_no_memory(&mut std::io::stderr(), MEMORY));
    }
    let ran = std::panic::catch_unwind(|| run(Process::real(), Arc::new(SystemClock), Arc::new(SystemRandom)));
    // The panic has been printed; a bug has its own exit code.
    ExitCode::from(ran.unwrap_or(failure::BUG))
}

/// The arguments of a command, and what they say besides.
struct Parsed {
    named: NamedFiles,
    reason: ReasonGiven,
    arguments: Arguments,
}

/// Parses the arguments; `typed` takes the place of a `--reason` that is not given.
fn parse(arguments: &[OsString], typed: Option<&str>) -> Result<Parsed, clap::Error> {
    let tree = || typed.map_or_else(command_tree, |reason| reason_given::with_reason(command_tree(), reason));
    let mut matches = tree().try_get_matches_from(arguments)?;
    let (named, reason) = (NamedFiles::of(&matches), ReasonGiven::of(&matches));
    let parsed = Arguments::from_arg_matches_mut(&mut matches);
    Ok(Parsed { named, reason, arguments: parsed.map_err(|error| error.format(&mut tree()))? })
}

/// Runs the program in a process and gives its exit code.
pub fn run(process: Process, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> u8 {
    if let Some(request) = complete::asked_for(&process.arguments) {
        return complete::run(process, clock, random, request);
    }
    let Parsed { named, reason, arguments: Arguments { global, command } } = match parse(&process.arguments, None) {
        Ok(parsed) => parsed,
        Err(error) => {
            return match help::asked_for(&process.arguments, &error) {
                Some(topic) => failure::of_topic(process, topic.text),
                None => failure::of_usage(process, error),
            };
        }
    };
    let mut context = Context::new(process, global, clock, random);
    context.reason = reason;
    let ran = context.restrict(named).and_then(|()| check_hyphens(named)).and_then(|()| {
        // The data of a change cannot be asked for again.
        if context.output.format != Format::Table {
            context.check_data_output()?;
        }
        say_ignored_directories(&mut context);
        dispatch_with_reason(&mut context, command)?;
        say_without_questions(&mut context);
        Ok(context.output.flush()?)
    });
    match ran {
        Ok(()) => failure::OK,
        Err(error) => failure::tell(&mut context.output, &error),
    }
}

/// Dispatches a command, and anew with the reason that the operator typed where it asked for one.
fn dispatch_with_reason(context: &mut Context, command: Command) -> anyhow::Result<()> {
    let error = match dispatch(context, command) {
        Err(error) => error,
        Ok(()) => return Ok(()),
    };
    let ReasonTyped(typed) = error.downcast()?;
    let Parsed { reason, arguments, .. } = parse(&context.process.arguments, Some(&typed))?;
    context.reason = reason;
    context.process.arguments.extend(["--reason".into(), typed.into()]);
    dispatch(context, arguments.command)
}

fn dispatch(context: &mut Context, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(args) => demo::run(context, &args),
        Command::Init(args) => init::run(context, &args),
        Command::Users(command) => users::run(context, command),
        Command::Resets(command) => resets::run(context, command),
        Command::Jobs(command) => jobs::run(context, command),
        Command::Roles(command) => roles::run(context, command),
        Command::Operators(command) => operators::run(context, command),
        Command::Policy(command) => policy::run(context, command),
        Command::Audit(command) => audit::run(context, command),
        Command::Mail(command) => mail::run(context, command),
        Command::Store(command) => store::run(context, command),
        Command::Config(command) => config::run(context, command),
        Command::Doctor(args) => doctor::run(context, &args),
        Command::Metrics(args) => metrics::run(context, &args),
        Command::Whoami(args) => whoami::run(context, &args),
        Command::Completions(args) => completions::run(context, &args),
    }
}

/// Says with `--verbose` which directories of another account are not looked into.
fn say_ignored_directories(context: &mut Context) {
    let ignored = if context.global.verbose { context.ignored_directories() } else { Vec::new() };
    for words in ignored {
        context.output.say(&words);
    }
}

/// Refuses `-` where it would be a file of that name: it is given where a stream is meant.
fn check_hyphens(named: NamedFiles) -> anyhow::Result<()> {
    if !named.hyphen {
        return Ok(());
    }
    let words = "`-` (standard input) is not accepted here: name a file".to_owned();
    Err(CliError::Usage { words, hint: Some("for a file called `-`: `./-`".to_owned()) }.into())
}

/// After a question that `--yes` answers, says the command that does the same without it.
fn say_without_questions(context: &mut Context) {
    if context.was_asked {
        let words = as_typed(&context.process.arguments);
        context.output.say_typed(&format!("Non-interactive equivalent: {words} --yes"));
    }
}

/// The tree of commands, as clap knows it, with topics and examples at the end of their help.
pub fn command_tree() -> clap::Command {
    let tree = Arguments::command().after_help(help::list_of_topics());
    // The word is a command and a topic.
    let tree = tree.mut_subcommand("config", |group| match help::topic("config") {
        Some(topic) => group.after_long_help(topic.text.trim_end()),
        None => group,
    });
    examples::with_examples(tree)
}

/// The words of a command as one would type them: arguments with blanks or shell characters are quoted.
pub fn as_typed(words: &[OsString]) -> String {
    let quote = |word: &OsString| {
        let word = word.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@=:,+%".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            return word.into_owned();
        }
        format!("'{}'", word.replace('\'', "'\\''"))
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}
