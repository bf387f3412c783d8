//! Whose jobs an operator may touch.

use crate::app::Result;
use crate::app::Transaction;
use crate::domain::job::JobId;

/// Refuses to touch a job that mails users on whom the operator may not act.
pub(super) fn refuse_protected(transaction: &impl Transaction, id: JobId) -> Result<()> {
    match transaction.reading().protected_user_of_job(id, &transaction.protected_users()?)? {
        Some(user) => transaction.require_may_act_on(&user),
        None => Ok(()),
    }
}
