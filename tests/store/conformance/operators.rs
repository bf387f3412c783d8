//! Operators: the OS accounts that may use the program.

use cxme_admin::domain::operator::Operator;
use cxme_admin::domain::operator::OperatorKind;
use cxme_admin::domain::operator_limits::OperatorLimits;
use cxme_admin::domain::role;
use cxme_admin::domain::role::Permissions;
use cxme_admin::domain::role::RoleId;

use super::Engine;
use super::at;

fn operator(uid: u32, account: &str) -> Operator {
    Operator {
        uid,
        account: account.to_owned(),
        kind: OperatorKind::Person,
        role: RoleId::ADMIN,
        role_name: role::ADMIN.to_owned(),
        permissions: Permissions::all(),
        limits: OperatorLimits::default(),
        disabled_at: None,
        added_at: at(5),
    }
}

#[test]
fn operators_are_known_by_their_number_and_listed_by_account() {
    for fixture in Engine::each() {
        let carol = operator(1_000, "carol");
        // The highest number that an account can have, and the account of root.
        let timer = Operator { kind: OperatorKind::Service, ..operator(u32::MAX, "bob") };
        let all = [timer.clone(), operator(0, "carol"), carol.clone()];
        for operator in &all {
            fixture.change(|writing| writing.add_operator(operator));
        }
        let reading = fixture.read();
        assert_eq!(reading.operators().unwrap(), all, "by account, then by number");
        assert_eq!(reading.operator(1_000).unwrap(), Some(carol.clone()));
        assert_eq!(reading.operator(u32::MAX).unwrap(), Some(timer));
        assert_eq!(reading.operator(1_001).unwrap(), None);
        drop(reading);
        assert!(fixture.store.write().unwrap().add_operator(&operator(1_000, "other")).is_err(), "the number is taken");
        assert_eq!(fixture.read().operator(1_000).unwrap(), Some(carol.clone()));
        fixture.undone(|writing| writing.remove_operator(1_000));
        assert_eq!(fixture.read().operator(1_000).unwrap(), Some(carol));
        for _ in 0..2 {
            fixture.change(|writing| writing.remove_operator(1_000));
        }
        assert_eq!(fixture.read().operators().unwrap(), all[..2]);
    }
}

#[test]
fn an_operator_has_the_permissions_of_the_role_in_the_store() {
    for fixture in Engine::each() {
        // The name and the permissions of the struct are not stored: they are those of the role.
        let given = Operator {
            role: RoleId::MINIMAL,
            role_name: "another".to_owned(),
            permissions: Permissions::all(),
            ..operator(7, "dave")
        };
        fixture.change(|writing| writing.add_operator(&given));
        let found = fixture.read().operator(7).unwrap().unwrap();
        assert_eq!((found.role, found.role_name.as_str()), (RoleId::MINIMAL, role::MINIMAL));
        assert_eq!(Some(found.permissions), RoleId::MINIMAL.built_in());
        let unknown = Operator { role: RoleId(i64::MAX), ..operator(8, "erin") };
        assert!(fixture.store.write().unwrap().add_operator(&unknown).is_err(), "there is no such role");
    }
}

#[test]
fn a_store_is_kept_for_the_account_that_created_it_and_for_none_that_a_row_names() {
    for fixture in Engine::each() {
        let own = nix::unistd::geteuid().as_raw();
        assert_eq!(fixture.store.service_account(), own);
        let other = Operator { kind: OperatorKind::Service, ..operator(own + 1, "bob") };
        fixture.change(|writing| writing.add_operator(&other));
        assert_eq!(fixture.other().service_account(), own);
    }
}

#[test]
fn an_operator_gets_another_role_limits_and_is_disabled() {
    for fixture in Engine::each() {
        let carol = operator(1_000, "carol");
        let dave = operator(1_001, "dave");
        let limits = OperatorLimits {
            roles: [(RoleId::MINIMAL, role::MINIMAL.to_owned())].into(),
            domains: ["example.com".to_owned(), "xn--bcher-kva.example".to_owned()].into(),
        };
        fixture.change(|writing| writing.add_operator(&carol));
        fixture.change(|writing| writing.add_operator(&Operator { limits: limits.clone(), ..dave.clone() }));
        assert_eq!(fixture.read().operator(1_001).unwrap().unwrap().limits, limits);
        let changed = Operator {
            kind: OperatorKind::Service,
            role: RoleId::MINIMAL,
            role_name: role::MINIMAL.to_owned(),
            permissions: RoleId::MINIMAL.built_in().unwrap(),
            limits: limits.clone(),
            disabled_at: Some(at(9)),
            ..carol.clone()
        };
        fixture.undone(|writing| writing.update_operator(&changed));
        assert_eq!(fixture.read().operator(1_000).unwrap(), Some(carol.clone()));
        fixture.change(|writing| writing.update_operator(&changed));
        assert_eq!(fixture.read().operator(1_000).unwrap(), Some(changed.clone()));
        // Other limits take the place of those before, and of nobody else's.
        let without = Operator { limits: OperatorLimits::default(), disabled_at: None, ..changed };
        fixture.change(|writing| writing.update_operator(&without));
        let reading = fixture.read();
        assert_eq!(reading.operators().unwrap(), [without, Operator { limits, ..dave }]);
        drop(reading);
        fixture.change(|writing| writing.remove_operator(1_001));
        assert_eq!(fixture.read().operator(1_001).unwrap(), None);
    }
}
