//! Usage errors and help: what clap has to say. An error repeats what was typed, and that is neither to drive the terminal
//! nor to show a secret.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::num::IntErrorKind;
use std::num::ParseIntError;

use clap::Arg;
use clap::Command;
use clap::CommandFactory as _;
use clap::Parser as _;
use clap::error::ContextKind;
use clap::error::ContextValue;
use clap::error::ErrorKind;

use super::IO;
use super::LATER;
use super::OK;
use super::USAGE;
use super::unknown_command;
use crate::cli::Arguments;
use crate::cli::output;
use crate::cli::output::Charset;
use crate::domain::secret_form;
use crate::domain::text;
use crate::process::Process;
use crate::process::limits::LowLimit;

/// Prints what clap has to say: help and version are data, an error is not.
pub fn of_usage(mut process: Process, error: clap::Error) -> u8 {
    let (is_data, allowed, charset) = (!error.use_stderr(), process.allows_colour(), Charset::of(&process));
    if !is_data && process.arguments.iter().any(|word| may_be_or_stand_before_a_code(word)) {
        let colour = process.stderr.is_terminal && allowed;
        let words = "invalid arguments (not shown: they may contain a code)";
        let hint = "codes are not accepted as arguments: omit the code to be prompted, or use `--stdin`; see cxme-admin resets \
             redeem --help";
        let _ = output::write_error(&mut process.stderr.bytes, colour, charset, words, &[], Some(hint));
        return USAGE;
    }
    if let (ErrorKind::InvalidSubcommand, Some(ContextValue::String(unknown))) =
        (error.kind(), error.get(ContextKind::InvalidSubcommand))
    {
        let colour = process.stderr.is_terminal && allowed;
        let unknown = unknown_command::find(&crate::cli::command_tree(), &process.arguments, unknown);
        let words = format!("no such command: {}", unknown.words.join(" "));
        let mut hints = Vec::new();
        if !unknown.suggestions.is_empty() {
            hints.push(format!("did you mean: {}", unknown.suggestions.join(" or ")));
        }
        hints.push(format!("commands of {}: {}", unknown.group, unknown.commands.join(", ")));
        let _ = output::write_error_with_hints(&mut process.stderr.bytes, colour, charset, &words, &[], &hints);
        return USAGE;
    }
    let (mut error, is_text) = of_text_alone(error, &process.arguments);
    if !is_data && process.arguments.iter().any(|word| may_stand_before_a_password(word)) {
        withhold_values(&mut error, process.arguments.iter().any(|word| names_a_password(word)));
    }
    let stream = if is_data { &mut process.stdout } else { &mut process.stderr };
    let rendered = error.render();
    let fault = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<ParseIntError>());
    let (fault, plainly) = fault.map_or_else(Default::default, |fault| (fault.to_string(), number_fault(fault.kind())));
    let in_words = |text: String| if fault.is_empty() { text } else { text.replace(&fault, plainly) };
    let words = if is_text && stream.is_terminal && allowed {
        let styled = in_words(rendered.ansi().to_string());
        if charset == Charset::Ascii { text::to_ascii(&styled).into_owned() } else { styled }
    } else {
        // Without the styles, and so what is unprintable now came by an argument.
        in_words(rendered.to_string()).split('\n').map(|line| charset.show(line)).collect::<Vec<_>>().join("\n")
    };
    let written = stream.bytes.write_all(words.as_bytes()).and_then(|()| stream.bytes.flush());
    if is_data { of_written_help(process, written) } else { USAGE }
}

/// Prints a page of help, which is data, and gives the exit code.
pub fn of_topic(mut process: Process, text: &str) -> u8 {
    let stdout = &mut process.stdout.bytes;
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    of_written_help(process, written)
}

/// The exit code after help was written.
fn of_written_help(mut process: Process, written: io::Result<()>) -> u8 {
    match written {
        // A pager that was closed has shown enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let (colour, charset) = (process.stderr.is_terminal && process.allows_colour(), Charset::of(&process));
            let _ = output::write_error(&mut process.stderr.bytes, colour, charset, &error.to_string(), &[], None);
            IO
        }
        _ => OK,
    }
}

/// What is wrong with a text where a command takes a number: the words of the standard library name types and digits.
fn number_fault(kind: &IntErrorKind) -> &'static str {
    match kind {
        IntErrorKind::PosOverflow => "the number is too large",
        IntErrorKind::NegOverflow => "the number is too small",
        _ => "not a whole number",
    }
}

/// Says that a limit of the process is too low for any command, and gives the exit code.
pub fn of_low_limit(stderr: &mut dyn Write, low: LowLimit) -> u8 {
    let words = format!("the limit of {} is too low ({} needed); nothing was done", low.what, low.needed);
    let _ = output::write_error(stderr, false, Charset::Ascii, &words, &[], Some(low.hint));
    LATER
}

/// Says that the process may not have the memory that any command needs, and gives the exit code.
pub fn of_no_memory(stderr: &mut dyn Write, bytes: usize) -> u8 {
    let words = format!("not enough memory ({} MiB needed); nothing was done", bytes >> 20);
    let hint = "raise the limit of memory (`ulimit -v`, `ulimit -d`; LimitAS= or LimitDATA= of the service)";
    let _ = output::write_error(stderr, false, Charset::Ascii, &words, &[], Some(hint));
    LATER
}

/// The error about the same arguments with everything unprintable in them made visible, and whether there is one: escapes
/// among clap's own styles could not be told from them.
fn of_text_alone(error: clap::Error, arguments: &[OsString]) -> (clap::Error, bool) {
    let is_text = |word: &OsString| matches!(text::visible(&word.to_string_lossy()), Cow::Borrowed(_));
    if arguments.iter().all(is_text) {
        return (error, true);
    }
    let visible = arguments.iter().map(|word| text::visible(&word.to_string_lossy()).into_owned());
    match Arguments::try_parse_from(visible) {
        Err(same) if same.kind() == error.kind() => (same, true),
        _ => (error, false),
    }
}

/// Whether the word has the form of a secret, alone or in a link, or is the command that takes a code.
fn may_be_or_stand_before_a_code(word: &OsStr) -> bool {
    let word = word.to_string_lossy();
    word == "redeem" || !secret_form::secrets_in(&word).is_empty()
}

/// Whether somebody could have typed a password or a code after this word, although no command takes one there.
fn may_stand_before_a_password(word: &OsStr) -> bool {
    let text = word.to_string_lossy();
    ["add", "revoke"].contains(&&*text) || text.starts_with("--stdin") || names_a_password(word)
}

/// Whether the word is of a command that takes a password.
fn names_a_password(word: &OsStr) -> bool {
    let word = word.to_string_lossy();
    word.contains("password") || word == "check" || word.starts_with("--generate")
}

/// Takes what was typed out of an error: the screen, and the log that cron mails, are no places for a password.
fn withhold_values(error: &mut clap::Error, is_of_passwords: bool) {
    let withheld = || ContextValue::String("(hidden: may be a password)".to_owned());
    // Nobody gives a password as the host of a client.
    let is_host =
        |value: &ContextValue| matches!(value, ContextValue::String(option) if option.starts_with("--client "));
    let names_host = error.get(ContextKind::InvalidArg).is_some_and(is_host);
    // Of an option that takes none, a value is a word in the wrong place.
    let takes_none = |value: &ContextValue| matches!(value, ContextValue::String(option) if !option.contains('<'));
    let is_misplaced = error.get(ContextKind::InvalidArg).is_some_and(takes_none);
    if error.get(ContextKind::InvalidValue).is_some() && (is_misplaced || is_of_passwords && !names_host) {
        error.insert(ContextKind::InvalidValue, withheld());
    }
    // An option of another command is no password.
    let is_option =
        |value: &ContextValue| matches!(value, ContextValue::String(word) if is_an_option(&Arguments::command(), word));
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    if is_unknown && !error.get(ContextKind::InvalidArg).is_some_and(is_option) {
        // Also one that begins as an option does. Which option it is nearest to is said without it.
        error.insert(ContextKind::InvalidArg, withheld());
        error.remove(ContextKind::Suggested);
    }
}

/// Whether the word is a long option of the command, or of one below it.
fn is_an_option(command: &Command, word: &str) -> bool {
    let is_of = |arg: &Arg| arg.get_long().is_some_and(|long| word.strip_prefix("--") == Some(long));
    command.get_arguments().any(is_of) || command.get_subcommands().any(|below| is_an_option(below, word))
}
