//! packaging/man: the manual. A page for each command from the same doc comments as its help, cxme-admin.toml(5) from
//! config.example.toml, and a page of section 7 for each topic of the help that is no part of another page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command as Process;

use clap::Command;
use clap_mangen::Man;
use cxme_admin::cli::examples;
use cxme_admin::cli::help;
use cxme_admin::cli::help::Topic;

use super::assert_committed;

/// When the text of the manual last changed in a release, as every page shows it. A release sets it.
const DATE: &str = "2026-11-28";

const DIRECTORY: &str = "packaging/man";

/// The topics with a page of their own: the name of the page, and of the topic.
const PAGES_OF_TOPICS: [(&str, &str); 3] =
    [("cxme-admin-cron", "cron"), ("cxme-admin-login", "login-view"), ("cxme-admin-security", "security")];

/// All pages: the name of the file, and its text.
fn pages() -> BTreeMap<String, String> {
    let tree = super::tree();
    let mut pages = BTreeMap::new();
    pages.insert("cxme-admin.1".to_owned(), command_page(&tree));
    add_commands(&tree, &mut pages);
    pages.insert("cxme-admin.toml.5".to_owned(), configuration_page());
    for (name, topic) in PAGES_OF_TOPICS {
        pages.insert(format!("{name}.7"), topic_page(name, help::topic(topic).unwrap()));
    }
    pages
}

/// The commands below a command, without `help`.
fn below(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set())
}

fn add_commands(command: &Command, pages: &mut BTreeMap<String, String>) {
    for below in below(command) {
        pages.insert(format!("{}.1", page_name(below)), command_page(below));
        add_commands(below, pages);
    }
}

/// The name of a command's page: its words joined by hyphens.
fn page_name(command: &Command) -> String {
    command.get_bin_name().unwrap_or("cxme-admin").replace(' ', "-")
}

/// A text for roff: nothing in it is a request or an escape, and what is between backticks is bold.
fn roff(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        let escaped: String = part
            .chars()
            .map(|character| match character {
                '\\' => "\\e".to_owned(),
                '-' => "\\-".to_owned(),
                '\'' => "\\(aq".to_owned(),
                '"' => "\\(dq".to_owned(),
                '^' => "\\(ha".to_owned(),
                '~' => "\\(ti".to_owned(),
                other if other.is_ascii() => other.to_string(),
                other => format!("\\[u{:04X}]", u32::from(other)),
            })
            .collect();
        match index % 2 {
            0 => out.push_str(&escaped),
            _ => write!(out, "\\fB{escaped}\\fR").unwrap(),
        }
    }
    if out.starts_with('.') { format!("\\&{out}") } else { out }
}

/// The head of a page. In its first line there is room for the name of the manual between two short names.
fn head(name: &str, section: u8, about: &str) -> String {
    let manual = if name.len() <= 22 { "cxme-admin manual" } else { "" };
    format!(
        ".\\\" Generated from the help and config.example.toml by tests/generated.rs.\n\
         .TH {} {section} {DATE} \"cxme-admin {}\" \"{manual}\"\n.SH NAME\n{} \\- {}\n",
        roff(&name.to_uppercase()),
        env!("CARGO_PKG_VERSION"),
        roff(name),
        roff(&about.replace('`', "")),
    )
}

/// Paragraphs: those of a doc comment, or of a comment in the configuration.
fn paragraphs(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let lines: Vec<String> = paragraph.lines().map(|line| roff(line.trim())).collect();
        lines.join("\n")
    });
    paragraphs.collect::<Vec<_>>().join("\n.PP\n") + "\n"
}

/// Lines as they are.
fn literal(lines: &[&str]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| roff(line)).collect();
    format!(".RS 4\n.EX\n{}\n.EE\n.RE\n", lines.join("\n"))
}

/// A list of pages, in one paragraph.
fn references(pages: &[(String, u8)]) -> String {
    let pages = pages.iter().map(|(name, section)| format!(".BR {} ({section})", roff(name)));
    pages.collect::<Vec<_>>().join(" ,\n") + "\n"
}

fn command_page(command: &Command) -> String {
    let name = page_name(command);
    let words = name_after_program(command);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut page = head(&name, 1, &about);
    page.push_str(".SH SYNOPSIS\n");
    page.push_str(&synopsis(command));
    page.push_str(".SH DESCRIPTION\n");
    let long = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
    // The first paragraph of a long text is the line of the section NAME.
    let text = long.strip_prefix(&about).map(str::trim_start).filter(|rest| !rest.is_empty()).unwrap_or(&long);
    page.push_str(&paragraphs(text));
    let has_commands = below(command).next().is_some();
    if has_commands {
        page.push_str(".SH COMMANDS\n");
        for below in below(command) {
            let about = below.get_about().map(ToString::to_string).unwrap_or_default();
            write!(page, ".TP\n.BR {} (1)\n{}\n", roff(&page_name(below)), roff(&about)).unwrap();
        }
    }
    page.push_str(&options(command));
    let examples = examples::of(&words);
    if !examples.is_empty() {
        page.push_str(".SH EXAMPLES\n");
        page.push_str(&literal(examples));
    }
    page.push_str(&sections(help::topic("exit-codes").unwrap(), |_| "EXIT STATUS".to_owned()));
    if words.is_empty() {
        page.push_str(FILES_AND_ENVIRONMENT);
    }
    if words == "config" {
        page.push_str(&sections(help::topic("config").unwrap(), str::to_uppercase));
    }
    page.push_str(".SH SEE ALSO\n");
    page.push_str(&references(&see_also(&words)));
    page
}

fn name_after_program(command: &Command) -> String {
    command.get_bin_name().and_then(|name| name.strip_prefix("cxme-admin ")).unwrap_or_default().to_owned()
}

/// The usage of the help: the command in bold, values in italics.
fn synopsis(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let program = command.get_bin_name().unwrap_or("cxme-admin");
    let mut line = format!("\\fB{}\\fR", roff(program));
    for character in roff(usage.strip_prefix(program).unwrap_or(usage)).chars() {
        match character {
            '<' => line.push_str("\\fI"),
            '>' => line.push_str("\\fR"),
            other => line.push(other),
        }
    }
    line + "\n"
}

/// The options by `clap_mangen`; the global ones only on the first page.
fn options(command: &Command) -> String {
    let is_top = name_after_program(command).is_empty();
    let own = command.clone().mut_args(|argument| {
        let is_elsewhere = !is_top && argument.is_global_set() || argument.get_id() == "help";
        if is_elsewhere { argument.hide(true) } else { argument }
    });
    let mut rendered = Vec::new();
    Man::new(own).render_options_section(&mut rendered).unwrap();
    // Between two line breaks there is nothing to fill.
    let rendered = String::from_utf8(rendered).unwrap().replace("\n.br\n\n.br\n", "\n.sp\n");
    let mut section = String::new();
    // The definition of the apostrophe belongs to the head of a page of its own, and roff has a name for it.
    for line in rendered.lines().filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el ")) {
        let line = line.replace("\\*(Aq", "\\(aq");
        let bold = line.split('`').enumerate().map(|(index, part)| match (index, index % 2) {
            (0, _) => part.to_owned(),
            (_, 1) => format!("\\fB{part}"),
            _ => format!("\\fR{part}"),
        });
        writeln!(section, "{}", bold.collect::<String>()).unwrap();
    }
    if !is_top {
        if section.is_empty() {
            section.push_str(".SH OPTIONS\n");
        } else {
            section.push_str(".PP\n");
        }
        section.push_str("The global options, the files and the environment are described in\n.BR cxme\\-admin (1).\n");
    }
    section
}

/// Other pages that somebody may want who reads that of a command.
fn see_also(words: &str) -> Vec<(String, u8)> {
    let mut pages = vec![("cxme-admin".to_owned(), 1)];
    if let Some((group, _)) = words.split_once(' ') {
        pages.push((format!("cxme-admin-{group}"), 1));
    }
    pages.push(("cxme-admin.toml".to_owned(), 5));
    let topics = PAGES_OF_TOPICS.map(|(name, _)| (name.to_owned(), 7));
    match words {
        "" => {
            pages = vec![("cxme-admin.toml".to_owned(), 5)];
            pages.extend(topics);
        }
        _ if words.starts_with("jobs") || words == "users send-reset" => pages.push(topics[0].clone()),
        "users verify-password" | "users set-password" => pages.push(topics[1].clone()),
        _ if words.starts_with("audit") || words.starts_with("operators") || words.starts_with("roles") => {
            pages.push(topics[2].clone());
        }
        _ => {}
    }
    pages
}

const FILES_AND_ENVIRONMENT: &str = r".SH FILES
.TP
.I /etc/cxme\-admin/config.toml
Configuration of the machine; see
.BR cxme\-admin.toml (5)
.TP
.I \(ti/.config/cxme\-admin/config.toml
Configuration of an account, instead
.TP
.I /var/lib/cxme\-admin/store.db
Store of the machine: users, operators and audit log
.TP
.I /var/lib/cxme\-admin/reset.key
Key from which reset links are derived; keep it apart from backups of the store
.SH ENVIRONMENT
.TP
.B CXME_ADMIN_CONFIG
Configuration file, if there is no \fB\-\-config\fR
.TP
.B CXME_ADMIN_STORE
Store file, if there is neither \fB\-\-store\fR nor \fB\-\-config\fR
.TP
.B CREDENTIALS_DIRECTORY
Directory, set by systemd, in which a \fB*_file\fR of the configuration without a slash is looked for
.TP
.B NO_COLOR
No colours, whatever the value
.TP
.B SUDO_UID\fR, \fBDOAS_USER\fR, \fBPKEXEC_UID
The operator, if the program runs as root or as the owner of the store
.TP
.B TZ
Time zone of the times in tables and options
.TP
.B XDG_CONFIG_HOME\fR, \fBXDG_DATA_HOME
Directories of the configuration and the store of an account
";

/// The sections of a topic, whose headings are at the margin. A paragraph is indented by four columns, a term and what it
/// means are divided by two blanks or more, and what is indented by eight is literal.
fn sections(topic: &Topic, heading: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut lines = topic.text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let Some(text) = line.strip_prefix("    ") else {
            writeln!(out, ".SH {}", roff(&heading(line))).unwrap();
            continue;
        };
        if let Some(first) = text.strip_prefix("    ") {
            let mut literals = vec![first];
            while let Some(next) = lines.peek().and_then(|next| next.strip_prefix("        ")) {
                literals.push(next);
                lines.next();
            }
            out.push_str(".sp\n");
            out.push_str(&literal(&literals));
            continue;
        }
        let mut text = text.to_owned();
        let term = text.find("  ").map(|at| text[..at].to_owned());
        let column = term.as_ref().map_or(0, |term| text.len() - text[term.len()..].trim_start().len());
        let is_more = |next: &&str| {
            let indent = next.len() - next.trim_start().len();
            !next.is_empty() && if column > 0 { indent == column + 4 } else { indent == 4 && !next[4..].contains("  ") }
        };
        let start = if column > 0 { text.split_off(column) } else { text };
        let mut text = start;
        while let Some(next) = lines.next_if(|next| is_more(next)) {
            write!(text, "\n{}", next.trim_start()).unwrap();
        }
        match term {
            Some(term) => write!(out, ".TP\n.B {}\n", roff(&term)).unwrap(),
            // Directly behind a heading a paragraph needs no space.
            None if out.lines().last().is_some_and(|last| last.starts_with(".SH ")) => {}
            None => out.push_str(".PP\n"),
        }
        let text = text.lines().map(roff).collect::<Vec<_>>().join("\n");
        writeln!(out, "{text}").unwrap();
    }
    out
}

fn topic_page(name: &str, topic: &Topic) -> String {
    let mut page = head(name, 7, topic.about);
    page.push_str(&sections(topic, str::to_uppercase));
    page.push_str(".SH SEE ALSO\n");
    page.push_str(&references(&[("cxme-admin".to_owned(), 1), ("cxme-admin.toml".to_owned(), 5)]));
    page
}

/// The keys of config.example.toml with their comments.
fn configuration_page() -> String {
    let example = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml")).unwrap();
    let mut page = head("cxme-admin.toml", 5, "Configuration of cxme-admin");
    let mut is_first = true;
    let mut keys = 0;
    for block in example.split("\n\n") {
        let mut comment: Vec<&str> = Vec::new();
        let mut is_section = false;
        for line in block.lines() {
            let text = line.trim_start_matches('#').trim();
            let is_comment = line.starts_with('#');
            let key = text.split_once(" = ").filter(|(key, _)| {
                key.chars().all(|character| character.is_ascii_alphanumeric() || "_-".contains(character))
            });
            match key {
                _ if text.starts_with('[') && text.ends_with(']') && !is_comment => {
                    is_section = true;
                    write!(page, ".SS {}\n{}", roff(text), paragraphs(&comment.join("\n"))).unwrap();
                    comment.clear();
                }
                Some((key, value)) => {
                    keys += 1;
                    let (key, value) = (roff(key), roff(value));
                    let shown = match is_comment {
                        true => format!("\\fB{key}\\fR (no default; such as {value})"),
                        false => format!("\\fB{key}\\fR = {value}"),
                    };
                    write!(page, ".TP\n{shown}\n{}", paragraphs(&comment.join("\n"))).unwrap();
                    comment.clear();
                }
                None if is_comment => comment.push(text),
                None => assert!(text.is_empty(), "config.example.toml: {line}"),
            }
        }
        if is_first {
            assert!(!is_section && !comment.is_empty(), "config.example.toml does not begin with a text");
            write!(page, ".SH DESCRIPTION\n{}.SH SECTIONS AND KEYS\n", paragraphs(&comment.join("\n"))).unwrap();
            is_first = false;
        }
    }
    assert!(keys > 40, "{keys} keys: config.example.toml was not understood");
    page.push_str(".SH FILES\n.I /etc/cxme\\-admin/config.toml\n.SH SEE ALSO\n");
    page.push_str(&references(&[
        ("cxme-admin".to_owned(), 1),
        ("cxme-admin-config-show".to_owned(), 1),
        ("cxme-admin-security".to_owned(), 7),
    ]));
    page
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(DIRECTORY)
}

#[test]
fn the_manual_has_a_page_for_each_command_and_no_other() {
    let pages = pages();
    assert!(pages.contains_key("cxme-admin-users-set-password.1"), "{:?}", pages.keys());
    for (name, text) in &pages {
        assert_committed(&format!("{DIRECTORY}/{name}"), text);
    }
    for entry in fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if pages.contains_key(name) {
            continue;
        }
        #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
        let is_blessed = std::env::var_os("CXME_TEST_BLESS").is_some();
        assert!(is_blessed, "{DIRECTORY}/{name}: no command has this page");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn the_pages_are_clean_for_mandoc() {
    let pages = pages();
    let written = tempfile::tempdir().unwrap();
    for (name, text) in &pages {
        fs::write(written.path().join(name), text).unwrap();
    }
    let lint =
        Process::new("mandoc").args(["-Tlint", "-Wwarning"]).args(pages.keys()).current_dir(written.path()).output();
    let Ok(lint) = lint else { return };
    let found = String::from_utf8_lossy(&lint.stdout);
    // Not installed on the machine that runs the test.
    let found: Vec<&str> = found.lines().filter(|line| !line.contains("referenced manual not found")).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_page_that_is_referred_to_exists() {
    let pages = pages();
    let mut count = 0;
    for (name, text) in &pages {
        for line in text.lines().filter_map(|line| line.strip_prefix(".BR cxme")) {
            let (page, section) = line.split_once(' ').unwrap();
            let file = format!("cxme{}.{}", page.replace("\\-", "-"), &section[1..2]);
            assert!(pages.contains_key(&file), "{name}: {file}");
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}
