//! Another account of the machine.

use nix::libc::SYS_setresgid;
use nix::libc::SYS_setresuid;
use nix::libc::c_long;
use nix::libc::syscall;

/// Leaves a number as it is.
const UNCHANGED: u32 = u32::MAX;

/// While it lives, the thread of the test is another account, as root can be: with its effective uid and gid, and its rights
/// over files. The system calls are made as they are, because glibc's functions change all threads.
pub(crate) struct AsAccount(());

impl AsAccount {
    pub(crate) fn new(uid: u32) -> Self {
        set(SYS_setresgid, uid);
        set(SYS_setresuid, uid);
        assert_eq!(nix::unistd::geteuid().as_raw(), uid);
        Self(())
    }
}

impl Drop for AsAccount {
    fn drop(&mut self) {
        set(SYS_setresuid, 0);
        set(SYS_setresgid, 0);
    }
}

/// Sets the effective number alone: the saved one is what leads back.
fn set(call: c_long, number: u32) {
    #[expect(unsafe_code, reason = "no safe function changes the account of one thread")]
    // SAFETY: the call takes three numbers and touches no memory.
    unsafe {
        syscall(call, UNCHANGED, number, UNCHANGED);
    }
}
