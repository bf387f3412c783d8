//! The password requirements as configured: what is asked, for all roles and for some, and the lists of refused passwords.
//!
//! What is asked is known from the configuration and the roles of the store. The lists are files that may be missing, damaged or large:
//! they are read by the first action that checks a password, and only their digests where fingerprints are compared. No other
//! action reads them.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::app::App;
use crate::app::Result;
use crate::app::SetupError;
use crate::app::setup::Setup;
use crate::blocklist::FilterError;
use crate::blocklist::FilterFile;
use crate::blocklist::filter::is_filter;
use crate::config::LoadError;
use crate::config::PasswordSection;
use crate::config::RoleSection;
use crate::domain::password_age::MaxAges;
use crate::domain::policy::BlocklistError;
use crate::domain::policy::CharacterClass;
use crate::domain::policy::Fingerprints;
use crate::domain::policy::ListDigests;
use crate::domain::policy::ListedPasswords;
use crate::domain::policy::OwnLists;
use crate::domain::policy::PasswordAges;
use crate::domain::policy::Policy;
use crate::domain::policy::Requirements;
use crate::domain::policy::RoleRequirements;
use crate::domain::policy::StricterRequirements;
use crate::domain::policy::UnreadableList;
use crate::domain::role::RoleId;
use crate::domain::role_name;
use crate::private_file;
use crate::private_file::Rule;
use crate::store::ReadTransaction;

/// The most that is read of a list of words, in bytes.
const WORDS_LIMIT: usize = 256 * 1024 * 1024;

impl App {
    /// What is asked of the passwords of each role.
    ///
    /// # Errors
    /// [`SetupError::UnknownRole`] when the configuration names a role that the store does not have; [`SetupError::OnlyForLogin`]:
    /// where requirements are asked for all the same, that is a bug, and no password is set.
    pub fn requirements(&self, reading: &ReadTransaction<'_>) -> Result<&RoleRequirements> {
        if let Some(requirements) = self.requirements.get() {
            return Ok(requirements);
        }
        if self.setup.is_for_login() {
            return Err(SetupError::OnlyForLogin.into());
        }
        let section = &self.setup.config().password;
        let mut requirements = RoleRequirements::new(self.setup.general_requirements()?);
        for role in &section.roles {
            let named = reading.role_named(&role.role)?;
            let named =
                named.ok_or_else(|| SetupError::UnknownRole { role: role.role.clone(), place: role.place() })?;
            requirements.add(named.id, &stricter(role)?);
        }
        Ok(self.requirements.get_or_init(|| requirements))
    }

    /// What is asked of the passwords of each role, where no transaction is open.
    ///
    /// # Errors
    /// As [`App::requirements`]; when the store cannot be read.
    pub fn requirements_now(&self) -> Result<&RoleRequirements> {
        match self.requirements.get() {
            Some(requirements) => Ok(requirements),
            None => self.requirements(&self.store.read()?),
        }
    }

    /// The policy that passwords of a role must meet. It reads the organization's lists.
    ///
    /// # Errors
    /// As [`App::requirements`]; when a list cannot be read.
    pub fn policy_of(&self, reading: &ReadTransaction<'_>, role: RoleId) -> Result<Policy> {
        let requirements = self.requirements(reading)?.of(role).clone();
        Ok(Policy { requirements, lists: Arc::clone(self.lists()?) })
    }

    /// The policy of passwords that are nobody's yet, where no transaction is open. It reads the organization's lists.
    ///
    /// # Errors
    /// As [`App::policy_of`].
    pub fn general_policy(&self) -> Result<Policy> {
        let requirements = self.requirements_now()?.general().clone();
        Ok(Policy { requirements, lists: Arc::clone(self.lists()?) })
    }

    /// The fingerprints of the policies in force. Of the organization's lists only the digests are needed: a list of words is hashed and
    /// not parsed, and of a filter the header is read.
    ///
    /// # Errors
    /// As [`App::policy_of`].
    pub fn fingerprints(&self, reading: &ReadTransaction<'_>) -> Result<Fingerprints> {
        let requirements = self.requirements(reading)?;
        if let Some(lists) = self.lists.get() {
            return Ok(requirements.fingerprints(lists.digests()));
        }
        Ok(requirements.fingerprints(&self.setup.list_digests()?))
    }

    /// The organization's lists, read when a password is first checked.
    fn lists(&self) -> Result<&Arc<OwnLists>> {
        if let Some(lists) = self.lists.get() {
            return Ok(lists);
        }
        let lists = Arc::new(self.setup.own_lists()?);
        Ok(self.lists.get_or_init(|| lists))
    }

    /// The greatest ages that the configuration asks for. A role that the store does not have is ignored here: a change must not be
    /// impossible that adds it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn configured_max_ages(&self, reading: &ReadTransaction<'_>) -> Result<MaxAges> {
        let section = &self.setup.config().password;
        let mut ages = MaxAges { general: section.max_age, ..MaxAges::default() };
        for role in section.roles.iter().filter(|role| role.max_age.is_some()) {
            if let (Some(named), Some(age)) = (reading.role_named(&role.role)?, role.max_age) {
                let known = ages.of(named.id);
                ages.of_roles.insert(named.id, known.map_or(age, |known| known.min(age)));
            }
        }
        Ok(ages)
    }

    /// Whether the greatest ages in the store, by which the view `login` goes, are those of the configuration.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn are_max_ages_in_force(&self, reading: &ReadTransaction<'_>) -> Result<bool> {
        Ok(reading.password_max_ages()? == self.configured_max_ages(reading)?)
    }

    /// Where the configuration names a role: the file, the line and the section; `None`: it does not.
    pub fn role_in_configuration(&self, name: &str) -> Option<String> {
        self.role_section(name).map(RoleSection::place)
    }

    /// The header of the section of a role; `None`: it has none.
    pub fn role_header(&self, name: &str) -> Option<String> {
        self.role_section(name).map(RoleSection::header)
    }

    fn role_section(&self, name: &str) -> Option<&RoleSection> {
        self.setup.config().password.roles.iter().find(|section| role_name::is_same(&section.role, name))
    }
}

/// What the configuration asks of everybody.
fn general(section: &PasswordSection) -> std::result::Result<Requirements, SetupError> {
    Ok(Requirements {
        min_length: section.min_length,
        max_length: section.max_length,
        classes: classes(&section.classes)?,
        history: section.history,
        min_score: score(section.min_score)?,
        words: section.words.clone(),
        has_own_list: !section.blocklist_files.is_empty(),
        ages: PasswordAges {
            min_age: section.min_age,
            max_age: section.max_age,
            temporary_lifetime: section.temporary_lifetime,
            must_change_after_set: section.must_change_after_set,
        },
    })
}

/// What it asks of a role besides.
fn stricter(section: &RoleSection) -> std::result::Result<StricterRequirements, SetupError> {
    Ok(StricterRequirements {
        min_length: section.min_length,
        classes: classes(&section.classes)?,
        history: section.history,
        min_score: section.min_score.map(score).transpose()?,
        min_age: section.min_age,
        max_age: section.max_age,
        temporary_lifetime: section.temporary_lifetime,
        must_change_after_set: section.must_change_after_set,
    })
}

fn classes(words: &[String]) -> std::result::Result<Vec<CharacterClass>, SetupError> {
    let classes = words.iter().map(|class| class.parse()).collect::<std::result::Result<Vec<_>, _>>();
    classes.map_err(|error| SetupError::configuration("[password]", error))
}

fn score(score: u32) -> std::result::Result<u8, SetupError> {
    u8::try_from(score).map_err(|error| SetupError::configuration("[password]", error))
}

impl Setup {
    /// What is asked of everybody's passwords, where there is no store that says which roles there are.
    ///
    /// # Errors
    /// When the configuration names what cannot be asked for.
    pub fn general_requirements(&self) -> std::result::Result<Requirements, SetupError> {
        general(&self.config().password)
    }

    /// The organization's lists: words, and filters, of which the header alone is read.
    fn own_lists(&self) -> std::result::Result<OwnLists, SetupError> {
        let mut lists = OwnLists::default();
        for path in &self.config().password.blocklist_files {
            match filter(path)? {
                Some(filter) => lists.add_listed(ListedPasswords::new(filter)),
                None => lists.add_words(&words(path)?).map_err(|error| of_list(path, error))?,
            }
        }
        Ok(lists)
    }

    /// The digests of these lists.
    fn list_digests(&self) -> std::result::Result<ListDigests, SetupError> {
        let mut digests = ListDigests::default();
        for path in &self.config().password.blocklist_files {
            match filter(path)? {
                Some(filter) => digests.add_listed(&ListedPasswords::new(filter)),
                None => digests.add_words(&words(path)?),
            }
        }
        Ok(digests)
    }

    /// Reads the organization's lists, and checks every byte of each filter of at most `most` bytes. Gives the paths of the larger
    /// ones, of which only the header was checked.
    ///
    /// # Errors
    /// When a list cannot be read, or is damaged.
    pub fn check_lists(&self, most: u64) -> std::result::Result<Vec<PathBuf>, SetupError> {
        let mut filters = Vec::new();
        for path in &self.config().password.blocklist_files {
            match filter(path)? {
                Some(filter) => filters.push(filter),
                None => OwnLists::default().add_words(&words(path)?).map_err(|error| of_list(path, error))?,
            }
        }
        let (small, large): (Vec<_>, Vec<_>) = filters.into_iter().partition(|filter| filter.header().length <= most);
        for filter in &small {
            filter.verify().map_err(|error| UnreadableList::new(filter.path(), &error))?;
        }
        Ok(large.iter().map(|filter| filter.path().to_owned()).collect())
    }
}

/// That a file is no list of words.
fn of_list(path: &Path, error: BlocklistError) -> SetupError {
    SetupError::configuration(path.display(), error)
}

/// The file as a filter, of which the header alone is read; `None`: it is a list of words.
fn filter(path: &Path) -> std::result::Result<Option<FilterFile>, SetupError> {
    let file = private_file::open(path, &Rule::config()).map_err(LoadError::from)?;
    let unreadable = |error: FilterError| UnreadableList::new(path, &error);
    if !is_filter(&file).map_err(|error| unreadable(error.into()))? {
        return Ok(None);
    }
    Ok(Some(FilterFile::open(file, path).map_err(unreadable)?))
}

fn words(path: &Path) -> std::result::Result<Zeroizing<Vec<u8>>, SetupError> {
    Ok(private_file::read(path, &Rule::config(), WORDS_LIMIT).map_err(LoadError::from)?)
}
