//! Composes mails: renders sentences and templates to the two parts of a mail, and adds the headers (RFC 5322, RFC
//! 2045).

mod error;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::iter;
use std::sync::Arc;
use strum::VariantArray as _;

use jiff::tz::TimeZone;
use lettre::Message;
use lettre::message::MessageBuilder;
use lettre::message::header::HeaderName;
use lettre::message::header::HeaderValue;
use minijinja::Value;
use minijinja::context;
use sha2::Digest as _;
use sha2::Sha256;
use zeroize::Zeroizing;

pub use error::ComposeError;
pub use error::MailIdentityError;

use super::Envelope;
use super::Mail;
use super::context::MailContent;
use super::context::MailContext;
use super::context::MailIdentity;
use super::context::PasswordChoice;
use super::layouts::LayoutCache;
use super::layouts::MailLayout;
use super::line_breaking;
use super::mime;
use super::mime::PersonalHeaders;
use super::mime::PreparedHead;
use super::mime::fixed;
use super::mime::mailbox;
use super::prepared::PersonalValues;
use super::prepared::Prepared;
use super::template::TemplateError;
use super::template::TemplatePart;
use super::texts::MailTexts;
use super::wire;
use crate::domain::email_address;
use crate::domain::email_address::EmailAddress;
use crate::domain::email_domain;
use crate::domain::link::LinkTemplate;
use crate::domain::mail_header::MailHeader;
use crate::domain::mailbox::Mailbox;
use crate::domain::message::MailKind;
use crate::domain::message::MessageId;
use crate::domain::role::RoleId;
use crate::domain::text;
use crate::secrets::reset_code::NONCE;
use crate::secrets::zeroizing::ZeroizingBuf;
use crate::texts::Language;
use crate::texts::mail::Sentences;
use crate::texts::policy;
use crate::texts::policy::Reader;

/// Purposes that are hashed in, so that the boundary and the Message-ID reveal nothing about each other.
const BOUNDARY: &[u8] = b"cxme-admin boundary 1";
const MESSAGE_ID: &[u8] = b"cxme-admin message-id 1";

/// A mail as shown before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The subject.
    pub subject: String,
    /// The text part, with lines that end in LF.
    pub text: ZeroizingBuf<String>,
    /// The HTML part, with lines that end in LF.
    pub html: ZeroizingBuf<String>,
}

/// Composes the mails of an organization. It is created once per run and prepares everything that does not depend on
/// the user.
#[derive(Debug)]
pub struct Composer {
    from: EmailAddress,
    /// The display name of `from`.
    from_name: Option<String>,
    sender: EmailAddress,
    organization: Option<String>,
    contact: Option<String>,
    link: Option<LinkTemplate>,
    time_zone: TimeZone,
    texts: Arc<MailTexts>,
    forms: Vec<Form>,
    layouts: LayoutCache,
}

/// The values of a mail with a link that are different in each mail.
struct OwnValues<'a> {
    greeting: String,
    name: Option<String>,
    username: Cow<'a, str>,
    link: Zeroizing<String>,
    not_me: Zeroizing<String>,
    code: Zeroizing<String>,
}

impl OwnValues<'_> {
    fn as_own(&self) -> PersonalValues<'_> {
        let Self { greeting, name, username, link, not_me, code } = self;
        PersonalValues { greeting, name: name.as_deref(), username, link, not_me, code }
    }
}

/// What all mails in a language share.
struct SharedValues<'a> {
    language: &'a Language,
    reply_to: Option<&'a Mailbox>,
    headers: &'a [MailHeader],
}

/// What all mails of a kind in a language share, to users with the same password requirements.
#[derive(Debug)]
struct Form {
    kind: MailKind,
    /// The role of these users; `None`: every role without a form of its own.
    role: Option<RoleId>,
    language: Language,
    subject: String,
    /// The sentences, under the names that templates use.
    sentences: Value,
    /// The headers that are the same in all mails.
    head: MessageBuilder,
}

impl Composer {
    /// Compiles the templates and prepares what all mails share.
    ///
    /// # Errors
    /// See [`MailIdentityError`].
    pub fn new(identity: MailIdentity<'_>) -> Result<Self, MailIdentityError> {
        let for_mail = |address: EmailAddress| address.for_mail().into_owned();
        let from = for_mail(identity.from.address);
        let reply_to =
            identity.reply_to.map(|mailbox| Mailbox { address: for_mail(mailbox.address), name: mailbox.name });
        let sender = identity.bounce_to.map_or_else(|| from.clone(), for_mail);
        let mut shown = iter::once(&from).chain(reply_to.as_ref().map(|mailbox| &mailbox.address));
        let foreign = shown.find(|address| sender.as_str().is_ascii() && !address.as_str().is_ascii());
        if let Some(address) = foreign {
            return Err(MailIdentityError::NotAscii(address.as_str().to_owned()));
        }
        let organization = line_breaking::name(&identity.organization.name);
        let from_name = identity.from.name.as_deref().and_then(line_breaking::name);
        let mut composer = Self {
            sender,
            from_name: from_name.or_else(|| organization.clone()),
            from,
            organization,
            contact: Some(line_breaking::plain(&identity.organization.help_contact).into_owned())
                .filter(|it| !it.is_empty()),
            link: identity.link,
            time_zone: identity.time_zone,
            texts: identity.texts,
            forms: Vec::new(),
            layouts: LayoutCache::default(),
        };
        let texts = Arc::clone(&composer.texts);
        for language in texts.texts().languages() {
            let shared = SharedValues { language, reply_to: reply_to.as_ref(), headers: identity.headers };
            let requirements = policy::requirements(identity.policy.general(), language, Reader::User);
            for &kind in MailKind::VARIANTS {
                composer.forms.push(composer.form(kind, None, &shared, &requirements)?);
            }
            for (role, of_role) in identity.policy.roles() {
                let of_role = policy::requirements(of_role, language, Reader::User);
                for &kind in MailKind::VARIANTS.iter().filter(|kind| kind.has_link() && of_role != requirements) {
                    composer.forms.push(composer.form(kind, Some(role), &shared, &of_role)?);
                }
            }
        }
        Ok(composer)
    }

    /// Whether mails with a link can be composed.
    pub fn has_link(&self) -> bool {
        self.link.is_some()
    }

    /// The Message-ID of a message, without its angle brackets: always the same for a message, and different in every
    /// store. Its domain is that of `from` in ASCII, as in DNS.
    pub fn message_id(&self, message: MessageId, nonce: &[u8; NONCE]) -> String {
        let domain = email_domain::to_ascii(self.from.domain()).unwrap_or(Cow::Borrowed("cxme-admin.invalid"));
        format!("{}.{}@{domain}", message.0, token(MESSAGE_ID, nonce))
    }

    /// The sender and the recipient of a mail, each with its domain in ASCII unless the part before the @ needs
    /// SMTPUTF8.
    pub fn envelope(&self, recipient: &EmailAddress) -> Envelope {
        Envelope { sender: self.sender.clone(), recipient: recipient.for_mail().into_owned() }
    }

    /// Composes a mail.
    ///
    /// # Errors
    /// See [`ComposeError`]. A name or a note is never the reason.
    pub fn compose(&self, context: &MailContext<'_>) -> Result<Mail, ComposeError> {
        email_address::validate(context.recipient.as_str()).map_err(ComposeError::Recipient)?;
        if !is_message_id(context.message_id) {
            return Err(ComposeError::MessageId(text::quoted(context.message_id, 80)));
        }
        let form = self.form_of(context);
        let (recipient, boundary) = (context.recipient.for_mail(), token(BOUNDARY, context.nonce));
        let headers = PersonalHeaders {
            recipient: &recipient,
            date: context.date,
            message_id: context.message_id,
            boundary: &boundary,
        };
        let content = match self.composed_by_layout(form, context, &headers)? {
            Some(content) => content,
            None => self.composed_from_templates(form, context, &headers)?,
        };
        let envelope = self.envelope(context.recipient);
        wire::check(&content, envelope.needs_smtputf8())?;
        Ok(Mail { envelope, message_id: context.message_id.to_owned(), content })
    }

    /// The bytes of a mail, composed from the templates.
    fn composed_from_templates(
        &self,
        form: &Form,
        context: &MailContext<'_>,
        headers: &PersonalHeaders<'_>,
    ) -> Result<ZeroizingBuf<Vec<u8>>, ComposeError> {
        let [text, html] = self.parts(form, &self.values(form, context)?)?;
        // The organization's own templates were only tried with samples, and may do anything with a value.
        if !self.texts.templates.are_built_in() && ![&text, &html].iter().all(|part| context.content.has_its_link(part))
        {
            return Err(ComposeError::WithoutLink);
        }
        mime::formatted(&form.head, headers, [&text, &html]).map_err(ComposeError::Build)
    }

    /// The same bytes, composed from the layout that is prepared for all mails of this kind, language, lifetime and
    /// note. `None`: there is no layout.
    fn composed_by_layout(
        &self,
        form: &Form,
        context: &MailContext<'_>,
        headers: &PersonalHeaders<'_>,
    ) -> Result<Option<ZeroizingBuf<Vec<u8>>>, ComposeError> {
        let (MailContent::Reset(choice) | MailContent::ForcedReset(choice) | MailContent::Invitation(choice)) =
            context.content
        else {
            return Ok(None);
        };
        let layout = self.layouts.find((form.kind, form.role), &form.language, &choice, || {
            // The organization's own templates may do anything with a value.
            if !self.texts.templates.are_built_in() {
                return Ok(None);
            }
            let rendered = |own: &PersonalValues<'_>| self.rendered(form, &self.choice_values(form, &choice, own));
            let Some(head) = PreparedHead::new(&form.head) else { return Ok(None) };
            Ok::<_, ComposeError>(Prepared::new(rendered)?.map(|parts| MailLayout { head, parts }))
        })?;
        let Some(layout) = layout else { return Ok(None) };
        let own = self.own_values(form, context, &choice)?;
        let lines = layout.parts.lines(&own.as_own());
        Ok(lines.map(|lines| layout.head.formatted(headers, &lines)))
    }

    /// The content of a mail, for a preview.
    ///
    /// # Errors
    /// Those of [`Composer::compose`].
    pub fn preview(&self, context: &MailContext<'_>) -> Result<Preview, ComposeError> {
        let form = self.form_of(context);
        let [text, html] = self.parts(form, &self.values(form, context)?)?;
        let lines = |part: &str| ZeroizingBuf::new(part.replace("\r\n", "\n"));
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
        role: Option<RoleId>,
        shared: &SharedValues<'_>,
        requirements: &[String],
    ) -> Result<Form, MailIdentityError> {
        let SharedValues { language, reply_to, headers } = *shared;
        let subject = self.sentences(language).subject(kind);
        let mut head = Message::builder()
            .from(mailbox(self.from_name.clone(), &self.from))
            .subject(subject.clone())
            .raw_header(fixed("Content-Language", language.tag()))
            // Ask for no automatic answers (RFC 3834, 5). Exchange looks for its own values ([MS-OXCMAIL]); `All`
            // would also suppress delivery failure reports.
            .raw_header(fixed("Auto-Submitted", "auto-generated"))
            .raw_header(fixed("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"));
        for header in headers {
            let name = HeaderName::new_from_ascii(header.name().to_owned());
            let name = name.map_err(|_| MailIdentityError::Header(header.name().to_owned()))?;
            head = head.raw_header(HeaderValue::new(name, header.value().to_owned()));
        }
        if let Some(reply_to) = reply_to {
            head = head.reply_to(mailbox(reply_to.name.as_deref().and_then(line_breaking::name), &reply_to.address));
        }
        let sentences = self.fixed_sentences(kind, language, &subject, requirements);
        Ok(Form { kind, role, language: language.clone(), sentences, subject, head })
    }

    /// The sentences that do not depend on the user. Those that a kind of mail does not use are undefined.
    fn fixed_sentences(&self, kind: MailKind, language: &Language, subject: &str, requirements: &[String]) -> Value {
        let sentences = self.sentences(language);
        let or_undefined = |sentence: Option<String>| sentence.map_or(Value::UNDEFINED, Value::from);
        // The link without its fragment, which would hold the code.
        let page = self.link.as_ref().and_then(|link| link.as_str().split('#').next()).unwrap_or_default();
        context! {
            language => language.tag(),
            subject,
            username => sentences.username(),
            purpose => or_undefined(sentences.purpose(kind)),
            open => or_undefined(sentences.open(kind)),
            button => or_undefined(sentences.button(kind)),
            without_button => sentences.without_button(),
            type_code => sentences.type_code(page),
            note => sentences.note(),
            requirements => sentences.requirements(),
            policy => requirements.iter().map(String::as_str).collect::<Value>(),
            not_me => sentences.not_me(),
            help => sentences.help(),
            never_asked => sentences.never_asked(),
            must_change => sentences.must_change(),
        }
    }

    fn form_of(&self, context: &MailContext<'_>) -> &Form {
        let texts = self.texts.texts();
        let language = context.locale.and_then(|tag| texts.find(tag)).unwrap_or_else(|| texts.default_language());
        let kind = context.content.kind();
        let matches_context = |form: &Form| form.kind == kind && form.language.tag() == language.tag();
        let of_role = |role: Option<RoleId>| self.forms.iter().find(|form| matches_context(form) && form.role == role);
        // There is a form for each kind and language.
        context.role.and_then(|role| of_role(Some(role))).or_else(|| of_role(None)).unwrap_or(&self.forms[0])
    }

    /// The values for the templates.
    fn values(&self, form: &Form, context: &MailContext<'_>) -> Result<Value, ComposeError> {
        let sentences = self.sentences(&form.language);
        let name = line_breaking::name(context.name);
        let common = || self.common_values(form, &sentences.greeting(name.as_deref()), name.as_deref());
        let username = line_breaking::plain(context.username);
        Ok(match context.content {
            MailContent::Reset(choice) | MailContent::ForcedReset(choice) | MailContent::Invitation(choice) => {
                self.choice_values(form, &choice, &self.own_values(form, context, &choice)?.as_own())
            }
            MailContent::Notice { cause, must_change, time } => context! {
                username,
                must_change,
                changed => sentences.changed(cause, time),
                all_well => sentences.all_well(cause),
                not_expected => sentences.not_expected(cause),
                ..common()
            },
            MailContent::Test => common(),
        })
    }

    /// The values for all templates.
    fn common_values(&self, form: &Form, greeting: &str, name: Option<&str>) -> Value {
        context! {
            say => form.sentences.clone(),
            kind => form.kind.word(),
            greeting,
            name,
            organization => self.organization.as_deref(),
            contact => self.contact.as_deref(),
        }
    }

    /// The values of a mail with a link that are different in each mail.
    fn own_values<'a>(
        &self,
        form: &Form,
        context: &MailContext<'a>,
        choice: &PasswordChoice<'_>,
    ) -> Result<OwnValues<'a>, ComposeError> {
        let link = self.link.as_ref().ok_or(ComposeError::NoLink)?;
        let code = choice.code.in_link();
        let name = line_breaking::name(context.name);
        Ok(OwnValues {
            greeting: self.sentences(&form.language).greeting(name.as_deref()),
            name,
            username: line_breaking::plain(context.username),
            link: Zeroizing::new(link.with(code)),
            not_me: Zeroizing::new(link.not_me(code)),
            code: choice.code.in_groups(),
        })
    }

    /// The values for the templates of mails with a link.
    fn choice_values(&self, form: &Form, choice: &PasswordChoice<'_>, own: &PersonalValues<'_>) -> Value {
        let note = choice.note.map(line_breaking::note).unwrap_or_default();
        context! {
            username => own.username,
            link => own.link,
            not_me => own.not_me,
            code => own.code,
            lasts => self.sentences(&form.language).lasts(choice.lifetime),
            note => note.iter().map(AsRef::<str>::as_ref).collect::<Value>(),
            ..self.common_values(form, own.greeting, own.name)
        }
    }

    /// The rendered templates of the text part and of the HTML part.
    fn rendered(&self, form: &Form, values: &Value) -> Result<[ZeroizingBuf<String>; 2], TemplateError> {
        let render = |part| self.texts.templates.render(form.language.tag(), form.kind, part, values);
        Ok([render(TemplatePart::Text)?, render(TemplatePart::Html)?])
    }

    /// The text part and the HTML part, with their lines broken.
    fn parts(&self, form: &Form, values: &Value) -> Result<[ZeroizingBuf<String>; 2], TemplateError> {
        let [text, html] = self.rendered(form, values)?;
        Ok([line_breaking::text_part(&text), line_breaking::html_part(&html)])
    }
}

/// 128 bits in hexadecimal digits, which nobody can guess without the nonce.
fn token(purpose: &[u8], nonce: &[u8; NONCE]) -> String {
    let digest = Sha256::new().chain_update(purpose).chain_update(nonce).finalize();
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    digest.iter().take(16).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Whether a text is a Message-ID that is valid in a header as it is (RFC 5322, 3.6.4).
fn is_message_id(id: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b"<>()[]\\\",;:".contains(&byte);
    id.len() <= 320
        && id.bytes().all(is_allowed)
        && id.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty() && !right.contains('@'))
}
