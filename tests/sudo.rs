//! The program behind the real sudo and doas, on accounts and rules that live as long as a test: who may set a machine up, and
//! that nobody gets more by sudo than sudo and their role give them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "sudo/machine.rs"]
mod machine;
#[path = "sudo/others.rs"]
mod others;
#[path = "sudo/worked_roles.rs"]
mod worked_roles;

use machine::Machine;

#[test]
fn on_a_new_machine_those_limited_to_the_program_get_nothing_by_it() {
    let Some(machine) = Machine::new() else { return };
    let secret = machine.secret();
    let secret = secret.display();
    for sudo in ["sudo -n", "sudo -n -u $OTHER", "sudo -n -u $SERVICE"] {
        for words in [
            "init --yes",
            "init --yes --operator $LIMITED",
            "init --yes --store /tmp/cxt-own/store.db",
            "init --yes -c /tmp/cxt-own/config.toml",
            "demo",
            "demo /tmp/cxt-own",
            &format!("users list --from {secret}"),
            &format!("users import {secret}"),
            &format!("users list -c {secret}"),
            &format!("users list --store {secret}"),
            "users export --to /tmp/cxt-own",
            "mail preview reset --out /tmp/cxt-own",
            "store backup /tmp/cxt-own",
        ] {
            let said = machine.shell("limited", &format!("{sudo} $CXME {words}")).expect(77);
            assert!(!said.contains("zq7sentinel"), "{said}");
        }
        // sudo itself keeps these from getting through; where its rules let them, the program does.
        for variable in ["CXME_ADMIN_STORE=/tmp/cxt-own/store.db", "SUDO_UID=0", "SUDO_UID="] {
            let ran = machine.shell("limited", &format!("{sudo} {variable} $CXME init --yes"));
            assert!([1, 77].contains(&ran.status), "{}", ran.said);
        }
    }
    assert!(machine.is_bare() && !std::path::Path::new("/tmp/cxt-own").exists());
    let said = machine.shell("limited", "sudo -n $CXME init --yes").expect(77);
    let account = machine::account("limited");
    assert_eq!(
        said,
        format!(
            "error: `init` with sudo is only for accounts that sudo allows to run any command: {account} is not one\n\
             hint: if you may run any command with sudo: sudo env -u SUDO_UID cxme-admin init --operator {account}\n"
        )
    );
    // The way that the hint shows is closed by sudo.
    assert_eq!(machine.shell("limited", "sudo -n env -u SUDO_UID $CXME init --yes").status, 1);
}

#[test]
fn the_rights_of_a_group_read_no_file_either() {
    let Some(machine) = Machine::new() else { return };
    let secret = machine.secret();
    machine.give_to_group(&secret, "other");
    let home = machine.home("limited").display().to_string();
    let own = format!("--store {home}/store.db");
    machine.shell("limited", &format!("$CXME -c {home}/config.toml {own} init --yes")).expect(0);
    let from = format!("$CXME {own} users list --from {}", secret.display());
    machine.shell("limited", &from).expect(78);
    let said = machine.shell("limited", &format!("sudo -n -g $OTHER {from}")).expect(77);
    assert!(!said.contains("zq7sentinel"), "{said}");
}

#[test]
fn those_who_may_do_anything_set_the_machine_up_and_are_its_first_admin() {
    let Some(machine) = Machine::new() else { return };
    machine.shell("full", "sudo -n $CXME init --yes --organization 'Example Travel'").expect(0);
    let listed = machine.shell("full", "sudo -n $CXME operators list -o csv").expect(0);
    assert!(listed.contains(&format!("\n{},", machine::account("full"))), "{listed}");
    // An Admin names what they like; nobody else does.
    let secret = machine.secret();
    let from = format!("sudo -n $CXME users list --from {}", secret.display());
    machine.shell("full", &from).expect(67);
    machine.shell("limited", &from).expect(77);
    machine.shell("limited", "sudo -n $CXME users list").expect(77);
    machine.shell("full", "sudo -n $CXME operators add $LIMITED --role 'Minimal Permissions'").expect(0);
    machine.shell("limited", "sudo -n $CXME users list").expect(0);
    machine.shell("limited", &from).expect(77);

    // A store that is root's is not taken for one on a read-only disk.
    machine.shell("full", "sudo -n chmod 755 /var/lib/cxme-admin").expect(0);
    let said = machine.shell("limited", "$CXME users list --store /var/lib/cxme-admin/store.db").expect(78);
    assert!(
        said.contains("store.db: cannot be opened: Permission denied") && said.contains(": sudo cxme-admin"),
        "{said}"
    );

    machine.clear();
    // Nobody but root can ask sudo about others.
    let said = machine.shell("full", "sudo -n -u $SERVICE $CXME init --yes").expect(77);
    assert!(said.contains("sudo could not be queried"), "{said}");
    assert!(machine.is_bare());
    machine.shell("full", "sudo -n env -u SUDO_UID $CXME init --yes --operator $FULL").expect(0);
    machine.shell("full", "sudo -n $CXME users list --from /dev/null").expect(0);
}

#[test]
fn a_machine_with_a_service_account_is_set_up_by_one_command() {
    let Some(machine) = Machine::new() else { return };
    machine.make_state_directory("service");
    let service = machine::account("service");
    let said = machine.shell("full", "sudo -n $CXME init --yes -v --organization 'Example Travel'").expect(0);
    assert!(!said.contains("chown"), "{said}");
    machine.shell("full", "sudo -n $CXME users add alice@example.com").expect(0);
    machine.shell("full", "sudo -n -u $SERVICE $CXME users add bob@example.com").expect(0);
    machine.shell("full", "sudo -n -u $SERVICE $CXME store check").expect(0);
    // The timer: the account itself, without sudo, and no more than `jobs run` needs.
    let said = machine.shell("service", "$CXME jobs run").said;
    assert!(!said.contains("permission"), "{said}");
    machine.shell("service", "$CXME users lock alice").expect(77);
    machine.shell("service", "$CXME users list").expect(0);
    assert_eq!(machine.owners(), [machine::uid("service")]);
    // What root puts in the store's place is the account's too.
    let copy = machine.secret().with_file_name("copy.db");
    let copy = copy.display();
    machine.shell("full", &format!("sudo -n $CXME store backup {copy}")).expect(0);
    machine.shell("full", &format!("sudo -n $CXME store restore {copy} --yes")).expect(0);
    assert_eq!(machine.owners_of_the_store(), [machine::uid("service")]);
    machine.shell("service", "$CXME users list").expect(0);
    // Limited to the program as that account, with and without a role.
    machine.shell("limited", "sudo -n -u $SERVICE $CXME users list").expect(77);
    machine.shell("full", "sudo -n $CXME operators add $LIMITED --role 'Minimal Permissions'").expect(0);
    machine.shell("limited", "sudo -n -u $SERVICE $CXME users list").expect(0);
    machine.shell("limited", "sudo -n -u $SERVICE $CXME users list --from /etc/hostname").expect(77);
    // Who forgets sudo is told, and not led into a store of their own.
    for words in ["users list", "init --yes"] {
        let said = machine.shell("limited", &format!("$CXME {words}")).expect(78);
        let expected = format!("error: the system store belongs to {service}\nhint: to use it: sudo -u {service} ");
        assert!(said.starts_with(&expected), "{said}");
    }
}
