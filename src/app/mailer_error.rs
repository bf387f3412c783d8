//! Why mails with links cannot be sent.

/// Why the outbox cannot be emptied with what the configuration gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailerError {
    /// `[mail] from` is missing.
    #[error("no mail is configured: `[mail] from` is missing")]
    NoMail,
    /// `[reset] link` is missing.
    #[error("no link is configured: `[reset] link` is missing")]
    NoLink,
    /// There is no key file.
    #[error("the reset key is missing, and no link can be made without it")]
    NoKey,
    /// The key is not the store's: a link that was sent before would be another user's, or nobody's.
    #[error("the reset key is not the one that this store was made with")]
    OtherKey,
}
