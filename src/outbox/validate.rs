//! Whether a message that was queued is still to be sent: what was true then is asked again now.

use jiff::Timestamp;

use crate::domain::eligibility;
use crate::domain::eligibility::Candidate;
use crate::domain::eligibility::Ineligible;
use crate::domain::management::ManagedUser;
use crate::domain::operator::Authority;
use crate::domain::organization::Organization;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;
use crate::store::outbox::Due;

/// Why a message is called off instead of being sent. `operator`: by what right the operator who asked for it acts now; `user`:
/// what the role of its user allows.
pub(super) fn cancel_reason(
    due: &Due,
    operator: &Authority,
    user: Permissions,
    organization: &Organization,
    now: Timestamp,
) -> Option<&'static str> {
    due.user?;
    let Some(recipient) = &due.recipient else { return Some("user deleted") };
    if !due.kind.has_link() {
        return None;
    }
    let needed = if due.is_of_job { Permission::RunBulkJobs } else { Permission::SendResets };
    let may = operator.permissions();
    if !may.has(Permission::SendResets) || !may.has(needed) {
        return Some("the operator who asked for it may not send resets any more");
    }
    if !recipient.email.is_same(&due.address) {
        return Some("another address");
    }
    let candidate = Candidate {
        user: ManagedUser { role: recipient.role, permissions: user, email: &recipient.email },
        sign_in: recipient.sign_in,
        is_locked: recipient.lock.as_ref().is_some_and(|lock| lock.is_in_force(now)),
    };
    match eligibility::check(&candidate, operator, organization) {
        Ok(()) => {}
        Err(Ineligible::NotManageable(_)) => {
            return Some("the operator who asked for it may not act on this user any more");
        }
        Err(Ineligible::Saml) => return Some("moved to SAML"),
        Err(why) => return Some(why.word()),
    }
    if due.has_later_link {
        return Some("a newer link");
    }
    // A dead link is not mailed: it was used, revoked or made void while its mail was under way before.
    due.has_ended_link.then_some("its link has ended")
}
