//! The templates of mails: compiled once, rendered for each mail.

use std::borrow::Cow;

use minijinja::AutoEscape;
use minijinja::Environment;
use minijinja::UndefinedBehavior;
use minijinja::Value;
use minijinja::syntax::SyntaxConfig;
use thiserror::Error;

use crate::domain::message::MailKind;
use crate::secrets::wiped::Wiped;

/// The embedded templates: a folder a mail, `text` and `html` in each; `frame` holds what they share. They hold no
/// sentence: those are in [`crate::texts::mail`].
const SOURCES: [(&str, &str); 10] = [
    ("frame/html", include_str!("templates/frame/html")),
    ("frame/choice.html", include_str!("templates/frame/choice.html")),
    ("reset/text", include_str!("templates/reset/text")),
    ("reset/html", include_str!("templates/reset/html")),
    ("invitation/text", include_str!("templates/invitation/text")),
    ("invitation/html", include_str!("templates/invitation/html")),
    ("notice/text", include_str!("templates/notice/text")),
    ("notice/html", include_str!("templates/notice/html")),
    ("test/text", include_str!("templates/test/text")),
    ("test/html", include_str!("templates/test/html")),
];

/// A template that does not compile, or asks for what it is not given. The values are not shown: a code is among them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the template `{template}`, line {line}: {problem}")]
pub struct TemplateError {
    /// Its name.
    pub template: String,
    /// The line, from 1; 0 if the engine cannot say.
    pub line: usize,
    /// What is wrong, in the engine's words.
    pub problem: String,
}

impl TemplateError {
    fn new(template: &str, error: &minijinja::Error) -> Self {
        Self {
            template: error.name().unwrap_or(template).to_owned(),
            line: error.line().unwrap_or(0),
            problem: error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
        }
    }
}

/// A part of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Text,
    Html,
}

/// The compiled templates.
#[derive(Debug)]
pub(super) struct Templates(Environment<'static>);

impl Templates {
    /// Compiles the embedded templates.
    pub(super) fn new() -> Result<Self, TemplateError> {
        Self::compile(&SOURCES)
    }

    /// Compiles templates: each has a name and a source.
    pub(super) fn compile(sources: &[(&'static str, &'static str)]) -> Result<Self, TemplateError> {
        let mut templates = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        templates.set_syntax(syntax.map_err(|error| TemplateError::new("syntax", &error))?);
        templates.set_auto_escape_callback(
            |name| {
                if name.ends_with("html") { AutoEscape::Html } else { AutoEscape::None }
            },
        );
        // A value that is missing is an error, not an empty place in a mail.
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        // Otherwise errors would carry the values, of which one is the code.
        templates.set_debug(false);
        templates.add_filter("link", link);
        for (name, source) in sources {
            templates.add_template(name, source).map_err(|error| TemplateError::new(name, &error))?;
        }
        Ok(Self(templates))
    }

    pub(super) fn render(&self, kind: MailKind, part: Part, values: &Value) -> Result<Wiped<String>, TemplateError> {
        let name = match (kind, part) {
            (MailKind::Reset | MailKind::ForcedReset, Part::Text) => "reset/text",
            (MailKind::Reset | MailKind::ForcedReset, Part::Html) => "reset/html",
            (MailKind::Invitation, Part::Text) => "invitation/text",
            (MailKind::Invitation, Part::Html) => "invitation/html",
            (MailKind::Notice | MailKind::AddressNotice, Part::Text) => "notice/text",
            (MailKind::Notice | MailKind::AddressNotice, Part::Html) => "notice/html",
            (MailKind::Test, Part::Text) => "test/text",
            (MailKind::Test, Part::Html) => "test/html",
        };
        let template = self.0.get_template(name);
        let rendered = template.and_then(|template| template.render(values.clone()));
        rendered.map(Wiped::new).map_err(|error| TemplateError::new(name, &error))
    }
}

/// The filter for links in HTML. The engine escapes `/` too, which no reader needs and which makes a link look
/// disguised to filters of mail. A [`LinkTemplate`](crate::domain::link::LinkTemplate) holds nothing else that HTML reads but `&`;
/// whatever holds more is left to the engine.
fn link(link: Cow<'_, str>) -> Value {
    let is_plain = link.chars().all(|character| character.is_ascii_graphic() && !"<>\"'`".contains(character));
    if is_plain { Value::from_safe_string(link.replace('&', "&amp;")) } else { Value::from(link.as_ref()) }
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn rendered(part: Part, source: &'static str, values: &Value) -> String {
        let name = if part == Part::Html { "test/html" } else { "test/text" };
        let templates = Templates::compile(&[(name, source)]).unwrap();
        templates.render(MailKind::Test, part, values).unwrap().to_string()
    }

    #[test]
    fn a_template_that_does_not_compile_is_named_with_its_line() {
        let error = Templates::compile(&[("test/text", "a\n{% if %}")]).unwrap_err();
        assert_eq!((error.template.as_str(), error.line), ("test/text", 2));
        assert!(error.to_string().starts_with("the template `test/text`, line 2: "), "{error}");
    }

    #[test]
    fn a_value_that_is_missing_is_an_error_without_the_other_values() {
        let templates = Templates::compile(&[("test/text", "{{ code }}\n{{ unknown }}")]).unwrap();
        let error = templates.render(MailKind::Test, Part::Text, &context! { code => "SECRET" }).unwrap_err();
        assert_eq!((error.template.as_str(), error.line), ("test/text", 2));
        assert!(!format!("{error} {error:?}").contains("SECRET"));
    }

    #[test]
    fn html_is_escaped_and_text_is_not() {
        let values = context! { name => "<b>&\"'{{ 1 }}" };
        assert_eq!(rendered(Part::Html, "{{ name }}", &values), "&lt;b&gt;&amp;&quot;&#x27;{{ 1 }}");
        assert_eq!(rendered(Part::Text, "{{ name }}", &values), "<b>&\"'{{ 1 }}");
    }

    #[test]
    fn every_embedded_template_with_tags_is_named_html_and_opens_no_hole() {
        // The name decides whether a template is escaped.
        for (name, source) in SOURCES {
            assert!(name.ends_with("html") || !source.contains('<'), "{name} is not escaped");
            for hole in ["safe", "autoescape", "escape"] {
                assert!(!source.contains(hole), "{name} holds `{hole}`");
            }
        }
    }

    #[test]
    fn a_link_is_written_as_it_is_unless_it_could_be_more() {
        let shown = |link: &str| rendered(Part::Html, "{{ link | link }}", &context! { link });
        assert_eq!(shown("https://example.com/?a&b#!X"), "https://example.com/?a&amp;b#!X");
        assert_eq!(shown("https://x/\"><b>"), "https:&#x2f;&#x2f;x&#x2f;&quot;&gt;&lt;b&gt;");
    }
}
