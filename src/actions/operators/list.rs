//! `operators list`.

use crate::app::App;
use crate::app::Result;
use crate::domain::action::Action;
use crate::domain::operator::Operator;

/// All operators, by account name.
///
/// # Errors
/// When the operator is none.
pub fn list(app: &App) -> Result<Vec<Operator>> {
    app.view(Action::OperatorsList, |view| Ok(view.operators()?))
}
