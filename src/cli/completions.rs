//! `completions`.

use clap_complete::Shell;

use crate::cli::context::Context;

/// Print the completions for a shell
///
/// For bash: `cxme-admin completions bash > /etc/bash_completion.d/cxme-admin`
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// bash, zsh, fish, elvish or powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
/// When the output cannot be written.
pub fn run(context: &mut Context, args: &CompletionsArgs) -> anyhow::Result<()> {
    // The generator panics where it cannot write, and a pipe may be closed: it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command_tree(), "cxme-admin", &mut script);
    Ok(context.output.data().write_all(&script)?)
}
