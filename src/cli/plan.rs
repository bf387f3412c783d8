//! The plan that a dry run prints, to standard output whether or not that is a terminal: it is what was asked for.
//!
//! For people a line for each step; as data an array with an object for each, which begins with `action`, the words by which
//! `audit list` would show it, and `would_change`, and continues with the fields of the command.

use std::io;

use jiff::Timestamp;

use crate::cli::data;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::action::Action;

/// One thing that a command would do, or finds done already.
#[derive(Debug)]
pub struct PlanStep<'a> {
    action: Action,
    words: String,
    would_change: bool,
    fields: Vec<(&'static str, Value<'a>)>,
}

impl<'a> PlanStep<'a> {
    /// A step that would change something, in words for people.
    pub fn new(action: Action, words: impl Into<String>) -> Self {
        Self { action, words: words.into(), would_change: true, fields: Vec::new() }
    }

    /// The same step where it would change something only if `would_change`.
    pub fn if_changed(self, would_change: bool) -> Self {
        Self { would_change, ..self }
    }

    /// The same step with a field of its data, under the name that the fact has in the data of other commands.
    pub fn field(mut self, name: &'static str, value: Value<'a>) -> Self {
        self.fields.push((name, value));
        self
    }
}

/// Prints a plan. A field that only some of its steps have is null in the others.
///
/// # Errors
/// When standard output cannot be written.
pub fn print(output: &mut Output, now: Timestamp, steps: &[PlanStep<'_>]) -> anyhow::Result<()> {
    if output.format == Format::Table {
        for step in steps {
            output.line(&step.words)?;
        }
    } else {
        print_data(output, now, steps)?;
    }
    output.say("Dry run; nothing was changed.");
    Ok(())
}

fn print_data(output: &mut Output, now: Timestamp, steps: &[PlanStep<'_>]) -> io::Result<()> {
    let mut names = vec!["action", "would_change"];
    for (name, _) in steps.iter().flat_map(|step| &step.fields) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let heads: Vec<Heading> = names.iter().map(|name| Heading { name, title: name }).collect();
    data::records(output, &heads, now, |sink| {
        for step in steps {
            let mut cells = vec![Value::text(step.action.word()), Value::Flag(step.would_change)];
            for name in &names[cells.len()..] {
                let own = step.fields.iter().find(|(own, _)| own == name);
                cells.push(own.map_or(Value::Nothing(""), |(_, value)| value.clone()));
            }
            sink(&cells)?;
        }
        Ok(())
    })
}
