//! The users of `users set-password --generate --out`: named or selected.

use super::Batch;
use super::BatchOptions;
use super::BatchOrigin;
use super::BatchSummary;
use super::BatchTarget;
use super::GeneratedKind;
use super::Secret;
use super::check::Protected;
use crate::actions::users::list::resolve;
use crate::actions::users::password;
use crate::actions::users::targets::TargetList;
use crate::app::ActionError;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction as _;
use crate::app::policy_check::PolicyEnforcement;
use crate::domain::management::ManagedUser;
use crate::domain::user::SignIn;

/// Chooses the users who get a generated password. Of a selection, users who sign in with SAML are left out and counted; one
/// who is named is refused.
///
/// # Errors
/// When a user who is named does not exist or signs in with SAML, or a role outranks the operator's.
pub fn choose(app: &App, several: &TargetList, kind: GeneratedKind, options: BatchOptions) -> Result<Batch> {
    app.view(password::set_action(options.strictness), |view| {
        let permit = match options.strictness {
            PolicyEnforcement::Policy => None,
            PolicyEnforcement::Overridden => Some(view.require_policy_override()?),
        };
        let query = resolve(view, &several.wanted)?;
        let (mut targets, mut summary, mut protected) = (Vec::new(), BatchSummary::default(), Protected::default());
        view.each_user::<ActionError>(&query, false, view.now(), |row| {
            let user = row.to_user()?;
            let permissions = view.reading().permissions(user.role)?;
            let managed = ManagedUser { role: user.role, permissions, email: &user.email };
            if let Err(error) = view.authority().may_act_on(managed) {
                protected.add(&user, error);
                return Ok(());
            }
            if user.sign_in == SignIn::Saml {
                if several.words.is_none() {
                    view.require_password_sign_in(&user)?;
                }
                summary.saml += 1;
                return Ok(());
            }
            let ages = app.requirements(view)?.of(user.role).ages;
            let validity = options.validity(&user, &ages, (None, None));
            summary.add(&user, validity, view);
            let secret = Secret::ToGenerate;
            targets.push(BatchTarget { line: 0, user: user.id, seen: 0, secret, validity, accepted: None });
            Ok(())
        })?;
        if let Some(refusal) = protected.refusal(view) {
            return Err(refusal.into());
        }
        let origin = match &several.words {
            None => BatchOrigin::Named,
            Some(words) => BatchOrigin::Selected(Box::new(query), words.clone()),
        };
        Ok(Batch { targets, options, permit, origin, kind, summary })
    })
}
