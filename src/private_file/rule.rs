//! The rules for files: their mode, owner, kind and names.

use std::path::Path;

use super::acl::Grantee;
use super::directory::{PathComponent, PrivateDirectory};
use super::metadata::{FileMetadata, Kind};
use super::{FileError, FsCredentials};

const GROUP_READS: u32 = 0o040;
const OTHERS_READ: u32 = 0o004;
const GROUP_OR_OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// The conditions for using a file. There is one constructor for each use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Mode bits that must not be set.
    forbidden: u32,
    /// Whether the group may read a file that root owns and that this account uses.
    root_may_share: bool,
    /// Whether a symbolic link is followed; its target is checked.
    follows_links: bool,
    /// Whether the file must have only one name.
    one_name: bool,
    /// Whether the file must not be a mount point itself.
    no_mount: bool,
    /// An allowed owner besides root and oneself.
    also: Option<u32>,
}

impl Rule {
    /// A key or a password: no rights for group or others, owned by root or oneself, only one name, no symbolic link.
    ///
    /// The group may read a file that root owns and another account uses, because that account could not read it
    /// otherwise. systemd passes credentials in this way (the ACL of `LoadCredential=` shows as mode 0440).
    pub fn secret() -> Self {
        Self {
            forbidden: 0o077,
            root_may_share: true,
            follows_links: false,
            one_name: true,
            no_mount: false,
            also: None,
        }
    }

    /// The store and its companions: like a secret; with a reader group, the group may read it (0640).
    pub fn store(reader_group: bool) -> Self {
        let forbidden = if reader_group { 0o037 } else { 0o077 };
        Self { forbidden, root_may_share: false, follows_links: false, one_name: true, no_mount: true, also: None }
    }

    /// The configuration: everybody may read it, only root or oneself may write it. A symbolic link is followed.
    pub fn config() -> Self {
        Self {
            forbidden: GROUP_OR_OTHERS_WRITE,
            root_may_share: false,
            follows_links: true,
            one_name: false,
            no_mount: false,
            also: None,
        }
    }

    /// The same rule with one more allowed owner, by uid: root works with a store and a key that belong to the
    /// service account.
    #[must_use]
    pub fn owned_also_by(self, also: Option<u32>) -> Self {
        Self { also, ..self }
    }

    /// The same rule for a file that must not be a mount point itself, as with `-v …/store.db:/data/store.db` in a
    /// container: under that path its companions are missing, and it cannot be replaced.
    #[must_use]
    pub fn not_mounted(self) -> Self {
        Self { no_mount: true, ..self }
    }

    /// Whether the group may read the file.
    pub fn lets_group_read(&self) -> bool {
        self.forbidden & GROUP_READS == 0
    }

    pub(super) fn follows_links(&self) -> bool {
        self.follows_links
    }

    pub(super) fn check_file(&self, path: &Path, file: &FileMetadata) -> Result<(), FileError> {
        self.check_file_as(effective_uid(), path, file)
    }

    fn check_file_as(&self, me: u32, path: &Path, file: &FileMetadata) -> Result<(), FileError> {
        let path = path.to_path_buf();
        match file.kind {
            Kind::File => {}
            Kind::Directory => return Err(FileError::NotAFile { path, kind: "a folder" }),
            Kind::Symlink => return Err(FileError::Symlink { path }),
            Kind::Other(kind) => return Err(FileError::NotAFile { path, kind }),
        }
        // The owner before the mode: changing the mode does not make another account's file safe.
        self.check_owner_as(me, &path, file)?;
        let shared = self.root_may_share && file.owner == 0 && self.account(me) != 0;
        let forbidden = if shared { self.forbidden & !GROUP_READS } else { self.forbidden };
        if file.mode & forbidden != 0 {
            return Err(FileError::Mode { path, mode: file.mode, forbidden, is_own_file: false });
        }
        if self.forbidden & OTHERS_READ != 0
            && let Some(grantee) = self.other_grantee(file.shared_with)
        {
            return Err(FileError::Acl { path, grantee });
        }
        // No name at all is fine: the file was replaced after it was opened, and the opened one is still complete.
        if self.one_name && file.links > 1 {
            return Err(FileError::HardLink { path, links: file.links });
        }
        if self.no_mount && file.is_mount_point {
            return Err(FileError::MountPoint { path });
        }
        Ok(())
    }

    /// Checks the owner of a file or a link.
    pub(super) fn check_owner(&self, path: &Path, metadata: &FileMetadata) -> Result<(), FileError> {
        self.check_owner_as(effective_uid(), path, metadata)
    }

    fn check_owner_as(&self, me: u32, path: &Path, metadata: &FileMetadata) -> Result<(), FileError> {
        if self.may_own(metadata.owner, me) {
            return Ok(());
        }
        Err(FileError::Owner { path: path.to_path_buf(), owner: metadata.owner, wanted: self.account(me) })
    }

    /// Checks the directory of `path`, and every directory and symbolic link on the path: anyone who may write in one
    /// of the directories, or owns one of these, can lead the path to another file. In a sticky directory only the
    /// owner of the next name can, who is checked as well.
    pub(super) fn check_directory(&self, path: &Path, directory: &PrivateDirectory) -> Result<(), FileError> {
        let me = effective_uid();
        self.check_directory_as(me, path, &directory.path, &directory.metadata()?)?;
        for passed in directory.components() {
            match passed.metadata.kind {
                Kind::Symlink => self.check_owner_as(me, &passed.path, &passed.metadata)?,
                _ => self.check_directory_as(me, path, &passed.path, &passed.metadata)?,
            }
        }
        Ok(())
    }

    fn check_directory_as(
        &self,
        me: u32,
        path: &Path,
        directory: &Path,
        metadata: &FileMetadata,
    ) -> Result<(), FileError> {
        if !self.may_own(metadata.owner, me) {
            return Err(FileError::ParentOwner {
                path: path.to_path_buf(),
                directory: directory.to_path_buf(),
                owner: metadata.owner,
                wanted: self.account(me),
            });
        }
        check_directory_mode(path, directory, metadata)
    }

    /// Checks the directory of a file that SQLite opens. A sticky bit does not make it safe: it keeps others from
    /// removing the file, but not from creating a `-wal` or `-journal` beside it, which SQLite would replay.
    pub(super) fn check_database_directory(&self, path: &Path, directory: &PrivateDirectory) -> Result<(), FileError> {
        self.check_directory(path, directory)?;
        // SQLite gives its companions the rights of the database: without rights for the group, an ACL gives none.
        if self.lets_group_read()
            && let Some(grantee) = self.other_grantee(directory.default_grantees()?)
        {
            return Err(FileError::DefaultAcl { path: path.to_path_buf(), directory: directory.path.clone(), grantee });
        }
        let mode = directory.metadata()?.mode;
        if mode & GROUP_OR_OTHERS_WRITE == 0 {
            return Ok(());
        }
        Err(FileError::Parent { path: path.to_path_buf(), directory: directory.path.clone(), mode })
    }

    /// Checks that the file is opened with the rights of the account that the rule names besides root and oneself, if
    /// a directory or a link on the path belongs to that account, which could replace them after any check.
    pub(super) fn check_rights(&self, path: &Path, directory: &PrivateDirectory) -> Result<(), FileError> {
        let me = effective_uid();
        let Some(also) = self.also.filter(|&also| also != 0 && also != me && also != FsCredentials::uid()) else {
            return Ok(());
        };
        let own = directory.metadata()?;
        let passed = directory.components().iter().map(|passed| (&passed.path, passed.metadata.owner));
        match passed.chain([(&directory.path, own.owner)]).find(|(_, owner)| *owner == also) {
            None => Ok(()),
            Some((found, owner)) => {
                Err(FileError::ParentOwner { path: path.to_path_buf(), directory: found.clone(), owner, wanted: me })
            }
        }
    }

    /// A grantee of an ACL that is not the account of the rule.
    fn other_grantee(&self, grantees: [Option<Grantee>; 2]) -> Option<Grantee> {
        grantees.into_iter().flatten().find(|grantee| self.also.map(Grantee::User) != Some(*grantee))
    }

    fn may_own(&self, owner: u32, me: u32) -> bool {
        owner == 0 || owner == me || Some(owner) == self.also
    }

    /// The account that uses the file.
    fn account(&self, me: u32) -> u32 {
        self.also.unwrap_or(me)
    }
}

/// Checks the directory in which a file is to be created. Others must not be able to write in it. Its owner does not
/// matter, because the file is created and named in the directory that was checked, wherever that is moved. But the
/// path must not contain a link of another account, which could lead to any directory of the machine.
pub(super) fn check_new_file_directory(path: &Path, directory: &PrivateDirectory) -> Result<(), FileError> {
    let me = effective_uid();
    let is_foreign = |passed: &&PathComponent| {
        let owner = passed.metadata.owner;
        matches!(passed.metadata.kind, Kind::Symlink) && ![0, me].contains(&owner)
    };
    if let Some(PathComponent { path, metadata }) = directory.components().iter().find(is_foreign) {
        return Err(FileError::Owner { path: path.clone(), owner: metadata.owner, wanted: me });
    }
    check_directory_mode(path, &directory.path, &directory.metadata()?)
}

fn check_directory_mode(path: &Path, directory: &Path, metadata: &FileMetadata) -> Result<(), FileError> {
    if metadata.mode & GROUP_OR_OTHERS_WRITE != 0 && metadata.mode & STICKY == 0 {
        return Err(FileError::Parent {
            path: path.to_path_buf(),
            directory: directory.to_path_buf(),
            mode: metadata.mode,
        });
    }
    Ok(())
}

fn effective_uid() -> u32 {
    nix::unistd::Uid::effective().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(mode: u32, owner: u32) -> FileMetadata {
        FileMetadata {
            kind: Kind::File,
            mode,
            shared_with: [None; 2],
            owner,
            group: 0,
            links: 1,
            is_mount_point: false,
        }
    }

    fn validate(rule: Rule, me: u32, metadata: FileMetadata) -> Result<(), FileError> {
        rule.check_file_as(me, Path::new("/x/key"), &metadata)
    }

    #[test]
    fn a_file_may_only_belong_to_root_oneself_or_the_named_account() {
        let rules = [Rule::secret(), Rule::store(true), Rule::config()];
        for rule in rules {
            for (me, also, owner, good) in [
                (1000, None, 1000, true),
                (1000, None, 0, true),
                (1000, None, 1001, false),
                (0, None, 0, true),
                (0, None, 1000, false),
                (0, Some(1000), 1000, true),
                (0, Some(1000), 1001, false),
            ] {
                let found = validate(rule.owned_also_by(also), me, file(0o600, owner));
                assert_eq!(found.is_ok(), good, "{rule:?} me {me} also {also:?} owner {owner}");
            }
        }
    }

    #[test]
    fn a_file_of_another_account_is_refused_without_a_command_that_would_trust_it() {
        let found = validate(Rule::secret(), 1000, file(0o644, 1001)).unwrap_err();
        assert_eq!(
            found.to_string(),
            "/x/key: owned by uid 1001, not by uid 1000 or root; refused because its owner could change it"
        );
        let found = validate(Rule::secret().owned_also_by(Some(998)), 0, file(0o600, 1001)).unwrap_err();
        assert!(found.to_string().contains("not by uid 998 or root"), "{found}");
        let found = validate(Rule::secret(), 0, file(0o600, 1001)).unwrap_err();
        assert!(found.to_string().contains("not by root"), "{found}");
    }

    #[test]
    fn a_secret_of_root_may_be_readable_by_the_group_of_the_account_that_uses_it() {
        assert!(validate(Rule::secret(), 998, file(0o440, 0)).is_ok(), "a systemd credential");
        assert!(validate(Rule::secret().owned_also_by(Some(998)), 0, file(0o640, 0)).is_ok(), "root at work for it");
        assert!(validate(Rule::secret(), 998, file(0o460, 0)).is_err(), "the group writes");
        assert!(validate(Rule::secret(), 998, file(0o444, 0)).is_err(), "others read");
        assert!(validate(Rule::secret(), 998, file(0o440, 998)).is_err(), "not root's");
        assert!(validate(Rule::secret(), 0, file(0o440, 0)).is_err(), "root uses it itself");
    }

    #[test]
    fn every_mode_is_checked_against_the_forbidden_bits() {
        for mode in 0..=0o7777 {
            for (rule, forbidden) in [
                (Rule::secret(), 0o077),
                (Rule::store(false), 0o077),
                (Rule::store(true), 0o037),
                (Rule::config(), 0o022),
            ] {
                assert_eq!(validate(rule, 7, file(mode, 7)).is_ok(), mode & forbidden == 0, "{rule:?} {mode:o}");
            }
        }
    }

    #[test]
    fn more_than_one_name_is_refused_for_a_secret_and_not_for_the_configuration() {
        let mounted = FileMetadata { is_mount_point: true, ..file(0o600, 7) };
        assert!(matches!(validate(Rule::store(true), 7, mounted), Err(FileError::MountPoint { .. })));
        assert!(matches!(validate(Rule::secret().not_mounted(), 7, mounted), Err(FileError::MountPoint { .. })));
        assert!(validate(Rule::secret(), 7, mounted).is_ok(), "containers hand over secrets so");
        assert!(validate(Rule::config(), 7, mounted).is_ok(), "containers hand over configurations so");
        let linked = FileMetadata { links: 2, ..file(0o600, 7) };
        assert!(matches!(validate(Rule::secret(), 7, linked), Err(FileError::HardLink { links: 2, .. })));
        assert!(matches!(validate(Rule::store(true), 7, linked), Err(FileError::HardLink { links: 2, .. })));
        assert!(validate(Rule::config(), 7, linked).is_ok());
        assert!(
            validate(Rule::secret(), 7, FileMetadata { links: 0, ..linked }).is_ok(),
            "replaced after it was opened"
        );
    }
}
