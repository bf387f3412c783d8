//! Everything the program says: data to standard output, all else to standard error. Nothing reaches a terminal as it
//! stood in a record (see [`crate::domain::text`]).

mod named_file;

use std::borrow::Cow;
use std::cell::LazyCell;
use std::ffi::OsString;
use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anstyle::AnsiColor;
use anstyle::Style;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use named_file::NamedFile;

use crate::cli;
use crate::cli::Global;
use crate::cli::spool::Spool;
use crate::domain::moment;
use crate::domain::secret_form;
use crate::domain::text;
use crate::process::OutputStream;
use crate::process::Process;
use crate::secrets::generate::Generated;

/// The form of the data on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object per line.
    Ndjson,
    /// RFC 4180.
    Csv,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The characters that those who read the output can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// All of Unicode.
    Unicode,
    /// ASCII: in another encoding, such as Latin-1, the bytes of UTF-8 are other characters, some of which drive a
    /// terminal.
    Ascii,
}

impl Charset {
    /// The charset of the locale that a process runs in.
    pub fn of(process: &Process) -> Self {
        if process.is_utf8() { Self::Unicode } else { Self::Ascii }
    }

    /// The text with no other characters than can be shown, and none that drive a terminal.
    pub fn show(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Unicode => text::visible(text),
            Self::Ascii => match text::visible(text) {
                Cow::Borrowed(text) => text::to_ascii(text),
                Cow::Owned(text) => Cow::Owned(text::to_ascii(&text).into_owned()),
            },
        }
    }
}

/// What the streams of a command are written through.
pub struct Output {
    stdout: BufWriter<Box<dyn Write>>,
    stderr: Box<dyn Write>,
    /// Of what people read on standard output. Data, and a table that goes to a file or a pipe, are UTF-8.
    charset_out: Charset,
    charset_err: Charset,
    /// The zone of the times that people read.
    time_zone: LazyCell<TimeZone, Box<dyn FnOnce() -> TimeZone>>,
    /// The form of the data.
    pub format: Format,
    /// The width of the terminal on standard output; `None`: it is no terminal.
    pub columns: Option<u16>,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    says: bool,
    warns: bool,
    /// Whether nobody sees what is said until somebody reads a mail of cron or a log: standard error is no terminal,
    /// and `--verbose` was not given.
    pub is_unattended: bool,
    /// The width of the terminal on standard error, where progress is shown; `None`: it is none, it is dumb, or
    /// `--quiet` was given.
    pub progress_columns: Option<u16>,
    /// Whether standard output takes colours.
    pub colour_out: bool,
    colour_err: bool,
    /// The options that name configuration and store, as they are typed behind the program's name; empty: none was
    /// given.
    options: String,
    /// What may be a secret among the arguments.
    secrets: Vec<String>,
    /// Whether writing to standard output may wait for somebody who reads it.
    may_wait: bool,
    /// Data that is held back.
    held: Option<Spool>,
    /// The store, beside which much data is held.
    store: Option<PathBuf>,
}

/// The columns of a terminal that does not say how many it has.
const USUAL_COLUMNS: u16 = 80;

impl Output {
    /// The output of a process, whose output streams are taken.
    pub fn new(process: &mut Process, global: &Global) -> Self {
        let nothing = || OutputStream::new(Box::new(io::sink()) as Box<dyn Write>, false, None);
        let stdout = std::mem::replace(&mut process.stdout, nothing());
        let stderr = std::mem::replace(&mut process.stderr, nothing());
        let colour = |is_terminal: bool| match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && process.allows_colour(),
        };
        let has_progress = stderr.is_terminal && !global.quiet && !process.is_dumb_terminal();
        Self {
            charset_out: if stdout.is_terminal { Charset::of(process) } else { Charset::Unicode },
            charset_err: Charset::of(process),
            time_zone: LazyCell::new(process.time_zone_later()),
            format: global.output,
            columns: stdout.is_terminal.then(|| stdout.columns.unwrap_or(USUAL_COLUMNS)),
            stdout_is_terminal: stdout.is_terminal,
            // Without a terminal a success says nothing, so that cron mails only when something is wrong.
            says: !global.quiet && (stderr.is_terminal || global.verbose),
            warns: !global.quiet,
            is_unattended: !stderr.is_terminal && !global.verbose,
            progress_columns: stderr.columns.filter(|_| has_progress),
            colour_out: colour(stdout.is_terminal),
            colour_err: colour(stderr.is_terminal),
            options: options_of(global),
            secrets: secrets_of(&process.arguments),
            may_wait: process.stdout_may_wait(),
            held: None,
            store: None,
            stdout: BufWriter::with_capacity(128 * 1024, stdout.bytes),
            stderr: stderr.bytes,
        }
    }

    /// Standard output, for data.
    pub fn data(&mut self) -> &mut dyn Write {
        match &mut self.held {
            Some(held) => held,
            None => &mut self.stdout,
        }
    }

    /// Names the store, beside which data is held that is too large for memory.
    pub fn hold_beside(&mut self, store: &Path) {
        self.store = Some(store.to_path_buf());
    }

    /// Holds data back from now on, where writing it may wait for a reader: for what is read in one transaction. Says whether it
    /// was not held before.
    pub fn hold(&mut self) -> bool {
        let begins = self.may_wait && self.held.is_none();
        if begins {
            self.held = Some(Spool::new(self.store.clone()));
        }
        begins
    }

    /// Writes what was held back, after the transaction, also where `read` is an error that came in the middle.
    ///
    /// # Errors
    /// `read`; when standard output cannot be written.
    pub fn release<T, E: From<io::Error>>(&mut self, read: Result<T, E>) -> Result<T, E> {
        let written = self.held.take().map_or(Ok(()), |held| held.copy_to(&mut self.stdout));
        let value = read?;
        written?;
        Ok(value)
    }

    /// A line of data for people, made visible.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn line(&mut self, line: &str) -> io::Result<()> {
        let line = secret_form::without_these(line, &self.secrets);
        let line = self.charset_out.show(&line);
        writeln!(self.data(), "{line}")
    }

    /// The characters that a person who reads standard output can be shown.
    pub fn charset(&self) -> Charset {
        self.charset_out
    }

    /// The characters that a person who reads standard error can be shown.
    pub fn charset_of_messages(&self) -> Charset {
        self.charset_err
    }

    /// A moment as a person reads it.
    pub fn local_time(&self, time: Timestamp) -> String {
        moment::local_time(time, &self.time_zone)
    }

    /// Whether [`Output::say`] says anything.
    pub fn says(&self) -> bool {
        self.says
    }

    /// Says what was done, at a terminal or with `--verbose`.
    pub fn say(&mut self, words: &str) {
        if self.says {
            let _ = self.flush();
            self.complain(&with_options(&self.options, words));
        }
    }

    /// The words, where each command that is to be pasted has the options of this one that name configuration and
    /// store.
    pub fn pasteable<'a>(&self, words: &'a str) -> Cow<'a, str> {
        with_options(&self.options, words)
    }

    /// Says what nobody must be left to guess, also where there is no terminal; not with `--quiet`.
    pub fn announce(&mut self, words: &str) {
        if self.warns {
            let _ = self.flush();
            self.complain(&with_options(&self.options, words));
        }
    }

    /// Says what was done and holds a command as it was typed, which has its options.
    pub fn say_typed(&mut self, words: &str) {
        if self.says {
            let _ = self.flush();
            self.complain(words);
        }
    }

    /// Says what should be known although all went well.
    pub fn warn(&mut self, words: &str) {
        if self.warns {
            let _ = self.flush();
            let label = self.paint(AnsiColor::Yellow, "warning:");
            let words = with_options(&self.options, words);
            let _ = writeln!(self.stderr, "{label} {}", self.message(&words));
        }
    }

    /// A text as standard error shows it: without what may be a secret, wherever it came from, and made visible.
    fn message(&self, words: &str) -> String {
        let words = secret_form::without_these(words, &self.secrets);
        self.charset_err.show(&secret_form::without_codes_and_keys(&words)).into_owned()
    }

    /// A line on standard error, whatever was asked for: one of a list of faults.
    pub fn complain(&mut self, words: &str) {
        let _ = writeln!(self.stderr, "{}", self.message(words));
    }

    /// Puts on standard error what a progress bar draws; every other text was made visible before it came to it.
    pub fn draw(&mut self, bytes: &[u8]) {
        let _ = self.stderr.write_all(bytes);
        let _ = self.stderr.flush();
    }

    /// An error: one line, then its details, then what to do.
    pub fn error(&mut self, words: &str, details: &[String], hint: Option<&str>) {
        let hint = hint.map(|hint| self.message(&with_options(&self.options, hint)));
        let details: Vec<String> = details.iter().map(|detail| self.message(detail)).collect();
        let words = self.message(words);
        let _ = write_error(&mut self.stderr, self.colour_err, self.charset_err, &words, &details, hint.as_deref());
    }

    /// Prints the result of a run that a signal stopped, and how to continue it.
    pub fn stopped(&mut self, words: &str, hint: Option<&str>) {
        self.complain(words);
        if let Some(hint) = hint {
            let label = self.paint(AnsiColor::Cyan, "hint:");
            let hint = with_options(&self.options, hint);
            let _ = writeln!(self.stderr, "{label} {}", self.message(&hint));
        }
    }

    /// A heading of a table.
    pub fn heading(&self, words: &str) -> String {
        if self.colour_out { painted(Style::new().bold(), words) } else { words.to_owned() }
    }

    /// Writes a generated password: the one secret that the program shows, once, to the operator who asked for it.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn generated(&mut self, username: &str, password: &Generated) -> io::Result<()> {
        // It was judged when it came in; anyone who can write the file could have put another one there.
        let username = text::visible(username);
        match self.format {
            Format::Table => writeln!(self.stdout, "{}", password.reveal())?,
            Format::Csv => writeln!(self.stdout, "username,password\n{username},{}", password.reveal())?,
            Format::Json | Format::Ndjson => {
                let object = serde_json::json!({ "username": username, "password": password.reveal() });
                writeln!(self.stdout, "{object}")?;
            }
        }
        self.flush()
    }

    /// Lets the data go to a file instead of standard output; errors name it by its path.
    pub fn divert(&mut self, file: Box<dyn Write>, path: &Path) {
        let file = NamedFile::new(file, path);
        self.stdout = BufWriter::with_capacity(128 * 1024, Box::new(file));
        self.stdout_is_terminal = false;
        self.may_wait = false;
        self.columns = None;
        self.charset_out = Charset::Unicode;
    }

    /// Hands over what was written so far.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }

    fn paint(&self, colour: AnsiColor, words: &str) -> String {
        label(self.colour_err, colour, words)
    }
}

/// The options of this command that name configuration and store, as they are typed; empty: none was given.
fn options_of(global: &Global) -> String {
    let named = [("-c", &global.config), ("--store", &global.store)];
    let given = named.into_iter().filter_map(|(option, path)| Some((option, path.as_ref()?)));
    let words: Vec<OsString> = given.flat_map(|(option, path)| [option.into(), path.into()]).collect();
    cli::as_typed(&words)
}

/// What may be a secret among the arguments.
fn secrets_of(arguments: &[OsString]) -> Vec<String> {
    let words = arguments.iter().map(|word| word.to_string_lossy());
    words.flat_map(|word| secret_form::secrets_in(&word).into_iter().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The words, where `options` stand in each command of this program. Without them a command that is pasted acts on the
/// machine's own store. A command that has an option first is left as it is.
fn with_options<'a>(options: &str, words: &'a str) -> Cow<'a, str> {
    const PROGRAM: &str = "cxme-admin ";
    if options.is_empty() || !words.contains(PROGRAM) {
        return Cow::Borrowed(words);
    }
    let tree = cli::command_tree();
    let is_command = |rest: &str| {
        let mut names = rest.split(|c: char| !c.is_ascii_lowercase() && c != '-');
        let command = names.next().and_then(|name| tree.find_subcommand(name));
        command.is_some_and(|command| {
            !command.has_subcommands() || names.next().is_some_and(|name| command.find_subcommand(name).is_some())
        })
    };
    let (mut completed, mut done) = (String::new(), 0);
    for (at, _) in words.match_indices(PROGRAM) {
        let after = at + PROGRAM.len();
        let begins = words[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || c == '`');
        if begins && is_command(&words[after..]) {
            completed += &words[done..after];
            completed += options;
            completed.push(' ');
            done = after;
        }
    }
    completed += &words[done..];
    Cow::Owned(completed)
}

/// Writes an error: one line, then its details, then what to do, each made visible.
///
/// # Errors
/// When the stream cannot be written.
pub fn write_error(
    stream: &mut dyn Write,
    in_colour: bool,
    charset: Charset,
    words: &str,
    details: &[String],
    hint: Option<&str>,
) -> io::Result<()> {
    let hints: Vec<String> = hint.map(str::to_owned).into_iter().collect();
    write_error_with_hints(stream, in_colour, charset, words, details, &hints)
}

/// As [`write_error`], with several hints.
///
/// # Errors
/// When the stream cannot be written.
pub fn write_error_with_hints(
    stream: &mut dyn Write,
    in_colour: bool,
    charset: Charset,
    words: &str,
    details: &[String],
    hints: &[String],
) -> io::Result<()> {
    writeln!(stream, "{} {}", label(in_colour, AnsiColor::Red, "error:"), charset.show(words))?;
    for detail in details {
        writeln!(stream, "  - {}", charset.show(detail))?;
    }
    for hint in hints {
        writeln!(stream, "{} {}", label(in_colour, AnsiColor::Cyan, "hint:"), charset.show(hint))?;
    }
    Ok(())
}

fn label(in_colour: bool, colour: AnsiColor, words: &str) -> String {
    if in_colour { painted(Style::new().bold().fg_color(Some(colour.into())), words) } else { words.to_owned() }
}

fn painted(style: Style, words: &str) -> String {
    format!("{style}{words}{style:#}")
}
