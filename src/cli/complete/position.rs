//! Where the cursor is on a command line: which argument of which command has its value there.

use clap::Arg;
use clap::ArgAction;
use clap::Command;

use super::quoting::Unquoted;

/// The value of an argument at the cursor.
#[derive(Debug)]
pub(super) struct Position<'tree> {
    /// The words of the command, without the program's name.
    pub(super) path: Vec<&'tree str>,
    /// The argument.
    pub(super) argument: &'tree Arg,
    /// What is typed of its value.
    pub(super) value: String,
    /// The value of `--config`, if it is given; `Some(None)`: only the shell knows it.
    pub(super) config: Option<Option<Unquoted>>,
    /// The same of `--store`.
    pub(super) store: Option<Option<Unquoted>>,
}

/// What is in front of the cursor.
struct Reader<'tree> {
    path: Vec<&'tree str>,
    command: &'tree Command,
    /// How many values without an option there were.
    positionals: usize,
    /// Whether `--` was there.
    is_after_options: bool,
    /// The option whose value comes next.
    pending: Option<&'tree Arg>,
    config: Option<Option<Unquoted>>,
    store: Option<Option<Unquoted>>,
}

/// The value that is typed at the end of the line, after the words `before` it, of which the first is the program's name. The tree
/// must be built. `None`: something else is there than the value of an argument.
pub(super) fn find<'tree>(tree: &'tree Command, before: &[Option<Unquoted>], typed: &str) -> Option<Position<'tree>> {
    let mut reader = Reader {
        path: Vec::new(),
        command: tree,
        positionals: 0,
        is_after_options: false,
        pending: None,
        config: None,
        store: None,
    };
    before.iter().skip(1).for_each(|word| reader.read(word.as_ref()));
    let (argument, value) = reader.at(typed)?;
    let value = value.to_owned();
    let Reader { path, config, store, .. } = reader;
    Some(Position { path, argument, value, config, store })
}

impl<'tree> Reader<'tree> {
    fn read(&mut self, word: Option<&Unquoted>) {
        if let Some(argument) = self.pending.take() {
            return self.keep(argument, word.cloned());
        }
        let Some(word) = word else {
            self.positionals += 1;
            return;
        };
        let text = word.text.as_str();
        if self.is_after_options || text == "-" || !text.starts_with('-') {
            match self.command.find_subcommand(text).filter(|_| self.positionals == 0 && !self.is_after_options) {
                Some(command) => {
                    self.path.push(command.get_name());
                    self.command = command;
                }
                None => self.positionals += 1,
            }
        } else if text == "--" {
            self.is_after_options = true;
        } else if let Some(long) = text.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            if let Some(argument) = self.long(name) {
                match value {
                    Some(value) => self.keep(argument, Some(part(word, value))),
                    None => self.pending = Some(argument).filter(|argument| takes_next(argument)),
                }
            }
        } else {
            for (place, letter) in text.char_indices().skip(1) {
                let Some(argument) = self.command.get_arguments().find(|one| one.get_short() == Some(letter)) else {
                    break;
                };
                if argument.get_action().takes_values() {
                    let value = &text[place + letter.len_utf8()..];
                    let value = value.strip_prefix('=').unwrap_or(value);
                    if value.is_empty() {
                        self.pending = Some(argument);
                    } else {
                        self.keep(argument, Some(part(word, value)));
                    }
                    break;
                }
            }
        }
    }

    /// Keeps the values that say which store is meant.
    fn keep(&mut self, argument: &Arg, value: Option<Unquoted>) {
        match argument.get_id().as_str() {
            "config" => self.config = Some(value),
            "store" => self.store = Some(value),
            _ => {}
        }
    }

    fn long(&self, name: &str) -> Option<&'tree Arg> {
        self.command.get_arguments().find(|argument| argument.get_long() == Some(name))
    }

    /// The argument that has its value in the word at the cursor, and what is typed of it.
    fn at<'word>(&self, typed: &'word str) -> Option<(&'tree Arg, &'word str)> {
        if let Some(argument) = self.pending {
            return Some((argument, typed));
        }
        if !self.is_after_options && typed.starts_with('-') {
            let (name, value) = typed.strip_prefix("--")?.split_once('=')?;
            let argument = self.long(name).filter(|argument| argument.get_action().takes_values())?;
            return Some((argument, value));
        }
        let positionals: Vec<&Arg> = self.command.get_positionals().collect();
        let takes_all = |argument: &&&Arg| matches!(argument.get_action(), ArgAction::Append);
        let argument = positionals.get(self.positionals).or_else(|| positionals.last().filter(takes_all))?;
        Some((argument, typed))
    }
}

/// Whether the value of an option is the word after it.
fn takes_next(argument: &Arg) -> bool {
    argument.get_action().takes_values() && !argument.is_require_equals_set()
}

/// The value in a word that also names its option. A shell finds no `~` in it.
fn part(word: &Unquoted, value: &str) -> Unquoted {
    Unquoted { text: value.to_owned(), has_tilde: false, open: word.open }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command_tree;

    /// The command, the name of the argument, what is typed of it, and configuration and store.
    fn at(line: &str) -> Option<String> {
        let mut tree = command_tree();
        tree.build();
        let mut words: Vec<&str> = line.split(' ').collect();
        let typed = words.pop().unwrap();
        let before = words.iter().map(|word| super::super::quoting::unquoted(word)).collect::<Vec<_>>();
        let found = find(&tree, &before, typed)?;
        let shown = |word: &Option<Option<Unquoted>>| match word {
            None => String::new(),
            Some(None) => " ?".to_owned(),
            Some(Some(word)) => format!(" {}", word.text),
        };
        let (config, store) = (shown(&found.config), shown(&found.store));
        Some(format!("{}: {} {}{config}{store}", found.path.join(" "), found.argument.get_id(), found.value))
    }

    #[test]
    fn the_argument_at_the_cursor_is_found_whatever_is_in_front_of_it() {
        for (line, expected) in [
            ("cxme-admin users show al", "users show: users al"),
            ("cxme-admin users show bob al", "users show: users al"),
            ("cxme-admin users show ", "users show: users "),
            ("cxme-admin users set-password al", "users set-password: users al"),
            ("cxme-admin -c /x users -q show --no-password al", "users show: users al /x"),
            ("cxme-admin -qc /x users show al", "users show: users al /x"),
            ("cxme-admin -c/x --store=/y users show al", "users show: users al /x /y"),
            ("cxme-admin users show al --config /z --role Cl", "users show: role Cl /z"),
            ("cxme-admin users show --role=Cl", "users show: role Cl"),
            ("cxme-admin -c $x users show al", "users show: users al ?"),
            ("cxme-admin users set-password a --generate al", "users set-password: users al"),
            ("cxme-admin users show -- -al", "users show: users -al"),
            ("cxme-admin jobs run 1", "jobs run: job 1"),
            ("cxme-admin roles clone Cl", "roles clone: from Cl"),
            ("cxme-admin roles clone Clerk N", "roles clone: new N"),
            ("cxme-admin audit list --user al", "audit list: user al"),
            ("sudo users show al", "users show: users al"),
        ] {
            assert_eq!(at(line).as_deref(), Some(expected), "{line}");
        }
        for line in [
            "cxme-admin",
            "cxme-admin us",
            "cxme-admin users sh",
            "cxme-admin users show --ro",
            "cxme-admin users show -",
            "cxme-admin jobs show 1 2",
            "cxme-admin nothing al",
            "cxme-admin whoami al",
        ] {
            assert_eq!(at(line), None, "{line}");
        }
    }
}
