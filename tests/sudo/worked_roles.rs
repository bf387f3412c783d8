//! The worked roles and the sudoers example of docs/operators.md, by the real sudo: each does its day's work, and nothing else.

use std::fs;
use std::path::Path;

use crate::machine::Machine;
use crate::machine::account;

/// The accounts of the four roles, as the page calls the roles.
const WORKED: [(&str, &str); 4] =
    [("helpdesk", "Helpdesk"), ("onboarding", "Onboarding"), ("auditor", "Auditor"), ("login", "Login system")];

const GOOD: &str = "quiet horse battery lantern";

/// A command, with the accounts whose day's work it is, by the first letters of their names. Standard input is `[IN]`.
const COMMANDS: &[(&str, &str)] = &[
    ("users list", "hoa"),
    ("users show alice", "hoa"),
    ("users export -o csv", "hoa"),
    ("resets list", "hoa"),
    ("jobs list", "hoa"),
    ("mail queue", "hoa"),
    ("users add new@example.com --send-reset", "o"),
    ("printf 'email\\nother@example.com\\n' | [SUDO] users import -", "o"),
    ("users send-reset alice --unless-sent-within 0s", "ho"),
    ("resets revoke alice", "ho"),
    ("users lock alice", "h"),
    ("users unlock alice", "h"),
    ("users edit alice --name Alice", ""),
    ("users edit alice --role Helpdesk", ""),
    ("users delete alice --yes", ""),
    ("users set-password alice --generate", ""),
    ("echo '[GOOD]' | [SUDO] users set-password alice --stdin --override-policy", ""),
    ("echo '[GOOD]' | [SUDO] users verify-password bob --stdin", "l"),
    ("printf '[GOOD]\\nseven violet umbrellas whistle\\n' | [SUDO] users change-password bob --stdin", ""),
    ("users send-reset --all --yes", ""),
    ("jobs run", ""),
    ("audit list", "a"),
    ("audit verify", "a"),
    ("audit head", "a"),
    ("audit export --after 1", "a"),
    ("audit archive --before 60d --out /tmp/old.ndjson --yes", ""),
    ("roles list", "hoal"),
    ("roles show Helpdesk", "hoal"),
    ("operators list", "hoal"),
    ("policy show", "hoal"),
    ("metrics", "hoal"),
    ("whoami", "hoal"),
    ("roles add Mine --allow set-passwords", ""),
    ("roles edit Helpdesk --allow set-passwords", ""),
    ("roles delete Helpdesk --yes", ""),
    ("operators add root --role Admin", ""),
    ("operators edit $HELPDESK --role Admin", ""),
    ("operators disable $FULL --yes", ""),
    ("operators remove $FULL", ""),
    ("store check", ""),
    ("store backup /var/lib/cxme-admin/copy.db", ""),
    ("config show", ""),
    ("mail test new@example.com", ""),
    ("users list --from /etc/hostname", ""),
    ("users list --store /tmp/cxt-own/store.db", ""),
    ("demo", ""),
];

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operators.md")).unwrap()
}

/// The rules for sudo that the page shows, for the accounts of this run.
fn rules() -> String {
    let page = page();
    let block = page.lines().skip_while(|line| !line.starts_with("    # The program, as the service account"));
    let block: Vec<&str> = block.map_while(|line| line.strip_prefix("    ")).collect();
    assert!(block.iter().any(|line| line.starts_with("Cmnd_Alias")), "{block:?}");
    let mut rules = block.join("\n") + "\n";
    for (of_page, of_test) in [
        ("/usr/local/bin/cxme-admin", "[PROGRAM]".to_owned()),
        ("(cxme-admin)", format!("({})", account("service"))),
        (
            "%helpdesk",
            format!(
                "%{0} ALL = ({1}) NOPASSWD: CXME_ADMIN\n%{2}",
                account("helpdesk"),
                account("service"),
                account("onboarding")
            ),
        ),
        ("%auditors", format!("%{}", account("auditor"))),
        ("weblogin", account("login")),
    ] {
        assert!(rules.contains(of_page), "{of_page}");
        rules = rules.replace(of_page, &of_test);
    }
    // Nobody is there to type a password.
    rules.replace(") CXME_ADMIN", ") NOPASSWD: CXME_ADMIN")
}

/// The commands of the page that create the four roles, without sudo.
fn role_commands() -> Vec<String> {
    let page = page();
    let of_role = |line: &str| Some(line.split_once("cxme-admin cxme-admin roles add ")?.1.to_owned());
    page.lines().filter_map(of_role).map(|rest| format!("roles add {rest}")).collect()
}

/// A machine with the service account's store, alice and bob, and the four roles.
fn set_up() -> Option<Machine> {
    let machine = Machine::new()?;
    machine.make_state_directory("service");
    machine.with_operators(&rules());
    machine.shell("full", "sudo -n $CXME init --yes --organization 'Example Travel'").expect(0);
    let config = "/etc/cxme-admin/config.toml";
    let mut text = fs::read_to_string(config).unwrap();
    for (default, ours) in [
        ("# from = \"passwords", "from = \"passwords"),
        ("transport = \"smtp\"", "transport = \"file\""),
        ("# directory = \"/var/lib", "directory = \"/var/lib"),
        ("# link = \"https", "link = \"https"),
    ] {
        assert!(text.contains(default), "{default}");
        text = text.replace(default, ours);
    }
    fs::write(config, text).unwrap();
    let by_full = |words: &str| machine.shell("full", &format!("sudo -n -u $SERVICE $CXME {words}")).expect(0);
    let commands = role_commands();
    assert_eq!(commands.len(), 4, "{commands:?}");
    commands.iter().for_each(|command| drop(by_full(command)));
    for (operator, role) in WORKED {
        let kind = if operator == "login" { "--service" } else { "" };
        by_full(&format!("operators add ${} --role '{role}' {kind}", operator.to_uppercase()));
    }
    for user in ["alice", "bob"] {
        by_full(&format!("users add {user}@example.com"));
        let set = format!(
            "echo '{GOOD}' | sudo -n -u $SERVICE $CXME users set-password {user} --stdin --permanent --no-notify"
        );
        machine.shell("full", &set).expect(0);
    }
    Some(machine)
}

#[test]
fn each_worked_role_does_its_days_work_by_sudo_and_nothing_else() {
    let Some(machine) = set_up() else { return };
    let mut wrong = String::new();
    for (operator, role) in WORKED {
        for (command, whose) in COMMANDS {
            let sudo = "sudo -n -u $SERVICE $CXME";
            let line = match command.contains("[SUDO]") {
                true => command.replace("[SUDO]", sudo).replace("[GOOD]", GOOD),
                false => format!("{sudo} {command}"),
            };
            let ran = machine.shell(operator, &line);
            let expected = if whose.contains(&operator[..1]) { 0 } else { 77 };
            if ran.status != expected {
                wrong += &format!("{role}: {command}: {}, expected {expected}\n{}", ran.status, ran.said);
            }
        }
        // A machine that is set up already stays as it is.
        machine.shell(operator, "sudo -n -u $SERVICE $CXME init --yes").expect(78);
        // Without sudo they reach nothing.
        assert_ne!(machine.shell(operator, "$CXME users list").status, 0, "{role}");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    // What they did is in the audit log under their own names.
    let listed = machine.shell("full", "sudo -n -u $SERVICE $CXME audit list --action 'users lock' -o csv").expect(0);
    assert!(listed.contains(&account("helpdesk")) && listed.contains(",sudo,"), "{listed}");
    machine.shell("full", "sudo -n -u $SERVICE $CXME audit verify").expect(0);
}

#[test]
fn an_operator_by_sudo_is_limited_disabled_and_enabled() {
    let Some(machine) = set_up() else { return };
    let by = |operator: &str, words: &str| machine.shell(operator, &format!("sudo -n -u $SERVICE $CXME {words}"));
    by("full", "operators edit $HELPDESK --only-domain example.net").expect(0);
    let said = by("helpdesk", "users lock alice").expect(77);
    assert!(said.contains("alice is outside your limits (users in example.net)"), "{said}");
    assert!(by("helpdesk", "whoami").expect(0).contains("example.net"));
    by("full", "operators edit $HELPDESK --any-domain").expect(0);
    by("helpdesk", "users lock alice").expect(0);
    by("full", "operators disable $HELPDESK --reason 'on leave'").expect(0);
    let said = by("helpdesk", "users unlock alice").expect(77);
    assert!(said.contains("is disabled"), "{said}");
    by("full", "operators enable $HELPDESK").expect(0);
    by("helpdesk", "users unlock alice").expect(0);
    // A stranger whom sudo lets run the program, and the last Admin.
    by("limited", "users list").expect(77);
    by("full", "operators disable $FULL --yes").expect(77);
    by("full", "operators edit $FULL --role Helpdesk --yes").expect(77);
}
