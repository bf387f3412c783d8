//! The templates of mails: compiled once, rendered for each mail.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;
use std::path::PathBuf;

use minijinja::AutoEscape;
use minijinja::Environment;
use minijinja::HtmlEscape;
use minijinja::Value;
use thiserror::Error;
use zeroize::Zeroizing;

use super::linked::linked;
use crate::domain::message::MailKind;
use crate::secrets::zeroizing::ZeroizingBuf;
use crate::texts::TextProblem;
use crate::texts::engine;

/// The built-in templates: `txt` and `html` for each mail; `frame.html` and `choice.html` have what these share. They
/// contain no sentences, which are in [`crate::texts`].
const SOURCES: [(&str, &str); 10] = [
    ("frame.html", include_str!("templates/frame.html")),
    ("choice.html", include_str!("templates/choice.html")),
    ("reset.txt", include_str!("templates/reset.txt")),
    ("reset.html", include_str!("templates/reset.html")),
    ("invitation.txt", include_str!("templates/invitation.txt")),
    ("invitation.html", include_str!("templates/invitation.html")),
    ("notice.txt", include_str!("templates/notice.txt")),
    ("notice.html", include_str!("templates/notice.html")),
    ("test.txt", include_str!("templates/test.txt")),
    ("test.html", include_str!("templates/test.html")),
];

/// A template of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFile {
    /// Its language; `None`: for all languages without one of their own.
    pub language: Option<String>,
    /// The built-in template that it replaces.
    pub name: &'static str,
    /// The path, for messages.
    pub path: PathBuf,
    /// The content.
    pub text: String,
}

/// The built-in template of this name.
pub(super) fn known_name(name: &str) -> Option<&'static str> {
    SOURCES.iter().map(|(known, _)| *known).find(|known| *known == name)
}

/// The names of all templates.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|(name, _)| *name)
}

/// A template does not compile, or uses an undefined value. The values are not shown, because one is a code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the template `{template}`, line {line}: {problem}")]
pub struct TemplateError {
    /// The name of the template.
    pub template: String,
    /// The line, from 1; 0 if the engine does not know it.
    pub line: usize,
    /// The engine's description.
    pub problem: String,
}

impl TemplateError {
    fn new(template: &str, error: &minijinja::Error) -> Self {
        Self {
            template: error.name().unwrap_or(template).to_owned(),
            line: error.line().unwrap_or(0),
            problem: engine::words(error),
        }
    }
}

/// A part of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplatePart {
    Text,
    Html,
}

/// The compiled templates.
#[derive(Debug)]
pub(super) struct Templates {
    /// For languages without templates of their own.
    common: Environment<'static>,
    /// The languages with templates of their own, by tag.
    of_languages: Vec<(String, Environment<'static>)>,
    /// Whether all are built in.
    are_built_in: bool,
}

impl Templates {
    /// Compiles the built-in templates.
    pub(super) fn new() -> Result<Self, TemplateError> {
        Self::compile(&SOURCES)
    }

    /// Compiles templates, each given by name and source.
    pub(super) fn compile(sources: &[(&'static str, &'static str)]) -> Result<Self, TemplateError> {
        let mut common = engine::environment().map_err(|error| TemplateError::new("syntax", &error))?;
        common.set_auto_escape_callback(
            |name| {
                if name.ends_with("html") { AutoEscape::Html } else { AutoEscape::None }
            },
        );
        common.add_filter("link", link);
        common.add_filter("linked", linked);
        for (name, source) in sources {
            common.add_template(name, source).map_err(|error| TemplateError::new(name, &error))?;
        }
        Ok(Self { common, of_languages: Vec::new(), are_built_in: true })
    }

    /// The built-in templates, some replaced by those of an organization.
    ///
    /// # Errors
    /// Those of templates that do not compile.
    pub(super) fn with(files: &[TemplateFile]) -> Result<Self, Vec<TextProblem>> {
        let broken = |error: TemplateError| {
            let (path, line) = (PathBuf::from(&error.template), Some(error.line));
            vec![TextProblem { path, line, what: error.problem }]
        };
        let mut templates = Self { are_built_in: files.is_empty(), ..Self::new().map_err(broken)? };
        let mut files: Vec<&TemplateFile> = files.iter().collect();
        // Templates for all languages come before a language copies them, and those of `de` before `de-AT`.
        files.sort_by_key(|file| file.language.as_ref().map(|tag| 1 + tag.matches('-').count()));
        let mut problems = Vec::new();
        for file in files {
            let added = templates.own(file.language.as_deref()).add_template_owned(file.name, file.text.clone());
            if let Err(error) = added {
                let what = format!("syntax: {}", engine::words(&error));
                problems.push(TextProblem { path: file.path.clone(), line: error.line(), what });
            }
        }
        if problems.is_empty() { Ok(templates) } else { Err(problems) }
    }

    /// Whether all templates are built in.
    pub(super) fn are_built_in(&self) -> bool {
        self.are_built_in
    }

    /// The templates of a language, for adding to them.
    fn own(&mut self, language: Option<&str>) -> &mut Environment<'static> {
        let Some(tag) = language else { return &mut self.common };
        let place = self.of_languages.iter().position(|(other, _)| other.eq_ignore_ascii_case(tag));
        let place = place.unwrap_or_else(|| {
            let copied = self.of(tag).clone();
            self.of_languages.push((tag.to_owned(), copied));
            self.of_languages.len() - 1
        });
        &mut self.of_languages[place].1
    }

    /// The templates of a language: its own, or those of the nearest more general tag.
    fn of(&self, tag: &str) -> &Environment<'static> {
        let mut range = tag;
        loop {
            let own = self.of_languages.iter().find(|(other, _)| other.eq_ignore_ascii_case(range));
            if let Some((_, own)) = own {
                return own;
            }
            let Some((shorter, _)) = range.rsplit_once('-') else { return &self.common };
            range = shorter;
        }
    }

    pub(super) fn render(
        &self,
        language: &str,
        kind: MailKind,
        part: TemplatePart,
        values: &Value,
    ) -> Result<ZeroizingBuf<String>, TemplateError> {
        let name = name_of(kind, part);
        let template = self.of(language).get_template(name);
        let rendered = template.and_then(|template| template.render(values.clone()));
        rendered.map(ZeroizingBuf::new).map_err(|error| TemplateError::new(name, &error))
    }

    /// The values that a template of a language uses, such as `say.subject`, in any branch.
    pub(super) fn used(&self, language: &str, name: &str) -> Vec<String> {
        let engine = self.of(language);
        let is_global = |used: &String| engine.globals().any(|(global, _)| global == used);
        let used = engine.get_template(name).map(|template| template.undeclared_variables(true)).unwrap_or_default();
        let mut used: Vec<String> = used.into_iter().filter(|used| !is_global(used)).collect();
        used.sort_unstable();
        used
    }
}

/// The template of a part.
pub(super) fn name_of(kind: MailKind, part: TemplatePart) -> &'static str {
    match (kind, part) {
        (MailKind::Reset | MailKind::ForcedReset, TemplatePart::Text) => "reset.txt",
        (MailKind::Reset | MailKind::ForcedReset, TemplatePart::Html) => "reset.html",
        (MailKind::Invitation, TemplatePart::Text) => "invitation.txt",
        (MailKind::Invitation, TemplatePart::Html) => "invitation.html",
        (MailKind::Notice | MailKind::AddressNotice, TemplatePart::Text) => "notice.txt",
        (MailKind::Notice | MailKind::AddressNotice, TemplatePart::Html) => "notice.html",
        (MailKind::Test, TemplatePart::Text) => "test.txt",
        (MailKind::Test, TemplatePart::Html) => "test.html",
    }
}

/// The filter for links in HTML. The engine would also escape `/`, which no reader needs and which makes a link look
/// disguised to mail filters. In a [`LinkTemplate`](crate::domain::link::LinkTemplate) only `&` has a meaning in
/// HTML; anything else is left to the engine.
pub(super) fn link(link: Cow<'_, str>) -> Value {
    if is_plain_link(&link) { Value::from_safe_string(link.replace('&', "&amp;")) } else { Value::from(link.as_ref()) }
}

fn is_plain_link(link: &str) -> bool {
    link.chars().all(|character| character.is_ascii_graphic() && !"<>\"'`".contains(character))
}

/// Writes a link to HTML like the filter for links does.
pub(super) fn push_link(html: &mut String, link: &str) -> fmt::Result {
    match is_plain_link(link) {
        true => html.write_str(&Zeroizing::new(link.replace('&', "&amp;"))),
        false => write!(html, "{}", HtmlEscape(link)),
    }
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn rendered(part: TemplatePart, source: &'static str, values: &Value) -> String {
        let templates = Templates::compile(&[(name_of(MailKind::Test, part), source)]).unwrap();
        templates.render("en", MailKind::Test, part, values).unwrap().to_string()
    }

    #[test]
    fn a_template_that_does_not_compile_is_reported_with_its_line() {
        let error = Templates::compile(&[("test.txt", "a\n{% if %}")]).unwrap_err();
        assert_eq!((error.template.as_str(), error.line), ("test.txt", 2));
        assert!(error.to_string().starts_with("the template `test.txt`, line 2: "), "{error}");
    }

    #[test]
    fn a_missing_value_is_an_error_that_shows_no_other_values() {
        let templates = Templates::compile(&[("test.txt", "{{ code }}\n{{ unknown }}")]).unwrap();
        let values = context! { code => "SECRET" };
        let error = templates.render("en", MailKind::Test, TemplatePart::Text, &values).unwrap_err();
        assert_eq!((error.template.as_str(), error.line), ("test.txt", 2));
        assert!(!format!("{error} {error:?}").contains("SECRET"));
    }

    #[test]
    fn html_is_escaped_and_text_is_not() {
        let values = context! { name => "<b>&\"'{{ 1 }}" };
        assert_eq!(rendered(TemplatePart::Html, "{{ name }}", &values), "&lt;b&gt;&amp;&quot;&#x27;{{ 1 }}");
        assert_eq!(rendered(TemplatePart::Text, "{{ name }}", &values), "<b>&\"'{{ 1 }}");
    }

    #[test]
    fn every_embedded_template_with_tags_is_named_html_and_opens_no_hole() {
        // The engine escapes a template depending on its name.
        for (name, source) in SOURCES {
            assert!(name.ends_with("html") || !source.contains('<'), "{name} is not escaped");
            for hole in ["safe", "autoescape", "escape"] {
                assert!(!source.contains(hole), "{name} holds `{hole}`");
            }
        }
    }

    #[test]
    fn a_link_is_written_as_it_is_unless_it_could_be_more() {
        let shown = |link: &str| rendered(TemplatePart::Html, "{{ link | link }}", &context! { link });
        assert_eq!(shown("https://example.com/?a=b&c#!X"), "https://example.com/?a=b&amp;c#!X");
        assert_eq!(shown("https://x/\"><b>"), "https:&#x2f;&#x2f;x&#x2f;&quot;&gt;&lt;b&gt;");
    }

    #[test]
    fn a_template_for_a_language_is_used_by_its_variants_and_by_no_other_language() {
        let file = |language: Option<&str>, name, text: &str| TemplateFile {
            language: language.map(str::to_owned),
            name,
            path: PathBuf::from(name),
            text: text.to_owned(),
        };
        let templates = Templates::with(&[
            file(Some("de-AT"), "frame.html", "Servus {% block content %}{% endblock %}"),
            file(Some("de"), "test.html", "{% extends \"frame.html\" %}{% block content %}de{% endblock %}"),
            file(None, "frame.html", "all {% block content %}{% endblock %}"),
            file(None, "test.html", "{% extends \"frame.html\" %}{% block content %}x{% endblock %}"),
        ]);
        let templates = templates.unwrap();
        let said =
            |tag: &str| templates.render(tag, MailKind::Test, TemplatePart::Html, &context! {}).unwrap().to_string();
        assert_eq!([said("en"), said("de"), said("de-CH"), said("de-AT")], ["all x", "all de", "all de", "Servus de"]);
    }
}
