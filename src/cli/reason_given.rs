//! Whether the arguments of a command give a reason, and the tree of commands that has one for all.

use clap::ArgMatches;

/// What the arguments say of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReasonGiven {
    /// There is one, or the command takes none.
    Enough,
    /// There is none, and the command takes one.
    Missing,
    /// There is none, and nothing is changed.
    DryRun,
    /// It is empty.
    Blank,
}

impl ReasonGiven {
    /// What the arguments of the command say.
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let mut command = matches;
        while let Some((_, inner)) = command.subcommand() {
            command = inner;
        }
        let reason = command.try_get_one::<String>("reason");
        let is_dry_run = command.try_get_one::<bool>("dry_run").ok().flatten() == Some(&true);
        match reason {
            Ok(None) if is_dry_run => Self::DryRun,
            Ok(None) => Self::Missing,
            Ok(Some(reason)) if reason.trim().is_empty() => Self::Blank,
            Ok(Some(_)) | Err(_) => Self::Enough,
        }
    }
}

/// The tree of commands in which each `--reason` that is not given has this text.
pub(super) fn with_reason(tree: clap::Command, reason: &str) -> clap::Command {
    let tree = tree.mut_args(|argument| match argument.get_id().as_str() {
        "reason" => argument.default_value(reason.to_owned()),
        _ => argument,
    });
    tree.mut_subcommands(|command| with_reason(command, reason))
}
