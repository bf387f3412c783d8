//! The store: what `store check` examines, a line each.

use super::finding::FaultClass;
use super::finding::Finding;
use super::side_by_side::Reporter;
use crate::actions::store::check;
use crate::actions::store::check::CheckExpectations;
use crate::actions::store::check::StoreReport;
use crate::app::App;

/// The part in which a head must be.
const AUDIT: &str = "audit";

/// Reports each part that `store check` examines. `name` has the line of a store that cannot be examined.
pub fn check_store(app: &App, name: &'static str, expected: &CheckExpectations, reporter: &Reporter) {
    match check::check(app, expected) {
        Ok(parts) => parts.iter().for_each(|part| {
            let finding = match finding_of(part) {
                Finding::Ok(words) if part.what == AUDIT && expected.head.is_some() => {
                    Finding::Ok(format!("{words}, among them the given head"))
                }
                finding => finding,
            };
            reporter.line(part.what, Ok(finding));
        }),
        Err(error) => reporter.line(name, Err(error.into())),
    }
}

/// What `store check` found in one part.
pub fn finding_of(part: &StoreReport) -> Finding {
    let class = match part.what {
        check::KEY | "file system" | "reader group" => FaultClass::Configuration,
        "clock" | "log" => FaultClass::Later,
        _ => FaultClass::Data,
    };
    let next = match part.what {
        "times" => "if the clock is right now, reset the times: cxme-admin store check --repair-times",
        _ if part.is_of_content() => "all that is damaged, and what to do: cxme-admin store check",
        _ => "",
    };
    let words = match part.faults.as_slice() {
        [] => match &part.warning {
            Some(warning) => return Finding::warning(class, warning.clone(), next),
            None => return Finding::ok(part.found.clone().unwrap_or_else(|| "sound".to_owned())),
        },
        [fault] => fault.clone(),
        [fault, more @ ..] => format!("{fault}; and {} more", more.len()),
    };
    Finding::failed(class, words, next)
}
