//! What a mail is made of: what all mails of an organization share, and what is one user's own.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::texts::MailTexts;
use crate::domain::email_address::EmailAddress;
use crate::domain::link::LinkTemplate;
use crate::domain::mail_header::MailHeader;
use crate::domain::mailbox::Mailbox;
use crate::domain::message::MailKind;
use crate::domain::message::NoticeCause;
use crate::domain::organization::Organization;
use crate::domain::policy::Policy;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;

/// What all mails of an organization share.
#[derive(Debug, Clone)]
pub struct MailIdentity<'a> {
    /// `[mail] from`. Without a name of its own, the organization's is shown.
    pub from: Mailbox,
    /// `[mail] reply_to`: where answers go to, if not to `from`.
    pub reply_to: Option<Mailbox>,
    /// `[mail] bounce_to`: where what cannot be delivered comes back to, if not to `from`.
    pub bounce_to: Option<EmailAddress>,
    /// `[mail.headers]`: headers besides those of the mail; no two with the same name.
    pub headers: &'a [MailHeader],
    /// Its name and help contact are shown.
    pub organization: &'a Organization,
    /// `[organization] time_zone`: in which times are written.
    pub time_zone: TimeZone,
    /// `[reset] link`; without it only notices and tests can be written.
    pub link: Option<LinkTemplate>,
    /// Its requirements stand in the mails by which a password is chosen.
    pub policy: &'a Policy,
    /// The sentences and templates.
    pub texts: Arc<MailTexts>,
}

/// One mail to one user. Two equal letters make the same bytes, so that a mail sent again is the same mail.
#[derive(Debug, Clone, Copy)]
pub struct MailContext<'a> {
    /// To whom.
    pub recipient: &'a EmailAddress,
    /// The user's name, as stored; empty for a test.
    pub name: &'a str,
    /// The username; empty for a test.
    pub username: &'a str,
    /// The user's language, a tag as stored.
    pub locale: Option<&'a str>,
    /// When the message was first handed over: its `Date`.
    pub date: Timestamp,
    /// The message's own random bytes; the boundary between the parts comes from them.
    pub nonce: &'a [u8; NONCE],
    /// See [`Composer::message_id`](super::compose::Composer::message_id).
    pub message_id: &'a str,
    /// What it says.
    pub content: MailContent<'a>,
}

/// What a mail says.
#[derive(Debug, Clone, Copy)]
pub enum MailContent<'a> {
    /// Choose a new password.
    Reset(PasswordChoice<'a>),
    /// Your password was ended: choose a new one.
    ForcedReset(PasswordChoice<'a>),
    /// You have an account: choose its password.
    Invitation(PasswordChoice<'a>),
    /// Your password or your email address was changed. It holds nothing by which a password could be set.
    Notice {
        /// Which, and how.
        cause: NoticeCause,
        /// The next sign-in asks for another password.
        must_change: bool,
        /// When.
        time: Timestamp,
    },
    /// Mail works.
    Test,
}

/// By what a user chooses a password.
#[derive(Debug, Clone, Copy)]
pub struct PasswordChoice<'a> {
    /// The code, in the link and to be typed.
    pub code: &'a ResetCode,
    /// How long both work.
    pub lifetime: Duration,
    /// The operator's note; it may have several lines.
    pub note: Option<&'a str>,
}

impl MailContent<'_> {
    /// What the mail is for.
    pub fn kind(&self) -> MailKind {
        match self {
            Self::Reset(_) => MailKind::Reset,
            Self::ForcedReset(_) => MailKind::ForcedReset,
            Self::Invitation(_) => MailKind::Invitation,
            Self::Notice { cause, .. } => cause.kind(),
            Self::Test => MailKind::Test,
        }
    }

    /// Whether a part has the link of the mail, if it is to have one. That by which the user cancels it has an exclamation mark
    /// before the code.
    pub(super) fn has_its_link(&self, part: &str) -> bool {
        match self {
            Self::Reset(choice) | Self::ForcedReset(choice) | Self::Invitation(choice) => {
                part.contains(&format!("#{}", choice.code.in_link()))
            }
            Self::Notice { .. } | Self::Test => true,
        }
    }
}
