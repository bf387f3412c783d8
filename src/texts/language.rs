//! Languages, and how a user's language is found.

use std::sync::Arc;
use std::sync::LazyLock;

use minijinja::Environment;
use minijinja::Value;

use super::engine;
use super::sentences;

/// The built-in languages: their tags and their files.
pub(super) const SOURCES: [(&str, &str); 2] = [(ENGLISH, include_str!("en.toml")), ("de", include_str!("de.toml"))];
/// The language of users whose own is unknown or has no texts.
const ENGLISH: &str = "en";

static BUILT_IN: LazyLock<Texts> = LazyLock::new(|| {
    let language = |(tag, source): (&str, &str)| {
        let sentences = sentences::flat(source).sentences;
        Language::new(tag, sentences.into_iter().map(|sentence| (sentence.key, sentence.text)), None)
    };
    Texts { languages: SOURCES.into_iter().map(language).collect() }
});

/// The languages for users. There is always at least one.
#[derive(Debug, Clone)]
pub struct Texts {
    languages: Vec<Language>,
}

impl Texts {
    /// The built-in texts: English and German.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    pub(super) fn of(languages: Vec<Language>) -> Self {
        Self { languages }
    }

    /// The language for a tag of RFC 5646 (`de`, `en-GB`) or a POSIX locale (`de_CH.UTF-8`): the nearest that has
    /// texts, found by removing subtags (RFC 4647, 3.4); `None`: there is none.
    pub fn find(&self, tag: &str) -> Option<&Language> {
        let tag = normalized(tag);
        let mut range = tag.as_str();
        loop {
            let found = self.languages.iter().find(|language| language.tag().eq_ignore_ascii_case(range));
            if found.is_some() {
                return found;
            }
            (range, _) = range.rsplit_once('-')?;
        }
    }

    /// English, for users whose own language is unknown or has no texts.
    pub fn default_language(&self) -> &Language {
        self.find(ENGLISH).unwrap_or(&self.languages[0])
    }

    /// All languages.
    pub fn languages(&self) -> impl Iterator<Item = &Language> {
        self.languages.iter()
    }

    /// The tags of all languages, as a list in a sentence: `en`, `de` or `fr`.
    pub fn tags(&self) -> String {
        let tags: Vec<String> = self.languages().map(|language| format!("`{}`", language.tag())).collect();
        match tags.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => tags.concat(),
        }
    }
}

/// A tag with hyphens, and without what POSIX adds after language and country.
fn normalized(tag: &str) -> String {
    tag.split(['.', '@']).next().unwrap_or(tag).replace('_', "-")
}

/// A language with all its sentences. Clones share them.
#[derive(Debug, Clone)]
pub struct Language(Arc<Sentences>);

#[derive(Debug)]
struct Sentences {
    tag: String,
    own: Environment<'static>,
    /// The language that is used for missing sentences.
    base: Option<Language>,
}

impl Language {
    /// A language with these sentences, each with its key; missing ones are taken from `base`.
    pub(super) fn new(
        tag: &str,
        sentences: impl IntoIterator<Item = (&'static str, String)>,
        base: Option<&Self>,
    ) -> Self {
        // The engine's syntax is fixed, and each sentence was compiled when it was read, so nothing fails here.
        let mut own = engine::environment().unwrap_or_default();
        for (key, text) in sentences {
            let _ = own.add_template_owned(key, text);
        }
        Self(Arc::new(Sentences { tag: tag.to_owned(), own, base: base.cloned() }))
    }

    /// The tag, which is the name of its file: for `lang` and `Content-Language`.
    pub fn tag(&self) -> &str {
        &self.0.tag
    }

    /// The sentence of a key on one line. If it fails for these values, although it did not fail when it was tried,
    /// the sentence of the base is used, so that no mail is lost because of it.
    pub(super) fn sentence(&self, key: &str, values: Value) -> String {
        let rendered = self.0.own.get_template(key).and_then(|sentence| sentence.render(values.clone()));
        match (rendered, &self.0.base) {
            (Ok(sentence), _) => in_one_line(&sentence),
            (Err(_), Some(base)) => base.sentence(key, values),
            (Err(_), None) => String::new(),
        }
    }
}

/// Without line breaks, which a file may use for long lines. No-break spaces are kept: French has them before some
/// punctuation.
pub(super) fn in_one_line(text: &str) -> String {
    if !text.contains(['\n', '\r', '\t']) && !text.contains("  ") && text.trim_ascii() == text {
        return text.to_owned();
    }
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_language_of_a_tag_is_found() {
        let texts = Texts::built_in();
        let found = |tag: &str| texts.find(tag).map(Language::tag);
        for (tag, language) in [
            ("en", "en"),
            ("en-GB", "en"),
            ("de", "de"),
            ("DE_ch.UTF-8", "de"),
            ("de-Latn-CH", "de"),
            ("de@euro", "de"),
        ] {
            assert_eq!(found(tag), Some(language), "{tag}");
        }
        for tag in ["", "fr", "english", "den", "-", "C"] {
            assert_eq!(found(tag), None, "{tag}");
        }
        assert_eq!(texts.default_language().tag(), "en");
        assert_eq!(texts.tags(), "`en` or `de`");
    }

    #[test]
    fn a_sentence_of_several_lines_is_one_line() {
        assert_eq!(in_one_line(" a\n  b\tc "), "a b c");
        assert_eq!(in_one_line("Questions\u{a0}? a  b"), "Questions\u{a0}? a b");
    }
}
