//! The sentences and templates of mails.

use strum::VariantArray as _;

use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use crate::actions::mail::preview::SAMPLE_ADDRESS;
use crate::actions::mail::preview::SAMPLE_CODE;
use crate::app::ActionError;
use crate::app::Setup;
use crate::domain::email_address::EmailAddress;
use crate::domain::message::MailKind;
use crate::domain::policy::RoleRequirements;
use crate::mail::compose::Composer;
use crate::mail::context::MailContext;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;

/// Composes each kind of mail in each language with a sample, as `mail preview` does.
///
/// # Errors
/// When the organization's own texts are wrong.
pub fn check_texts(setup: &Setup) -> CheckResult {
    let texts = setup.mail_texts().map_err(ActionError::from)?;
    let tags = texts.texts().tags();
    if setup.config().mail.from.is_none() {
        return Ok(Finding::not_checked(format!("no mail is configured ([mail] from); there are texts in {tags}")));
    }
    let policy = RoleRequirements::new(setup.general_requirements().map_err(ActionError::from)?);
    let composer = setup.composer(&policy)?;
    for language in texts.texts().languages() {
        for kind in MailKind::VARIANTS.iter().copied().filter(|kind| composer.has_link() || !kind.has_link()) {
            if let Some(words) = fault_of(setup, &composer, kind, language.tag()) {
                let words = format!("{} in `{}`: {words}", kind.word(), language.tag());
                let next = format!("to see it: cxme-admin mail preview {} --locale {}", kind.word(), language.tag());
                return Ok(Finding::failed(FaultClass::Configuration, words, next));
            }
        }
    }
    Ok(Finding::ok(format!("each mail in {tags} was composed with a sample")))
}

/// Why a sample cannot be composed; `None`: it can.
fn fault_of(setup: &Setup, composer: &Composer, kind: MailKind, tag: &str) -> Option<String> {
    // Both are texts of the program.
    let recipient: EmailAddress = SAMPLE_ADDRESS.parse().ok()?;
    let code = ResetCode::parse(SAMPLE_CODE).ok()?;
    let now = setup.clock().now();
    let sample = MailContext {
        recipient: &recipient,
        name: "Alex Example",
        username: "alex",
        role: None,
        locale: Some(tag),
        date: now,
        nonce: &[0; NONCE],
        message_id: "preview@example.com",
        content: setup.sample_content(kind, &code, None, now),
    };
    composer.compose(&sample).err().map(|error| error.to_string())
}
