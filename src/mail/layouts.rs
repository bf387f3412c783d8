//! The layouts of mails: each is prepared once for a kind, language, lifetime and note.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use super::letter::Choice;
use super::mime::PreparedHead;
use super::prepared::Prepared;
use crate::domain::message::MailKind;
use crate::texts::Language;

/// How many are kept. A job has two kinds in each language.
const MOST: usize = 32;

/// Headers and parts, with places for what is each mail's own.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) head: PreparedHead,
    pub(super) parts: Prepared,
}

/// The layouts that mails were written by last.
#[derive(Debug, Default)]
pub(super) struct Layouts(Mutex<VecDeque<Entry>>);

#[derive(Debug)]
struct Entry {
    kind: MailKind,
    language: Language,
    life: Duration,
    note: Option<String>,
    layout: Found,
}

#[derive(Debug, Clone)]
enum Found {
    /// One mail was written so far.
    Once,
    /// These mails cannot be prepared.
    None,
    Some(Arc<Layout>),
}

impl Layouts {
    /// The layout for a mail. It is prepared for the second mail of its kind, because that costs as much as some mails do.
    ///
    /// # Errors
    /// Those of `prepare`.
    pub(super) fn find<E>(
        &self,
        kind: MailKind,
        language: &Language,
        choice: &Choice<'_>,
        prepare: impl FnOnce() -> Result<Option<Layout>, E>,
    ) -> Result<Option<Arc<Layout>>, E> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |entry: &Entry| {
            (entry.kind, entry.life, entry.language.tag()) == (kind, choice.life, language.tag())
                && entry.note.as_deref() == choice.note
        };
        let Some(entry) = entries.iter_mut().find(|entry| is_it(entry)) else {
            let note = choice.note.map(str::to_owned);
            entries.push_front(Entry {
                kind,
                language: language.clone(),
                life: choice.life,
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
