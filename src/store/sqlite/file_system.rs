//! The file system that a store is on: whether SQLite's write-ahead log works there, and how much room is left.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::stat::major;
use nix::sys::stat::minor;
use nix::sys::statfs::statfs;

use super::Result;
use super::Store;
use super::StoreError;
use super::paths::directory_of;

/// File systems on which a store may be damaged, by `f_type` of statfs(2). The write-ahead log needs memory that all
/// processes share, so it does not work over a network (SQLite, "Write-Ahead Logging", section 1). The numbers are those
/// of statfs(2) and of `linux/magic.h`; AFS and the cluster file systems have theirs from their own sources.
const UNSAFE: [(u32, &str); 17] = [
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xff53_4d42, "SMB (CIFS)"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9p"),
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

/// The number of FUSE. It says nothing of what is behind it: a local file system, such as that of a rootless container, or
/// another machine.
const FUSE: u32 = 0x6573_5546;

/// Programs that serve the files of another machine, or of the host of a virtual one, by FUSE: the part after `fuse.` of a
/// mount's type in /proc/self/mountinfo.
const REMOTE_FUSE: [&str; 21] = [
    "blobfuse",
    "blobfuse2",
    "ceph",
    "ceph-fuse",
    "curlftpfs",
    "davfs",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "grpcfuse",
    "gvfsd-fuse",
    "juicefs",
    "kio-fuse",
    "lizardfs",
    "mfs",
    "osxfs",
    "rclone",
    "s3fs",
    "seaweedfs",
    "sshfs",
    "vmhgfs-fuse",
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
    let kind = found.filesystem_type().0 as u32;
    let name = match kind {
        FUSE => remote_fuse_at(directory),
        kind => unsafe_name(kind),
    };
    match name {
        Some(name) => Err(StoreError::FileSystem { path: directory.to_owned(), name }),
        None => Ok(()),
    }
}

/// Which program serves the files of another machine at this directory, if one is known to.
fn remote_fuse_at(directory: &Path) -> Option<&'static str> {
    let device = directory.metadata().ok().map(|found| found.dev())?;
    // Lines: id, parent, major:minor, …, `-`, type, … (proc_pid_mountinfo(5)).
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    remote_fuse(&mounts, &format!("{}:{}", major(device), minor(device)))
}

fn remote_fuse(mounts: &str, device: &str) -> Option<&'static str> {
    let mount = mounts.lines().find(|line| line.split(' ').nth(2) == Some(device))?;
    let (_, described) = mount.split_once(" - ")?;
    let program = described.split(' ').next()?.strip_prefix("fuse.")?;
    REMOTE_FUSE.into_iter().find(|known| *known == program)
}

impl Store {
    /// Refuses a store on a file system where it may be damaged.
    ///
    /// # Errors
    /// [`StoreError::FileSystem`]; others when the file system cannot be asked.
    pub fn refuse_unsafe_file_system(&self) -> Result<()> {
        refuse_unsafe(directory_of(self.path()))
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
    fn fuse_is_known_by_the_program_behind_it() {
        let mounts = "22 27 0:21 / /proc rw,relatime - proc proc rw\n\
                      68 27 0:42 / /mnt/a rw,nosuid - fuse.sshfs host:/ rw\n\
                      69 27 0:43 / /mnt/b\\040- rw shared:1 - fuse.fuse-overlayfs fuse-overlayfs rw\n\
                      70 27 0:44 / /mnt/c rw - fuse /source rw\n";
        assert_eq!(remote_fuse(mounts, "0:42"), Some("sshfs"));
        for local in ["0:43", "0:44", "0:21", "0:4", "0:45"] {
            assert_eq!(remote_fuse(mounts, local), None, "{local}");
        }
    }
}
