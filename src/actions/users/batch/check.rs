//! What is wrong with the lines of a batch, before anything is hashed.

use std::collections::HashMap;

use super::BadLine;
use super::BadLines;
use super::Batch;
use super::BatchInput;
use super::BatchOptions;
use super::BatchOrigin;
use super::BatchSummary;
use super::BatchTarget;
use super::GeneratedKind;
use super::Secret;
use super::end;
use super::input::PasswordLine;
use crate::actions::users::password;
use crate::actions::users::targets::NAMED;
use crate::actions::users::validity::Validity;
use crate::app::App;
use crate::app::Result;
use crate::app::Transaction;
use crate::app::View;
use crate::app::policy_check::PolicyEnforcement;
use crate::app::similar_users;
use crate::domain::management::ManagedUser;
use crate::domain::management::ManagementError;
use crate::domain::management_refusal::ManagementRefusal;
use crate::domain::policy::Violation;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::role::Permissions;
use crate::domain::role::RoleId;
use crate::domain::text;
use crate::domain::user::SignIn;
use crate::domain::user::User;
use crate::domain::user::UserId;
use crate::secrets::password::Password;
use crate::texts;
use crate::texts::Texts;
use crate::texts::policy::Reader;

/// How many unknown names similar users are looked for.
const NEAR: u64 = 20;

/// What a view finds of the lines.
struct Check<'view> {
    view: &'view View<'view>,
    options: BatchOptions,
    /// What each role allows, as far as it was asked for.
    permissions: HashMap<RoleId, Permissions>,
    bad: BadLines,
    lines: HashMap<UserId, u64>,
    unknown: u64,
    summary: BatchSummary,
    protected: Protected,
    saml: Vec<User>,
}

/// The users on whom the operator may not act.
#[derive(Default)]
pub(super) struct Protected {
    outranking: u64,
    outside: u64,
    /// The first of each.
    first_outranking: Vec<String>,
    first_outside: Vec<String>,
    permission: Option<Permission>,
}

/// Checks a batch from an input named `source`: each user, and each password against the policy, without the rules that need a hash. Every line is
/// checked, whatever is wrong with the ones before it.
///
/// # Errors
/// [`BadLines`](crate::app::ActionError::BadLines) after the first bad lines were given to `report`, in the order of the input; others when the
/// operator may not, or a role outranks theirs.
pub fn check(
    app: &App,
    input: BatchInput,
    source: &str,
    options: BatchOptions,
    report: &mut dyn FnMut(BadLine),
) -> Result<Batch> {
    let action = password::set_action(options.strictness);
    let BatchInput { lines, bad, count } = input;
    let (targets, permit, found) = app.view(action, |view| {
        let permit = match options.strictness {
            PolicyEnforcement::Policy => None,
            PolicyEnforcement::Overridden => Some(view.require_policy_override()?),
        };
        let mut check = Check::new(view, options, bad);
        let mut targets = Vec::with_capacity(lines.len());
        for line in lines {
            targets.extend(check.line(line)?);
        }
        let Check { bad, summary, protected, saml, .. } = check;
        Ok((targets, permit, (bad, summary, protected, saml)))
    })?;
    let (bad, summary, protected, saml) = found;
    // That a password of theirs was to be set is recorded, as with every command.
    let contact = &app.organization().saml_contact;
    for user in saml {
        let (user, id) = (user.username.to_string(), user.id);
        let _ = app.refuse(action, Refusal::Saml { user, id, contact: contact.clone() });
    }
    let ended = end(bad, count, report);
    if let Some(refusal) = app.view(action, |view| Ok(protected.refusal(view)))? {
        return Err(app.refuse(action, refusal));
    }
    ended?;
    let (origin, kind) = (BatchOrigin::Input(source.to_owned()), GeneratedKind::Words);
    Ok(Batch { targets, options, permit, origin, kind, summary })
}

impl<'view> Check<'view> {
    fn new(view: &'view View<'view>, options: BatchOptions, bad: BadLines) -> Self {
        Self {
            view,
            options,
            permissions: HashMap::new(),
            bad,
            lines: HashMap::new(),
            unknown: 0,
            summary: BatchSummary::default(),
            protected: Protected::default(),
            saml: Vec::new(),
        }
    }

    /// Whether the operator may act on a user.
    fn may_act_on(&mut self, user: &User) -> Result<std::result::Result<(), ManagementError>> {
        let permissions = match self.permissions.get(&user.role) {
            Some(permissions) => *permissions,
            None => {
                let permissions = self.view.reading().permissions(user.role)?;
                self.permissions.insert(user.role, permissions);
                permissions
            }
        };
        let managed = ManagedUser { role: user.role, permissions, email: &user.email };
        Ok(self.view.authority().may_act_on(managed))
    }

    /// The target of a line; `None`: something is wrong with it.
    fn line(&mut self, line: PasswordLine) -> Result<Option<BatchTarget>> {
        let PasswordLine { line: number, user: reference, email, password, must_change, lifetime } = line;
        let Some(user) = self.view.reading().user(&reference)? else {
            self.unknown += 1;
            let mut fault = format!("no such user: `{}`", text::quoted(reference.shown(), text::MAX_NAME));
            if self.unknown <= NEAR {
                let near = similar_users(self.view.app(), self.view, self.view.authority(), &reference);
                if !near.is_empty() {
                    fault += &format!("; did you mean {}?", near.join(" or "));
                }
            }
            self.bad.add(BadLine::new(number, "", fault));
            return Ok(None);
        };
        if let Err(error) = self.may_act_on(&user)? {
            let fault = match error {
                ManagementError::Outranked(_) => {
                    format!("the role of {} has permissions that your role lacks", user.username)
                }
                ManagementError::OutsideLimits => format!("{} is outside your limits", user.username),
            };
            self.protected.add(&user, error);
            self.bad.add(BadLine::new(number, "", fault));
            return Ok(None);
        }
        if let Some((field, fault)) = self.fault(&user, number, email.as_deref(), &password)? {
            self.bad.add(BadLine::new(number, field, fault));
            return Ok(None);
        }
        if password.begins_or_ends_with_blank() {
            let (count, first) = self.summary.blanks.unwrap_or((0, number));
            self.summary.blanks = Some((count + 1, first));
        }
        let ages = self.view.app().requirements(self.view)?.of(user.role).ages;
        let validity = self.options.validity(&user, &ages, (must_change, lifetime));
        self.summary.add(&user, validity, self.view);
        let secret = Secret::Given(password);
        Ok(Some(BatchTarget { line: number, user: user.id, seen: 0, secret, validity, accepted: None }))
    }

    /// What is wrong with a line whose user exists.
    fn fault(
        &mut self,
        user: &User,
        line: u64,
        email: Option<&str>,
        password: &Password,
    ) -> Result<Option<(&'static str, String)>> {
        if let Some(email) = email
            && !crate::domain::email_address::is_same(user.email.as_str(), email)
        {
            return Ok(Some(("email", format!("is not the address of {}", user.username))));
        }
        if let Some(earlier) = self.lines.insert(user.id, line) {
            return Ok(Some(("", format!("{} is already on line {earlier}", user.username))));
        }
        if user.sign_in == SignIn::Saml {
            if self.saml.len() < NAMED {
                self.saml.push(user.clone());
            }
            return Ok(Some(("", saml_fault(user))));
        }
        if password.looks_like_hash() {
            let fault = "looks like a password hash, and would be set as it is (`users import` takes hashes)";
            return Ok(Some(("password", fault.to_owned())));
        }
        if self.options.strictness == PolicyEnforcement::Overridden {
            return Ok(None);
        }
        let app = self.view.app();
        let policy = app.policy_of(self.view, user.role)?;
        let faults = password.faults(&policy, &app.personal_words(user))?;
        Ok((!faults.is_empty()).then(|| ("password", in_words(&faults))))
    }
}

impl Protected {
    /// Counts a user on whom the operator may not act.
    pub(super) fn add(&mut self, user: &User, error: ManagementError) {
        let (count, first) = match error {
            ManagementError::Outranked(permission) => {
                self.permission.get_or_insert(permission);
                (&mut self.outranking, &mut self.first_outranking)
            }
            ManagementError::OutsideLimits => (&mut self.outside, &mut self.first_outside),
        };
        *count += 1;
        if first.len() < NAMED {
            first.push(user.username.to_string());
        }
    }

    /// The refusal, if there is such a user.
    pub(super) fn refusal(self, view: &View<'_>) -> Option<Refusal> {
        if let Some(permission) = self.permission {
            let (users, count, role) = (self.first_outranking, self.outranking, view.authority().words().to_owned());
            return Some(Refusal::UsersOutrank { users, count, role, permission });
        }
        let (users, count, limits) = (self.first_outside, self.outside, view.limits_in_words());
        (count > 0).then(|| ManagementRefusal::UsersOutsideLimits { users, count, limits }.into())
    }
}

impl BatchSummary {
    /// Counts a user.
    pub(super) fn add(&mut self, user: &User, validity: Validity, view: &View<'_>) {
        self.users += 1;
        self.with_password += u64::from(user.password.is_some());
        self.locked += u64::from(user.is_locked(view.now()));
        self.must_change += u64::from(validity.must_change);
        self.temporary += u64::from(validity.lifetime.is_some());
        if self.usernames.len() < NAMED {
            self.usernames.push(user.username.to_string());
        }
    }
}

/// Why a user who signs in with SAML gets no password.
pub(super) fn saml_fault(user: &User) -> String {
    format!("{} signs in with SAML, and has no password here", user.username)
}

/// What the policy says against a password, in one line.
pub(super) fn in_words(faults: &[Violation]) -> String {
    let english = Texts::built_in().default_language();
    let faults = faults.iter().map(|fault| texts::policy::fault(fault, english, Reader::Operator));
    faults.collect::<Vec<_>>().join("; ")
}
