//! Users whose passwords a job ended.

/// How many ended passwords of a user are kept, the newest ones. Each costs a new password one verification of Argon2, so there must
/// be a limit; a password that was ended ten times ago has been of no use to anybody since.
pub const MOST_ENDED: u32 = 10;

/// Users whose passwords a job ended, and who have neither a password nor a link since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WithoutPassword {
    /// How many.
    pub users: u64,
    /// How many of them the job still mails.
    pub waiting: u64,
    /// How many of them have a mail of the job that failed, so that it can be tried again.
    pub failed: u64,
}
