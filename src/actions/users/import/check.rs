//! One row checked, column by column, and staged. A column that is given has its effect or is an error: what only the store can
//! tell is left to [`crate::store::import::Conflict`].

use std::borrow::Cow;

use jiff::Timestamp;

use super::BadRow;
use super::ImportOptions;
use super::Mode;
use super::RowDenial;
use super::RowValidator;
use super::columns::ACCEPTED;
use super::columns::EMAIL;
use super::columns::Fields;
use super::columns::LOCALE;
use super::columns::LOCKED_UNTIL;
use super::columns::MUST_CHANGE;
use super::columns::NAME;
use super::columns::PASSWORD_HASH;
use super::columns::ROLE;
use super::columns::SIGN_IN;
use super::columns::STATUS;
use super::columns::USERNAME;
use super::row::Row;
use super::row::RowLocation;
use crate::actions::users::tabular::parse_flag;
use crate::domain::email_address;
use crate::domain::email_address::EmailAddress;
use crate::domain::fold;
use crate::domain::moment::parse_moment;
use crate::domain::role::RoleId;
use crate::domain::text;
use crate::domain::user::SignIn;
use crate::domain::user::Status;
use crate::domain::user::validate_locale;
use crate::domain::user::validate_username;
use crate::secrets::admission::ImportedHash;
use crate::store::StoreError;
use crate::store::import::Given;
use crate::store::import::Incoming;
use crate::store::import::Staging;

type Checked<T> = Result<T, BadRow>;

/// Checks a row and stages it. The outer error is a bad row; within it is an error of the store, if it was that.
pub(super) fn stage(
    staging: &mut Staging<'_>,
    row: &Row<'_>,
    validate: &RowValidator<'_>,
    options: &ImportOptions,
) -> Result<(), Result<BadRow, StoreError>> {
    let fields = row.fields.as_ref().map_err(|bad| Ok(bad.clone()))?;
    let derived = derived_username(fields);
    let incoming = check(row.place, fields, derived.as_deref(), validate, options).map_err(Ok)?;
    staging.add(&incoming).map_err(Err)
}

/// The username that the address gives where the row has none.
fn derived_username<'row>(fields: &'row Fields<'_>) -> Option<Cow<'row, str>> {
    let (None, Some(email)) = (&fields[USERNAME], &fields[EMAIL]) else { return None };
    let local = email.split('@').next().unwrap_or_default();
    let has_capitals = local.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(if has_capitals { Cow::Owned(local.to_ascii_lowercase()) } else { Cow::Borrowed(local) })
}

fn check<'row>(
    place: RowLocation,
    fields: &'row Fields<'_>,
    derived: Option<&'row str>,
    validate: &RowValidator<'_>,
    options: &ImportOptions,
) -> Checked<Incoming<'row>> {
    let mode = options.mode;
    let bad = |column: usize, fault: String| BadRow::new(place, ACCEPTED[column], fault);
    let given = |column: usize| fields[column].as_deref();
    let email = given(EMAIL);
    let (sign_in_by_domain, is_foreign) = match email {
        None => (SignIn::Password, false),
        Some(email) => check_email(email, validate).map_err(|fault| bad(EMAIL, fault))?,
    };
    // An update may be for a user who has it already.
    if is_foreign && mode == Mode::Add {
        return Err(bad(EMAIL, super::FOREIGN_EMAIL.to_owned()));
    }
    let username = check_username(given(USERNAME), derived, place)?;
    if email.is_none() && mode == Mode::Add {
        return Err(bad(EMAIL, "is missing".to_owned()));
    }
    let name = given(NAME);
    if let Some(name) = name {
        text::check_line(name, text::MAX_NAME).map_err(|fault| bad(NAME, fault.to_string()))?;
    }
    let of_user = |bad: BadRow| BadRow { username: bad.denial.map(|_| username.to_owned()), ..bad };
    let role = given(ROLE).map(|role| check_role(role, validate, place)).transpose().map_err(of_user)?;
    let is_new = mode == Mode::Add;
    check_limits(role.or(is_new.then_some(RoleId::MINIMAL)), email, validate, place).map_err(of_user)?;
    let sign_in = given(SIGN_IN).map(str::parse::<SignIn>).transpose().map_err(|fault| bad(SIGN_IN, fault))?;
    let locale = given(LOCALE).map(Given::of_text);
    if let Some(Given::Value(locale)) = locale {
        validate_locale(locale).map_err(|fault| bad(LOCALE, fault))?;
    }
    let status = given(STATUS).map(str::parse::<Status>).transpose().map_err(|fault| bad(STATUS, fault))?;
    let locked_until = given(LOCKED_UNTIL)
        .map(|until| check_end_of_lock(until, status, validate.app.now(), options))
        .transpose()
        .map_err(|fault| bad(LOCKED_UNTIL, fault))?;
    let must_change = given(MUST_CHANGE).map(parse_flag).transpose().map_err(|fault| bad(MUST_CHANGE, fault))?;
    let password_hash = given(PASSWORD_HASH)
        .map(ImportedHash::parse)
        .transpose()
        .map_err(|fault| bad(PASSWORD_HASH, fault.to_string()))?;
    if mode == Mode::Add {
        let is_saml = sign_in.unwrap_or(sign_in_by_domain) == SignIn::Saml;
        if password_hash.is_some() && is_saml {
            return Err(bad(PASSWORD_HASH, super::SAML.to_owned()));
        }
        if must_change == Some(true) && is_saml {
            return Err(bad(MUST_CHANGE, super::SAML.to_owned()));
        }
    }
    Ok(Incoming {
        number: place.number,
        line: place.line,
        username,
        username_given: fields[USERNAME].is_some(),
        email,
        name,
        role,
        sign_in,
        sign_in_by_domain,
        is_foreign,
        locale,
        locked: status.map(|status| status == Status::Locked),
        locked_until,
        must_change,
        password_hash,
    })
}

/// How the address says that its user signs in, and whether it is in none of the organization's domains.
fn check_email(email: &str, validate: &RowValidator<'_>) -> Result<(SignIn, bool), String> {
    email_address::validate(email).map_err(|fault| fault.to_string())?;
    let address = EmailAddress::stored(email.to_owned());
    let organization = validate.app.organization();
    Ok((organization.sign_in_of(&address), !organization.takes(&address)))
}

fn check_username<'row>(
    given: Option<&'row str>,
    derived: Option<&'row str>,
    place: RowLocation,
) -> Checked<&'row str> {
    let bad = |column: usize, fault: String| BadRow::new(place, ACCEPTED[column], fault);
    if let Some(username) = given {
        validate_username(username).map_err(|fault| bad(USERNAME, fault.to_string()))?;
        return Ok(username);
    }
    let Some(username) = derived else { return Err(bad(EMAIL, "is missing".to_owned())) };
    validate_username(username).map_err(|fault| {
        let shown = text::quoted(username, 40);
        bad(USERNAME, format!("is missing, and the address gives none: `{shown}` {fault}"))
    })?;
    Ok(username)
}

fn check_role(role: &str, validate: &RowValidator<'_>, place: RowLocation) -> Checked<RoleId> {
    let bad = |fault: String| BadRow::new(place, ACCEPTED[ROLE], fault);
    match validate.roles.get(fold::simple(role).as_ref()) {
        Some(Some(role)) => Ok(*role),
        Some(None) => {
            let bad = bad("has permissions that your role lacks".to_owned());
            Err(BadRow { denial: Some(RowDenial::Rank), ..bad })
        }
        None => Err(bad(format!("no such role: `{}`", text::quoted(role, 40)))),
    }
}

/// Refuses a role or an address outside the operator's limits.
fn check_limits(
    role: Option<RoleId>,
    email: Option<&str>,
    validate: &RowValidator<'_>,
    place: RowLocation,
) -> Checked<()> {
    let limits = &validate.limits;
    let bad = |column: usize| BadRow {
        denial: Some(RowDenial::Limits),
        ..BadRow::new(place, ACCEPTED[column], super::OUTSIDE_LIMITS)
    };
    if role.is_some_and(|role| !limits.allow_role(role)) {
        return Err(bad(ROLE));
    }
    let domain = email.and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
    if domain.is_some_and(|domain| !limits.allow_domain(domain)) {
        return Err(bad(EMAIL));
    }
    Ok(())
}

/// The end of a lock says something only of a user who is locked until then.
fn check_end_of_lock(
    until: &str,
    status: Option<Status>,
    now: Timestamp,
    options: &ImportOptions,
) -> Result<Given<Timestamp>, String> {
    if until.is_empty() {
        return Ok(Given::Nothing);
    }
    let until = parse_moment(until, &options.time_zone).map_err(|fault| fault.to_string())?;
    match status {
        Some(Status::Active) => Err("an active user's lock has no end: leave it empty, or lock the user".to_owned()),
        _ if until <= now => Err("lies in the past: nobody would be locked".to_owned()),
        None if options.mode == Mode::Add => Err(super::NO_LOCK.to_owned()),
        _ => Ok(Given::Value(until)),
    }
}
