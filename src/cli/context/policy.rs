//! The password requirements as configured.

use std::path::Path;

use crate::blocklist::FilterError;
use crate::blocklist::FilterFile;
use crate::blocklist::filter::is_filter;
use crate::cli::failure::CliError;
use crate::config::Config;
use crate::config::LoadError;
use crate::domain::policy::Blocklist;
use crate::domain::policy::ListedPasswords;
use crate::domain::policy::Policy;
use crate::domain::policy::UnreadableList;
use crate::private_file;
use crate::private_file::Rule;

/// The most that is read of a list of words, in bytes.
const WORDS_LIMIT: usize = 256 * 1024 * 1024;

/// The password requirements, with the organization's lists: words are read, and of a filter the header alone.
pub(super) fn policy(config: &Config) -> anyhow::Result<Policy> {
    let section = &config.password;
    let (mut blocklist, mut listed) = (Blocklist::default(), Vec::new());
    for path in &section.blocklist_files {
        match filter(path)? {
            Some(filter) => listed.push(ListedPasswords::new(filter)),
            None => blocklist = blocklist.and(words(path)?),
        }
    }
    let classes = section.classes.iter().map(|class| class.parse()).collect::<Result<Vec<_>, _>>()?;
    let min_score = u8::try_from(section.min_score)?;
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

/// The file as a filter; `None`: it is a list of words.
fn filter(path: &Path) -> anyhow::Result<Option<FilterFile>> {
    let file = private_file::open(path, &Rule::config()).map_err(LoadError::from)?;
    let unreadable = |error: FilterError| UnreadableList::new(path, &error);
    if !is_filter(&file).map_err(|error| unreadable(error.into()))? {
        return Ok(None);
    }
    Ok(Some(FilterFile::open(file, path).map_err(unreadable)?))
}

fn words(path: &Path) -> anyhow::Result<Blocklist> {
    let bytes = private_file::read(path, &Rule::config(), WORDS_LIMIT).map_err(LoadError::from)?;
    let named = |error| CliError::Configuration(format!("{}: {error}", path.display()));
    Ok(Blocklist::from_bytes(&bytes).map_err(named)?)
}
