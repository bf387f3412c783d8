//! `resets list`.

use crate::actions::Total;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::domain::action::Action;
use crate::domain::user::UserReference;
use crate::store::links::LinkQuery;
use crate::store::messages::LinkState;
use crate::store::messages::Message;

/// Gives each message with a link to `visit`, at most `limit` of them, the newest first: all, or those of one user, or those of one state.
///
/// # Errors
/// When the operator may not see users, there is no such user, or `visit` fails.
pub fn list(
    app: &App,
    user: Option<&UserReference>,
    state: Option<LinkState>,
    limit: Option<u64>,
    visit: &mut dyn FnMut(Message) -> Result<()>,
) -> Result<Total> {
    app.view(Action::ResetsList, |view| {
        let user = user.map(|reference| view.user(reference)).transpose()?.map(|user| user.id);
        let query = LinkQuery { user, state, limit };
        view.each_link(&query, view.now(), visit)?;
        Ok(Total::of(limit, || view.count_links(&query, view.now()))?)
    })
}
