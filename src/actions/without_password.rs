//! Users whom a change leaves without a password and without a link.

use crate::app::EventDetails;

/// Records how many users are left without a password and without a link to choose one.
pub(in crate::actions) fn note_without_password(details: &mut EventDetails, users: u64) {
    if users > 0 {
        details.note("without_password", users);
    }
}
