//! Writes mails: sentences and templates become the two parts of one, headers and all (RFC 5322, RFC 2045).

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::iter;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use jiff::tz::TimeZone;
use lettre::Address;
use lettre::Message;
use lettre::message::Body;
use lettre::message::MessageBuilder;
use lettre::message::MultiPart;
use lettre::message::SinglePart;
use lettre::message::header::ContentTransferEncoding;
use lettre::message::header::ContentType;
use lettre::message::header::HeaderName;
use lettre::message::header::HeaderValue;
use minijinja::Value;
use minijinja::context;
use sha2::Digest as _;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use super::Envelope;
use super::Mail;
use super::letter::Content;
use super::letter::Letter;
use super::letter::Letterhead;
use super::quoted_printable;
use super::template::Part;
use super::template::TemplateError;
use super::texts::MailTexts;
use super::wire;
use super::wire::WireFault;
use super::words;
use crate::domain::email_address;
use crate::domain::email_address::EmailAddress;
use crate::domain::email_address::EmailFault;
use crate::domain::email_domain;
use crate::domain::link::LinkTemplate;
use crate::domain::mail_header::MailHeader;
use crate::domain::mailbox::Mailbox;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::text;
use crate::secrets::reset_code::NONCE;
use crate::secrets::wiped::Wiped;
use crate::texts::Language;
use crate::texts::mail::Sentences;
use crate::texts::policy;
use crate::texts::policy::Reader;

/// The longest line that is left as it is; a longer one makes its part quoted-printable (RFC 2045, 6.7).
const LONGEST_PLAIN_LINE: usize = 76;

/// What a hash is made for, so that boundary and Message-ID say nothing of each other.
const BOUNDARY: &[u8] = b"cxme-admin boundary 1";
const MESSAGE_ID: &[u8] = b"cxme-admin message-id 1";

/// Why no mail of the organization could be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LetterheadError {
    /// `from` or `reply_to` is not ASCII before the @ while `bounce_to` is: the relay would be asked to take a plain mail, and would
    /// get one that only SMTPUTF8 allows (RFC 6531, 3.1).
    #[error("`{0}` is not ASCII before the @, and the address for bounces is: take an address in ASCII")]
    NotAscii(String),
    /// The library that writes mails refuses the name of a header; it is a fault of the program.
    #[error("the header `{0}` cannot be written")]
    Header(String),
}

/// Why a mail could not be written. Nothing of its content is in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ComposeError {
    /// What the store holds as the user's address is none.
    #[error("the user's email address {0}")]
    Recipient(EmailFault),
    /// What the store holds as the message's Message-ID is none.
    #[error("`{0}` is no Message-ID")]
    MessageId(String),
    /// The mail is to carry a link, and the configuration has none.
    #[error("`[reset] link` is not set in the configuration")]
    NoLink,
    /// A template failed.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The library that writes mails refuses a header; it is a fault of the program.
    #[error("the mail cannot be written: {0}")]
    Build(String),
    /// The bytes are none that may leave; it is a fault of the program.
    #[error("the mail cannot be sent: {0}")]
    Wire(#[from] WireFault),
}

/// A mail as it can be looked at before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The subject.
    pub subject: String,
    /// The text part, its lines ended by LF.
    pub text: Wiped<String>,
    /// The HTML part, its lines ended by LF.
    pub html: Wiped<String>,
}

/// Writes the mails of an organization. It is made once a run: what does not depend on the user is made with it.
#[derive(Debug)]
pub struct Composer {
    from: EmailAddress,
    /// What stands before `from` in its header.
    from_name: Option<String>,
    sender: EmailAddress,
    organization: Option<String>,
    contact: Option<String>,
    link: Option<LinkTemplate>,
    time_zone: TimeZone,
    texts: Arc<MailTexts>,
    forms: Vec<Form>,
}

/// What all mails of a kind in a language share.
#[derive(Debug)]
struct Form {
    kind: MailKind,
    language: Language,
    subject: String,
    /// The sentences, as the templates name them.
    say: Value,
    /// The headers that are the same for all.
    head: MessageBuilder,
}

impl Composer {
    /// Compiles the templates and makes what all mails share.
    ///
    /// # Errors
    /// See [`LetterheadError`].
    pub fn new(letterhead: Letterhead<'_>) -> Result<Self, LetterheadError> {
        let for_mail = |address: EmailAddress| address.for_mail().into_owned();
        let from = for_mail(letterhead.from.address);
        let reply_to =
            letterhead.reply_to.map(|mailbox| Mailbox { address: for_mail(mailbox.address), name: mailbox.name });
        let sender = letterhead.bounce_to.map_or_else(|| from.clone(), for_mail);
        let mut shown = iter::once(&from).chain(reply_to.as_ref().map(|mailbox| &mailbox.address));
        let foreign = shown.find(|address| sender.as_str().is_ascii() && !address.as_str().is_ascii());
        if let Some(address) = foreign {
            return Err(LetterheadError::NotAscii(address.as_str().to_owned()));
        }
        let organization = words::name(&letterhead.organization.name);
        let from_name = letterhead.from.name.as_deref().and_then(words::name);
        let mut composer = Self {
            sender,
            from_name: from_name.or_else(|| organization.clone()),
            from,
            organization,
            contact: Some(words::plain(&letterhead.organization.help_contact).into_owned()).filter(|it| !it.is_empty()),
            link: letterhead.link,
            time_zone: letterhead.time_zone,
            texts: letterhead.texts,
            forms: Vec::new(),
        };
        let texts = Arc::clone(&composer.texts);
        for language in texts.texts().languages() {
            let requirements = policy::requirements(letterhead.policy, language, Reader::User);
            for kind in MailKind::ALL {
                let form = composer.form(kind, language, &requirements, reply_to.as_ref(), letterhead.headers)?;
                composer.forms.push(form);
            }
        }
        Ok(composer)
    }

    /// Whether mails with a link can be written.
    pub fn has_link(&self) -> bool {
        self.link.is_some()
    }

    /// The Message-ID of a message, without its angle brackets: the same whenever it is asked for, and another one in
    /// every store. It ends in the domain of `from` as DNS has it.
    pub fn message_id(&self, message: MessageId, nonce: &[u8; NONCE]) -> String {
        let domain = email_domain::to_ascii(self.from.domain()).unwrap_or(Cow::Borrowed("cxme-admin.invalid"));
        format!("{}.{}@{domain}", message.0, token(MESSAGE_ID, nonce))
    }

    /// From whom and for whom a mail is, each with the domain as DNS has it where no letter before the @ needs SMTPUTF8.
    pub fn envelope(&self, recipient: &EmailAddress) -> Envelope {
        Envelope { sender: self.sender.clone(), recipient: recipient.for_mail().into_owned() }
    }

    /// Writes a mail.
    ///
    /// # Errors
    /// See [`ComposeError`]. What a name or a note holds is never a reason.
    pub fn compose(&self, letter: &Letter<'_>) -> Result<Mail, ComposeError> {
        email_address::judge(letter.recipient.as_str()).map_err(ComposeError::Recipient)?;
        if !is_message_id(letter.message_id) {
            return Err(ComposeError::MessageId(text::quoted(letter.message_id, 80)));
        }
        let form = self.form_of(letter);
        let values = self.values(form, letter)?;
        let [text, html] = self.parts(form, &values)?;

        let boundary = token(BOUNDARY, letter.nonce);
        let body = MultiPart::alternative()
            .boundary(boundary)
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(encoded(&text)))
            .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(encoded(&html)));
        // Its own envelope goes nowhere, but without it the library would parse the headers that it has just written.
        let recipient = letter.recipient.for_mail();
        let unused = lettre::address::Envelope::new(None, vec![address(&recipient)]);
        let message = form
            .head
            .clone()
            .envelope(unused.map_err(|error| ComposeError::Build(error.to_string()))?)
            .to(mailbox(None, &recipient))
            .date(date(letter))
            .message_id(Some(format!("<{}>", letter.message_id)))
            .multipart(body)
            .map_err(|error| ComposeError::Build(error.to_string()))?;

        let envelope = self.envelope(letter.recipient);
        let content = Wiped::new(message.formatted());
        wire::check(&content, envelope.needs_smtputf8())?;
        Ok(Mail { envelope, message_id: letter.message_id.to_owned(), content })
    }

    /// What a mail will show.
    ///
    /// # Errors
    /// As for [`Composer::compose`].
    pub fn preview(&self, letter: &Letter<'_>) -> Result<Preview, ComposeError> {
        let form = self.form_of(letter);
        let [text, html] = self.parts(form, &self.values(form, letter)?)?;
        let lines = |part: &str| Wiped::new(part.replace("\r\n", "\n"));
        Ok(Preview { subject: form.subject.clone(), text: lines(&text), html: lines(&html) })
    }

    /// The sentences of a language.
    fn sentences<'s>(&'s self, language: &'s Language) -> Sentences<'s> {
        Sentences {
            language,
            organization: self.organization.as_deref(),
            contact: self.contact.as_deref(),
            time_zone: &self.time_zone,
        }
    }

    fn form(
        &self,
        kind: MailKind,
        language: &Language,
        requirements: &[String],
        reply_to: Option<&Mailbox>,
        headers: &[MailHeader],
    ) -> Result<Form, LetterheadError> {
        let subject = self.sentences(language).subject(kind);
        let mut head = Message::builder()
            .from(mailbox(self.from_name.clone(), &self.from))
            .subject(subject.clone())
            .raw_header(fixed("Content-Language", language.tag()))
            // No automatic answer is wanted (RFC 3834, 5). Exchange looks for its own words ([MS-OXCMAIL]); `All` would suppress the
            // reports that a mail could not be delivered, too.
            .raw_header(fixed("Auto-Submitted", "auto-generated"))
            .raw_header(fixed("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"));
        for header in headers {
            let name = HeaderName::new_from_ascii(header.name().to_owned());
            let name = name.map_err(|_| LetterheadError::Header(header.name().to_owned()))?;
            head = head.raw_header(HeaderValue::new(name, header.value().to_owned()));
        }
        if let Some(reply_to) = reply_to {
            head = head.reply_to(mailbox(reply_to.name.as_deref().and_then(words::name), &reply_to.address));
        }
        let say = self.fixed_sentences(kind, language, &subject, requirements);
        Ok(Form { kind, language: language.clone(), say, subject, head })
    }

    /// The sentences that do not depend on the user. Those that a mail has no use for are undefined.
    fn fixed_sentences(&self, kind: MailKind, language: &Language, subject: &str, requirements: &[String]) -> Value {
        let say = self.sentences(language);
        let or_undefined = |sentence: Option<String>| sentence.map_or(Value::UNDEFINED, Value::from);
        // The page is the link up to its fragment, where the code would be.
        let page = self.link.as_ref().and_then(|link| link.as_str().split('#').next()).unwrap_or_default();
        context! {
            language => language.tag(),
            subject,
            username => say.username(),
            purpose => or_undefined(say.purpose(kind)),
            open => or_undefined(say.open(kind)),
            button => or_undefined(say.button(kind)),
            without_button => say.without_button(),
            type_code => say.type_code(page),
            note => say.note(),
            requirements => say.requirements(),
            policy => requirements.iter().map(String::as_str).collect::<Value>(),
            not_me => say.not_me(),
            help => say.help(),
            never_asked => say.never_asked(),
            must_change => say.must_change(),
        }
    }

    fn form_of(&self, letter: &Letter<'_>) -> &Form {
        let texts = self.texts.texts();
        let language = letter.locale.and_then(|tag| texts.find(tag)).unwrap_or_else(|| texts.default_language());
        let kind = letter.content.kind();
        let is_it = |form: &&Form| form.kind == kind && form.language.tag() == language.tag();
        // There is one for each kind and language.
        self.forms.iter().find(is_it).unwrap_or(&self.forms[0])
    }

    /// What the templates are given.
    fn values(&self, form: &Form, letter: &Letter<'_>) -> Result<Value, ComposeError> {
        let say = self.sentences(&form.language);
        let name = words::name(letter.name);
        let common = context! {
            say => form.say.clone(),
            kind => form.kind.word(),
            greeting => say.greeting(name.as_deref()),
            name,
            organization => self.organization.as_deref(),
            contact => self.contact.as_deref(),
        };
        let username = words::plain(letter.username);
        Ok(match letter.content {
            Content::Reset(choice) | Content::ForcedReset(choice) | Content::Invitation(choice) => {
                let link = self.link.as_ref().ok_or(ComposeError::NoLink)?;
                let code = choice.code.in_link();
                let note = choice.note.map(words::note).unwrap_or_default();
                context! {
                    username,
                    link => Zeroizing::new(link.with(code)).as_str(),
                    not_me => Zeroizing::new(link.not_me(code)).as_str(),
                    code => choice.code.in_groups().as_str(),
                    lasts => say.lasts(choice.life),
                    note => note.iter().map(AsRef::<str>::as_ref).collect::<Value>(),
                    ..common
                }
            }
            Content::Notice { cause, must_change, time } => context! {
                username,
                must_change,
                changed => say.changed(cause, time),
                all_well => say.all_well(cause),
                not_expected => say.not_expected(cause),
                ..common
            },
            Content::Test => common,
        })
    }

    /// The text part and the HTML part.
    fn parts(&self, form: &Form, values: &Value) -> Result<[Wiped<String>; 2], TemplateError> {
        let text = self.texts.templates.render(form.language.tag(), form.kind, Part::Text, values)?;
        let html = self.texts.templates.render(form.language.tag(), form.kind, Part::Html, values)?;
        Ok([words::text_part(&text), words::html_part(&html)])
    }
}

/// An address in a header.
fn mailbox(name: Option<String>, email: &EmailAddress) -> lettre::message::Mailbox {
    lettre::message::Mailbox::new(name, address(email))
}

/// It was judged before, by us and not by lettre, whose judgement differs.
fn address(email: &EmailAddress) -> Address {
    Address::new_dangerous(email.local_part(), email.domain())
}

/// A header of ASCII words that are the program's own.
fn fixed(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The letter's date. A mail cannot be older than 1970: lettre would panic.
fn date(letter: &Letter<'_>) -> SystemTime {
    let seconds = u64::try_from(letter.date.as_second()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A part as it goes over the wire. ASCII in short lines stays as it is; all else becomes quoted-printable, whatever
/// its letters: base64 would hide the link from filters and from people who read the source.
fn encoded(part: &str) -> Body {
    let is_plain = part.is_ascii() && part.lines().all(|line| line.len() <= LONGEST_PLAIN_LINE);
    if is_plain {
        return Body::dangerous_pre_encoded(part.as_bytes().to_vec(), ContentTransferEncoding::SevenBit);
    }
    Body::dangerous_pre_encoded(quoted_printable::encode(part), ContentTransferEncoding::QuotedPrintable)
}

/// 128 bits in hexadecimal digits, which nobody can guess who does not know the nonce.
fn token(purpose: &[u8], nonce: &[u8; NONCE]) -> String {
    let digest = Sha256::new().chain_update(purpose).chain_update(nonce).finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text is a Message-ID that can stand in a header as it is (RFC 5322, 3.6.4).
fn is_message_id(id: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_graphic() && !b"<>()[]\\\",;:".contains(&byte);
    id.len() <= 320
        && id.bytes().all(is_fit)
        && id.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty() && !right.contains('@'))
}
