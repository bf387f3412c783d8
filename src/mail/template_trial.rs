//! A trial of an organization's own templates: composes every kind of mail once before a user gets one, to find
//! problems that compiling does not show.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use strum::VariantArray as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::texts::MailTexts;
use super::texts::TextFile;
use crate::domain::email_address::EmailAddress;
use crate::domain::message::MailKind;
use crate::domain::message::NoticeCause;
use crate::domain::organization::Organization;
use crate::domain::policy::Requirements;
use crate::domain::policy::RoleRequirements;
use crate::domain::text;
use crate::mail::compose::ComposeError;
use crate::mail::compose::Composer;
use crate::mail::context::MailContent;
use crate::mail::context::MailContext;
use crate::mail::context::MailIdentity;
use crate::mail::context::PasswordChoice;
use crate::mail::template;
use crate::mail::template::TemplateFile;
use crate::mail::template::TemplatePart;
use crate::mail::template::Templates;
use crate::secrets::reset_code::NONCE;
use crate::secrets::reset_code::ResetCode;
use crate::texts::CONTROL;
use crate::texts::SentenceFile;
use crate::texts::TextProblem;
use crate::texts::Texts;
use crate::texts::has_control;

/// The longest part of a mail, in bytes: clients cut off longer ones (Gmail at 102 KiB), including the link.
const MAX_PART: usize = 100 * 1_024;
/// The values that a template may use.
const VALUES: [&str; 34] = [
    "say",
    "say.language",
    "say.subject",
    "say.username",
    "say.purpose",
    "say.open",
    "say.button",
    "say.without_button",
    "say.type_code",
    "say.note",
    "say.requirements",
    "say.policy",
    "say.not_me",
    "say.help",
    "say.never_asked",
    "say.must_change",
    "greeting",
    "name",
    "username",
    "organization",
    "contact",
    "kind",
    "link",
    "not_me",
    "code",
    "lasts",
    "note",
    "must_change",
    "changed",
    "all_well",
    "not_expected",
    // The engine provides these in loops and blocks.
    "loop",
    "super",
    "caller",
];

/// A sample code, which is in no store.
const CODE: &str = "SAMP1-EC0DE-SAMP1-EC0DE-SAMP1E";
/// Texts of a user and of an operator that a mail must escape in HTML.
const NAME: &str = "Alex <x-name> & Co";
const NOTE: &str = "First line <x-note>\n\nSecond-line";
/// The end of the note.
const LAST_LINE: &str = "Second-line";

impl MailTexts {
    /// The built-in texts, some replaced by these files, after every kind of mail was composed with them once.
    ///
    /// # Errors
    /// All problems of the files.
    pub fn with(files: &[TextFile]) -> Result<Arc<Self>, Vec<TextProblem>> {
        let (sentences, templates, mut problems) = sorted(files);
        let texts = Texts::with(&sentences).unwrap_or_else(|more| {
            problems.extend(more);
            Texts::built_in().clone()
        });
        if problems.is_empty() {
            problems.extend(templates.iter().filter_map(|file| without_sentences(file, &texts)));
        }
        let mail_texts = match Templates::with(&templates) {
            Ok(compiled) if problems.is_empty() => {
                let mail_texts = Arc::new(Self { texts, templates: compiled });
                problems = problems_of(&mail_texts, &templates);
                Some(mail_texts)
            }
            Ok(_) => None,
            Err(more) => {
                problems.extend(more);
                None
            }
        };
        match mail_texts {
            Some(mail_texts) if problems.is_empty() => Ok(mail_texts),
            _ => {
                TextProblem::sort(&mut problems);
                Err(problems)
            }
        }
    }
}

/// Sorts files by their names into sentences and templates, with a problem for each that is neither.
fn sorted(files: &[TextFile]) -> (Vec<SentenceFile>, Vec<TemplateFile>, Vec<TextProblem>) {
    let (mut sentences, mut templates, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        let (language, name) = match file.name.rsplit_once('/') {
            Some((language, name)) => (Some(language.to_owned()), name),
            None => (None, file.name.as_str()),
        };
        let (path, text) = (file.path.clone(), file.text.clone());
        match (name.strip_suffix(".toml"), template::known_name(name)) {
            (Some(tag), _) if language.is_none() => {
                sentences.push(SentenceFile { tag: tag.to_owned(), path, text });
            }
            (_, Some(name)) => templates.push(TemplateFile { language, name, path, text }),
            _ => {
                let known = template::names().collect::<Vec<_>>().join(", ");
                let what = format!(
                    "`{}` is neither LANGUAGE.toml nor a template ({known}): rename or remove it",
                    text::quoted(name, 60)
                );
                problems.push(TextProblem { path, line: None, what });
            }
        }
    }
    (sentences, templates, problems)
}

/// A problem if a template is for a language without sentences, which no mail would use.
fn without_sentences(file: &TemplateFile, texts: &Texts) -> Option<TextProblem> {
    let tag = file.language.as_deref()?;
    let is_known = texts.languages().any(|language| language.tag().eq_ignore_ascii_case(tag));
    let what = format!("no sentences for the language `{0}`: add {0}.toml", text::quoted(tag, 40));
    (!is_known).then(|| TextProblem { path: file.path.clone(), line: None, what })
}

/// All problems of the templates.
fn problems_of(texts: &Arc<MailTexts>, files: &[TemplateFile]) -> Vec<TextProblem> {
    if files.is_empty() {
        return Vec::new();
    }
    let mut trial = Trial { texts, files, problems: Vec::new() };
    trial.find_unknown_values();
    // An unknown value would be reported again for each mail.
    if trial.problems.is_empty() {
        trial.compose_all();
    }
    trial.problems
}

struct Trial<'a> {
    texts: &'a Arc<MailTexts>,
    files: &'a [TemplateFile],
    problems: Vec<TextProblem>,
}

impl Trial<'_> {
    fn add(&mut self, problem: TextProblem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Finds unknown values, also in branches that no sample takes.
    fn find_unknown_values(&mut self) {
        for file in self.files {
            let used = self.texts.templates.used(file.language.as_deref().unwrap_or_default(), file.name);
            for name in used.iter().filter(|name| !is_known(name)) {
                let line = file.text.lines().position(|line| line.contains(name.as_str())).map(|index| index + 1);
                let what = format!("unknown value {name}; docs/texts.md has all of them");
                self.add(TextProblem { path: file.path.clone(), line, what });
            }
        }
    }

    fn compose_all(&mut self) {
        let named = Organization {
            name: "Example Travel".to_owned(),
            help_contact: "help@example.com".to_owned(),
            ..Organization::default()
        };
        let organizations = [named, Organization::default()];
        let strict = RoleRequirements::new(Requirements { min_score: 3, history: 5, ..Requirements::default() });
        for organization in &organizations {
            let Ok(from) = "passwords@example.com".parse() else { return };
            let identity = MailIdentity {
                from,
                reply_to: None,
                bounce_to: None,
                headers: &[],
                organization,
                time_zone: TimeZone::UTC,
                link: "https://reset.example.com/#{code}".parse().ok(),
                policy: &strict,
                texts: Arc::clone(self.texts),
            };
            let Ok(composer) = Composer::new(identity) else { return };
            self.compose_with(&composer);
        }
    }

    fn compose_with(&mut self, composer: &Composer) {
        let Ok(code) = ResetCode::parse(CODE) else { return };
        let choice = |note| PasswordChoice { code: &code, lifetime: Duration::from_secs(86_400), note };
        let time = Timestamp::UNIX_EPOCH;
        let mut contents = vec![MailContent::Test];
        for note in [None, Some(NOTE)] {
            contents.extend([MailContent::Reset(choice(note)), MailContent::Invitation(choice(note))]);
        }
        for &cause in NoticeCause::VARIANTS {
            contents.extend([true, false].map(|must_change| MailContent::Notice { cause, must_change, time }));
        }
        let tags: Vec<String> = self.texts.texts().languages().map(|language| language.tag().to_owned()).collect();
        for tag in &tags {
            for content in &contents {
                self.compose(composer, tag, *content);
            }
        }
    }

    fn compose(&mut self, composer: &Composer, tag: &str, content_of: MailContent<'_>) {
        let Ok(recipient) = "alex@example.com".parse::<EmailAddress>() else { return };
        let context = MailContext {
            recipient: &recipient,
            name: NAME,
            username: "alex",
            role: None,
            locale: Some(tag),
            date: Timestamp::UNIX_EPOCH,
            nonce: &[0; NONCE],
            message_id: "trial@example.com",
            content: content_of,
        };
        let kind = content_of.kind();
        let preview = match composer.preview(&context) {
            Ok(preview) => preview,
            Err(ComposeError::Template(error)) => {
                let line = Some(error.line).filter(|line| *line > 0);
                let what = format!("in the mail {kind}: {}", error.problem);
                let path = self.path_of(tag, &error.template);
                return self.add(TextProblem { path, line, what });
            }
            Err(error) => {
                let path = self.file_of(tag, kind, TemplatePart::Html);
                return self.add(TextProblem { path, line: None, what: error.to_string() });
            }
        };
        // The engine may write it as an entity, which means the same in HTML.
        let html = preview.html.replace("&#x2f;", "/");
        for (part, content) in [(TemplatePart::Text, preview.text.as_str()), (TemplatePart::Html, html.as_str())] {
            let mut wrong = |what: String| {
                let path = self.file_of(tag, kind, part);
                self.add(TextProblem { path, line: None, what });
            };
            if !content_of.has_its_link(content) {
                wrong(format!("the mail {kind} lacks {{{{ link }}}}"));
            }
            // Operators who write a note expect it in the mail.
            let has_note = matches!(content_of, MailContent::Reset(choice) | MailContent::Invitation(choice) if choice.note.is_some());
            if has_note && !content.contains(LAST_LINE) {
                wrong(format!("the mail {kind} lacks the note: {{% for line in note %}}{{{{ line }}}}{{% endfor %}}"));
            }
            if has_control(content) {
                wrong(format!("the mail {kind} {CONTROL}"));
            }
            if content.trim().is_empty() {
                wrong(format!("the mail {kind} is empty"));
            }
            if content.len() > MAX_PART {
                wrong(format!("the mail {kind} is larger than {MAX_PART} bytes"));
            }
            if part == TemplatePart::Html && (content.contains("<x-name>") || content.contains("<x-note>")) {
                wrong("what a user or operator typed is written as HTML: leave out `safe` and `autoescape`".to_owned());
            }
        }
    }

    /// The file of a template that a mail in a language uses; a built-in one is named as such.
    fn path_of(&self, tag: &str, name: &str) -> PathBuf {
        self.own(tag, name).unwrap_or_else(|| PathBuf::from(format!("{name} (of cxme-admin)")))
    }

    /// The file that is responsible for a part: its own, or the one that it extends.
    fn file_of(&self, tag: &str, kind: MailKind, part: TemplatePart) -> PathBuf {
        let name = template::name_of(kind, part);
        let own = [name, "choice.html", "frame.html"].into_iter().find_map(|name| self.own(tag, name));
        own.unwrap_or_else(|| self.path_of(tag, name))
    }

    fn own(&self, tag: &str, name: &str) -> Option<PathBuf> {
        let of = |language: Option<&str>| {
            let is_it = |file: &&TemplateFile| {
                file.name == name && file.language.as_deref().map(str::to_ascii_lowercase).as_deref() == language
            };
            self.files.iter().find(is_it).map(|file| file.path.clone())
        };
        let tag = tag.to_ascii_lowercase();
        let mut range = Some(tag.as_str());
        while let Some(language) = range {
            if let Some(path) = of(Some(language)) {
                return Some(path);
            }
            range = language.rsplit_once('-').map(|(shorter, _)| shorter);
        }
        of(None)
    }
}

/// Whether a value, or a part of one, is defined for templates.
fn is_known(name: &str) -> bool {
    VALUES.contains(&name)
        || (!name.starts_with("say.") && name.split('.').next().is_some_and(|name| VALUES.contains(&name)))
}
