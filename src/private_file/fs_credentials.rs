//! File system access with the rights of another account.
//!
//! root works on the store of a service account, in a directory that belongs to that account. SQLite opens its files
//! by their paths, and the account could replace any part of a path at any time. So root opens them with the rights
//! of that account, and cannot be led to a file that the account could not access itself. Files that the operator
//! names (a list, the destination of a backup, a key) are opened with the process's own rights.

use std::io;
use std::marker::PhantomData;

use nix::unistd::Gid;
use nix::unistd::Uid;
use nix::unistd::getegid;
use nix::unistd::geteuid;
use nix::unistd::setfsgid;
use nix::unistd::setfsuid;

/// While this value lives, its thread, and threads that it starts, access files like another account, which also owns
/// the files that they create. Programs that are started act as root again (execve(2)). Values must be dropped in
/// reverse order.
///
/// The supplementary groups remain those of the process.
#[derive(Debug)]
pub struct FsCredentials {
    /// The ids before.
    uid: Uid,
    gid: Gid,
    /// File system credentials belong to a thread, so the value must stay in it.
    _thread: PhantomData<*const ()>,
}

impl FsCredentials {
    /// Takes the rights of an account and a group, which only root may do.
    ///
    /// # Errors
    /// If the system does not grant them.
    pub fn take(uid: u32, gid: u32) -> io::Result<Self> {
        let taken = Self::set(Uid::from_raw(uid), Gid::from_raw(gid));
        if Self::uid() == uid { Ok(taken) } else { Err(io::ErrorKind::PermissionDenied.into()) }
    }

    /// Takes the rights of the process itself, which every process may do.
    pub fn own() -> Self {
        Self::set(geteuid(), getegid())
    }

    /// The account whose rights the thread has now.
    pub fn uid() -> u32 {
        // setfsuid(2) reports no error, but returns the previous id; with an invalid id it changes nothing.
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
    fn created_files_belong_to_the_account_and_afterwards_to_oneself_again() {
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
