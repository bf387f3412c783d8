//! How much of a long list is shown.

use crate::actions::Total;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::domain::text;

/// How many rows of a list are shown
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct LimitArgs {
    /// Limit the number of results; without it, a table at a terminal shows 50
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

/// What a table at a terminal shows without `--limit`: what scrolls away is not read.
const AT_TERMINAL: u64 = 50;

impl LimitArgs {
    /// The most rows that are shown; `None`: all.
    pub fn rows(&self, output: &Output) -> Option<u64> {
        let is_read_at_terminal = output.format == Format::Table && output.stdout_is_terminal;
        self.limit.or(is_read_at_terminal.then_some(AT_TERMINAL))
    }

    /// Says how many rows there are besides those that were shown, and how all of them are shown, where nobody chose a limit.
    pub fn say_rest(&self, output: &mut Output, shown: u64, Total(total): Total) {
        let Some(total) = total.filter(|total| self.limit.is_none() && *total > shown) else { return };
        let (shown, all) = (text::grouped(shown, ','), text::grouped(total, ','));
        output.say(&format!("{shown} of {all} shown; to show all of them, add `--limit {total}`."));
    }
}
