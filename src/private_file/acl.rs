//! POSIX ACLs (acl(5)): the accounts and groups, other than owner and group, that have rights to a file.

use std::ffi::CStr;
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;

use nix::unistd::geteuid;
use rustix::io::Errno;

/// The ACL of a file or directory.
pub(super) const ACCESS: &CStr = c"system.posix_acl_access";
/// The ACL that new files in a directory inherit.
pub(super) const DEFAULT: &CStr = c"system.posix_acl_default";

/// The longest extended attribute (`XATTR_SIZE_MAX`, xattr(7)).
const MAX_XATTR: usize = 65_536;
// The kernel's format (linux/posix_acl_xattr.h): a version of 4 bytes, then entries of 8 bytes, each with a tag,
// rights and an id.
const VERSION: usize = 4;
const ENTRY: usize = 8;
const NAMED_USER: u16 = 0x02;
const NAMED_GROUP: u16 = 0x08;
const MASK: u16 = 0x10;

/// An account or a group to which an ACL gives rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grantee {
    /// The account with this uid.
    User(u32),
    /// The group with this gid.
    Group(u32),
    /// Not known, because the ACL cannot be read.
    Unknown,
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(uid) => write!(f, "uid {uid}"),
            Self::Group(gid) => write!(f, "gid {gid}"),
            Self::Unknown => f.write_str("others, as far as this program can read it,"),
        }
    }
}

/// The first two grantees of an ACL, without root, the current account, and the file's owner and group, whose rights
/// the mode shows. The descriptor may be one that only names the file (`O_PATH`).
pub(super) fn grantees(file: &File, which: &CStr, owner: u32, group: u32) -> [Option<Grantee>; 2] {
    let mut value = vec![0; MAX_XATTR];
    // fgetxattr(2) does not accept an O_PATH descriptor.
    let length = match rustix::fs::getxattr(format!("/proc/self/fd/{}", file.as_raw_fd()), which, &mut value[..]) {
        Ok(length) => length,
        Err(Errno::NODATA | Errno::OPNOTSUPP) => return [None; 2],
        Err(_) => return [Some(Grantee::Unknown), None],
    };
    let mut found = named(&value[..length]).into_iter().filter(|grantee| match grantee {
        Grantee::User(uid) => ![0, owner, geteuid().as_raw()].contains(uid),
        Grantee::Group(gid) => *gid != group,
        Grantee::Unknown => true,
    });
    [found.next(), found.next()]
}

/// The accounts and groups that an ACL names and that have a right that its mask allows.
fn named(acl: &[u8]) -> Vec<Grantee> {
    let entries = acl.get(VERSION..).unwrap_or_default().as_chunks::<ENTRY>().0;
    let entries = entries.iter().map(|&[tag, tag_high, rights, rights_high, id @ ..]| {
        (u16::from_le_bytes([tag, tag_high]), u16::from_le_bytes([rights, rights_high]), u32::from_le_bytes(id))
    });
    let mask = entries.clone().find(|(tag, ..)| *tag == MASK).map_or(u16::MAX, |(_, rights, _)| rights);
    let effective = entries.filter(|(_, rights, _)| rights & mask != 0);
    effective
        .filter_map(|(tag, _, id)| match tag {
            NAMED_USER => Some(Grantee::User(id)),
            NAMED_GROUP => Some(Grantee::Group(id)),
            _ => None,
        })
        .collect()
}

/// Removes the ACL that a new file or directory inherited from its directory.
///
/// # Errors
/// The error of the system call.
pub(super) fn remove(file: &File) -> io::Result<()> {
    for which in [ACCESS, DEFAULT] {
        match rustix::fs::fremovexattr(file, which) {
            // A file has no default ACL, and some file systems have no ACLs at all.
            Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::ACCESS) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut bytes = 2_u32.to_le_bytes().to_vec();
        for (tag, rights, id) in entries {
            bytes.extend([&tag.to_le_bytes()[..], &rights.to_le_bytes(), &id.to_le_bytes()].concat());
        }
        bytes
    }

    #[test]
    fn the_grantees_of_an_acl_have_the_rights_that_its_mask_allows() {
        let entries =
            [(0x01, 6, u32::MAX), (NAMED_USER, 4, 7), (0x04, 4, u32::MAX), (NAMED_GROUP, 5, 8), (0x20, 0, u32::MAX)];
        let with_mask = |rights| named(&acl(&[&entries[..], &[(MASK, rights, u32::MAX)]].concat()));
        assert_eq!(with_mask(4), [Grantee::User(7), Grantee::Group(8)]);
        assert_eq!(with_mask(1), [Grantee::Group(8)]);
        assert_eq!(with_mask(0), []);
        assert_eq!(named(&acl(&[(NAMED_USER, 0, 7), (MASK, 7, 0)])), [], "no right at all");
        assert_eq!(named(&[]), []);
    }
}
