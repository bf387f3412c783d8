//! The other ways to root and to the service account: doas, pkexec and su.

use std::path::Path;

use crate::machine;
use crate::machine::Machine;
use crate::machine::account;
use crate::machine::uid;

/// A machine that `full` has set up by doas, whose service account owns the store.
fn set_up() -> Option<Machine> {
    let machine = Machine::new()?;
    if !machine.with_doas() {
        return None;
    }
    machine.make_state_directory("service");
    for line in ["doas -n $CXME init --yes", "doas -n -u $SERVICE $CXME init --yes"] {
        machine.shell("limited", line).expect(77);
    }
    assert!(!Path::new("/etc/cxme-admin").exists());
    machine.shell("full", "doas -n $CXME init --yes --organization 'Example Travel'").expect(0);
    Some(machine)
}

/// Operator, what named them, and outcome of the newest event.
fn newest(machine: &Machine) -> String {
    let listed = machine.root_shell("$CXME audit list --limit 1 -o json").expect(0);
    let events: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let of_event = |name: &str| events[0][name].as_str().unwrap_or_default().to_owned();
    [of_event("operator"), of_event("identified_by"), of_event("outcome")].join(" ")
}

#[test]
fn by_doas_the_account_that_called_is_the_operator() {
    let Some(machine) = set_up() else { return };
    let (full, limited) = (account("full"), account("limited"));
    assert_eq!(newest(&machine), format!("{full} doas done"));
    let secret = machine.secret();
    let from = format!("users list --from {}", secret.display());
    for doas in ["doas -n", "doas -n -u $SERVICE"] {
        let said = machine.shell("limited", &format!("{doas} $CXME users list")).expect(77);
        assert!(said.contains(&format!("{limited} (uid {}) is not an operator", uid("limited"))), "{said}");
        machine.shell("limited", &format!("{doas} $CXME demo /tmp/cxt-own")).expect(77);
        for words in [from.as_str(), "users list --store /tmp/cxt-own", "users export --to /tmp/cxt-own"] {
            let said = machine.shell("limited", &format!("{doas} $CXME {words}")).expect(77);
            assert!(!said.contains("zq7sentinel"), "{said}");
        }
        // doas itself takes away what its rules do not keep.
        machine.shell("limited", &format!("SUDO_UID=0 PKEXEC_UID=0 DOAS_USER=root {doas} $CXME users list")).expect(77);
    }
    assert!(!Path::new("/tmp/cxt-own").exists());
    machine.shell("full", "doas -n $CXME operators add $LIMITED --role 'Minimal Permissions'").expect(0);
    for doas in ["doas -n", "doas -n -u $SERVICE"] {
        machine.shell("limited", &format!("{doas} $CXME users list")).expect(0);
        machine.shell("limited", &format!("{doas} $CXME {from}")).expect(77);
        let said = machine.shell("limited", &format!("{doas} $CXME whoami -o json")).expect(0);
        assert!(said.contains("\"identified_by\":\"doas\"") && said.contains("\"restricted\":true"), "{said}");
    }
    assert_eq!(newest(&machine), format!("{limited} doas refused"));
    // The way to be root itself is doas's to give.
    assert_eq!(machine.shell("limited", "doas -n env -u DOAS_USER $CXME users list").status, 1);
    let said = machine.shell("full", "doas -n env -u DOAS_USER $CXME whoami -o json").expect(0);
    assert!(said.contains("\"account\":\"root\"") && said.contains("\"identified_by\":\"uid\""), "{said}");
}

#[test]
fn an_environment_that_doas_keeps_makes_nobody_another_account() {
    let Some(machine) = set_up() else { return };
    machine.shell("full", "doas -n $CXME operators add $OTHER --role 'Minimal Permissions'").expect(0);
    let (full, other) = (uid("full"), account("other"));
    for doas in ["doas -n", "doas -n -u $SERVICE"] {
        for variables in
            [format!("SUDO_UID={full}"), format!("PKEXEC_UID={full}"), format!("SUDO_UID=0 PKEXEC_UID={full}")]
        {
            let said = machine.shell("other", &format!("{variables} {doas} $CXME users list")).expect(77);
            assert!(said.contains(": the operator is unknown"), "{said}");
            assert!(newest(&machine).ends_with(" uid refused"), "{}", newest(&machine));
        }
        for variables in ["SUDO_UID=0", "PKEXEC_UID=0", "DOAS_USER=root", "SUDO_UID=0 SUDO_GID=0 PKEXEC_UID=0"] {
            let said = machine.shell("other", &format!("{variables} {doas} $CXME whoami -o json")).expect(0);
            assert!(said.contains(&format!("\"account\":\"{other}\"")), "{variables}: {said}");
            assert!(said.contains("\"restricted\":true"), "{variables}: {said}");
        }
        for variable in ["SUDO_UID=full", "SUDO_UID="] {
            machine.shell("other", &format!("{variable} {doas} $CXME users list")).expect(78);
        }
        let own = machine.program().with_file_name("own.toml");
        let own = format!("CXME_ADMIN_CONFIG={} {doas} $CXME users list", own.display());
        machine.shell("other", &own).expect(77);
    }
}

/// pkexec needs a running polkit, so root sets the variable as pkexec does.
#[test]
fn by_pkexec_the_account_that_called_is_the_operator() {
    let Some(machine) = set_up() else { return };
    let pkexec = |role: &str, words: &str| {
        machine.root_shell(&format!("env -i PATH=/usr/bin:/bin PKEXEC_UID={} $CXME {words}", uid(role)))
    };
    let secret = machine.secret();
    let from = format!("users list --from {}", secret.display());
    pkexec("limited", "users list").expect(77);
    assert!(!pkexec("limited", &from).expect(77).contains("zq7sentinel"));
    assert_eq!(newest(&machine), format!("{} pkexec refused", account("limited")));
    pkexec("full", "operators add $LIMITED --role 'Minimal Permissions'").expect(0);
    assert_eq!(newest(&machine), format!("{} pkexec done", account("full")));
    pkexec("limited", "users list").expect(0);
    pkexec("limited", &from).expect(77);
}

#[test]
fn by_su_root_acts_and_the_event_says_who_logged_in() {
    let Some(machine) = set_up() else { return };
    let limited = uid("limited");
    let logged_in = format!("echo {limited} >/proc/self/loginuid");
    if machine.root_shell(&logged_in).status != 0 {
        machine::skip_for_the_kernel("the login uid: this kernel keeps none, or does not let it be set");
        return;
    }
    let su = |words: &str| machine.root_shell(&format!("{logged_in} && exec su -s /bin/sh -c \"$CXME {words}\" root"));
    let said = su("whoami -o json").expect(0);
    assert!(said.contains("\"account\":\"root\",\"uid\":0,"), "{said}");
    assert!(
        said.contains(&format!("\"identified_by\":\"uid\",\"login_uid\":{limited},\"restricted\":false")),
        "{said}"
    );
    su("users add alice@example.com").expect(0);
    let listed = machine.root_shell("$CXME audit list --limit 1 -o json").expect(0);
    let events: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(events[0]["operator"], "root");
    assert_eq!(events[0]["login_uid"], limited);
    let shown = machine.root_shell(&format!("$CXME audit show {}", events[0]["number"])).expect(0);
    assert!(shown.contains(&format!("{} (uid {limited})", account("limited"))), "{shown}");
    machine.root_shell("$CXME audit verify").expect(0);
}
