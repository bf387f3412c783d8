//! The rights of another account over files, and one's own again.
//!
//! root works on the store of a service account, in a directory that belongs to that account. SQLite opens its files by their
//! paths, and the account could exchange anything on the way at any moment: so root opens them with the rights of that account,
//! and can be led to nothing that the account could not reach itself. What the operator names (a list, a backup's destination,
//! a key) is opened with the process's own rights.

use std::io;
use std::marker::PhantomData;

use nix::unistd::Gid;
use nix::unistd::Uid;
use nix::unistd::getegid;
use nix::unistd::geteuid;
use nix::unistd::setfsgid;
use nix::unistd::setfsuid;

/// While this lives, its thread, and threads that it starts, create, read and write files as another account would: what they
/// create belongs to that account. Programs that are started act as root again (execve(2)). Drop the newest first.
///
/// The supplementary groups stay those of the process.
#[derive(Debug)]
pub struct FsCredentials {
    /// What held before.
    uid: Uid,
    gid: Gid,
    /// They are the thread's, and stay with it.
    _thread: PhantomData<*const ()>,
}

impl FsCredentials {
    /// Takes the rights of an account and a group, as root can.
    ///
    /// # Errors
    /// When the system does not give them.
    pub fn take(uid: u32, gid: u32) -> io::Result<Self> {
        let taken = Self::set(Uid::from_raw(uid), Gid::from_raw(gid));
        if Self::uid() == uid { Ok(taken) } else { Err(io::ErrorKind::PermissionDenied.into()) }
    }

    /// Takes the rights of the process itself, which every process may.
    pub fn own() -> Self {
        Self::set(geteuid(), getegid())
    }

    /// The account whose rights the thread has now.
    pub fn uid() -> u32 {
        // The call does not say whether it worked; one with a number that no account has says what holds.
        setfsuid(Uid::from_raw(u32::MAX)).as_raw()
    }

    /// Whether the thread has the rights of another account than its process.
    pub fn are_others() -> bool {
        Self::uid() != geteuid().as_raw()
    }

    fn set(uid: Uid, gid: Gid) -> Self {
        let gid = setfsgid(gid);
        Self { uid: setfsuid(uid), gid, _thread: PhantomData }
    }
}

impl Drop for FsCredentials {
    fn drop(&mut self) {
        setfsuid(self.uid);
        setfsgid(self.gid);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn what_is_made_belongs_to_the_account_and_afterwards_to_oneself_again() {
        if !geteuid().is_root() {
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let (theirs, closed) = (directory.path().join("theirs"), directory.path().join("closed"));
        fs::create_dir(&theirs).unwrap();
        nix::unistd::chown(&theirs, Some(Uid::from_raw(61_001)), None).unwrap();
        fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let rights = FsCredentials::take(61_001, 61_002).unwrap();
        fs::write(theirs.join("file"), "").unwrap();
        assert!(fs::write(&closed, "").is_err(), "root's directory is closed to them");
        {
            let _root = FsCredentials::own();
            assert!(!FsCredentials::are_others());
            fs::write(directory.path().join("roots"), "").unwrap();
        }
        assert!(fs::write(&closed, "").is_err());
        assert_eq!(std::thread::spawn(FsCredentials::uid).join().unwrap(), 61_001, "a thread inherits them");
        assert!(FsCredentials::are_others());
        drop(rights);
        fs::write(&closed, "").unwrap();
        let owner = |path: &std::path::Path| path.metadata().map(|found| (found.uid(), found.gid())).unwrap();
        assert_eq!(owner(&theirs.join("file")), (61_001, 61_002));
        assert_eq!((owner(&closed).0, owner(&directory.path().join("roots")).0), (0, 0));
    }
}
