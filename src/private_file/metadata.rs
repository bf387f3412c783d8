//! The metadata of an open file.

use std::fs::{File, FileType};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::FileError;
use super::acl;
use super::acl::Grantee;

/// The metadata of a file or directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileMetadata {
    pub(super) kind: Kind,
    /// The twelve permission bits.
    pub(super) mode: u32,
    /// The accounts and groups to which the ACL of a file gives rights.
    pub(super) shared_with: [Option<Grantee>; 2],
    pub(super) owner: u32,
    pub(super) group: u32,
    /// Number of hard links.
    pub(super) links: u64,
    pub(super) is_mount_point: bool,
}

/// The kind of a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    File,
    Directory,
    Symlink,
    /// Anything else, as text.
    Other(&'static str),
}

impl Kind {
    pub(super) fn of(file_type: FileType) -> Self {
        match file_type {
            kind if kind.is_file() => Self::File,
            kind if kind.is_symlink() => Self::Symlink,
            kind if kind.is_dir() => Self::Directory,
            kind if kind.is_fifo() => Self::Other("a pipe"),
            kind if kind.is_socket() => Self::Other("a socket"),
            _ => Self::Other("a device"),
        }
    }
}

/// Reads the metadata of an open descriptor.
pub(super) fn metadata(file: &File, path: &Path) -> Result<FileMetadata, FileError> {
    let metadata =
        file.metadata().map_err(|error| FileError::Io { path: path.to_path_buf(), doing: "examined", error })?;
    let (kind, mode) = (Kind::of(metadata.file_type()), metadata.mode() & 0o7777);
    // The group bits show the mask of an ACL: without any, the ACL gives no rights.
    let may_be_shared = matches!(kind, Kind::File) && mode & 0o070 != 0;
    let shared_with =
        if may_be_shared { acl::grantees(file, acl::ACCESS, metadata.uid(), metadata.gid()) } else { [None; 2] };
    Ok(FileMetadata {
        kind,
        mode,
        shared_with,
        owner: metadata.uid(),
        group: metadata.gid(),
        links: metadata.nlink(),
        is_mount_point: is_mount_point(file),
    })
}

/// Whether the open file is the root of a mount (`STATX_ATTR_MOUNT_ROOT`, statx(2)). Linux reports this since 5.8.
fn is_mount_point(file: &File) -> bool {
    let known = rustix::fs::statx(file, c"", rustix::fs::AtFlags::EMPTY_PATH, rustix::fs::StatxFlags::empty());
    known.is_ok_and(|known| known.stx_attributes.contains(rustix::fs::StatxAttributes::MOUNT_ROOT))
}
