//! `users delete`.

use crate::actions::Desk;
use crate::actions::Intent;
use crate::actions::Record;
use crate::actions::Result;
use crate::actions::Scene as _;
use crate::domain::action::Action;
use crate::domain::user::User;
use crate::domain::user::UserReference;

/// Deletes users, all or none. Gives them as they were.
///
/// # Errors
/// When one does not exist or outranks the operator.
pub fn delete(desk: &Desk, references: &[UserReference], intent: &Intent) -> Result<Vec<User>> {
    desk.change(Action::UsersDelete, intent, |change| {
        // All are found before the first is deleted: one may be named twice, by username and by address.
        let mut deleted: Vec<User> = Vec::new();
        for reference in references {
            let user = change.subordinate(reference)?;
            if deleted.iter().all(|other| other.id != user.id) {
                deleted.push(user);
            }
        }
        for user in &deleted {
            change.delete_user(user.id)?;
        }
        let mut record = match deleted.as_slice() {
            [only] => Record::of(only),
            _ => Record::default(),
        };
        if deleted.len() != 1 {
            let names: Vec<&str> = deleted.iter().map(|user| user.email.as_str()).collect();
            record.note("emails", names);
        }
        Ok((record, deleted))
    })
}
