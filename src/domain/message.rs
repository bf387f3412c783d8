//! A message: one mail to one user, a row that lives from queueing to its end.

use std::fmt;

use strum::VariantArray as _;

use crate::domain::text;

/// The number of a message in the store; never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub i64);

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case", parse_err_ty = String, parse_err_fn = unknown_kind)]
pub enum MailKind {
    /// A link by which a user chooses a new password.
    Reset,
    /// The same for a user whose password was ended, so that nobody who has stolen it can use it.
    ForcedReset,
    /// The same for a user who never had a password.
    Invitation,
    /// Word that the password was changed; it holds no link and no code.
    Notice,
    /// Word that the email address was changed: to the former one and to the new one. The one mail that does not go to the
    /// stored address alone.
    AddressNotice,
    /// A mail of `mail test`, to anybody.
    Test,
}

impl MailKind {
    /// The word in data and in options.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The word in the store, where what a notice tells of is its cause, and where a forced reset is marked beside it.
    pub fn stored_word(self) -> &'static str {
        match self {
            Self::AddressNotice => Self::Notice.word(),
            Self::ForcedReset => Self::Reset.word(),
            _ => self.word(),
        }
    }

    /// The kind of a word, a cause and the mark of a forced reset in the store.
    pub fn stored(word: &str, cause: Option<NoticeCause>, is_forced: bool) -> Option<Self> {
        let kind = Self::VARIANTS.iter().copied().find(|kind| kind.stored_word() == word)?;
        Some(match kind {
            Self::Notice => cause.map_or(kind, NoticeCause::kind),
            Self::Reset if is_forced => Self::ForcedReset,
            _ => kind,
        })
    }

    /// Whether it carries a link that sets a password.
    pub fn has_link(self) -> bool {
        matches!(self, Self::Reset | Self::ForcedReset | Self::Invitation)
    }
}

impl fmt::Display for MailKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

fn unknown_kind(word: &str) -> String {
    let word = text::quoted(word, 40);
    format!("`{word}` is no mail: take reset, forced-reset, invitation, notice, address-notice or test")
}

/// What a notice tells the user: how a password came to be changed, or that the email address was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
pub enum NoticeCause {
    /// An operator set it.
    #[strum(serialize = "set by operator")]
    SetByOperator,
    /// The user changed it, with the former one.
    #[strum(serialize = "changed by user")]
    ChangedByUser,
    /// The user chose it by the link or the code of a reset.
    #[strum(serialize = "chosen by link")]
    ChosenByLink,
    /// An operator replaced the email address to which this notice goes.
    #[strum(serialize = "address replaced")]
    AddressReplaced,
    /// An operator gave the user the email address to which this notice goes.
    #[strum(serialize = "address set")]
    AddressSet,
}

impl NoticeCause {
    /// The mail that tells of it.
    pub fn kind(self) -> MailKind {
        match self {
            Self::SetByOperator | Self::ChangedByUser | Self::ChosenByLink => MailKind::Notice,
            Self::AddressReplaced | Self::AddressSet => MailKind::AddressNotice,
        }
    }

    /// The word in the store and in data.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The cause of a word in the store.
    pub fn stored(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// Where a message is on its way.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    strum::EnumCount,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "lowercase")]
pub enum MessageState {
    /// It waits for its first try.
    Queued,
    /// A sender holds it; it may be on the wire now.
    Sending,
    /// The relay accepted it: 250 after the final dot.
    Accepted,
    /// It waits for its next try.
    Deferred,
    /// It was not delivered, and is not tried again.
    Failed,
    /// The relay accepted it, and a delivery report said later that it did not arrive.
    Bounced,
    /// The connection was lost after the final dot, or the sender died: the relay may have it or not. It is tried again,
    /// with the same link and Message-ID.
    #[strum(serialize = "in doubt")]
    InDoubt,
    /// It was called off before it was sent.
    Cancelled,
    /// It was never to be sent; the reason says why.
    Skipped,
}

impl MessageState {
    /// The word in the store and in data.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether nothing will happen to the message any more.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Accepted | Self::Failed | Self::Bounced | Self::Cancelled | Self::Skipped)
    }

    /// The state of a word in the store.
    pub fn stored(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

impl fmt::Display for MessageState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_store_reads_back() {
        for &cause in NoticeCause::VARIANTS {
            assert_eq!(NoticeCause::stored(cause.word()), Some(cause));
            assert_eq!(MailKind::stored(cause.kind().stored_word(), Some(cause), false), Some(cause.kind()));
        }
        for &state in MessageState::VARIANTS {
            assert_eq!(MessageState::stored(state.word()), Some(state));
        }
        for &kind in MailKind::VARIANTS {
            assert_eq!(kind.word().parse(), Ok(kind));
            if kind != MailKind::AddressNotice {
                let is_forced = kind == MailKind::ForcedReset;
                assert_eq!(MailKind::stored(kind.stored_word(), None, is_forced), Some(kind));
            }
        }
        assert_eq!(NoticeCause::stored("sent"), None);
    }
}
