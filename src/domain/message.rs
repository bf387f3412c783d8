//! A message: one mail to one user, a row that lives from queueing to its end.

use std::fmt;
use std::str::FromStr;

use crate::domain::text;

/// The number of a message in the store; never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub i64);

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Reset, Self::ForcedReset, Self::Invitation, Self::Notice, Self::AddressNotice, Self::Test];

    /// The word in data and in options.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::ForcedReset => "forced-reset",
            Self::Invitation => "invitation",
            Self::Notice => "notice",
            Self::AddressNotice => "address-notice",
            Self::Test => "test",
        }
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
        let kind = Self::ALL.into_iter().find(|kind| kind.stored_word() == word)?;
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

impl FromStr for MailKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "`{}` is no mail: take reset, forced-reset, invitation, notice, address-notice or test",
                text::quoted(word, 40)
            )
        };
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(unknown)
    }
}

/// What a notice tells the user: how a password came to be changed, or that the email address was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeCause {
    /// An operator set it.
    SetByOperator,
    /// The user changed it, with the former one.
    ChangedByUser,
    /// The user chose it by the link or the code of a reset.
    ChosenByLink,
    /// An operator replaced the email address to which this notice goes.
    AddressReplaced,
    /// An operator gave the user the email address to which this notice goes.
    AddressSet,
}

impl NoticeCause {
    /// All causes.
    pub const ALL: [Self; 5] =
        [Self::SetByOperator, Self::ChangedByUser, Self::ChosenByLink, Self::AddressReplaced, Self::AddressSet];

    /// The mail that tells of it.
    pub fn kind(self) -> MailKind {
        match self {
            Self::SetByOperator | Self::ChangedByUser | Self::ChosenByLink => MailKind::Notice,
            Self::AddressReplaced | Self::AddressSet => MailKind::AddressNotice,
        }
    }

    /// The word in the store and in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::SetByOperator => "set by operator",
            Self::ChangedByUser => "changed by user",
            Self::ChosenByLink => "chosen by link",
            Self::AddressReplaced => "address replaced",
            Self::AddressSet => "address set",
        }
    }

    /// The cause of a word in the store.
    pub fn stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.word() == word)
    }
}

/// Where a message is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    InDoubt,
    /// It was called off before it was sent.
    Cancelled,
    /// It was never to be sent; the reason says why.
    Skipped,
}

impl MessageState {
    /// All states.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Sending,
        Self::Accepted,
        Self::Deferred,
        Self::Failed,
        Self::Bounced,
        Self::InDoubt,
        Self::Cancelled,
        Self::Skipped,
    ];

    /// The word in the store and in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
            Self::Bounced => "bounced",
            Self::InDoubt => "in doubt",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }

    /// Whether nothing will happen to the message any more.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Accepted | Self::Failed | Self::Bounced | Self::Cancelled | Self::Skipped)
    }

    /// The state of a word in the store.
    pub fn stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
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
        for cause in NoticeCause::ALL {
            assert_eq!(NoticeCause::stored(cause.word()), Some(cause));
            assert_eq!(MailKind::stored(cause.kind().stored_word(), Some(cause), false), Some(cause.kind()));
        }
        for state in MessageState::ALL {
            assert_eq!(MessageState::stored(state.word()), Some(state));
        }
        for kind in MailKind::ALL {
            assert_eq!(kind.word().parse(), Ok(kind));
            if kind != MailKind::AddressNotice {
                let is_forced = kind == MailKind::ForcedReset;
                assert_eq!(MailKind::stored(kind.stored_word(), None, is_forced), Some(kind));
            }
        }
        assert_eq!(NoticeCause::stored("sent"), None);
    }
}
