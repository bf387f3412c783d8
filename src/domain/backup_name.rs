//! The names of the backups in a directory, and which of them are deleted when there is a new one.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// How the time is written, in UTC. Such names sort by time.
const TIME: &str = "%Y%m%d-%H%M%SZ";

/// The letters of a label. No vowel, so that they spell no word; no digit, so that a name does not look like a reset code, which messages
/// hide.
const LETTERS: &[u8; 16] = b"bcdfghjkmnpqrstv";

/// Which store a backup is of: eight letters. A store keeps its label for as long as it exists, and its backups have the same one, so that
/// two stores may be backed up into one directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreLabel(u32);

impl StoreLabel {
    /// The label that a store has from the fingerprint of its first reset key.
    pub fn of_fingerprint(fingerprint: &[u8]) -> Self {
        Self(fingerprint.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }
}

impl fmt::Display for StoreLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..8).rev().try_for_each(|place| {
            let letter = LETTERS[usize::try_from(self.0 >> (4 * place) & 0xf).unwrap_or_default()];
            write!(f, "{}", char::from(letter))
        })
    }
}

impl FromStr for StoreLabel {
    type Err = NoBackupName;

    fn from_str(text: &str) -> Result<Self, NoBackupName> {
        let value =
            |letter: u8| LETTERS.iter().position(|known| *known == letter).and_then(|at| u32::try_from(at).ok());
        let number = text.bytes().try_fold(0, |number: u32, letter| Some(number << 4 | value(letter)?));
        number.filter(|_| text.len() == 8).map(Self).ok_or(NoBackupName)
    }
}

/// The name of a backup that `store backup --directory` creates, such as `store-fvpnrcsd-20261128-140510Z.db`. Names of one store are
/// ordered by their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackupName {
    store: StoreLabel,
    time: Timestamp,
    /// Tells backups of the same second apart: 1 is not written.
    number: u32,
}

impl BackupName {
    /// The first name of a backup that begins at `time`.
    pub fn new(store: StoreLabel, time: Timestamp) -> Self {
        Self { store, time, number: 1 }
    }

    /// The store that it is a backup of.
    pub fn store(self) -> StoreLabel {
        self.store
    }

    /// When the backup began, by the clock of that time.
    pub fn time(self) -> Timestamp {
        self.time
    }

    /// The next name for the same time, where another file has this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self { number: self.number.saturating_add(1), ..self }
    }
}

impl fmt::Display for BackupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store-{}-{}", self.store, self.time.strftime(TIME))?;
        if self.number > 1 {
            // Behind the name without a number in the order of bytes, in which `.` is before `_`.
            write!(f, "_{}", self.number)?;
        }
        f.write_str(".db")
    }
}

/// A text is not the name of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoBackupName;

impl FromStr for BackupName {
    type Err = NoBackupName;

    fn from_str(text: &str) -> Result<Self, NoBackupName> {
        let parsed = || {
            let (store, rest) = text.strip_prefix("store-")?.strip_suffix(".db")?.split_once('-')?;
            let (time, number) = rest.split_once('_').unwrap_or((rest, "1"));
            let time = Offset::UTC.to_timestamp(DateTime::strptime(TIME, time).ok()?).ok()?;
            Some(Self { store: store.parse().ok()?, time, number: number.parse().ok()? })
        };
        // Only what the program writes is a name: no capitals, signs, blanks or leading zeros.
        parsed().filter(|name| name.to_string() == text).ok_or(NoBackupName)
    }
}

/// What becomes of the backups of a store when there is a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Those that are more than are to be kept, oldest first.
    pub surplus: Vec<BackupName>,
    /// Those whose names are later than the clock, which is or was wrong. They are neither counted nor deleted.
    pub ahead: Vec<BackupName>,
}

impl Rotation {
    /// Decides which `others` to delete so that `keep` backups remain, `new` among them. `now` is the present time.
    ///
    /// Nothing whose name is later than that of `new` is deleted: another run may have created it meanwhile, or the clock was wrong.
    /// Backups of other stores are none of `others`.
    pub fn new(
        new: BackupName,
        others: impl IntoIterator<Item = BackupName>,
        keep: NonZeroU32,
        now: Timestamp,
    ) -> Self {
        let mut others: Vec<BackupName> =
            others.into_iter().filter(|other| other.store == new.store && *other != new).collect();
        others.sort_unstable();
        let (ahead, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|other| other.time > now && *other > new);
        let (newer, older): (Vec<_>, Vec<_>) = others.into_iter().partition(|other| *other > new);
        let kept = usize::try_from(keep.get()).unwrap_or(usize::MAX).saturating_sub(1).saturating_sub(newer.len());
        let surplus = older[..older.len().saturating_sub(kept)].to_vec();
        Self { surplus, ahead }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::secret_form;

    const STORE: StoreLabel = StoreLabel(0x3fa9_c1d2);

    fn at(time: &str) -> Timestamp {
        format!("2026-11-{time}Z").parse().unwrap()
    }

    fn names(texts: &[&str]) -> Vec<BackupName> {
        texts.iter().map(|text| format!("store-fvpnrcsd-202611{text}.db").parse().unwrap()).collect()
    }

    fn keep(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn a_name_has_the_store_and_the_time_and_is_read_again() {
        let name = BackupName::new(STORE, at("28T14:05:10"));
        assert_eq!(name.to_string(), "store-fvpnrcsd-20261128-140510Z.db");
        assert_eq!(name.next().next().to_string(), "store-fvpnrcsd-20261128-140510Z_3.db");
        assert_eq!(name.next().to_string().parse(), Ok(name.next()));
        assert_eq!(StoreLabel::of_fingerprint(&[0, 0x12, 0xab, 9, 77]).to_string(), "bbcdpqbn");
    }

    #[test]
    fn no_other_name_is_taken_for_one() {
        for text in [
            "",
            "store.db",
            "store-fvpnrcsd-20261128-140510Z",
            "store-FVPNRCSD-20261128-140510Z.db",
            "store-fvpnrcs-20261128-140510Z.db",
            "store-3fa9c1d2-20261128-140510Z.db",
            "store-fvpnrcsd-20261328-140510Z.db",
            "store-fvpnrcsd-20261128-140510Z_1.db",
            "store-fvpnrcsd-20261128-140510Z_02.db",
            "store-fvpnrcsd-20261128-140510Z_.db",
            "store-fvpnrcsd- 20261128-140510Z.db",
            "store-fvpnrcsd-20261128-140510.db",
            "store-fvpnrcsd-20261128-140510Z.db.5f.unfinished",
            "store-fvpnrcsd-20261128-140510Z.db-wal",
            "store-fvpnrcsd-20261128-140510Z\n.db",
        ] {
            assert_eq!(text.parse::<BackupName>(), Err(NoBackupName), "{text}");
        }
    }

    #[test]
    fn the_oldest_go_and_the_new_one_counts() {
        let all = names(&["21-000000Z", "22-000000Z", "23-000000Z", "23-000000Z_2", "24-000000Z"]);
        let new = all[4];
        let surplus = |number| Rotation::new(new, all.clone(), keep(number), at("24T00:00:09")).surplus;
        assert_eq!(surplus(5), []);
        assert_eq!(surplus(3), all[..2]);
        assert_eq!(surplus(1), all[..4]);
        assert_eq!(surplus(u32::MAX), []);
    }

    #[test]
    fn what_a_run_at_the_same_time_created_counts_and_stays() {
        let all = names(&["21-000000Z", "22-000000Z", "23-000000Z", "23-000009Z"]);
        let of_first = |number| Rotation::new(all[2], all.clone(), keep(number), at("23T00:01:00")).surplus;
        assert_eq!(of_first(3), all[..1]);
        assert_eq!(of_first(2), all[..2]);
        assert_eq!(of_first(1), all[..2], "neither its own nor the newer one");
    }

    #[test]
    fn what_a_wrong_clock_named_is_neither_counted_nor_deleted() {
        let all = names(&["21-000000Z", "22-000000Z", "23-000000Z", "29-000000Z"]);
        let rotation = Rotation::new(all[2], all.clone(), keep(2), at("23T00:00:01"));
        assert_eq!(rotation, Rotation { surplus: all[..1].to_vec(), ahead: all[3..].to_vec() });
        // The clock is behind all of them now.
        let new = BackupName::new(STORE, at("01T00:00:00"));
        let rotation = Rotation::new(new, all.clone(), keep(1), at("01T00:00:01"));
        assert_eq!(rotation, Rotation { surplus: Vec::new(), ahead: all });
    }

    #[test]
    fn backups_of_another_store_are_left_alone() {
        let others = ["store-bbbbbbbc-20261101-000000Z.db", "store-fvpnrcsd-20261102-000000Z.db"];
        let others = others.map(|text| text.parse().unwrap());
        let new = BackupName::new(STORE, at("24T00:00:00"));
        assert_eq!(Rotation::new(new, others, keep(1), at("24T00:00:00")).surplus, others[1..]);
    }

    proptest! {
        /// Messages and events hide what may be a reset code or a password.
        #[test]
        fn a_name_does_not_look_like_a_secret(store in any::<u32>(), seconds in 0_i64..9_000_000_000, number in 1_u32..30) {
            let name = BackupName { store: StoreLabel(store), time: Timestamp::from_second(seconds).unwrap(), number }.to_string();
            prop_assert_eq!(secret_form::without_secrets(&name), &*name);
            prop_assert_eq!(name.parse::<BackupName>().unwrap().store, StoreLabel(store));
        }

        #[test]
        fn names_sort_as_their_times(one in 0_i64..4_000_000_000, other in 0_i64..4_000_000_000, numbers in (1_u32..9, 1_u32..9)) {
            let name = |seconds, number| BackupName { store: STORE, time: Timestamp::from_second(seconds).unwrap(), number };
            let (one, other) = (name(one, numbers.0), name(other, numbers.1));
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
            prop_assert_eq!(one.to_string().parse(), Ok(one));
        }

        #[test]
        fn so_many_remain_and_nothing_newer_goes(times in prop::collection::vec(0_i64..100, 0..30), new in 0_i64..100, number in 1_u32..9) {
            let name = |seconds: &i64| BackupName::new(STORE, Timestamp::from_second(*seconds).unwrap());
            let (new, mut others) = (name(&new), times.iter().map(name).collect::<Vec<_>>());
            others.sort_unstable();
            others.dedup();
            others.retain(|other| *other != new);
            let now = Timestamp::from_second(new.time.as_second() + 10).unwrap();
            let Rotation { surplus, ahead } = Rotation::new(new, others.clone(), keep(number), now);
            prop_assert!(surplus.iter().all(|name| *name < new) && ahead.iter().all(|name| name.time > now));
            let remaining = others.len() - surplus.len() - ahead.len() + 1;
            let newer = others.iter().filter(|other| **other > new && other.time <= now).count() + 1;
            prop_assert_eq!(remaining, newer.max((others.len() - ahead.len() + 1).min(number as usize)));
        }
    }
}
