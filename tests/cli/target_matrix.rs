//! Every command that acts on a user, an operator or a role, by operators of six roles, on five targets: their own, a lower one, an
//! equal one, a higher one, and one outside their limits. What is allowed is said twice: by the rule as this test states it, and
//! by the table that people read.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use insta::assert_snapshot;

use crate::permission_first::leaves;
use crate::support::GOOD;
use crate::support::World;

/// The roles of the operators, and what each allows. All but Admin and Manager may act on users in example.com alone.
const ROLES: [(&str, &str); 6] = [
    ("Admin", ALL),
    (
        "Manager",
        "view-users add-users edit-users delete-users lock-users set-passwords send-resets run-bulk-jobs redeem \
         verify-passwords manage-roles manage-operators export-hashes override-policy",
    ),
    ("Helpdesk", "view-users lock-users send-resets run-bulk-jobs manage-operators"),
    ("Onboarding", "view-users add-users edit-users send-resets manage-roles"),
    ("Auditor", "view-users view-audit"),
    ("Login", "verify-passwords redeem"),
];

const ALL: &str = "view-users add-users edit-users delete-users lock-users set-passwords send-resets run-bulk-jobs redeem \
                   verify-passwords manage-roles manage-operators export-hashes override-policy view-audit back-up-store manage-store";

/// The targets, each with the letter of its column.
const TARGETS: [(Target, char); 5] =
    [(Target::Own, 's'), (Target::Lower, 'l'), (Target::Equal, 'e'), (Target::Higher, 'h'), (Target::OtherDomain, 'd')];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Own,
    Lower,
    Equal,
    Higher,
    OtherDomain,
}

/// Which rule decides, besides the permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// None: seeing is no acting.
    See,
    /// Rank and limits of a user.
    Act,
    /// The limits alone: a login system asks about everybody within them.
    Within,
    /// Rank and limits of an operator.
    Manage,
    /// The rank of a role that is given or copied.
    Give,
    /// The rank of a role that is changed, which takes an operator without limits, and is not built in.
    ChangeRole,
}

/// A call: the permissions that it needs; `[U]` is a user, `[E]` their address, `[M]` their mail, `[J]` a job that mails them, `[A]` an
/// operator, `[R]` a role, `[P]` what it allows, `[D]` the domain of the user, `[L]` and `[X]`
/// limits to the operator's domain, or none.
const CALLS: &[(&str, &str, Rule)] = &[
    ("users show [U]", "view-users", Rule::See),
    ("users add new@[D] --role [R] -n", "add-users", Rule::Act),
    ("users clone [U] -n", "add-users", Rule::Act),
    ("users edit [U] --name x -n", "edit-users", Rule::Act),
    ("users edit [U] --role [R] -n", "edit-users", Rule::Act),
    ("users edit [E] --must-change -n", "edit-users set-passwords", Rule::Act),
    ("users delete [U] -n", "delete-users", Rule::Act),
    ("users delete --search [E] -n", "delete-users", Rule::Act),
    ("users lock [U] -n", "lock-users", Rule::Act),
    ("users lock --search [E] -n", "lock-users", Rule::Act),
    ("users unlock [U] -n", "lock-users", Rule::Act),
    ("users import - -n", "add-users", Rule::Act),
    ("users import - --update -n", "add-users edit-users", Rule::Act),
    ("users password [U] -n", "view-users send-resets", Rule::Act),
    ("users set-password [U] -n", "set-passwords", Rule::Act),
    ("users set-password [U] --override-policy -n", "override-policy", Rule::Act),
    ("users verify-password [U] --stdin", "verify-passwords", Rule::Within),
    ("users change-password [U] --stdin", "redeem", Rule::Within),
    ("users send-reset [U] -n", "send-resets", Rule::Act),
    ("resets revoke [U] -n", "send-resets", Rule::Act),
    ("jobs pause [J] -n", "run-bulk-jobs", Rule::Act),
    ("jobs retry [J] --deferred -n", "run-bulk-jobs", Rule::Act),
    ("jobs cancel [J] -n", "run-bulk-jobs", Rule::Act),
    ("mail queue --cancel [M] -n", "send-resets", Rule::Act),
    ("roles show [R]", "", Rule::See),
    ("roles add New --allow [P] -n", "manage-roles", Rule::Give),
    ("roles edit [R] --description x -n", "manage-roles", Rule::ChangeRole),
    ("roles clone [R] New -n", "manage-roles", Rule::Give),
    ("roles delete [R] -n", "manage-roles", Rule::ChangeRole),
    ("operators add 61099 --role [R] [L] -n", "manage-operators", Rule::Manage),
    ("operators edit [A] --service -n", "manage-operators", Rule::Manage),
    ("operators edit 61098 --role [R] [X] -n", "manage-operators", Rule::Manage),
    ("operators disable [A] -n", "manage-operators", Rule::Manage),
    ("operators enable [A] -n", "manage-operators", Rule::Manage),
    ("operators remove [A] -n", "manage-operators", Rule::Manage),
];

/// Commands whose target is none of these, or that look.
const WITHOUT_TARGET: &[&str] =
    &["policy check", "policy show", "mail preview", "audit list", "users list", "users export", "resets list"];

#[test]
fn every_command_on_a_user_an_operator_or_a_role_has_a_call_here() {
    let mut missing = Vec::new();
    let tree = cxme_admin::cli::command_tree();
    leaves("", &tree, &mut |path| {
        let command = path.split(' ').try_fold(&tree, |command, word| command.find_subcommand(word)).unwrap();
        let names = |argument: &clap::Arg| {
            argument.get_value_names().is_some_and(|names| {
                argument.is_positional()
                    && names.iter().any(|name| ["USER", "ACCOUNT", "ROLE", "FROM"].contains(&name.as_str()))
            })
        };
        let is_called = CALLS.iter().any(|(call, ..)| call.starts_with(&format!("{path} ")));
        if command.get_arguments().any(names) && !is_called && !WITHOUT_TARGET.contains(&path) {
            missing.push(path.to_owned());
        }
    });
    assert_eq!(missing, [""; 0], "give them a line in CALLS");
}

fn set(words: &str) -> BTreeSet<&str> {
    words.split_whitespace().collect()
}

/// The target of one operator: the name of its role, and what that allows.
fn role_of(target: Target, role: usize) -> (String, BTreeSet<&'static str>) {
    let (name, own) = (ROLES[role].0, set(ROLES[role].1));
    match target {
        Target::Own => (name.to_owned(), own),
        Target::Lower | Target::OtherDomain => ("Lower".to_owned(), BTreeSet::new()),
        Target::Equal => (format!("Equal to {name}"), own),
        Target::Higher if name == "Admin" => ("Admin".to_owned(), own),
        Target::Higher => (format!("Higher than {name}"), own.into_iter().chain([lacking(role)]).collect()),
    }
}

/// A permission that a role lacks, and that requires none.
fn lacking(role: usize) -> &'static str {
    let own = set(ROLES[role].1);
    ["view-audit", "manage-store"].into_iter().find(|permission| !own.contains(permission)).unwrap()
}

fn is_limited(role: usize) -> bool {
    !["Admin", "Manager"].contains(&ROLES[role].0)
}

/// Whether a call is allowed, by the rules as they are documented.
fn is_allowed(needed: &str, rule: Rule, target: Target, role: usize) -> bool {
    let own = set(ROLES[role].1);
    let (of_target, permissions) = role_of(target, role);
    let requires =
        if set(needed).iter().any(|permission| REQUIRES_VIEW.contains(permission)) { "view-users" } else { "" };
    let may = set(needed).into_iter().chain(set(requires)).all(|permission| own.contains(permission));
    let is_ranked = permissions.is_subset(&own);
    let is_within = target != Target::OtherDomain || !is_limited(role);
    may && match rule {
        Rule::See => true,
        Rule::Within => is_within,
        Rule::Give => is_ranked,
        Rule::Act | Rule::Manage => is_ranked && is_within,
        Rule::ChangeRole => is_ranked && !is_limited(role) && of_target != "Admin",
    }
}

const REQUIRES_VIEW: [&str; 7] =
    ["add-users", "edit-users", "delete-users", "lock-users", "set-passwords", "send-resets", "override-policy"];

fn uid(role: usize) -> u32 {
    61_010 + u32::try_from(role).unwrap()
}

/// The account of the operator that is a target.
fn account(target: Target, role: usize) -> u32 {
    let place = u32::try_from(TARGETS.iter().position(|(other, _)| *other == target).unwrap()).unwrap();
    if target == Target::Own { uid(role) } else { 61_020 + 10 * u32::try_from(role).unwrap() + place }
}

/// The user that is a target: of oneself, the one who is called as the account.
fn user(target: Target, role: usize) -> String {
    if target == Target::Own { uid(role).to_string() } else { format!("u{}", account(target, role)) }
}

fn domain(target: Target) -> &'static str {
    if target == Target::OtherDomain { "example.net" } else { "example.com" }
}

fn each() -> impl Iterator<Item = (usize, Target)> {
    (0..ROLES.len()).flat_map(|role| TARGETS.map(move |(target, _)| (role, target)))
}

fn world() -> World {
    let world = World::with_mail();
    let config = fs::read_to_string(world.config()).unwrap();
    world.write_config(&config.replacen("\"example.com\", ", "\"example.com\", \"example.net\", ", 1));
    let mut world = world.with_role("Lower", "");
    for (role, (name, allowed)) in ROLES.iter().enumerate() {
        if *name != "Admin" {
            world = world.with_role(name, allowed);
            world = world.with_role(&format!("Higher than {name}"), &format!("{allowed} {}", lacking(role)));
        }
        world = world.with_role(&format!("Equal to {name}"), allowed);
    }
    let mut rows = "email,role\n".to_owned();
    for (role, target) in each() {
        writeln!(rows, "{}@{},{}", user(target, role), domain(target), role_of(target, role).0).unwrap();
    }
    world.command("users import -").stdin(rows).run().expect_status(0);
    for (role, target) in each() {
        let user = user(target, role);
        world.set_password(&user, GOOD);
        world.run(&format!("users send-reset --search {user} --queue-only --yes")).expect_status(0);
        let limits = if is_limited(role) && target != Target::OtherDomain { "--only-domain example.com" } else { "" };
        let (of_target, _) = role_of(target, role);
        world.run(&format!("operators add {} --role '{of_target}' {limits}", account(target, role))).expect_status(0);
    }
    world.run("operators add 61098 --role Lower --only-domain example.com").expect_status(0);
    world
}

/// Standard input of a call, and how it ends where it is allowed.
fn stdin(call: &str, role: usize, target: Target) -> String {
    let email = format!("{}@{}", user(target, role), domain(target));
    match call {
        _ if call.contains("change-password") => format!("{GOOD}\nshort"),
        _ if call.contains("--update") => format!("email,name\n{email},x\n"),
        _ if call.contains("import") => format!("email,role\nnew-{email},{}\n", role_of(target, role).0),
        _ => GOOD.to_owned(),
    }
}

#[test]
fn the_matrix_of_commands_roles_and_targets_is_exact() {
    let world = world();
    let mut table = format!("{:<44}", "");
    for (name, _) in ROLES {
        write!(table, "{name:<11}").unwrap();
    }
    let mut wrong = String::new();
    for (call, needed, rule) in CALLS {
        write!(table, "\n{call:<44}").unwrap();
        for (role, (name, _)) in ROLES.iter().enumerate() {
            let mut cell = String::new();
            for (target, letter) in TARGETS {
                let (user, (of_target, allowed)) = (user(target, role), role_of(target, role));
                let message = format!("SELECT id FROM messages WHERE address LIKE '{user}@%'");
                let job = format!("SELECT job_id FROM messages WHERE address LIKE '{user}@%'");
                let permissions = if allowed.is_empty() {
                    "redeem".to_owned()
                } else {
                    allowed.iter().copied().collect::<Vec<_>>().join(",")
                };
                if allowed.is_empty() && call.contains("[P]") {
                    // A role without permissions is none to grant.
                    cell.push(' ');
                    continue;
                }
                let line = call
                    .replace("[U]", &user)
                    .replace("[E]", &format!("{user}@{}", domain(target)))
                    .replace("[D]", domain(target))
                    .replace("[M]", &if call.contains("[M]") { world.ask(&message) } else { String::new() })
                    .replace("[J]", &if call.contains("[J]") { world.ask(&job) } else { String::new() })
                    .replace("[A]", &account(target, role).to_string())
                    .replace("[R]", &format!("'{of_target}'"))
                    .replace("[P]", &permissions)
                    .replace(
                        "[X]",
                        if is_limited(role) && target != Target::OtherDomain {
                            "--only-domain example.com"
                        } else {
                            "--any-domain"
                        },
                    )
                    .replace(
                        "[L]",
                        if is_limited(role) && target != Target::OtherDomain {
                            "--only-domain example.com"
                        } else {
                            ""
                        },
                    );
                let run = world.command(&line).stdin(stdin(call, role, target)).uid(uid(role)).run();
                // The proof was accepted, and the new password is too short.
                let may = run.status == 0 || (run.status == 65 && run.err().contains("does not meet"));
                let expected = is_allowed(needed, *rule, target, role);
                let is_refusal = match rule {
                    _ if may => true,
                    // For a login system there is no such user; a built-in role is refused as data.
                    Rule::Within => [1, 65, 77].contains(&run.status),
                    Rule::ChangeRole => [65, 77].contains(&run.status),
                    _ => run.status == 77,
                };
                if may != expected || !is_refusal {
                    writeln!(wrong, "{name} {target:?}, expected {expected}: {line}\n{run}").unwrap();
                }
                cell.push(if may { letter } else { '.' });
            }
            write!(table, "{cell:<11}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    let trimmed: Vec<&str> = table.lines().map(str::trim_end).collect();
    assert_snapshot!(trimmed.join("\n"), @"
                                                Admin      Manager    Helpdesk   Onboarding Auditor    Login
    users show [U]                              slehd      slehd      slehd      slehd      slehd      .....
    users add new@[D] --role [R] -n             slehd      sle.d      .....      sle..      .....      .....
    users clone [U] -n                          slehd      sle.d      .....      sle..      .....      .....
    users edit [U] --name x -n                  slehd      sle.d      .....      sle..      .....      .....
    users edit [U] --role [R] -n                slehd      sle.d      .....      sle..      .....      .....
    users edit [E] --must-change -n             slehd      sle.d      .....      .....      .....      .....
    users delete [U] -n                         slehd      sle.d      .....      .....      .....      .....
    users delete --search [E] -n                slehd      sle.d      .....      .....      .....      .....
    users lock [U] -n                           slehd      sle.d      sle..      .....      .....      .....
    users lock --search [E] -n                  slehd      sle.d      sle..      .....      .....      .....
    users unlock [U] -n                         slehd      sle.d      sle..      .....      .....      .....
    users import - -n                           slehd      sle.d      .....      sle..      .....      .....
    users import - --update -n                  slehd      sle.d      .....      sle..      .....      .....
    users password [U] -n                       slehd      sle.d      sle..      sle..      .....      .....
    users set-password [U] -n                   slehd      sle.d      .....      .....      .....      .....
    users set-password [U] --override-policy -n slehd      sle.d      .....      .....      .....      .....
    users verify-password [U] --stdin           slehd      slehd      .....      .....      .....      sleh.
    users change-password [U] --stdin           slehd      slehd      .....      .....      .....      sleh.
    users send-reset [U] -n                     slehd      sle.d      sle..      sle..      .....      .....
    resets revoke [U] -n                        slehd      sle.d      sle..      sle..      .....      .....
    jobs pause [J] -n                           slehd      sle.d      sle..      .....      .....      .....
    jobs retry [J] --deferred -n                slehd      sle.d      sle..      .....      .....      .....
    jobs cancel [J] -n                          slehd      sle.d      sle..      .....      .....      .....
    mail queue --cancel [M] -n                  slehd      sle.d      sle..      sle..      .....      .....
    roles show [R]                              slehd      slehd      slehd      slehd      slehd      slehd
    roles add New --allow [P] -n                s eh       s e.       . ..       s e.       . ..       . ..
    roles edit [R] --description x -n           .le.d      sle.d      .....      .....      .....      .....
    roles clone [R] New -n                      slehd      sle.d      .....      sle.d      .....      .....
    roles delete [R] -n                         .le.d      sle.d      .....      .....      .....      .....
    operators add 61099 --role [R] [L] -n       slehd      sle.d      sle..      .....      .....      .....
    operators edit [A] --service -n             slehd      sle.d      sle..      .....      .....      .....
    operators edit 61098 --role [R] [X] -n      slehd      sle.d      sle..      .....      .....      .....
    operators disable [A] -n                    slehd      sle.d      sle..      .....      .....      .....
    operators enable [A] -n                     slehd      sle.d      sle..      .....      .....      .....
    operators remove [A] -n                     slehd      sle.d      sle..      .....      .....      .....
    ");
}
