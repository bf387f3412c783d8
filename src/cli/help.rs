//! `cxme-admin help TOPIC`: pages that belong to no single command. The manual has the same texts.

use std::ffi::OsString;

use clap::error::ContextKind;
use clap::error::ContextValue;
use clap::error::ErrorKind;

/// A page of help on something that several commands have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// The word after `help`.
    pub name: &'static str,
    /// One line on what it is about.
    pub about: &'static str,
    /// The page: headings at the margin, paragraphs indented by four columns, command lines and files by eight.
    pub text: &'static str,
}

/// All topics, by name.
pub const TOPICS: [Topic; 5] = [
    Topic {
        name: "config",
        about: "Where configuration and store are searched",
        text: include_str!("help/config.txt"),
    },
    Topic { name: "cron", about: "Unattended runs from cron or systemd", text: include_str!("help/cron.txt") },
    Topic { name: "exit-codes", about: "Exit codes", text: include_str!("help/exit-codes.txt") },
    Topic {
        name: "login-view",
        about: "How login systems use the passwords",
        text: include_str!("help/login-view.txt"),
    },
    Topic { name: "security", about: "What is protected, and what cannot be", text: include_str!("help/security.txt") },
];

/// The topic of this name.
pub fn topic(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

/// The end of the program's help: what topics there are.
pub(super) fn list_of_topics() -> String {
    let names = TOPICS.map(|topic| topic.name).join(", ");
    format!(
        "Topics: {names}\nRead one with `cxme-admin help TOPIC`, and the help of a command with `cxme-admin help COMMAND`."
    )
}

/// The topic that was asked for, where clap looked for a command of that name and found none.
pub(super) fn asked_for(arguments: &[OsString], error: &clap::Error) -> Option<&'static Topic> {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let follows_help = arguments.windows(2).any(|words| words[0] == "help" && words[1] == **unknown);
    topic(unknown).filter(|_| error.kind() == ErrorKind::InvalidSubcommand && follows_help)
}
