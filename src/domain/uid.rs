//! Numbers of OS accounts that mean something else than one account of many.

/// root, which is always Admin: it can write the store, and so bypass every role.
pub const ROOT: u32 = 0;

/// No account: so says the kernel of a login that it does not know (audit(7)), and chown(2) takes it for "unchanged".
pub const NONE: u32 = u32::MAX;

/// Why no operator can be added with the number; `None`: one can. A process whose account has no number in its user
/// namespace, or in an NFS export, appears with the overflow number (user_namespaces(7)), so that it may be anybody.
pub fn reserved(uid: u32) -> Option<&'static str> {
    match uid {
        // -1 in 16 and in 32 bits.
        65_535 | NONE => Some("it stands for \"no account\""),
        // -2 in 16 and in 32 bits.
        65_534 | 4_294_967_294 => Some("it stands for every account that the system cannot map to a number"),
        _ => None,
    }
}
