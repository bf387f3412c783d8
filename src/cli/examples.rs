//! The examples at the end of each command's help and of its manual page. A test runs each of them.

use std::fmt::Write as _;

use clap::Command;
use clap::builder::Styles;

/// The examples of each command, by its words after `cxme-admin`: one or two command lines as one types them. In front of a
/// `|` there may be another program, and `>` may send the output to a file.
pub const EXAMPLES: &[(&str, &[&str])] = &[
    ("demo", &["cxme-admin demo"]),
    (
        "init",
        &["cxme-admin init", "cxme-admin init --yes --organization 'Example Travel' --help-contact 'extension 4711'"],
    ),
    (
        "users list",
        &["cxme-admin users list --never-logged-in", "cxme-admin users list --status locked -o csv > locked.csv"],
    ),
    ("users show", &["cxme-admin users show alice", "cxme-admin users show alice@example.com -o json"]),
    (
        "users add",
        &[
            "cxme-admin users add erin@example.com --name 'Erin Ellis'",
            "cxme-admin users add erin@example.com --send-reset",
        ],
    ),
    (
        "users edit",
        &[
            "cxme-admin users edit alice --email alice.adams@example.com",
            "cxme-admin users edit --no-password --locale de --yes",
        ],
    ),
    ("users clone", &["cxme-admin users clone alice --email erin@example.com --name 'Erin Ellis'"]),
    (
        "users delete",
        &[
            "cxme-admin users delete alice",
            "cxme-admin users delete --never-logged-in --password-older-than 365d --dry-run",
        ],
    ),
    (
        "users lock",
        &[
            "cxme-admin users lock alice --for 2h --reason 'lost laptop'",
            "cxme-admin users lock --from leavers.csv --yes",
        ],
    ),
    ("users unlock", &["cxme-admin users unlock alice"]),
    ("users import", &["cxme-admin users import users.csv --dry-run", "cxme-admin users import users.csv --update"]),
    ("users export", &["cxme-admin users export --to users.csv", "cxme-admin users export -o ndjson | wc -l"]),
    ("users password", &["cxme-admin users password alice"]),
    (
        "users set-password",
        &["cxme-admin users set-password alice", "pass show alice | cxme-admin users set-password alice --stdin"],
    ),
    (
        "users send-reset",
        &[
            "cxme-admin users send-reset alice",
            "cxme-admin users send-reset --policy-outdated --key 2026-11 --canary 20 --max-failures 20% --yes",
        ],
    ),
    (
        "users verify-password",
        &["cxme-admin users verify-password alice", "pass show alice | cxme-admin users verify-password alice --stdin"],
    ),
    ("users change-password", &["cxme-admin users change-password alice"]),
    ("resets list", &["cxme-admin resets list --user alice", "cxme-admin resets list --state open -o csv > links.csv"]),
    ("resets revoke", &["cxme-admin resets revoke alice", "cxme-admin resets revoke --all --reason 'mailbox stolen'"]),
    ("resets redeem", &["cxme-admin resets redeem"]),
    ("jobs list", &["cxme-admin jobs list --limit 5"]),
    ("jobs show", &["cxme-admin jobs show 1"]),
    ("jobs recipients", &["cxme-admin jobs recipients 1 -o csv > job-1.csv"]),
    ("jobs wait", &["cxme-admin jobs wait 1", "cxme-admin jobs wait 1 --timeout 2h -v"]),
    ("jobs run", &["cxme-admin jobs run", "cxme-admin jobs run --max-runtime 50m"]),
    ("jobs pause", &["cxme-admin jobs pause 1"]),
    ("jobs resume", &["cxme-admin jobs resume 1"]),
    ("jobs retry", &["cxme-admin jobs retry 1", "cxme-admin jobs retry 1 --deferred"]),
    ("jobs cancel", &["cxme-admin jobs cancel 1", "cxme-admin jobs cancel 1 --revoke-links --dry-run"]),
    ("jobs remind", &["cxme-admin jobs remind 1 --after 3d"]),
    ("jobs delete", &["cxme-admin jobs delete 1", "cxme-admin jobs delete --older-than 365d --yes"]),
    ("roles list", &["cxme-admin roles list"]),
    ("roles show", &["cxme-admin roles show Admin"]),
    ("roles add", &["cxme-admin roles add Helpdesk --allow send-resets,lock-users"]),
    ("roles edit", &["cxme-admin roles edit Helpdesk --allow view-audit --deny lock-users"]),
    ("roles clone", &["cxme-admin roles clone Helpdesk 'Night shift'"]),
    ("roles delete", &["cxme-admin roles delete Helpdesk"]),
    ("roles permissions", &["cxme-admin roles permissions"]),
    ("operators list", &["cxme-admin operators list"]),
    (
        "operators add",
        &["cxme-admin operators add carol --role Admin", "cxme-admin operators add mailer --role Service --service"],
    ),
    ("operators edit", &["cxme-admin operators edit carol --role Helpdesk --only-domain example.com"]),
    ("operators disable", &["cxme-admin operators disable carol"]),
    ("operators enable", &["cxme-admin operators enable carol"]),
    ("operators remove", &["cxme-admin operators remove carol"]),
    ("policy show", &["cxme-admin policy show", "cxme-admin policy show --user alice"]),
    ("policy check", &["cxme-admin policy check --user alice"]),
    ("policy blocklist build", &["cxme-admin policy blocklist build pwned.txt --out pwned.filter"]),
    ("policy blocklist info", &["cxme-admin policy blocklist info pwned.filter"]),
    ("policy blocklist check", &["cxme-admin policy blocklist check pwned.filter"]),
    ("audit archive", &["cxme-admin audit archive --before 365d --out audit-2025.ndjson"]),
    ("audit export", &["cxme-admin audit export --since 7d", "cxme-admin audit export --after 3 --follow"]),
    ("audit list", &["cxme-admin audit list --user alice", "cxme-admin audit list --outcome refused --since 7d"]),
    ("audit show", &["cxme-admin audit show 3", "cxme-admin audit show 3 --changes"]),
    ("audit verify", &["cxme-admin audit verify"]),
    ("audit head", &["cxme-admin audit head | ssh loghost 'cat >> cxme-admin.heads'"]),
    ("mail test", &["cxme-admin mail test postmaster@example.com -v"]),
    ("mail preview", &["cxme-admin mail preview reset --user alice", "cxme-admin mail preview invitation --locale de"]),
    ("mail queue", &["cxme-admin mail queue"]),
    ("mail bounces", &["cxme-admin mail bounces reports.mbox", "ssh mx cat reports.mbox | cxme-admin mail bounces -"]),
    ("store check", &["cxme-admin store check"]),
    (
        "store backup",
        &["cxme-admin store backup store.backup", "cxme-admin store backup --directory backups --keep 14"],
    ),
    (
        "store restore",
        &["cxme-admin store restore --latest backups --dry-run", "cxme-admin store restore store.backup"],
    ),
    ("store migrate", &["cxme-admin store migrate --dry-run", "cxme-admin store migrate"]),
    ("config show", &["cxme-admin config show"]),
    ("doctor", &["cxme-admin doctor", "cxme-admin doctor -o json > doctor.json"]),
    ("metrics", &["cxme-admin metrics"]),
    ("whoami", &["cxme-admin whoami"]),
    ("completions", &["cxme-admin completions bash > /etc/bash_completion.d/cxme-admin"]),
];

/// The examples of the command with these words; none for a group of commands.
pub fn of(words: &str) -> &'static [&'static str] {
    EXAMPLES.iter().find(|(command, _)| *command == words).map_or(&[], |(_, examples)| examples)
}

/// The tree with the examples at the end of the long help of each command.
pub(super) fn with_examples(tree: Command) -> Command {
    add(tree, "")
}

fn add(command: Command, words: &str) -> Command {
    let examples = of(words);
    let command = if examples.is_empty() { command } else { command.after_long_help(section(examples)) };
    command.mut_subcommands(|below| {
        let name = below.get_name();
        let words = if words.is_empty() { name.to_owned() } else { format!("{words} {name}") };
        add(below, &words)
    })
}

fn section(examples: &[&str]) -> String {
    let style = Styles::styled();
    let header = style.get_header();
    let mut text = format!("{header}Examples:{header:#}");
    for example in examples {
        // A text in memory takes every write.
        let _ = write!(text, "\n  {example}");
    }
    text
}
