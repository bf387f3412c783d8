//! The file system that a store is on: whether SQLite's write-ahead log works there, and how much room is left.

use std::path::Path;

use nix::errno::Errno;
use nix::sys::statfs::statfs;
use nix::sys::statvfs::statvfs;
use nix::unistd::geteuid;

use super::Result;
use super::Store;
use super::StoreError;
use super::open::folder_of;

/// File systems on which a store may be damaged, by `f_type` of statfs(2). The write-ahead log needs memory that all
/// processes share, so it does not work over a network (SQLite, "Write-Ahead Logging", section 1). The numbers are those
/// of statfs(2) and of `linux/magic.h`; AFS and the cluster file systems have theirs from their own sources.
const UNSAFE: [(u32, &str); 18] = [
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xff53_4d42, "SMB (CIFS)"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "FUSE, as sshfs and others do"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0000_564c, "NCP"),
    (0x7461_636f, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x2003_0528, "OrangeFS"),
    (0x786f_4256, "VirtualBox's shared folders"),
    (0xaad7_aaea, "PanFS"),
];

/// The name of a file system on which a store may be damaged.
fn unsafe_name(kind: u32) -> Option<&'static str> {
    UNSAFE.iter().find(|(unsafe_kind, _)| *unsafe_kind == kind).map(|(_, name)| *name)
}

/// Refuses a directory on a file system where a store may be damaged. One that is not there yet will be on that of the
/// nearest directory above it.
pub(super) fn refuse_unsafe(directory: &Path) -> Result<()> {
    let mut directory = directory;
    let found = loop {
        match (statfs(directory), directory.parent()) {
            (Ok(found), _) => break found,
            (Err(Errno::ENOENT), Some(parent)) if !parent.as_os_str().is_empty() => directory = parent,
            (Err(Errno::ENOENT), _) if directory.is_relative() && directory != Path::new(".") => {
                directory = Path::new(".");
            }
            (Err(error), _) => return Err(StoreError::Disk(format!("{}: {error}", directory.display()))),
        }
    };
    // The type has 32 bits, and a sign on some machines.
    match unsafe_name(found.filesystem_type().0 as u32) {
        Some(name) => Err(StoreError::FileSystem { path: directory.to_owned(), name }),
        None => Ok(()),
    }
}

/// Refuses when a directory has less room than this.
pub(super) fn require_room(directory: &Path, needed: u64) -> Result<()> {
    let found = statvfs(directory).map_err(|error| StoreError::Disk(format!("{}: {error}", directory.display())))?;
    let blocks = if geteuid().is_root() { found.blocks_free() } else { found.blocks_available() };
    let free = blocks.saturating_mul(found.fragment_size());
    if free >= needed { Ok(()) } else { Err(StoreError::NoRoom { directory: directory.to_owned(), needed, free }) }
}

impl Store {
    /// Refuses a store on a file system where it may be damaged.
    ///
    /// # Errors
    /// [`StoreError::FileSystem`]; others when the file system cannot be asked.
    pub fn refuse_unsafe_file_system(&self) -> Result<()> {
        refuse_unsafe(folder_of(self.path()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_is_known_by_its_number_and_a_local_one_is_not_listed() {
        assert_eq!(unsafe_name(0x6969), Some("NFS"));
        assert_eq!(unsafe_name(0xff53_4d42_u32.cast_signed() as u32), Some("SMB (CIFS)"));
        // ext4, xfs, btrfs, tmpfs, zfs, overlayfs, f2fs, bcachefs.
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x2fc1_2fc1, 0x794c_7630, 0xf2f5_2010, 0xca45_1a4e]
        {
            assert_eq!(unsafe_name(local), None, "{local:x}");
        }
        let numbers: std::collections::BTreeSet<u32> = UNSAFE.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(numbers.len(), UNSAFE.len(), "no number appears twice");
    }

    #[test]
    fn room_is_refused_when_there_is_less_of_it() {
        let directory = tempfile::tempdir().unwrap();
        require_room(directory.path(), 1).unwrap();
        let refused = require_room(directory.path(), u64::MAX).unwrap_err();
        assert!(matches!(refused, StoreError::NoRoom { needed: u64::MAX, .. }), "{refused}");
    }
}
