//! A command that does not exist: which one was probably meant. It is named, and never run: nobody meant that one for certain.

use std::ffi::OsString;

use clap::Arg;
use clap::Command;

use crate::domain::spelling;
use crate::domain::text;

/// What other tools call our commands. Of several commands of ours, the first that the group has is the answer.
const ELSEWHERE: [(&[&str], &[&str]); 26] = [
    (&["list", "queue"], &["ls", "ll", "dir", "all", "search", "find", "query"]),
    (
        &["show", "list"],
        &["get", "info", "describe", "view", "cat", "inspect", "display", "print", "details", "status"],
    ),
    (&["add"], &["create", "new", "insert", "register", "mk", "make", "adduser", "useradd"]),
    (&["delete", "remove", "revoke"], &["rm", "del", "remove", "delete", "destroy", "purge", "drop", "erase"]),
    (&["delete"], &["deluser", "userdel", "rmuser"]),
    (&["edit"], &["update", "modify", "mod", "change", "rename", "patch", "usermod", "moduser"]),
    (&["set-password"], &["passwd", "pw", "setpw", "chpasswd", "reset-password", "password-set"]),
    (&["send-reset"], &["reset", "invite", "forgot", "forgot-password", "password-reset", "resend"]),
    (&["lock"], &["disable", "suspend", "block", "ban", "deactivate", "freeze"]),
    (&["unlock"], &["enable", "unsuspend", "unblock", "unban", "activate", "reactivate"]),
    (&["verify-password"], &["auth", "authenticate", "login", "check-password", "test-password"]),
    (&["export", "backup"], &["dump", "download"]),
    (&["import"], &["load", "upload"]),
    (&["cancel"], &["abort", "kill"]),
    (&["pause", "cancel"], &["stop", "halt", "hold"]),
    (&["run", "resume", "test"], &["start", "send", "continue", "process", "flush"]),
    (&["audit list"], &["log", "logs", "history", "events", "journal"]),
    (&["mail queue"], &["mailq", "outbox", "queue"]),
    (&["doctor", "store check"], &["health", "healthcheck", "diagnose", "fsck"]),
    (&["store migrate"], &["upgrade", "migrations"]),
    (&["config show"], &["settings", "options", "env"]),
    (&["completions"], &["completion", "autocomplete"]),
    (&["init"], &["setup", "install", "bootstrap"]),
    (&["metrics"], &["monitor", "monitoring", "prometheus", "statistics", "stats"]),
    (&["whoami"], &["id", "who", "me"]),
    (&["--version"], &["version"]),
];

/// The most commands that are named.
const MOST: usize = 3;

/// The most characters of an unknown command that are repeated.
const MAX_SHOWN: usize = 80;

/// What is said about a command that does not exist.
#[derive(Debug)]
pub(super) struct UnknownCommand {
    /// The words of the group and the one that it does not have.
    pub(super) words: Vec<String>,
    /// The commands that may have been meant, as one types them, the likeliest first.
    pub(super) suggestions: Vec<String>,
    /// What the group is called.
    pub(super) group: String,
    /// The commands of the group.
    pub(super) commands: Vec<String>,
}

/// Looks for the command that was meant by `unknown`, which clap found among the arguments.
pub(super) fn find(tree: &Command, arguments: &[OsString], unknown: &str) -> UnknownCommand {
    let (path, next) = place_of(tree, arguments, unknown);
    let group = path.last().copied().unwrap_or(tree);
    let names: Vec<String> = path.iter().map(|command| command.get_name().to_owned()).collect();
    let mut suggestions = suggestions(tree, group, unknown, next.as_deref());
    suggestions.dedup();
    suggestions.truncate(MOST);
    UnknownCommand {
        words: [names.as_slice(), &[text::quoted(unknown, MAX_SHOWN)]].concat(),
        suggestions: suggestions.iter().map(|words| typed(tree, words)).collect(),
        group: [&[tree.get_name().to_owned()], names.as_slice()].concat().join(" "),
        commands: visible(group).map(Command::get_name).chain(["help"]).map(str::to_owned).collect(),
    }
}

/// The commands that lead to an unknown one, and the word that follows it. Options and their values are no commands.
fn place_of<'tree>(
    tree: &'tree Command,
    arguments: &[OsString],
    unknown: &str,
) -> (Vec<&'tree Command>, Option<String>) {
    let mut path: Vec<&Command> = Vec::new();
    let mut words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        let command = path.last().copied().unwrap_or(tree);
        if word.starts_with('-') {
            if is_before_its_value(tree, command, &word) {
                words.next();
            }
        } else if let Some(below) = command.find_subcommand(&*word) {
            path.push(below);
        } else if word == unknown {
            break;
        }
    }
    (path, words.find(|word| !word.starts_with('-')).map(|word| word.into_owned()))
}

/// Whether the next word is the value of this option.
fn is_before_its_value(tree: &Command, command: &Command, word: &str) -> bool {
    let takes_value = |is_it: &dyn Fn(&Arg) -> bool| {
        let mut arguments = command.get_arguments().chain(tree.get_arguments());
        arguments.find(|argument| is_it(argument)).is_some_and(|argument| argument.get_action().takes_values())
    };
    if let Some(long) = word.strip_prefix("--") {
        return takes_value(&|argument| argument.get_long() == Some(long));
    }
    // What follows a short option that takes a value, in the same word, is the value.
    let mut letters = word.chars().skip(1).skip_while(|letter| !takes_value(&|arg| arg.get_short() == Some(*letter)));
    letters.next().is_some() && letters.next().is_none()
}

/// The words of the commands that may have been meant, the likeliest first.
fn suggestions(tree: &Command, group: &Command, unknown: &str, next: Option<&str>) -> Vec<Vec<String>> {
    let lower = unknown.to_ascii_lowercase();
    let is_top = std::ptr::eq(group, tree);
    let words = |command: &Command| {
        let below = next.filter(|next| is_top && command.find_subcommand(next).is_some());
        let names = (!is_top).then(|| group.get_name()).into_iter().chain([command.get_name()]).chain(below);
        names.map(str::to_owned).collect::<Vec<String>>()
    };
    if let Some(same) = visible(group).find(|command| command.get_name() == lower) {
        return vec![words(same)];
    }
    // `delete user` and `user delete` mean the same.
    let named = next.and_then(|next| visible(tree).find(|group| group.has_subcommands() && is_called(group, next)));
    let groups: Vec<&Command> = match (is_top, named) {
        (true, Some(named)) => vec![named],
        (true, None) => visible(tree).filter(|command| command.has_subcommands()).collect(),
        (false, _) => vec![group],
    };
    let elsewhere = ELSEWHERE.iter().filter(|(_, theirs)| theirs.contains(&&*lower));
    let known = elsewhere.flat_map(|(ours, _)| *ours).find_map(|ours| known_as(tree, is_top, &groups, ours));
    if let Some(known) = known {
        return vec![known];
    }
    let mut near: Vec<(usize, Vec<String>)> = Vec::new();
    for command in visible(group).filter(|command| !is_top || !command.has_subcommands() || named.is_none()) {
        near.extend(nearness(&lower, command).map(|slips| (slips, words(command))));
    }
    if is_top {
        for group in &groups {
            let below = visible(group).filter_map(|command| Some((nearness(&lower, command)?, command)));
            near.extend(
                below.map(|(slips, command)| (slips, vec![group.get_name().into(), command.get_name().into()])),
            );
        }
    } else if near.is_empty() {
        // What one other group has, or the top. What several have may be meant of this one, which has none of the kind.
        let others = visible(tree).filter_map(|other| Some((other, other.find_subcommand(&lower)?)));
        let mut others: Vec<Vec<String>> =
            others.map(|(other, command)| vec![other.get_name().into(), command.get_name().into()]).collect();
        others.extend(tree.find_subcommand(&lower).map(|command| vec![command.get_name().to_owned()]));
        near.extend(others.pop().filter(|_| others.is_empty()).map(|words| (0, words)));
    }
    near.sort_by_key(|(slips, _)| *slips);
    near.into_iter().map(|(_, words)| words).collect()
}

/// A command of ours by its name, or by group and name, if there is one.
fn known_as(tree: &Command, is_top: bool, groups: &[&Command], ours: &str) -> Option<Vec<String>> {
    if ours.starts_with('-') {
        return is_top.then(|| vec![ours.to_owned()]);
    }
    if let Some((group, name)) = ours.split_once(' ') {
        let is_asked = is_top || groups.iter().any(|asked| asked.get_name() == group);
        let found = tree.find_subcommand(group).and_then(|group| group.find_subcommand(name));
        return found.filter(|_| is_asked).map(|_| vec![group.to_owned(), name.to_owned()]);
    }
    if is_top && tree.find_subcommand(ours).is_some_and(|command| !command.has_subcommands()) {
        return Some(vec![ours.to_owned()]);
    }
    let group = groups.iter().find(|group| group.find_subcommand(ours).is_some())?;
    Some(vec![group.get_name().to_owned(), ours.to_owned()])
}

/// How near a word is to the name of a command; a beginning of it is as near as one with a slip.
fn nearness(word: &str, command: &Command) -> Option<usize> {
    let name = command.get_name();
    if name != word && word.len() > 1 && name.starts_with(word) { Some(1) } else { spelling::slips(word, name) }
}

/// Whether a group is called so, in the singular too.
fn is_called(group: &Command, word: &str) -> bool {
    let (name, word) = (group.get_name(), word.to_ascii_lowercase());
    name == word || name.strip_suffix('s') == Some(&*word) || spelling::slips(&word, name).is_some()
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| !command.is_hide_set())
}

/// A command as one types it, with the names of its arguments. What was typed behind the unknown command is
/// not repeated: it may be a password.
fn typed(tree: &Command, words: &[String]) -> String {
    let found = words.iter().try_fold(tree, |command, word| command.find_subcommand(word));
    let arguments = found.into_iter().flat_map(Command::get_positionals).filter(|argument| !argument.is_hide_set());
    let names = arguments.flat_map(|argument| {
        let names = argument.get_value_names().unwrap_or_default().iter();
        names.map(|name| if argument.is_required_set() { name.to_string() } else { format!("[{name}]") })
    });
    let name = tree.get_name().to_owned();
    std::iter::once(name).chain(words.iter().cloned()).chain(names).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_tools_say_leads_to_commands_that_exist_and_is_none_at_the_top() {
        let tree = crate::cli::command_tree();
        let groups: Vec<&Command> = visible(&tree).collect();
        for (ours, theirs) in ELSEWHERE {
            for name in ours {
                assert!(known_as(&tree, true, &groups, name).is_some(), "{name}");
            }
            for word in theirs {
                assert!(tree.find_subcommand(word).is_none(), "{word} is a command");
                let found = find(&tree, &["cxme-admin".into(), word.into()], word);
                assert_eq!(found.suggestions.len(), 1, "{word}: {found:?}");
            }
        }
    }
}
