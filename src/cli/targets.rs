//! The users that a command acts on: named, selected, or all. For one user who is named
//! exactly a command asks only what it always asks; several are counted, and the operator is asked first.

use crate::actions::users::list::UserFilter;
use crate::actions::users::targets::ResolvedTargets;
use crate::actions::users::targets::TargetList;
use crate::actions::users::targets::Targets;
use crate::app;
use crate::app::App;
use crate::app::ChangeOptions;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::summary::counted;
use crate::cli::prompt;
use crate::cli::selection::SelectionArgs;
use crate::cli::value::Value;
use crate::domain::text;
use crate::domain::user::UserReference;

/// How many users a question names; more are only counted.
const ASKED_BY_NAME: usize = 5;

/// What is said where a selection holds nobody.
pub const NOBODY: &str = "No users match; nothing was changed.";

/// The users that a command acts on
#[derive(Debug, Clone, Default, clap::Args)]
pub struct TargetArgs {
    /// Exact usernames or email addresses
    #[arg(value_name = "USER")]
    pub users: Vec<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "its doc comment would be help")]
    pub selection: SelectionArgs,
    /// All users
    #[arg(long, help_heading = "Which users")]
    pub all: bool,
}

impl TargetArgs {
    /// Whether users are selected, and not named.
    pub fn is_selection(&self) -> bool {
        self.users.is_empty()
    }

    /// Refuses what names no user, or does so in two ways.
    ///
    /// # Errors
    /// [`CliError::Usage`].
    pub fn check(&self) -> Result<(), CliError> {
        self.check_beside(false)
    }

    /// The same where another option selects users too.
    ///
    /// # Errors
    /// [`CliError::Usage`].
    pub fn check_beside(&self, has_other: bool) -> Result<(), CliError> {
        let usage =
            |words: &str, hint: &str| Err(CliError::Usage { words: words.to_owned(), hint: Some(hint.to_owned()) });
        let is_given = self.selection.is_given() || has_other;
        match (self.users.is_empty(), is_given, self.all) {
            (true, false, false) => usage("no user is named", "name users, or select some (`--all` for everybody)"),
            (false, true, _) | (false, _, true) => {
                usage("users are named, and a selection is given", "give one of the two; `--from FILE` names many")
            }
            (_, true, true) if !has_other || self.selection.is_given() => {
                usage("`--all` is everybody, and a condition is given", "give one of the two")
            }
            _ => Ok(()),
        }
    }

    /// The selection as one would type it.
    pub fn words(&self) -> String {
        if self.all { "--all".to_owned() } else { self.selection.words() }
    }

    /// What the action is told.
    ///
    /// # Errors
    /// When an age or the file is malformed.
    pub fn targets(&self, context: &mut Context, app: &App) -> anyhow::Result<Targets> {
        match self.users.as_slice() {
            [] => {
                let (wanted, sha256) = self.selection.wanted_with_digest(context, app)?;
                Ok(Targets::Many(Box::new(TargetList {
                    wanted,
                    words: Some(self.words()),
                    sha256,
                    ..TargetList::default()
                })))
            }
            [user] => Ok(Targets::One(UserReference::new(user))),
            users => {
                let mut wanted = UserFilter::default();
                wanted.query.selection.named = Some(users.iter().map(|user| UserReference::new(user)).collect());
                Ok(Targets::Many(Box::new(TargetList { wanted, ..TargetList::default() })))
            }
        }
    }
}

/// Changes several users: tries the change, asks, and makes it, unless the users are others by then. `question` says what is
/// asked; `None`: nothing would change. A dry run ends with the trial.
///
/// # Errors
/// When the change is refused, or not confirmed.
pub fn change_several<T: AsRef<ResolvedTargets>>(
    context: &mut Context,
    yes: bool,
    acting: &ActingArgs,
    several: TargetList,
    question: impl Fn(&T) -> Option<String>,
    change: impl Fn(&TargetList, &ChangeOptions) -> app::Result<T>,
) -> anyhow::Result<T> {
    let change_options = acting.change_options();
    if yes || change_options.dry_run {
        return Ok(change(&several, &change_options)?);
    }
    // What cannot be done is said before anybody is asked whether to do it.
    let trial = change(&several, &ChangeOptions { dry_run: true, ..change_options.clone() })?;
    let Some(question) = question(&trial) else { return Ok(trial) };
    prompt::confirm(context, false, &question)?;
    let confirmed = Some(trial.as_ref().clone());
    Ok(change(&TargetList { confirmed, ..several }, &change_options)?)
}

/// "3 users (alice, bob, carla)", or only "1,204 users" where they are many.
pub fn counted_and_named(users: &ResolvedTargets) -> String {
    let count = counted(users.count, "user");
    if users.count > ASKED_BY_NAME as u64 || users.first.is_empty() {
        return count;
    }
    let names: Vec<String> = users.first.iter().map(|user| user.username.to_string()).collect();
    format!("{count} ({})", names.join(", "))
}

/// Says how many of the users are changed: "3 users (alice, …)" where those are all, else "3 of 5 users".
pub fn changed_of(changed: u64, users: &ResolvedTargets) -> String {
    if changed == users.count { counted_and_named(users) } else { count_of(changed, users) }
}

/// "3 users" where those are all, else "3 of 5 users".
pub fn count_of(changed: u64, users: &ResolvedTargets) -> String {
    let all = counted(users.count, "user");
    if changed == users.count { all } else { format!("{} of {all}", text::grouped(changed, ',')) }
}

/// What a dry run says: nobody matches, nothing would change, or what `words` makes of those who would be changed.
pub fn would(changed: u64, users: &ResolvedTargets, words: impl FnOnce(&str) -> String) -> String {
    match (users.count, changed) {
        (0, _) => NOBODY.to_owned(),
        (_, 0) => "All of these users already match; nothing would be changed.".to_owned(),
        _ => words(&changed_of(changed, users)),
    }
}

/// The first users by name, for the data of a plan.
pub fn usernames(users: &ResolvedTargets) -> Value<'_> {
    Value::List(users.first.iter().map(|user| user.username.as_str()).collect())
}
