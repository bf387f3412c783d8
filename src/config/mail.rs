//! `[mail]`, `[mail.headers]`, `[mail.sendmail]` and `[mail.file]`: the sender and the transport of mails.

use std::path::PathBuf;
use strum::VariantArray as _;

use super::document::Section;
use super::smtp::SmtpSection;
use crate::domain::email_address::EmailAddress;
use crate::domain::mail_header::MailHeader;
use crate::domain::mailbox::Mailbox;

/// The sender and the transport of mails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailSection {
    /// The sender. Without it no mail is sent, and the rest of the section has no effect.
    pub from: Option<Mailbox>,
    /// The address for replies; by default `from`.
    pub reply_to: Option<Mailbox>,
    /// The address for undeliverable mail; by default `from`.
    pub bounce_to: Option<EmailAddress>,
    /// The selected transport; the sections of the others are read but not used.
    pub transport: TransportName,
    /// `[mail.headers]`: additional headers of every mail; no two have the same name.
    pub headers: Vec<MailHeader>,
    /// `[mail.smtp]`.
    pub smtp: SmtpSection,
    /// `[mail.sendmail]`.
    pub sendmail: SendmailSection,
    /// `[mail.file]`.
    pub file: FileSection,
}

/// A transport for mails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum TransportName {
    /// An SMTP relay.
    #[default]
    Smtp,
    /// A program on this machine.
    Sendmail,
    /// A directory in which each mail becomes a file.
    File,
}

impl TransportName {
    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// The program that takes mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendmailSection {
    /// The path of the program.
    pub program: PathBuf,
}

impl Default for SendmailSection {
    fn default() -> Self {
        // Its path in LSB 5.0 and the FHS, for any mail system.
        Self { program: "/usr/sbin/sendmail".into() }
    }
}

/// The directory that takes mails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSection {
    /// The path; always set with the transport `file`.
    pub directory: Option<PathBuf>,
}

/// The sections that are read together, because they depend on each other.
pub(super) struct MailSections<'d, 't> {
    pub(super) mail: Section<'d, 't>,
    pub(super) headers: Section<'d, 't>,
    pub(super) smtp: Section<'d, 't>,
    pub(super) sendmail: Section<'d, 't>,
    pub(super) file: Section<'d, 't>,
}

impl MailSection {
    pub(super) fn read(sections: &MailSections<'_, '_>) -> Self {
        let MailSections { mail, headers, smtp, sendmail, file } = sections;
        let program = sendmail.path("program").map(|program| SendmailSection { program });
        let named = mail.choice("transport", TransportName::VARIANTS, TransportName::word);
        let read = Self {
            from: mailbox(mail, "from"),
            reply_to: mailbox(mail, "reply_to"),
            bounce_to: address(mail, "bounce_to"),
            transport: named.unwrap_or_default(),
            headers: headers.entries(header),
            smtp: SmtpSection::read(smtp),
            sendmail: program.unwrap_or_default(),
            file: FileSection { directory: file.path("directory") },
        };
        // An invalid name may have been meant for any of them.
        let is_sure = named.is_some() || !mail.has("transport");
        match read.transport {
            TransportName::File if file.lacks("directory") => {
                mail.problem("transport", "\"file\" needs `[mail.file] directory`");
            }
            TransportName::Smtp if is_sure && mail.has("from") && smtp.lacks("host") => {
                mail.problem("from", "needs `[mail.smtp] host`, or another `transport` than \"smtp\"");
            }
            _ => {}
        }
        read
    }
}

fn header(name: &str, value: &str, before: &[MailHeader]) -> Result<MailHeader, String> {
    let header = MailHeader::new(name, value).map_err(|error| error.to_string())?;
    match before.iter().find(|other| other.is_named_as(&header)) {
        Some(other) => Err(format!("the same header as `{}`: remove one of them", other.name())),
        None => Ok(header),
    }
}

fn mailbox(section: &Section<'_, '_>, key: &'static str) -> Option<Mailbox> {
    section.validated(key, |text| {
        text.parse().map_err(|error| {
            format!(
                "expected an email address, or a name and an address, such as \"Help Desk <passwords@example.com>\" ({error})"
            )
        })
    })
}

fn address(section: &Section<'_, '_>, key: &'static str) -> Option<EmailAddress> {
    section.validated(key, |text| {
        text.parse().map_err(|_| "expected an email address alone, such as \"passwords@example.com\"".to_owned())
    })
}
