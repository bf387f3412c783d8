//! `[password.role."NAME"]`: what is asked of the passwords of the users with a role besides what `[password]` asks of all.

use std::path::PathBuf;
use std::time::Duration;

use super::HISTORY_REASON;
use super::MAX_MIN_LENGTH;
use super::class;
use crate::config::document::Document;
use crate::config::document::Section;
use crate::config::document::named::label;
use crate::domain::duration::DisplayDuration;
use crate::domain::password_age::MAX_AGE;
use crate::domain::password_age::MIN_AGE;
use crate::domain::password_age::TEMPORARY_LIFETIME;
use crate::domain::policy::MAX_HISTORY;
use crate::domain::text;

/// The section that has one for each role.
const GROUP: &str = "password.role";
/// The name under which their keys are known.
const EACH: &str = "password.role.NAME";

/// What is asked of the users with a role besides; `None`: nothing. Of each key the stricter value holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleSection {
    /// The role's name, which the store may not have.
    pub role: String,
    /// The file that names it.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The fewest characters.
    pub min_length: Option<u32>,
    /// More required character classes.
    pub classes: Vec<String>,
    /// How many former passwords must not be used again.
    pub history: Option<u32>,
    /// The minimum zxcvbn score.
    pub min_score: Option<u32>,
    /// Whether they must change a password that an operator has set.
    pub must_change_after_set: bool,
    /// How long a password is valid that an operator has set and the user must change.
    pub temporary_lifetime: Option<Duration>,
    /// How long they keep a password that they chose.
    pub min_age: Option<Duration>,
    /// The age at which a password must be changed.
    pub max_age: Option<Duration>,
}

/// What `[password]` says that bounds the values for roles.
pub(super) struct GeneralBounds {
    /// The shortest minimum that may be asked for.
    pub shortest: u32,
    pub max_length: Option<u32>,
    /// The least and the greatest age.
    pub ages: (Option<Duration>, Option<Duration>),
}

impl RoleSection {
    /// Reads the sections of all roles.
    pub(super) fn read_all(document: &Document<'_>, general: &GeneralBounds) -> Vec<Self> {
        let named = document.named_sections(GROUP, EACH);
        Self::read(&document.absent_section(EACH), general);
        let roles = named.into_iter().map(|named| Self {
            role: named.name,
            line: named.line,
            ..Self::read(&named.section, general)
        });
        // A section whose keys are all commented asks nothing.
        roles.filter(Self::asks_something).collect()
    }

    fn read(section: &Section<'_, '_>, general: &GeneralBounds) -> Self {
        let min_length = section.whole("min_length", general.shortest..=MAX_MIN_LENGTH, "");
        let most = general.max_length.filter(|most| min_length.is_some_and(|least| least > *most));
        if let Some(most) = most {
            section.problem("min_length", format_args!("expected at most max_length in [password], which is {most}"));
        }
        let ages = (section.duration("min_age", MIN_AGE), section.duration("max_age", MAX_AGE));
        let least = ages.0.max(general.ages.0);
        let most = [ages.1, general.ages.1].into_iter().flatten().min();
        if let (Some(least), Some(most)) = (least, most)
            && least >= most
            && (ages.0.is_some() || ages.1.is_some())
        {
            let key = if ages.0.is_some() { "min_age" } else { "max_age" };
            let (least, most) = (DisplayDuration(least), DisplayDuration(most));
            section.problem(key, format_args!("expected a min_age below the max_age, found {least} and {most}"));
        }
        Self {
            min_length,
            classes: section.list("classes", class).unwrap_or_default(),
            history: section.whole("history", 0..=MAX_HISTORY, HISTORY_REASON),
            min_score: section.whole("min_score", 0..=4, ""),
            must_change_after_set: section.switch("must_change_after_set").unwrap_or_default(),
            temporary_lifetime: section.duration("temporary_lifetime", TEMPORARY_LIFETIME),
            min_age: ages.0,
            max_age: ages.1,
            ..Self::default()
        }
    }

    fn asks_something(&self) -> bool {
        let place = Self { role: self.role.clone(), line: self.line, ..Self::default() };
        *self != place
    }

    /// Its header.
    pub fn header(&self) -> String {
        format!("[{}]", label(GROUP, &text::quoted(&self.role, 80)))
    }

    /// Where it is: the file, the line and the header.
    pub fn place(&self) -> String {
        format!("{}:{}: {}", self.file.display(), self.line, self.header())
    }
}
