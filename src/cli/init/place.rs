//! Where a new store and its reset key are put, and whose they become.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::lchown;
use std::path::Path;
use std::path::PathBuf;

use nix::unistd::Gid;
use nix::unistd::Group;

use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::private_file;
use crate::private_file::FileError;
use crate::private_file::FsCredentials;
use crate::secrets::key::ResetKey;

/// Short for what can be wrong with a file.
type Result<T> = std::result::Result<T, FileError>;

/// The account that root makes a store for: the one that its directory belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServiceAccount {
    /// Its number.
    pub uid: u32,
    gid: u32,
}

impl ServiceAccount {
    /// The account, where root makes a store in a directory that belongs to another one.
    pub(super) fn of(context: &Context, store: &Path) -> Option<Self> {
        let directory = store.parent()?.metadata().ok()?;
        let is_others = context.process.accounts.effective_uid == 0 && directory.uid() != 0;
        is_others.then(|| Self { uid: directory.uid(), gid: directory.gid() })
    }

    /// The account's rights over files.
    pub(super) fn rights(self) -> std::io::Result<FsCredentials> {
        FsCredentials::take(self.uid, self.gid)
    }
}

/// Where the reset key of a new store is put. It is written under another name first: the key is there when its store is,
/// so that one which lies alone is another store's.
#[derive(Debug)]
pub(super) struct NewKeyFile {
    /// Where it belongs.
    pub path: PathBuf,
    /// Where it waits for its store.
    pending: PathBuf,
    service: Option<ServiceAccount>,
}

impl NewKeyFile {
    /// The place.
    pub(super) fn new(path: PathBuf, service: Option<ServiceAccount>) -> Self {
        let pending = suffixed(&path, ".new");
        Self { path, pending, service }
    }

    /// Refuses where a key is already, or waits for its store: it may be the only one of a store that is in use, and `store`,
    /// which is to be created, would take it away.
    pub(super) fn check_free(&self, store: &Path) -> std::result::Result<(), CliError> {
        // Another run may be creating the same store now.
        let unfinished = suffixed(store, ".new");
        let own = [store.file_name(), unfinished.file_name()];
        let is_own = |found: &PathBuf| self.is_beside(store) && own.contains(&found.file_name());
        let stores = private_file::stores_beside(&self.path).map(|mut found| {
            found.retain(|found| !is_own(found));
            found
        });
        let key = [&self.path, &self.pending].into_iter().find(|key| key.symlink_metadata().is_ok()).cloned();
        let (key, stores) = match (key, stores) {
            (None, _) => return Ok(()),
            (Some(key), Ok(stores)) if !stores.is_empty() => return Err(CliError::KeyOfStore { key, stores }),
            (Some(key), _) if key == self.pending => return Ok(()),
            (Some(key), stores) => (key, stores),
        };
        let is_alone = stores.is_ok() && self.is_beside(store);
        let reserved = is_alone.then(|| {
            let names = std::iter::once(suffixed(&key, ".old"));
            let mut names = names.chain((2..).map(|number: u64| suffixed(&key, &format!(".old.{number}"))));
            names.find(|name| name.symlink_metadata().is_err())
        });
        Err(CliError::LeftoverKey { key, store: store.to_owned(), reserved: reserved.flatten() })
    }

    /// Whether the key is in the directory of its store.
    fn is_beside(&self, store: &Path) -> bool {
        std::path::absolute(&self.path).is_ok_and(|key| key.parent() == store.parent())
    }

    /// Writes the key, waiting for its store.
    pub(super) fn write(&self, key: &ResetKey) -> Result<()> {
        private_file::refuse_reserved(&self.path)?;
        self.with_rights(&self.pending, || {
            create_directory_of(&self.path, 0o700, self.as_root())?;
            // Of a run that was killed.
            if let Some(directory) = self.path.parent() {
                let _ = private_file::remove_unfinished_in(directory);
            }
            private_file::replace(&self.pending, 0o600, key.to_file().as_bytes())
        })
    }

    /// Whether a key waits although its store is there: a run of `init` was ended in between.
    pub(super) fn is_pending(&self) -> bool {
        match (self.pending.symlink_metadata(), self.path.symlink_metadata()) {
            (Ok(_), Err(_)) => true,
            // A move was ended between its steps, on a file system that has no better ones.
            (Ok(_), Ok(there)) => there.len() == 0,
            (Err(_), _) => false,
        }
    }

    /// Puts the key in its place, where another run has not done so.
    pub(super) fn finish(&self) -> Result<()> {
        let moved = self.with_rights(&self.path, || {
            if self.path.symlink_metadata().is_ok_and(|there| there.is_file() && there.len() == 0) {
                let _ = std::fs::remove_file(&self.path);
            }
            private_file::move_new(&self.pending, &self.path)
        });
        match moved {
            Err(FileError::Missing { .. }) if self.path.symlink_metadata().is_ok() => Ok(()),
            other => other,
        }
    }

    /// Removes a key whose store was not made, unless another run is making it.
    pub(super) fn discard(&self, store: &Path) {
        let directory = store.parent().unwrap_or(Path::new("/"));
        let _alone = File::open(directory).and_then(|directory| directory.lock().map(|()| directory));
        if store.symlink_metadata().is_err() {
            let _own = self.as_root().map(|_| FsCredentials::own());
            let _ = std::fs::remove_file(&self.pending);
        }
    }

    /// Removes the key from its place.
    pub(super) fn remove(&self) {
        let _own = self.as_root().map(|_| FsCredentials::own());
        let _ = std::fs::remove_file(&self.path);
    }

    /// Does something for `path`: with the rights of the account in its own directory, and as root elsewhere, where the
    /// file is given to the account.
    fn with_rights(&self, path: &Path, run: impl FnOnce() -> Result<()>) -> Result<()> {
        let Some(service) = self.service else { return run() };
        let failed = |error| FileError::Io { path: path.to_owned(), doing: "made for another account", error };
        if self.as_root().is_none() {
            let _rights = service.rights().map_err(failed)?;
            return run();
        }
        let _rights = FsCredentials::own();
        run()?;
        lchown(path, Some(service.uid), Some(service.gid)).map_err(failed)
    }

    /// The account, where the directory does not belong to it.
    fn as_root(&self) -> Option<ServiceAccount> {
        let service = self.service?;
        let nearest = self.path.ancestors().skip(1).find_map(|directory| directory.metadata().ok())?;
        Some(service).filter(|service| nearest.uid() != service.uid)
    }
}

/// The path with something added to its last name.
fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Makes the directory of a file where it is missing; `given_to`: for an account whose directory is not above.
pub(super) fn create_directory_of(path: &Path, mode: u32, given_to: Option<ServiceAccount>) -> Result<()> {
    let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty() && !directory.exists())
    else {
        return Ok(());
    };
    private_file::create_directory_for(directory, mode, given_to.map(|account| (account.uid, account.gid)))
}

/// The group that may read the store, by name and number.
pub(super) fn group(name: &str) -> anyhow::Result<(String, Gid)> {
    let missing = || CliError::Configuration(format!("[store] reader_group: this machine has no group `{name}`"));
    let group = Group::from_name(name).ok().flatten().ok_or_else(missing)?;
    Ok((group.name, group.gid))
}

/// The directory of the store: for its owner alone, or set so that new files in it belong to the readers' group.
pub(super) fn create_store_directory(store_path: &Path, readers: Option<&(String, Gid)>) -> anyhow::Result<()> {
    let directory: PathBuf = store_path.parent().unwrap_or(Path::new("/")).to_owned();
    let Some((name, gid)) = readers else { return Ok(create_directory_of(store_path, 0o700, None)?) };
    if !directory.exists() {
        private_file::create_directory(&directory, 0o700)?;
        nix::unistd::chown(&directory, None, Some(*gid))?;
        // After the chown, which takes the set-group-ID bit away.
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o2750))?;
    }
    let found = std::fs::metadata(&directory)?;
    if found.gid() == gid.as_raw() && found.mode() & 0o2050 == 0o2050 {
        return Ok(());
    }
    let directory = directory.display();
    let words =
        format!("{directory}: group {name} cannot read this directory: set its group to {name} and its mode to 2750");
    Err(CliError::Configuration(words).into())
}
