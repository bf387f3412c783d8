//! The command lines of the pages: each parses, so that no example outlives the option that it uses.

use std::iter::Peekable;
use std::str::Chars;

use cxme_admin::cli;

use crate::pages;
use crate::pages::Place;

const PROGRAM: &str = "cxme-admin";

/// A word of a shell's line, or what ends a command.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    End,
}

/// The words of a line, as a shell takes them apart; `$(…)` and variables remain as they are.
fn tokens(line: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\'' => word.get_or_insert_default().extend(rest.by_ref().take_while(|c| *c != '\'')),
            '"' => double_quoted(&mut rest, word.get_or_insert_default()),
            '\\' => word.get_or_insert_default().extend(rest.next()),
            '$' if rest.peek() == Some(&'(') => substitution(&mut rest, word.get_or_insert_default()),
            '#' if word.is_none() => break,
            ' ' => tokens.extend(word.take().map(Token::Word)),
            '|' | ';' | '&' | '<' | '>' | ')' => {
                tokens.extend(word.take().map(Token::Word));
                tokens.push(Token::End);
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    tokens.extend(word.map(Token::Word));
    tokens
}

fn double_quoted(rest: &mut Peekable<Chars<'_>>, word: &mut String) {
    while let Some(character) = rest.next() {
        match character {
            '"' => return,
            '\\' => word.extend(rest.next()),
            '$' if rest.peek() == Some(&'(') => substitution(rest, word),
            other => word.push(other),
        }
    }
}

fn substitution(rest: &mut Peekable<Chars<'_>>, word: &mut String) {
    word.push('$');
    word.extend(rest.by_ref().take_while(|character| *character != ')'));
    word.push(')');
}

/// The arguments of each call of the program in a line, the program's name first.
fn calls(line: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    let tokens = tokens(line);
    for command in tokens.split(|token| *token == Token::End) {
        let words: Vec<String> = command
            .iter()
            .filter_map(|token| if let Token::Word(word) = token { Some(word.clone()) } else { None })
            .collect();
        let is_program = |word: &String| word == PROGRAM || word.ends_with("/bin/cxme-admin");
        // Other programs have the word as the value of an option: the account in `sudo -u cxme-admin cxme-admin …`.
        let is_value = |at: usize| at > 0 && words[at - 1].starts_with('-');
        let is_call = |at: &usize| {
            let next = words.get(at + 1);
            let has_options = next.is_some_and(|next| next.starts_with('-')) && !is_value(*at);
            is_program(&words[*at]) && (has_options || next.is_some_and(|next| is_command(next)))
        };
        if let Some(at) = (0..words.len()).rfind(is_call) {
            calls.push([&[PROGRAM.to_owned()], &words[at + 1..]].concat());
        }
    }
    calls
}

fn is_command(word: &str) -> bool {
    word == "help" || cli::command_tree().find_subcommand(word).is_some()
}

#[test]
fn calls_are_found_as_a_shell_finds_them() {
    let found = |line: &str| calls(line).iter().map(|words| words[1..].join("|")).collect::<Vec<_>>();
    assert_eq!(
        found("    sudo -u cxme-admin cxme-admin operators add carol --role Admin  # why"),
        ["operators|add|carol|--role|Admin"]
    );
    assert_eq!(found("printf '%s\\n' \"$code\" | cxme-admin resets revoke --stdin < FILE"), ["resets|revoke|--stdin"]);
    assert_eq!(
        found("0 6 1 * * root /usr/local/bin/cxme-admin jobs run --rate 20\\% \"$(date +\\%F).db\""),
        ["jobs|run|--rate|20%|$(date +\\%F).db"]
    );
    assert_eq!(found("ExecStart=/usr/local/bin/cxme-admin jobs run"), ["jobs|run"]);
    assert_eq!(found("useradd --home-dir /var/lib/cxme-admin --shell /usr/sbin/nologin cxme-admin"), [""; 0]);
    assert_eq!(found("install -o cxme-admin -g cxme-admin -m 0700 /var/lib/cxme-admin"), [""; 0]);
    assert_eq!(found("cxme-admin users frobnicate; cxme-admin -q whoami"), ["users|frobnicate", "-q|whoami"]);
}

#[test]
fn every_command_line_of_a_page_parses() {
    let (mut faults, mut count) = (Vec::new(), 0);
    for page in pages::all() {
        for line in page.lines() {
            let text = match line.place {
                Place::Prose => continue,
                Place::Indented => line.text,
                Place::Fenced("console") => match line.text.strip_prefix("$ ") {
                    Some(command) => command,
                    None => continue,
                },
                Place::Fenced("text") => continue,
                Place::Fenced(_) => line.text,
            };
            for call in calls(text) {
                count += 1;
                if let Err(error) = cli::command_tree().try_get_matches_from(&call)
                    && error.use_stderr()
                {
                    faults.push(format!("{}:{}: {}\n{error}", page.name, line.number, call.join(" ")));
                }
            }
        }
    }
    assert!(count > 60, "{count}: the test looks past them");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_command_line_of_the_picture_parses() {
    let script = std::fs::read_to_string(pages::top().join("docs/terminal.py")).unwrap();
    let typed: Vec<&str> = script.split('"').filter(|text| text.starts_with("cxme-admin ")).collect();
    assert_eq!(typed.len(), 3, "{typed:?}");
    for call in typed.into_iter().flat_map(calls) {
        cli::command_tree().try_get_matches_from(&call).unwrap();
    }
}

/// Why the words between backticks name no command of the program, or an option that it does not have.
fn fault(words: &str) -> Option<String> {
    let mut words = words.split(' ').peekable();
    let mut command = cli::command_tree();
    command.build();
    while let Some(below) = words.peek().and_then(|word| command.find_subcommand(word)).cloned() {
        words.next();
        command = below;
    }
    if command.has_subcommands() && words.peek().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
    {
        return Some(format!("no such command: {}", words.next()?));
    }
    let known: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    let options = words.filter_map(|word| word.strip_prefix("--"));
    let mut names =
        options.map(|option| option.split(['=', '…']).next().unwrap_or(option)).filter(|name| !name.is_empty());
    names.find(|name| !known.contains(name)).map(|name| format!("no such option: --{name}"))
}

#[test]
fn every_command_that_a_sentence_names_exists() {
    let (mut faults, mut count) = (Vec::new(), 0);
    let groups = cli::command_tree();
    let groups: Vec<&str> = groups.get_subcommands().map(clap::Command::get_name).collect();
    for page in pages::all() {
        for line in page.lines().iter().filter(|line| line.place == Place::Prose) {
            for words in line.text.split('`').skip(1).step_by(2) {
                let words = words.strip_prefix("cxme-admin ").unwrap_or(words);
                let is_command = words.split_once(' ').is_some_and(|(first, _)| groups.contains(&first));
                if is_command {
                    count += 1;
                    faults
                        .extend(fault(words).map(|fault| format!("{}:{}: `{words}`: {fault}", page.name, line.number)));
                }
            }
        }
    }
    assert!(count > 100, "{count}: the test looks past them");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(fault("users frobnicate").is_some() && fault("users lock alice --frobnicate").is_some());
}
