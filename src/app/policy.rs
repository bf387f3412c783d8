//! The password requirements as configured.

use std::path::Path;
use std::path::PathBuf;

use crate::app::SetupError;
use crate::app::setup::Setup;
use crate::blocklist::FilterError;
use crate::blocklist::FilterFile;
use crate::blocklist::filter::is_filter;
use crate::config::LoadError;
use crate::domain::policy::Blocklist;
use crate::domain::policy::ListedPasswords;
use crate::domain::policy::Policy;
use crate::domain::policy::UnreadableList;
use crate::private_file;
use crate::private_file::Rule;

/// The most that is read of a list of words, in bytes.
const WORDS_LIMIT: usize = 256 * 1024 * 1024;

impl Setup {
    /// The password requirements, with the organization's lists. These are files that may be missing, damaged or large: they
    /// are read by the first action that needs it, and by no other.
    ///
    /// # Errors
    /// When the blocklist cannot be read. [`SetupError::OnlyForLogin`]: where they are asked for all the same, that is a bug, and no
    /// password is set.
    pub fn policy(&self) -> Result<Policy, SetupError> {
        if self.is_for_login() {
            return Err(SetupError::OnlyForLogin);
        }
        let section = &self.config().password;
        let (blocklist, filters) = self.lists()?;
        let listed = filters.into_iter().map(ListedPasswords::new).collect();
        let named = |error: &dyn std::fmt::Display| SetupError::configuration("[password]", error);
        let classes = section.classes.iter().map(|class| class.parse());
        let classes = classes.collect::<Result<Vec<_>, _>>().map_err(|error| named(&error))?;
        let min_score = u8::try_from(section.min_score).map_err(|error| named(&error))?;
        Ok(Policy {
            min_length: section.min_length,
            max_length: section.max_length,
            classes,
            history: section.history,
            min_score,
            blocklist,
            words: section.words.clone(),
            listed,
        })
    }

    /// The organization's lists: the words of those that are read, and the others as files.
    fn lists(&self) -> Result<(Blocklist, Vec<FilterFile>), SetupError> {
        let (mut blocklist, mut filters) = (Blocklist::default(), Vec::new());
        for path in &self.config().password.blocklist_files {
            match filter(path)? {
                Some(filter) => filters.push(filter),
                None => blocklist = blocklist.and(words(path)?),
            }
        }
        Ok((blocklist, filters))
    }

    /// Reads the organization's lists, and checks every byte of each filter of at most `most` bytes. Gives the paths of the larger
    /// ones, of which only the header was checked.
    ///
    /// # Errors
    /// When a list cannot be read, or is damaged.
    pub fn check_lists(&self, most: u64) -> Result<Vec<PathBuf>, SetupError> {
        let (_, filters) = self.lists()?;
        let (small, large): (Vec<_>, Vec<_>) = filters.into_iter().partition(|filter| filter.header().length <= most);
        for filter in &small {
            filter.verify().map_err(|error| UnreadableList::new(filter.path(), &error))?;
        }
        Ok(large.iter().map(|filter| filter.path().to_owned()).collect())
    }
}

/// The file as a filter, of which the header alone is read; `None`: it is a list of words.
fn filter(path: &Path) -> Result<Option<FilterFile>, SetupError> {
    let file = private_file::open(path, &Rule::config()).map_err(LoadError::from)?;
    let unreadable = |error: FilterError| UnreadableList::new(path, &error);
    if !is_filter(&file).map_err(|error| unreadable(error.into()))? {
        return Ok(None);
    }
    Ok(Some(FilterFile::open(file, path).map_err(unreadable)?))
}

fn words(path: &Path) -> Result<Blocklist, SetupError> {
    let bytes = private_file::read(path, &Rule::config(), WORDS_LIMIT).map_err(LoadError::from)?;
    Blocklist::from_bytes(&bytes).map_err(|error| SetupError::configuration(path.display(), error))
}
