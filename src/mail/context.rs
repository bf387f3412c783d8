//! The input of composing: what all mails of an organization share, and what is different in each mail.

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
use crate::domain::policy::RoleRequirements;
use crate::domain::role::RoleId;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;

/// What all mails of an organization share.
#[derive(Debug, Clone)]
pub struct MailIdentity<'a> {
    /// `[mail] from`. Without a display name, that of the organization is used.
    pub from: Mailbox,
    /// `[mail] reply_to`: the address for replies, if it is not `from`.
    pub reply_to: Option<Mailbox>,
    /// `[mail] bounce_to`: the address for undeliverable mail, if it is not `from`.
    pub bounce_to: Option<EmailAddress>,
    /// `[mail.headers]`: additional headers; no two with the same name.
    pub headers: &'a [MailHeader],
    /// The organization, whose name and help contact are shown.
    pub organization: &'a Organization,
    /// `[organization] time_zone`: the zone of times in mails.
    pub time_zone: TimeZone,
    /// `[reset] link`; without it only notices and test mails can be composed.
    pub link: Option<LinkTemplate>,
    /// What is asked of passwords, which mails for choosing one list: by the role of the user.
    pub policy: &'a RoleRequirements,
    /// The sentences and templates.
    pub texts: Arc<MailTexts>,
}

/// One mail to one user. Equal contexts result in equal bytes, so that a mail sent again is the same mail.
#[derive(Debug, Clone, Copy)]
pub struct MailContext<'a> {
    /// The recipient.
    pub recipient: &'a EmailAddress,
    /// The user's name, as stored; empty for a test mail.
    pub name: &'a str,
    /// The username; empty for a test mail.
    pub username: &'a str,
    /// The user's role; `None`: a mail to nobody.
    pub role: Option<RoleId>,
    /// The user's language, as the stored tag.
    pub locale: Option<&'a str>,
    /// The time of the first attempt: the `Date` of the mail.
    pub date: Timestamp,
    /// The random bytes of the message, from which the boundary between the parts is derived.
    pub nonce: &'a [u8; NONCE],
    /// See [`Composer::message_id`](super::compose::Composer::message_id).
    pub message_id: &'a str,
    /// The content.
    pub content: MailContent<'a>,
}

/// The content of a mail.
#[derive(Debug, Clone, Copy)]
pub enum MailContent<'a> {
    /// A link to choose a new password.
    Reset(PasswordChoice<'a>),
    /// The user's password was removed; a link to choose a new one.
    ForcedReset(PasswordChoice<'a>),
    /// The user has an account; a link to choose its password.
    Invitation(PasswordChoice<'a>),
    /// The user's password or email address was changed. It contains nothing with which a password could be set.
    Notice {
        /// What was changed, and how.
        cause: NoticeCause,
        /// The user must change the password at the next sign-in.
        must_change: bool,
        /// The time of the change.
        time: Timestamp,
    },
    /// A test of mail delivery.
    Test,
}

/// The link and the code with which a user chooses a password.
#[derive(Debug, Clone, Copy)]
pub struct PasswordChoice<'a> {
    /// The code, in the link and to be typed.
    pub code: &'a ResetCode,
    /// How long both are valid.
    pub lifetime: Duration,
    /// The operator's note; it may have several lines.
    pub note: Option<&'a str>,
}

impl MailContent<'_> {
    /// The kind of the mail.
    pub fn kind(&self) -> MailKind {
        match self {
            Self::Reset(_) => MailKind::Reset,
            Self::ForcedReset(_) => MailKind::ForcedReset,
            Self::Invitation(_) => MailKind::Invitation,
            Self::Notice { cause, .. } => cause.kind(),
            Self::Test => MailKind::Test,
        }
    }

    /// Whether a part has the link that the mail needs. The link with which the user cancels the request has an
    /// exclamation mark before the code.
    pub(super) fn has_its_link(&self, part: &str) -> bool {
        match self {
            Self::Reset(choice) | Self::ForcedReset(choice) | Self::Invitation(choice) => {
                part.contains(&format!("#{}", choice.code.in_link()))
            }
            Self::Notice { .. } | Self::Test => true,
        }
    }
}
