//! How much of a long list is shown.

use crate::actions::Total;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::domain::text;
use crate::domain::text::counted;

/// What a table at a terminal shows of a list without `--limit`, where the rows that matter come first: what scrolls away is not
/// read.
pub const FEW: u64 = 50;
/// The same for a list that is searched by eye, such as that of the users.
pub const MANY: u64 = 1_000;

/// How many rows of a list are shown
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct LimitArgs<const AT_TERMINAL: u64 = FEW> {
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help = limit_help(AT_TERMINAL))]
    limit: Option<u64>,
    /// Show all rows at a terminal too
    #[arg(long, conflicts_with = "limit")]
    all_rows: bool,
}

/// The help of `--limit`.
fn limit_help(at_terminal: u64) -> String {
    let rows = text::grouped(at_terminal, ',');
    format!("Limit the number of results; without it, a table at a terminal shows {rows}")
}

impl<const AT_TERMINAL: u64> LimitArgs<AT_TERMINAL> {
    /// The most rows that are shown; `None`: all.
    pub fn rows(&self, output: &Output) -> Option<u64> {
        let is_cut = is_read_at_terminal(output) && !self.all_rows;
        self.limit.or(is_cut.then_some(AT_TERMINAL))
    }

    /// Says at a terminal how many rows there are, such as "12 jobs." where the `noun` is "job"; and where some of them were not shown,
    /// how many were, and how all of them are shown. Who chose a limit is told nothing.
    pub fn say_total(&self, output: &mut Output, shown: u64, Total(total): Total, noun: &str) {
        let total = total.unwrap_or(shown);
        if !is_read_at_terminal(output) || self.limit.is_some() || total == 0 {
            return;
        }
        let all = counted(total, noun);
        if total > shown {
            let shown = text::grouped(shown, ',');
            output.say(&format!("{shown} of {all} shown; to show all of them, add `--all-rows`."));
        } else {
            output.say(&format!("{all}."));
        }
    }
}

/// Whether the rows are a table that a person reads at a terminal.
fn is_read_at_terminal(output: &Output) -> bool {
    output.format == Format::Table && output.stdout_is_terminal
}
