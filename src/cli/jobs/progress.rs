//! The progress of a run, on a terminal: one line that is drawn anew.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use indicatif::HumanDuration;
use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressState;
use indicatif::ProgressStyle;
use indicatif::TermLike;

use crate::cli::output::Output;
use crate::outbox;

/// How often it is drawn in a second, at most.
const DRAWN: u8 = 10;
/// What happens, where it is not known how many mails there are.
const WORDS_ALONE: &str = "{wide_msg}";
/// Done of all, how fast, how long to go, and what went wrong; it fits 80 columns.
const TEMPLATE: &str = "{bar:14} {human_pos} of {human_len}  {pace}  {left}  {wide_msg}";
/// What of it fits 40 columns, for a million mails too.
const SHORT_TEMPLATE: &str = "{human_pos} of {human_len}  {pace}  {left}";
/// Below so many columns the short one is drawn: a line that wraps would leave its parts behind on some terminals.
const SHORT_BELOW: u16 = 70;

/// A line that is drawn anew.
#[derive(Debug)]
pub struct ProgressLine {
    bar: ProgressBar,
    screen: Screen,
    /// The layout of the bar during the run.
    template: &'static str,
    /// Whether [`WORDS_ALONE`] is drawn instead: the reason why the run waits.
    is_waiting: Cell<bool>,
}

impl ProgressLine {
    /// The line for so many messages or passwords (0: it is not known how many); `None` where there is no terminal to draw it on.
    pub fn begin(output: &Output, total: u64) -> Option<Self> {
        let width = output.progress_columns?;
        let screen = Screen { width, drawn: Arc::default() };
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), DRAWN);
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let template = match total {
            0 => WORDS_ALONE,
            _ if width < SHORT_BELOW => SHORT_TEMPLATE,
            _ => TEMPLATE,
        };
        bar.set_style(style(template));
        Some(Self { bar, screen, template, is_waiting: Cell::new(false) })
    }

    /// Draws how far it is.
    pub fn show(&self, output: &mut Output, progress: &outbox::Progress<'_>) {
        let report = progress.report;
        let mut parts = Vec::new();
        for (count, word) in [(report.deferred, "deferred"), (report.failed, "failed"), (report.in_doubt, "in doubt")] {
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        let mut message = parts.join(", ");
        let is_waiting = progress.relay_retry_in.is_some();
        if self.is_waiting.replace(is_waiting) != is_waiting {
            self.bar.set_style(style(if is_waiting { WORDS_ALONE } else { self.template }));
        }
        if let Some(wait) = progress.relay_retry_in {
            // The end of a long line is cut: the words before the reason are few.
            let error = progress.last_error.unwrap_or("it cannot be used");
            let when = match wait.as_millis() {
                0 => "trying again now".to_owned(),
                millis => format!("next try in {} s", millis.div_ceil(1_000)),
            };
            message = format!("{when}: {error}");
        } else if let Some(error) = progress.last_error {
            message = if message.is_empty() { error.to_owned() } else { format!("{message}: {error}") };
        }
        self.bar.set_message(output.charset_of_messages().show(&message).into_owned());
        self.bar.set_position(report.total());
        output.draw(&self.screen.take());
    }

    /// Draws how many are done, where nothing can go wrong with one of them.
    pub fn show_count(&self, output: &mut Output, done: u64) {
        self.bar.set_position(done);
        output.draw(&self.screen.take());
    }

    /// Draws some words alone.
    pub fn say(&self, output: &mut Output, words: &str) {
        self.bar.set_message(output.charset_of_messages().show(words).into_owned());
        self.bar.tick();
        output.draw(&self.screen.take());
    }

    /// Takes the line away.
    pub fn end(self, output: &mut Output) {
        self.bar.finish_and_clear();
        output.draw(&self.screen.take());
    }
}

fn style(template: &str) -> ProgressStyle {
    // The template is the program's own.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style.with_key("pace", |state: &ProgressState, text: &mut dyn fmt::Write| {
        let pace = state.per_sec();
        // A text cannot fail to be written.
        let _ = if pace < 10.0 { write!(text, "{pace:.1}/s") } else { write!(text, "{pace:.0}/s") };
    });
    let style = style.with_key("left", |state: &ProgressState, text: &mut dyn fmt::Write| {
        // While nothing moves, nobody knows.
        let is_known = state.per_sec() > 0.0 && state.len().is_some_and(|length| state.pos() <= length);
        let _ = if is_known { write!(text, "{:#} left", HumanDuration(state.eta())) } else { Ok(()) };
    });
    style.progress_chars("=> ")
}

/// What the line is drawn into, before it goes to standard error.
#[derive(Debug, Clone)]
struct Screen {
    width: u16,
    drawn: Arc<Mutex<Vec<u8>>>,
}

impl Screen {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut *self.drawn.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, text: &str) -> io::Result<()> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn move_cursor(&self, count: usize, way: char) -> io::Result<()> {
        if count > 0 { self.put(&format!("\u{1b}[{count}{way}")) } else { Ok(()) }
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        self.width
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(text)?;
        self.put("\r\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.put("\r\u{1b}[2K")
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
