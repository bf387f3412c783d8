//! The cache of mail layouts: each is prepared once for a kind, role, language, lifetime and note.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use super::context::PasswordChoice;
use super::mime::PreparedHead;
use super::prepared::Prepared;
use crate::domain::message::MailKind;
use crate::domain::role::RoleId;
use crate::texts::Language;

/// Number of layouts kept. A job has two kinds in each language.
const MOST: usize = 32;

/// Headers and parts, with gaps for what is different in each mail.
#[derive(Debug)]
pub(super) struct MailLayout {
    pub(super) head: PreparedHead,
    pub(super) parts: Prepared,
}

/// The most recently added layouts.
#[derive(Debug, Default)]
pub(super) struct LayoutCache(Mutex<VecDeque<Entry>>);

#[derive(Debug)]
struct Entry {
    kind: MailKind,
    /// The role of which something of its own is asked, if it is one.
    role: Option<RoleId>,
    language: Language,
    lifetime: Duration,
    note: Option<String>,
    layout: Found,
}

#[derive(Debug, Clone)]
enum Found {
    /// One mail was composed so far.
    Once,
    /// Such mails cannot be prepared.
    None,
    Some(Arc<MailLayout>),
}

impl LayoutCache {
    /// The layout for a mail. It is prepared for the second mail of its kind, because the preparation costs as much
    /// as several mails do.
    ///
    /// # Errors
    /// Those of `prepare`.
    pub(super) fn find<E>(
        &self,
        (kind, role): (MailKind, Option<RoleId>),
        language: &Language,
        choice: &PasswordChoice<'_>,
        prepare: impl FnOnce() -> Result<Option<MailLayout>, E>,
    ) -> Result<Option<Arc<MailLayout>>, E> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let matches_mail = |entry: &Entry| {
            (entry.kind, entry.role, entry.lifetime) == (kind, role, choice.lifetime)
                && entry.language.tag() == language.tag()
                && entry.note.as_deref() == choice.note
        };
        let Some(entry) = entries.iter_mut().find(|entry| matches_mail(entry)) else {
            let note = choice.note.map(str::to_owned);
            entries.push_front(Entry {
                kind,
                role,
                language: language.clone(),
                lifetime: choice.lifetime,
                note,
                layout: Found::Once,
            });
            entries.truncate(MOST);
            return Ok(None);
        };
        if matches!(entry.layout, Found::Once) {
            entry.layout = prepare()?.map_or(Found::None, |layout| Found::Some(Arc::new(layout)));
        }
        Ok(match &entry.layout {
            Found::Some(layout) => Some(Arc::clone(layout)),
            Found::Once | Found::None => None,
        })
    }
}
