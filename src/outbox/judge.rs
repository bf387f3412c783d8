//! Whether a message that was queued is still to be sent: what was true then is asked again now.

use crate::domain::operator::Operator;
use crate::domain::role::Permission;
use crate::domain::user::SignIn;
use crate::store::outbox::Due;

/// Why a message is called off instead of being sent. `operator`: who asked for it, as the store knows him now.
pub(super) fn objection(due: &Due, operator: Option<&Operator>) -> Option<&'static str> {
    due.user?;
    let Some(recipient) = &due.recipient else { return Some("user deleted") };
    if !due.kind.has_link() {
        return None;
    }
    if recipient.sign_in == SignIn::Saml {
        return Some("moved to SAML");
    }
    if recipient.is_locked {
        return Some("locked");
    }
    if recipient.email.as_str() != due.address.as_str() {
        return Some("another address");
    }
    if due.has_later_link {
        return Some("a newer link");
    }
    // A dead link is not mailed: it was used, revoked or made void while its mail was under way before.
    if due.has_ended_link {
        return Some("its link has ended");
    }
    // root needs no row (see `Standing::Root`).
    let needed = if due.is_of_job { Permission::RunBulkJobs } else { Permission::SendResets };
    let may =
        |operator: &Operator| operator.permissions.has(Permission::SendResets) && operator.permissions.has(needed);
    let may_send = operator.map_or(due.operator_uid == 0, may);
    (!may_send).then_some("the operator who asked for it may not send resets any more")
}
