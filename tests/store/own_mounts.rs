//! Tests in mounts and processes of their own, which all end with them, however they end.

use std::fs::File;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use nix::errno::Errno;
use nix::fcntl::FallocateFlags;
use nix::fcntl::fallocate;
use nix::sys::statvfs::statvfs;

use crate::world::can;
use crate::world::can_be_root;

/// Runs a test of this program, such as `disk::on_a_full_disk`, in namespaces of its own. There a process number is taken again
/// as soon as its process has ended, as in a container.
#[expect(clippy::print_stdout, reason = "shown by whoever wants to see what was left out")]
pub(crate) fn in_own_mounts(test: &str) {
    let namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let possible = Command::new("unshare").args(namespaces).arg("true").output();
    if !can_be_root() || !can(possible.is_ok_and(|ran| ran.status.success()), "needs the right to unshare mounts") {
        return;
    }
    let ran = Command::new("unshare")
        .args(namespaces)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
    for line in said.lines().filter(|line| line.starts_with("not tested: ")) {
        println!("{line}");
    }
}

pub(crate) fn mount(words: &[&str], at: &Path) {
    let ran = Command::new("mount").args(words).arg(at).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// The file systems on which a store may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileSystem {
    /// With blocks that are smaller than a page, and more kept for itself than a change needs.
    Ext4,
    Xfs,
    Btrfs,
    Tmpfs,
    Overlay,
    /// FUSE.
    Bindfs,
}

impl FileSystem {
    pub(crate) const ALL: [Self; 6] = [Self::Ext4, Self::Xfs, Self::Btrfs, Self::Tmpfs, Self::Overlay, Self::Bindfs];

    /// The commands that mount it at `$1/disk`.
    fn script(self) -> &'static str {
        match self {
            Self::Ext4 => {
                "truncate -s 128M $1/image; mkfs.ext4 -q -b 1024 -m 0 $1/image; mount -o loop $1/image $1/disk"
            }
            Self::Xfs => "truncate -s 300M $1/image; mkfs.xfs -q $1/image; mount -o loop $1/image $1/disk",
            Self::Btrfs => "truncate -s 64M $1/image; mkfs.btrfs -q --mixed $1/image; mount -o loop $1/image $1/disk",
            Self::Tmpfs => "mount -t tmpfs -o size=16m,mode=755 none $1/disk",
            Self::Overlay => {
                "mkdir $1/below; mount -t tmpfs -o size=16m,mode=755 none $1/below; mkdir $1/below/lower $1/below/upper \
                 $1/below/work; mount -t overlay -o \
                 lowerdir=$1/below/lower,upperdir=$1/below/upper,workdir=$1/below/work none $1/disk"
            }
            Self::Bindfs => {
                "mkdir $1/below; mount -t tmpfs -o size=16m,mode=755 none $1/below; bindfs $1/below $1/disk"
            }
        }
    }
}

/// A file system that is mounted in a directory of its own.
#[derive(Debug)]
pub(crate) struct Disk {
    path: PathBuf,
    /// The image is removed in the end, and the mount ends with the namespace.
    _scratch: tempfile::TempDir,
}

impl Disk {
    /// Mounts a file system; `None`: this machine has no such thing, and says so.
    pub(crate) fn mount(file_system: FileSystem) -> Option<Self> {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().canonicalize().unwrap().join("disk");
        std::fs::create_dir(&path).unwrap();
        let ran = Command::new("sh").args(["-ec", file_system.script(), "sh"]).arg(scratch.path()).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        can(ran.status.success(), &format!("needs {file_system:?}, which cannot be mounted here: {said}"))
            .then_some(Self { path, _scratch: scratch })
    }

    /// Each of the file systems that can be had here.
    pub(crate) fn each() -> impl Iterator<Item = (FileSystem, Self)> {
        FileSystem::ALL.into_iter().filter_map(|file_system| Some((file_system, Self::mount(file_system)?)))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The directory can be removed then; what is still in use ends with the namespace.
        for mount in ["disk", "below"] {
            let _ = Command::new("umount").arg("-l").arg(self.path.with_file_name(mount)).output();
        }
    }
}

/// Fills a disk until so many KiB are left of what its file system gives to everybody; 0: until it gives nothing more to
/// anybody.
pub(crate) fn fill(disk: &Path, free: u64) {
    empty(disk);
    let mut ballast = File::create(disk.join("ballast")).unwrap();
    let mut chunk = 64 << 20;
    while chunk >= 1_024 {
        let is_too_much = free > 0 && available(disk) < free * 1_024 + chunk;
        if is_too_much || !grow(&mut ballast, chunk) {
            chunk /= 2;
        } else {
            // What is free is known with the next transaction of the file system (btrfs).
            let _ = ballast.sync_all();
        }
    }
    if free == 0 {
        // Small files are kept elsewhere than large ones (btrfs).
        let mut small = (0..4_096).map(|number| disk.join(format!("ballast-{number}")));
        let written = small.by_ref().take_while(|path| std::fs::write(path, [0; 512]).is_ok()).count();
        assert!(written < 4_096, "the disk is not full");
    }
}

/// Bytes that the file system says everybody can have.
fn available(disk: &Path) -> u64 {
    let found = statvfs(disk).unwrap();
    found.blocks_available() * found.fragment_size()
}

fn grow(file: &mut File, bytes: u64) -> bool {
    let end = file.seek(SeekFrom::End(0)).unwrap();
    match fallocate(&*file, FallocateFlags::empty(), end.try_into().unwrap(), bytes.try_into().unwrap()) {
        Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => file.write_all(&vec![0; usize::try_from(bytes).unwrap()]).is_ok(),
        allocated => allocated.is_ok(),
    }
}

/// Removes what [`fill`] wrote.
pub(crate) fn empty(disk: &Path) {
    for entry in std::fs::read_dir(disk).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("ballast") {
            std::fs::remove_file(path).unwrap();
        }
    }
    // The room is given back with the next transaction of the file system (btrfs).
    let _ = Command::new("sync").arg("-f").arg(disk).output();
}
