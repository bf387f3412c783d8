//! `operators edit`.

use crate::actions::operators::edit;
use crate::actions::operators::edit::EditedOperator;
use crate::actions::operators::edit::OperatorEdit;
use crate::app::ChangeOptions;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::operators::LimitArgs;
use crate::cli::operators::known_uid;
use crate::cli::operators::limit_fields;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::prompt;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::operator::Operator;
use crate::domain::operator::OperatorKind;
use crate::domain::text;

/// Change an operator: the role, the limits, or the kind
///
/// `--only-role` and `--only-domain` replace the limits of their kind. The change takes effect at once, also for the mails
/// of a running job that the operator asked for. You can only give a role whose permissions your own role has, and no wider
/// limits than your own. Asks before it takes permissions from yourself.
///
/// Example: `cxme-admin operators edit carol --role Helpdesk --only-domain example.com`
#[derive(Debug, clap::Args)]
pub struct EditArgs {
    /// Name or number of an OS account, as `operators list` shows it
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// New role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Act on users with any role
    #[arg(long, conflicts_with = "only_role")]
    any_role: bool,
    /// Act on users in any email domain
    #[arg(long, conflicts_with = "only_domain")]
    any_domain: bool,
    /// The account is a service (a timer, a login system)
    #[arg(long, conflicts_with = "person")]
    service: bool,
    /// The account is a person
    #[arg(long)]
    person: bool,
    /// Skip confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    acting: ActingArgs,
}

impl EditArgs {
    fn edit(&self) -> Result<OperatorEdit, CliError> {
        let mut limits = self.limits.edit();
        if self.any_role {
            limits.roles = Some(Vec::new());
        }
        if self.any_domain {
            limits.domains = Some(Vec::new());
        }
        let kind = match (self.service, self.person) {
            (true, _) => Some(OperatorKind::Service),
            (_, true) => Some(OperatorKind::Person),
            _ => None,
        };
        if self.role.is_none() && kind.is_none() && limits.roles.is_none() && limits.domains.is_none() {
            let hint = "give `--role`, `--only-role`, `--only-domain`, `--any-role`, `--any-domain`, `--service` or `--person`";
            return Err(CliError::Usage { words: "nothing to change".to_owned(), hint: Some(hint.to_owned()) });
        }
        Ok(OperatorEdit { role: self.role.clone(), kind, limits })
    }
}

/// Runs the command.
///
/// # Errors
/// When the account is no operator, it is the last Admin, or the operator may not.
pub fn run(context: &mut Context, args: &EditArgs) -> anyhow::Result<()> {
    let app = context.app(Action::OperatorsEdit)?;
    let wanted = args.edit()?;
    let known = known_uid(context, &args.account);
    let run = |context: &Context, change_options: &ChangeOptions| {
        let accounts = &context.process.accounts;
        let is_usable = |operator: &Operator| operator.is_usable(&accounts.look_up(operator.uid));
        edit::edit(&app, &args.account, known, &wanted, is_usable, change_options)
    };
    let change_options = args.acting.change_options();
    let plan = run(context, &ChangeOptions { dry_run: true, ..change_options.clone() })?;
    if args.acting.dry_run {
        let mut step = PlanStep::new(Action::OperatorsEdit, words(&plan, "Would change"))
            .if_changed(plan.is_changed())
            .field("account", Value::text(&plan.new.account))
            .field("role", Value::text(&plan.new.role_name))
            .field("kind", Value::text(plan.new.kind.word()));
        for (field, value) in limit_fields(&plan.new.limits) {
            step = step.field(field, value);
        }
        return plan::print(&mut context.output, app.now(), &[step]);
    }
    if plan.is_own && (!plan.lost().is_empty() || plan.old.limits != plan.new.limits) {
        let question = format!("{} This is your own account. Continue?", words(&plan, "Would change"));
        prompt::confirm(context, args.yes, &question)?;
    }
    let edited = run(context, &change_options)?;
    context.output.say(&words(&edited, "Changed"));
    Ok(())
}

/// What became of the operator: "Changed operator carol: role Helpdesk; may act only on users in example.com."
fn words(edited: &EditedOperator, verb: &str) -> String {
    let EditedOperator { old, new, .. } = edited;
    let name = text::visible(&new.account);
    if !edited.is_changed() {
        return format!("Operator {name} already has this role, kind and these limits; nothing was changed.");
    }
    let limits = || match new.limits.is_none() {
        true => "may act on users with any role in any domain".to_owned(),
        false => format!("may act only on {}", text::visible(&new.limits.words())),
    };
    let changes = [
        (old.role != new.role).then(|| format!("role {}", text::visible(&new.role_name))),
        (old.limits != new.limits).then(limits),
        (old.kind != new.kind).then(|| format!("kind {}", new.kind.word())),
    ];
    format!("{verb} operator {name}: {}.", changes.into_iter().flatten().collect::<Vec<_>>().join("; "))
}
