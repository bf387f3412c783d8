//! `completions`.
//!
//! `clap_complete` writes the scripts. They are corrected afterwards, at places that are looked up and must be there: the tests type
//! at real shells. For bash, zsh and fish a function is added that asks the program for the values that only the store knows
//! ([`crate::cli::complete`]).

use std::fmt::Write as _;

use clap::Arg;
use clap::Command;
use clap::ValueHint;
use clap::builder::PossibleValue;
use clap_complete::Shell;

use crate::cli::context::Context;

/// Print the completion script for a shell
///
/// In bash, zsh and fish, TAB completes commands and options, and the users, roles, operators and jobs of the store, if you may read it:
/// usernames, and addresses once you typed an `@`. Where the store cannot be read, such as behind `sudo`, there are none.
///
/// For bash: `cxme-admin completions bash > /etc/bash_completion.d/cxme-admin`
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// bash, zsh, fish, elvish or powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

const NAME: &str = "cxme-admin";
/// The name of functions, which for bash must not have a hyphen: `clap_complete` 4.6 writes two different words for one
/// that has (clap issue 6421), and nothing is completed behind the first command.
const PLAIN_NAME: &str = "cxme_admin";

/// Runs the command.
///
/// # Errors
/// When the output cannot be written.
pub fn run(context: &mut Context, args: &CompletionsArgs) -> anyhow::Result<()> {
    let tree = with_hints(crate::cli::command_tree());
    let script = match args.shell {
        Shell::Bash => bash(tree)?,
        Shell::Fish => fish(tree)?,
        Shell::Zsh => zsh(tree)?,
        other => generated(other, tree, NAME)?,
    };
    Ok(context.output.data().write_all(script.as_bytes())?)
}

/// The generator panics where it cannot write, and a pipe may be closed: it writes to memory.
fn generated(shell: Shell, mut tree: Command, name: &str) -> anyhow::Result<String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut tree, name, &mut script);
    Ok(String::from_utf8(script)?)
}

/// What asks the program for values, in each shell.
const BASH_VALUES: &str = include_str!("completions/values.bash");
const ZSH_VALUES: &str = include_str!("completions/values.zsh");
const FISH_VALUES: &str = include_str!("completions/values.fish");

/// The tree where each argument says what its value is: else shells offer files where a user is meant.
fn with_hints(command: Command) -> Command {
    // Elsewhere an account is an operator's, whom the store knows.
    let names_new = ["add", "init"].contains(&command.get_name());
    let hinted = command.mut_args(|argument| {
        let names = argument.get_value_names();
        let is_account = names_new && names.is_some_and(|names| names.iter().any(|name| name == "ACCOUNT"));
        match argument.get_value_hint() {
            _ if !argument.get_action().takes_values() || !argument.get_possible_values().is_empty() => argument,
            ValueHint::Unknown if is_account => argument.value_hint(ValueHint::Username),
            ValueHint::Unknown => argument.value_hint(ValueHint::Other),
            // For bash the generator completes names with blanks, and directories, under this hint alone.
            ValueHint::AnyPath => argument.value_hint(ValueHint::FilePath),
            _ => argument,
        }
    });
    hinted.mut_subcommands(with_hints)
}

/// A command below the top, with the words that lead to it.
struct Named<'tree> {
    words: Vec<&'tree str>,
    command: &'tree Command,
}

fn commands(tree: &Command) -> Vec<Named<'_>> {
    let mut found: Vec<Named<'_>> = Vec::new();
    let mut left: Vec<Named<'_>> = vec![Named { words: Vec::new(), command: tree }];
    while let Some(named) = left.pop() {
        for command in named.command.get_subcommands() {
            let words = [named.words.as_slice(), &[command.get_name()]].concat();
            left.push(Named { words, command });
        }
        found.push(named);
    }
    found.sort_by(|one, other| one.words.cmp(&other.words));
    found
}

/// The long options whose value stands behind a `=` alone: a word that follows is something else.
fn options_with_equals(tree: &Command) -> Vec<&str> {
    let arguments = commands(tree).into_iter().flat_map(|named| named.command.get_arguments());
    let mut options: Vec<&str> =
        arguments.filter(|arg| arg.is_require_equals_set()).filter_map(Arg::get_long).collect();
    options.sort_unstable();
    options.dedup();
    options
}

/// The words that a value may have which is a list with commas, of each such option.
fn lists(tree: &Command) -> Vec<String> {
    let arguments = commands(tree).into_iter().flat_map(|named| named.command.get_arguments());
    let words = |arg: &Arg| {
        let values = arg.get_possible_values();
        values.iter().map(PossibleValue::get_name).collect::<Vec<_>>().join(" ")
    };
    let listed = arguments.filter(|arg| arg.get_long().is_some() && arg.get_value_delimiter() == Some(','));
    let mut lists: Vec<String> = listed.map(words).filter(|words| !words.is_empty()).collect();
    lists.sort_unstable();
    lists.dedup();
    lists
}

/// Replaces what the generator is known to write.
fn replace(script: &mut String, old: &str, new: &str) -> anyhow::Result<()> {
    anyhow::ensure!(script.contains(old), "the generator of completions does not write {old:?} any more");
    *script = script.replace(old, new);
    Ok(())
}

/// The first place alone.
fn replace_first(script: &mut String, old: &str, new: &str) -> anyhow::Result<()> {
    anyhow::ensure!(script.contains(old), "the generator of completions does not write {old:?} any more");
    *script = script.replacen(old, new, 1);
    Ok(())
}

/// For bash: the words around a `=`, accounts that are no files, and files only where one is meant.
fn bash(tree: Command) -> anyhow::Result<String> {
    let plain = without_usernames(tree.clone());
    let mut script = generated(Shell::Bash, plain, PLAIN_NAME)?;
    for order in ["-o nosort ", ""] {
        let defaults = format!("complete -F _{PLAIN_NAME} {order}-o bashdefault -o default {PLAIN_NAME}\n");
        let none = format!("complete -F _{PLAIN_NAME}_with_values {order}{NAME}\n");
        replace(&mut script, &defaults, &none)?;
    }
    let mut divided = String::from(
        "    cmd=\"\"
    opts=\"\"

    # `--option=value` comes as three words.
    local divided=\"\"
    if [[ \"${COMP_WORDS[COMP_CWORD]}\" == \"=\" ]]; then
        cur=\"\" divided=\"=\"
    elif [[ \"${prev}\" == \"=\" ]]; then
        prev=\"${COMP_WORDS[COMP_CWORD-2]}\" divided=\"=\"
    fi
",
    );
    for option in options_with_equals(&tree) {
        writeln!(divided, "    [[ \"${{prev}}\" == \"--{option}\" ]] && prev=\"--{option}${{divided}}\"")?;
        replace(&mut script, &format!(" --{option})\n"), &format!(" --{option}=)\n"))?;
    }
    // Otherwise TAB where a user is expected inserts the hyphen with which all options begin.
    divided += "    local hidden=\"\"\n    [[ \"${cur}\" == -* ]] || hidden=\"-*\"\n";
    replace_first(&mut script, "    cmd=\"\"\n    opts=\"\"\n", &divided)?;
    replace(&mut script, "compgen -W \"${opts}\"", "compgen -X \"${hidden}\" -W \"${opts}\"")?;
    for words in lists(&tree) {
        let whole = format!("compgen -W \"{words}\" -- \"${{cur}}\"");
        let last = format!("compgen -P \"${{cur%\"${{cur##*,}}\"}}\" -W \"{words}\" -- \"${{cur##*,}}\"");
        replace(&mut script, &whole, &last)?;
    }
    let is_file = |arg: &&Arg| matches!(arg.get_value_hint(), ValueHint::FilePath | ValueHint::DirPath);
    let takes_files = |named: &Named<'_>| named.command.get_positionals().find(is_file).is_some();
    let taking: Vec<String> = commands(&tree)
        .iter()
        .filter(|named| takes_files(named))
        .map(|named| [&[PLAIN_NAME], named.words.as_slice()].concat().join("__subcmd__"))
        .collect();
    let files = format!(
        "    done

    case \"${{cmd}}\" in
        {})
            compopt -o default
            if [[ \"${{cur}}\" != -* && \"${{prev}}\" != -* ]]; then
                return 0
            fi
            ;;
    esac

    case \"${{cmd}}\" in
",
        taking.join("|")
    );
    replace_first(&mut script, "    done\n\n    case \"${cmd}\" in\n", &files)?;
    Ok(script + BASH_VALUES)
}

/// The tree for a generator that takes a hint at a username for one at a file.
fn without_usernames(command: Command) -> Command {
    let hinted = command.mut_args(|argument| match argument.get_value_hint() {
        ValueHint::Username => argument.value_hint(ValueHint::Other),
        _ => argument,
    });
    hinted.mut_subcommands(without_usernames)
}

/// For zsh: options behind a list of users, values that stand behind a `=` alone, and those that only the store knows.
fn zsh(tree: Command) -> anyhow::Result<String> {
    let mut script = generated(Shell::Zsh, tree.clone(), NAME)?;
    let lines = script.lines().map(|line| {
        if !line.starts_with('\'') || line.starts_with("'*:::") {
            return line.to_owned();
        }
        // Behind `*::` everything is an argument; with three colons it is a command of a group, and all right.
        let line = if line.starts_with("'*::") { line.replacen("'*::", "'*:", 1) } else { line.to_owned() };
        // No action is a message, beside which zsh inserts no option.
        line.strip_suffix(":' \\").map_or(line.clone(), |line| format!("{line}: _{NAME}_values' \\"))
    });
    script = lines.collect::<Vec<_>>().join("\n") + "\n";
    let begin = format!("_{NAME}() {{\n");
    // The words as they are on the line: `_arguments` leaves out the commands.
    let words = "    local -a _cxme_admin_words\n    \
                 _cxme_admin_words=(\"${(@)words[1,CURRENT-1]}\" \"$IPREFIX$QIPREFIX$PREFIX\")\n";
    replace_first(&mut script, &begin, &format!("{begin}{words}"))?;
    let end = format!("\nif [ \"$funcstack[1]\" = \"_{NAME}\" ]");
    replace_first(&mut script, &end, &format!("{ZSH_VALUES}{end}"))?;
    for option in options_with_equals(&tree) {
        replace(&mut script, &format!("--{option}=["), &format!("--{option}=-["))?;
    }
    for words in lists(&tree) {
        replace(&mut script, &format!(":({words})' "), &format!(": _values -s , word {words}' "))?;
    }
    Ok(script)
}

/// For fish: what stands without an option, of which the generator says nothing.
fn fish(mut tree: Command) -> anyhow::Result<String> {
    let mut script = generated(Shell::Fish, tree.clone(), NAME)?;
    for option in options_with_equals(&tree) {
        // `-r` is for a value that may be the next word.
        let required = format!(" -l {option} ");
        let lines = script.lines().map(|line| match line.contains(&required) {
            true => line.replacen(" -r -f -a ", " -f -a ", 1),
            false => line.to_owned(),
        });
        script = lines.collect::<Vec<_>>().join("\n") + "\n";
    }
    for words in lists(&tree) {
        let lines: Vec<String> = words.split(' ').map(|word| format!("{word}\\t''")).collect();
        let list = format!("-a \"(__fish_append , {words})\"");
        replace(&mut script, &format!("-a \"{}\"", lines.join("\n")), &list)?;
    }
    let lines = script.lines().map(|line| match line.ends_with(" -r -f") {
        true => format!("{line} -a \"(__fish_{PLAIN_NAME}_values)\""),
        false => line.to_owned(),
    });
    script = lines.collect::<Vec<_>>().join("\n") + "\n";
    let first = format!("complete -c {NAME} ");
    replace_first(&mut script, &first, &format!("{}{first}", FISH_VALUES.trim_start_matches('\n')))?;
    // Behind an option whose value is still missing there is no command yet.
    replace_first(&mut script, "2>/dev/null\n    or return\n", "2>/dev/null\n    or return 0\n")?;
    tree.build();
    writeln!(script, "# Files only where one is meant, and the values of arguments.")?;
    writeln!(script, "complete -c {NAME} -f")?;
    for Named { words, command } in commands(&tree) {
        let condition = match words.as_slice() {
            [] => continue,
            [command] => format!("__fish_{PLAIN_NAME}_using_subcommand {command}"),
            [group, command, ..] => {
                format!("__fish_{PLAIN_NAME}_using_subcommand {group}; and __fish_seen_subcommand_from {command}")
            }
        };
        for argument in command.get_positionals().filter(|argument| !argument.is_hide_set()) {
            let values: Vec<PossibleValue> = argument.get_possible_values();
            let words: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
            let what = match argument.get_value_hint() {
                _ if !words.is_empty() => format!("-a \"{}\"", words.join(" ")),
                ValueHint::DirPath => "-a \"(__fish_complete_directories)\"".to_owned(),
                ValueHint::FilePath => "-F".to_owned(),
                ValueHint::Username => "-a \"(__fish_complete_users)\"".to_owned(),
                _ => format!("-a \"(__fish_{PLAIN_NAME}_values)\""),
            };
            writeln!(script, "complete -c {NAME} -n \"{condition}\" {what}")?;
        }
    }
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_offered_for_a_file_and_for_nothing_else() {
        for Named { words, command } in commands(&with_hints(crate::cli::command_tree())) {
            for argument in command.get_arguments().filter(|argument| argument.get_action().takes_values()) {
                let names = argument.get_value_names().unwrap_or_default();
                let is_path = names.iter().any(|name| ["FILE", "DIR", "PATH"].contains(&name.as_str()));
                let hint = argument.get_value_hint();
                let is_hinted = matches!(hint, ValueHint::FilePath | ValueHint::DirPath);
                assert_eq!(is_path, is_hinted, "{words:?} {}: {hint:?}", argument.get_id());
                let is_known = hint != ValueHint::Unknown || !argument.get_possible_values().is_empty();
                assert!(is_known, "{words:?} {}", argument.get_id());
            }
        }
    }
}
