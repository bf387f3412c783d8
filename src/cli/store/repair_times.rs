//! `store check --repair-times`.

use crate::actions::store::repair_times;
use crate::app::ChangeOptions;
use crate::cli::context::Context;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::store::times::TimesAhead;

/// Runs the command.
///
/// # Errors
/// When the operator may not or declines, or the store cannot be written.
pub(super) fn run(context: &mut Context, yes: bool, change_options: &ChangeOptions) -> anyhow::Result<()> {
    let app = context.app(Action::StoreRepairTimes)?;
    let ahead = repair_times::times_ahead(&app)?;
    let event = repair_times::event_ahead(&app)?
        .map(|time| format!("events were recorded up to {}", context.output.local_time(time)));
    if change_options.dry_run {
        repair_times::repair_times(&app, change_options)?;
        let now = app.now();
        let step = |words: String, ahead: Option<&TimesAhead>| {
            let text = |text: Option<String>| text.map_or(Value::Nothing(""), Value::text);
            PlanStep::new(Action::StoreRepairTimes, words)
                .if_changed(ahead.is_some())
                .field("times", text(ahead.map(|ahead| ahead.what.to_owned())))
                .field("count", Value::count(ahead.map_or(0, |ahead| ahead.count)))
                .field("first", text(ahead.map(|ahead| ahead.first.clone())))
                .field("first_at", Value::time_or(ahead.map(|ahead| ahead.time), ""))
        };
        let would = |ahead: &TimesAhead| step(format!("Would reset {}.", in_words(context, ahead)), Some(ahead));
        let mut steps: Vec<PlanStep<'_>> = ahead.iter().map(would).collect();
        match event {
            Some(event) => {
                steps.push(step(format!("Would record that the clock is right now ({event})."), None).if_changed(true))
            }
            None if steps.is_empty() => steps.push(step(NOTHING.to_owned(), None)),
            None => {}
        }
        return plan::print(&mut context.output, now, &steps);
    }
    if ahead.is_empty() && event.is_none() {
        context.output.say(NOTHING);
        return Ok(());
    }
    let say_each = |context: &mut Context, verb: &str, times: &[TimesAhead]| {
        for ahead in times {
            let words = in_words(context, ahead);
            context.output.say(&format!("{verb} {words}."));
        }
    };
    if !yes {
        say_each(context, "Would reset", &ahead);
    }
    let question = match &event {
        Some(event) if ahead.is_empty() => format!("Is the clock right now ({event})? This is recorded."),
        _ => "Reset these times to now? Mails become due, and open links expire.".to_owned(),
    };
    prompt::confirm(context, yes, &question)?;
    let repaired = repair_times::repair_times(&app, change_options)?;
    if yes {
        // Any change brings minutes of deliveries back before it begins, so they are in what was seen before.
        say_each(context, "Reset", &ahead);
    }
    let rows: u64 = repaired.iter().map(|ahead| ahead.count).sum();
    match event {
        Some(event) => {
            context.output.say(&format!("Reset times: {rows}. Recorded that the clock is right now ({event})."))
        }
        None => context.output.say(&format!("Reset times: {rows}.")),
    }
    Ok(())
}

const NOTHING: &str = "No time was written while the clock was ahead; nothing was changed.";

fn in_words(context: &Context, ahead: &TimesAhead) -> String {
    let TimesAhead { what, count, first, time, .. } = ahead;
    format!("{what} to now: {count}; the first: {first} ({})", context.output.local_time(*time))
}
