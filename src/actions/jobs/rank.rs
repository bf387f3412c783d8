//! Whose jobs an operator may touch.

use crate::app::Result;
use crate::app::Transaction;
use crate::domain::job::JobId;

/// Refuses to touch a job that mails users whose role may do more than the operator's.
pub(super) fn refuse_outranked(scene: &impl Transaction, id: JobId) -> Result<()> {
    if let Some(user) = scene.reading().job_user_of(id, &scene.outranking()?)? {
        scene.outrank(user.role, user.username.as_str(), Some(user.id))?;
    }
    Ok(())
}
