//! `store check`.

use nix::unistd::Group;

use crate::actions::ActionError;
use crate::actions::store;
use crate::actions::store::Examined;
use crate::actions::store::Expected;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::domain::action::Action;
use crate::private_file;
use crate::store::StoreError;

/// Check the store: modes, file system, schema, integrity, references, rows, addresses, audit log, clock and reset key
///
/// The modes of the configuration, the store and its directory are examined by every command, which refuses loose ones.
/// With `[store] reader_group`, it is also examined whether that group can read the store.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {}

const HEADS: [Head; 2] = [Head { name: "examined", title: "EXAMINED" }, Head { name: "fault", title: "FOUND" }];

/// Runs the command.
///
/// # Errors
/// When something is wrong, or the operator may not.
pub fn run(context: &mut Context, _: &CheckArgs) -> anyhow::Result<()> {
    check(context).map_err(|error| match error.downcast() {
        // Its words would send the operator here.
        Ok(ActionError::Store(StoreError::Corrupt(words))) => {
            ActionError::Store(StoreError::NotExaminable(words)).into()
        }
        Ok(other) => other.into(),
        Err(other) => other,
    })
}

fn check(context: &mut Context) -> anyhow::Result<()> {
    let desk = context.desk(Action::StoreCheck)?;
    let (path, key) = context.key()?;
    let expected = match key {
        Ok(Some(key)) => Expected { key_fingerprint: Some(key.fingerprint()), key_fault: None },
        Ok(None) => Expected {
            key_fault: Some(format!(
                "{}: no such file: restore the key from its backup, or set [reset] key_file",
                path.display()
            )),
            ..Expected::default()
        },
        Err(error) => Expected { key_fault: Some(error.to_string()), ..Expected::default() },
    };
    let mut examined = vec![Examined { what: "modes", faults: Vec::new(), warning: None }];
    examined.extend(store::check(&desk, &expected)?);
    examined.extend(reader_group(context)?);
    data::records::<anyhow::Error>(&mut context.output, &HEADS, desk.now(), |sink| {
        for part in &examined {
            if part.faults.is_empty() {
                let found = if part.warning.is_some() { "see the warning" } else { "sound" };
                sink(&[Cell::text(part.what), Cell::Nothing(found)])?;
            }
            for fault in &part.faults {
                sink(&[Cell::text(part.what), Cell::Sentence(fault.into())])?;
            }
        }
        Ok(())
    })?;
    for warning in examined.iter().filter_map(|part| part.warning.as_deref()) {
        context.output.warn(warning);
    }
    // A table at a terminal cuts long lines, and what to do is at their end.
    let faults: Vec<String> = examined.iter().flat_map(Examined::lines).collect();
    if faults.is_empty() { Ok(()) } else { Err(ActionError::Unsound(faults).into()) }
}

/// Whether the group that may read the store can do that, where one is configured.
fn reader_group(context: &mut Context) -> anyhow::Result<Option<Examined>> {
    let Some(name) = context.config()?.store.reader_group.clone() else { return Ok(None) };
    let faults = match Group::from_name(&name).ok().flatten() {
        None => vec![format!("[store] reader_group: this machine has no group `{name}`")],
        Some(group) => {
            let store = context.place_of_store()?;
            private_file::group_faults(&store, &name, group.gid.as_raw())?
        }
    };
    Ok(Some(Examined { what: "reader group", faults, warning: None }))
}
