//! Operators whose OS account is gone.

use std::io;

use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use crate::app::App;
use crate::domain::action::Action;
use crate::domain::text;

/// How many are named.
const NAMED: usize = 3;

/// Names the operators without an account of their number and name. `look_up` gives the name of a number, which a directory server
/// may have to be asked for. Disabled operators need none.
///
/// # Errors
/// When the operator may not manage the store, or it cannot be read.
pub fn check_operators(app: &App, look_up: impl Fn(u32) -> io::Result<Option<String>>) -> CheckResult {
    let operators = app.view(Action::Doctor, |view| Ok(view.operators()?))?;
    let mut without = Vec::new();
    for operator in operators.iter().filter(|operator| operator.disabled_at.is_none()) {
        let name = look_up(operator.uid);
        if let Err(error) = &name {
            let words = format!("the account of uid {} cannot be looked up now: {error}", operator.uid);
            let next = format!("check the directory server of this machine: getent passwd {}", operator.uid);
            return Ok(Finding::warning(FaultClass::Later, words, next));
        }
        if !operator.is_usable(&name) {
            without.push(operator);
        }
    }
    let Some(first) = without.first() else {
        return Ok(Finding::ok(format!(
            "each has an OS account ({})",
            text::counted(operators.len() as u64, "operator")
        )));
    };
    let shown = |account: &str| text::quoted(account, text::MAX_NAME);
    let named =
        without.iter().take(NAMED).map(|operator| format!("{} (uid {})", shown(&operator.account), operator.uid));
    let mut words = named.collect::<Vec<_>>().join(", ");
    if without.len() > NAMED {
        words += &format!(" and {} more", without.len() - NAMED);
    }
    let words = format!("operators without an account of this number and name: {words}");
    let next = format!("to remove the entry: cxme-admin operators remove {}", first.uid);
    Ok(Finding::warning(FaultClass::Configuration, words, next))
}
