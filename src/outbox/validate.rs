//! Checks whether a queued message must still be sent: the conditions of its creation are checked again before each
//! attempt.

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

/// The reason to cancel a message instead of sending it. `operator`: the current permissions of the operator who
/// created it; `user`: the permissions of its user.
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
        // Who asked for the message knew of an earlier one.
        bounce: recipient.bounce.as_ref().filter(|bounce| bounce.at > due.created_at),
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
    // The link was used, revoked or replaced while its mail waited for another attempt: a dead link is not mailed.
    due.has_ended_link.then_some("its link has ended")
}
