//! The words of `users import` for what an update takes away from users.

use crate::actions::users::import::ImportOutcome;
use crate::actions::users::targets::NAMED;
use crate::cli::jobs::summary::counted;
use crate::cli::jobs::summary::grouped;
use crate::cli::value::Value;
use crate::domain::removal::Removals;
use crate::domain::text;
use crate::store::import_effects::LockEffect;
use crate::store::import_effects::RowRemoval;
use crate::store::import_effects::UpdateEffects;

/// What the operator is asked.
pub(super) fn question(removals: Removals) -> String {
    let passwords =
        || format!("emove {}, whose users would sign in with SAML", counted(removals.passwords, "password"));
    let locks = || format!("nd or shorten {}", counted(removals.locks, "lock"));
    match removals {
        Removals { locks: 0, .. } => format!("R{}?", passwords()),
        Removals { passwords: 0, .. } => format!("E{}?", locks()),
        _ => format!("R{}, and e{}?", passwords(), locks()),
    }
}

/// Sentences for the summary, each after a blank.
pub(super) fn summary(effects: &UpdateEffects, dry_run: bool) -> String {
    let UpdateEffects { removals: Removals { passwords, locks }, roles_changed, .. } = *effects;
    let mut words = String::new();
    if passwords > 0 {
        let verb = if dry_run { "Would remove" } else { "Removed" };
        words += &format!(" {verb} {}: the users sign in with SAML.", counted(passwords, "password"));
    }
    if locks > 0 {
        let verb = if dry_run { "Would end or shorten" } else { "Ended or shortened" };
        words += &format!(" {verb} {}.", counted(locks, "lock"));
    }
    if roles_changed > 0 {
        let verb = if dry_run { "Would change" } else { "Changed" };
        words += &format!(" {verb} the role of {}.", counted(roles_changed, "user"));
    }
    words
}

/// Warns of hashes that come to users whose passwords were ended.
pub(super) fn after_end(users: u64, dry_run: bool) -> Option<String> {
    let (who, has) = match users {
        0 => return None,
        1 => ("1 user whose password was ended".to_owned(), if dry_run { "would have" } else { "has" }),
        _ => (
            format!("{} whose passwords were ended", counted(users, "user")),
            if dry_run { "would have" } else { "have" },
        ),
    };
    Some(format!("{who} {has} one again, by a hash of the input: if the hash is older than the end, end it again"))
}

/// A line for each of the first users from whom something would be taken away, and the count of the others.
pub(super) fn lines(outcome: &ImportOutcome) -> Vec<String> {
    let mut lines = Vec::new();
    for (place, removal) in outcome.removals.iter().take(NAMED) {
        let password = removal.password.then_some("lose the password");
        let lock = removal.lock.map(|lock| match lock {
            LockEffect::Ended => "be unlocked",
            LockEffect::Shortened => "be locked for a shorter time",
        });
        let what: Vec<&str> = password.into_iter().chain(lock).collect();
        lines.push(format!("{place}: {} would {}.", text::visible(&removal.username), what.join(" and ")));
    }
    let more = outcome.effects.users.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("… and {} more (`-o json` names them).", grouped(more)));
    }
    lines
}

/// The users from whom something is taken away, for data.
pub(super) fn users(outcome: &ImportOutcome, is_meant: impl Fn(&RowRemoval) -> bool) -> Value<'_> {
    let affected = outcome.removals.iter().filter(|(_, removal)| is_meant(removal));
    Value::Lines(affected.map(|(place, removal)| (place.line, removal.username.as_str())).collect())
}
