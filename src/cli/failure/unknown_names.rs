//! Names of users that the store does not have.

use super::NO_USER;
use super::RenderedError;
use crate::app::ActionError;
use crate::app::error::UnknownName;
use crate::domain::refusal::Refusal;

/// A line for each, up to a screenful.
pub(super) fn screenful<T>(list: &[T], line: impl Fn(&T) -> String) -> Vec<String> {
    const MOST: usize = UnknownName::SHOWN;
    let more = list.len().checked_sub(MOST).filter(|more| *more > 0).map(|more| format!("and {more} more"));
    list.iter().take(MOST).map(line).chain(more).collect()
}

/// One name is told in one line; of several, each gets its line.
pub(super) fn of_unknown_names(names: &[UnknownName]) -> RenderedError {
    let told = |unknown: &UnknownName| {
        let what = Refusal::no_such_user(&unknown.name).to_string();
        unknown.line.map_or_else(|| what.clone(), |line| format!("line {line}: {what}"))
    };
    if let [name] = names {
        return RenderedError::new(NO_USER, told(name)).hint(meant_users(&name.near));
    }
    let details = screenful(names, |unknown| match unknown.near.as_slice() {
        [] => told(unknown),
        near => format!("{}; did you mean {}?", told(unknown), near.join(", ")),
    });
    let words = ActionError::UnknownNames(names.to_vec());
    RenderedError { details, ..RenderedError::new(NO_USER, words) }.hint(meant_users(&[]))
}

/// The hint where no user has a name.
pub(super) fn meant_users(near: &[String]) -> String {
    match near {
        [] => "names must match exactly; to search: cxme-admin users list --search TEXT".to_owned(),
        near => format!("did you mean {}?", near.join(" or ")),
    }
}
