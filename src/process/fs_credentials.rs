//! The rights of another account over files.

use std::io;
use std::marker::PhantomData;

use nix::unistd::Gid;
use nix::unistd::Uid;
use nix::unistd::setfsgid;
use nix::unistd::setfsuid;

/// While this lives, its thread makes, reads and writes files as another account would: what it makes belongs to that
/// account, and in a directory of that account it can be led to nothing that the account could not reach itself.
/// (Changing the owner afterwards by name could be led to any file.)
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
        let gid_before = setfsgid(Gid::from_raw(gid));
        let uid_before = setfsuid(Uid::from_raw(uid));
        let taken = Self { uid: uid_before, gid: gid_before, _thread: PhantomData };
        // The call does not say whether it worked; one with a number that no account has says what holds.
        let now = setfsuid(Uid::from_raw(u32::MAX));
        if now.as_raw() == uid { Ok(taken) } else { Err(io::ErrorKind::PermissionDenied.into()) }
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
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (theirs, closed) = (folder.path().join("theirs"), folder.path().join("closed"));
        fs::create_dir(&theirs).unwrap();
        nix::unistd::chown(&theirs, Some(Uid::from_raw(61_001)), None).unwrap();
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let rights = FsCredentials::take(61_001, 61_002).unwrap();
        fs::write(theirs.join("file"), "").unwrap();
        assert!(fs::write(&closed, "").is_err(), "root's directory is closed to them");
        {
            let _root = FsCredentials::take(0, 0).unwrap();
            fs::write(folder.path().join("roots"), "").unwrap();
        }
        assert!(fs::write(&closed, "").is_err());
        drop(rights);
        fs::write(&closed, "").unwrap();
        let owner = |path: &std::path::Path| path.metadata().map(|found| (found.uid(), found.gid())).unwrap();
        assert_eq!(owner(&theirs.join("file")), (61_001, 61_002));
        assert_eq!((owner(&closed).0, owner(&folder.path().join("roots")).0), (0, 0));
    }
}
