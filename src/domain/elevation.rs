//! Which account called the program, where sudo, doas, run0 or pkexec started it with the rights of another account.
//!
//! Each of them names its caller in a variable. A variable can be set by anybody, so it may only narrow what the process may
//! do: it is believed where the process has the rights of root or of the store's owner, who need no variable to do what they
//! like. An elevation program sets its own variable and may leave those of the others as the caller set them (doas with
//! `keepenv`, sudo with `env_keep`), so two that name different people are refused: one of them may be invented.

use crate::domain::uid::ROOT;

/// A program that runs a command for one account with the rights of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Elevation {
    /// sudo(8), and run0(1) of systemd, which sets the same variables.
    Sudo,
    /// doas(1) of OpenBSD and its ports.
    Doas,
    /// pkexec(1) of polkit.
    Pkexec,
}

impl Elevation {
    /// The word in events, data and sentences.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The program with this word.
    pub fn named(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// The variable that names the caller: its uid, but its name in `DOAS_USER`.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Sudo => "SUDO_UID",
            Self::Doas => "DOAS_USER",
            Self::Pkexec => "PKEXEC_UID",
        }
    }

    /// What people type in front of a command to run it as root itself: only accounts that may run any command can.
    pub fn as_root(self) -> String {
        format!("{} env -u {}", self.word(), self.variable())
    }
}

/// What an event says where no variable named the operator: the operator is the account of the process.
pub const BY_UID: &str = "uid";

/// The word in an event for what named the operator.
pub fn word(elevation: Option<Elevation>) -> &'static str {
    elevation.map_or(BY_UID, Elevation::word)
}

/// The account that a variable names as its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Its number.
    pub uid: u32,
    /// Whose variable named it.
    pub by: Elevation,
}

/// Two variables that name different people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallersDiffer(pub Caller, pub Caller);

/// The person who called, given the account of each variable that is set. A variable that names root or the account of the
/// process itself says nothing of the person, and does not outrank one that does: after `sudo -s`, root calls doas.
///
/// # Errors
/// When two variables name different people.
pub fn caller(effective_uid: u32, callers: &[Caller]) -> Result<Option<Caller>, CallersDiffer> {
    let mut people = callers.iter().filter(|caller| caller.uid != ROOT && caller.uid != effective_uid);
    let Some(first) = people.next() else {
        // The account of the process may do less than root.
        let narrower = callers.iter().find(|caller| caller.uid != ROOT);
        return Ok(narrower.or(callers.first()).copied());
    };
    match people.find(|other| other.uid != first.uid) {
        Some(other) => Err(CallersDiffer(*first, *other)),
        None => Ok(Some(*first)),
    }
}

/// Decides who acts, and which variable named them. The variable is believed only when the process runs as root or as the
/// owner of the store, the two accounts that elevation programs are set up for (the rule of git's `safe.directory`).
pub fn acting_account(
    effective_uid: u32,
    store_owner: Option<u32>,
    caller: Option<Caller>,
) -> (u32, Option<Elevation>) {
    match caller {
        Some(Caller { uid, by }) if effective_uid == ROOT || Some(effective_uid) == store_owner => (uid, Some(by)),
        _ => (effective_uid, None),
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    const SERVICE: u32 = 900;
    const CAROL: u32 = 1_000;
    const DAVE: u32 = 1_001;

    fn callers(uids: [Option<u32>; 3]) -> Vec<Caller> {
        let named = Elevation::VARIANTS.iter().copied().zip(uids);
        named.filter_map(|(by, uid)| Some(Caller { uid: uid?, by })).collect()
    }

    #[test]
    fn a_variable_is_believed_only_from_root_and_the_store_owner() {
        for &by in Elevation::VARIANTS {
            let called_by = |uid| Some(Caller { uid, by });
            assert_eq!(acting_account(ROOT, Some(SERVICE), called_by(CAROL)), (CAROL, Some(by)));
            assert_eq!(acting_account(SERVICE, Some(SERVICE), called_by(CAROL)), (CAROL, Some(by)));
            assert_eq!(acting_account(DAVE, Some(SERVICE), called_by(ROOT)), (DAVE, None));
            assert_eq!(acting_account(DAVE, None, called_by(ROOT)), (DAVE, None));
        }
        assert_eq!(acting_account(ROOT, Some(SERVICE), None), (ROOT, None));
    }

    #[test]
    fn two_variables_that_name_different_people_are_refused() {
        for uids in [[Some(CAROL), Some(DAVE), None], [None, Some(CAROL), Some(DAVE)], [Some(CAROL), None, Some(DAVE)]]
        {
            for effective in [ROOT, SERVICE] {
                caller(effective, &callers(uids)).unwrap_err();
            }
        }
        // dave is the account of the process: carol became dave, and dave called.
        assert_eq!(caller(DAVE, &callers([Some(CAROL), Some(DAVE), None])).unwrap().unwrap().uid, CAROL);
    }

    /// Whatever people set beside the variable that the elevation program set for them, they do not become anybody else.
    #[test]
    fn a_variable_that_people_set_themselves_never_makes_them_another_account() {
        let set = [None, Some(ROOT), Some(SERVICE), Some(CAROL), Some(DAVE)];
        for effective in [ROOT, SERVICE] {
            for honest in 0..3 {
                for one in set {
                    for other in set {
                        let mut uids = [one; 3];
                        uids[(honest + 1) % 3] = other;
                        uids[honest] = Some(CAROL);
                        match caller(effective, &callers(uids)) {
                            Ok(Some(found)) if found.uid == CAROL => {}
                            // The owner of the store gains nothing by its own name: refused while root's rights are used.
                            Err(CallersDiffer(..)) => {}
                            found => panic!("effective {effective}, {uids:?}: {found:?}"),
                        }
                    }
                }
            }
        }
    }
}
