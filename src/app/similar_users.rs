//! The users that were probably meant by a name that no user has. It is said to those alone who may list the users, and not to
//! login systems: what they look up never comes here.

use crate::app::App;
use crate::app::Result;
use crate::domain::operator::Authority;
use crate::domain::role::Permission;
use crate::domain::spelling;
use crate::domain::spelling::slips;
use crate::domain::user::UserReference;
use crate::store::ReadTransaction;

/// The most users that are named.
const MOST: usize = 3;
/// The longest name whose slips are looked up one by one, in bytes.
const LONGEST: usize = 32;
/// The longest address, in bytes (RFC 5321, 4.5.3.1.3, without the angle brackets): a longer text names nobody.
const LONGEST_ADDRESS: usize = 254;
/// How many neighbours are looked at on each side, in the order of usernames: there two slips are found too, if the beginning
/// is right.
const NEIGHBOURS: u32 = 100;
/// The most domains of the organization that an address is looked for in.
const DOMAINS: usize = 10;

/// The names of users that are near to `given`, the nearest first: usernames for a username, addresses for an address. The work
/// is bounded, however many users there are.
pub(crate) fn similar_users(
    app: &App,
    reading: &ReadTransaction<'_>,
    authority: &Authority,
    given: &UserReference,
) -> Vec<String> {
    if given.as_str().len() > LONGEST_ADDRESS || authority.require(Permission::ViewUsers).is_err() {
        return Vec::new();
    }
    // What is wrong with the store is said by what the command is about.
    let mut found = match given {
        UserReference::Username(name) => near_username(app, reading, name),
        UserReference::Email(address) => near_address(app, reading, address),
    }
    .unwrap_or_default();
    found.sort();
    let mut names: Vec<String> = Vec::new();
    for (_, name) in found {
        if names.len() < MOST && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Usernames with the number of slips between.
fn near_username(app: &App, reading: &ReadTransaction<'_>, given: &str) -> Result<Vec<(usize, String)>> {
    let mut names = reading.usernames_among(words(given))?;
    if given.len() <= 2 * LONGEST {
        names.extend(reading.usernames_around(given, NEIGHBOURS)?);
    }
    let mut found: Vec<(usize, String)> =
        names.into_iter().filter_map(|name| Some((slips(given, &name)?, name))).collect();
    // The part of an address before the @ need not be the username.
    for domain in app.organization().email_domains.iter().take(DOMAINS) {
        let address = UserReference::Email(format!("{given}@{domain}"));
        found.extend(reading.user(&address)?.map(|user| (0, user.username.as_str().to_owned())));
    }
    Ok(found)
}

/// Addresses with the number of slips between.
fn near_address(app: &App, reading: &ReadTransaction<'_>, given: &str) -> Result<Vec<(usize, String)>> {
    let Some((local, domain)) = given.rsplit_once('@') else { return Ok(Vec::new()) };
    let here = words(local).into_iter().map(|local| format!("{local}@{domain}"));
    let domains = app.organization().email_domains.iter().take(DOMAINS);
    let elsewhere = domains.filter(|other| !other.eq_ignore_ascii_case(domain)).map(|other| format!("{local}@{other}"));
    let mut found = Vec::new();
    for address in here.chain(elsewhere) {
        let user = reading.user(&UserReference::Email(address))?;
        found.extend(user.map(|user| user.email.as_str().to_owned()));
    }
    let mut found: Vec<(usize, String)> = found.into_iter().map(|address| (1, address)).collect();
    // Whose username it is may have another address.
    let user = reading.user(&UserReference::Username(local.to_owned()))?;
    found.extend(user.map(|user| (2, user.email.as_str().to_owned())));
    Ok(found)
}

/// The words that are one slip away, where the name is not so short that they are everybody's, nor so long that they are too many.
fn words(given: &str) -> Vec<String> {
    if (3..=LONGEST).contains(&given.len()) { spelling::one_slip_away(given) } else { Vec::new() }
}
