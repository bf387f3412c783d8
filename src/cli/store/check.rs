//! `store check`.

use crate::actions::ActionError;
use crate::actions::store;
use crate::actions::store::KEY;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::data::Cell;
use crate::cli::data::Head;
use crate::domain::action::Action;

/// Examine the store: modes, pages, references, the chain of events, the reset key
///
/// The modes of the configuration, the store and its folder are examined by every command, which refuses loose ones.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {}

const HEADS: [Head; 2] = [Head { name: "examined", title: "EXAMINED" }, Head { name: "fault", title: "FOUND" }];

/// Runs the command.
///
/// # Errors
/// When something is wrong, or the operator may not.
pub fn run(context: &mut Context, _: &CheckArgs) -> anyhow::Result<()> {
    let desk = context.desk(Action::StoreCheck)?;
    let (_, key) = context.key()?;
    let (fingerprint, key_fault) = match key {
        Ok(Some(key)) => (Some(key.fingerprint()), None),
        // A copy elsewhere is no less sound for standing there without the key.
        Ok(None) => (None, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let mut examined = vec![store::Examined { what: "modes", faults: Vec::new() }];
    examined.extend(store::check(&desk, fingerprint.as_ref().map(<[u8; 32]>::as_slice))?);
    if let (Some(last), Some(fault)) = (examined.last_mut(), key_fault) {
        last.faults.push(fault);
    }
    let faults = examined.iter().map(|part| part.faults.len()).sum();
    data::records::<anyhow::Error>(&mut context.output, &HEADS, desk.now(), |sink| {
        for part in &examined {
            if part.faults.is_empty() {
                let is_missing = part.what == KEY && fingerprint.is_none();
                sink(&[Cell::text(part.what), Cell::Nothing(if is_missing { "no such file" } else { "sound" })])?;
            }
            for fault in &part.faults {
                sink(&[Cell::text(part.what), Cell::text(fault)])?;
            }
        }
        Ok(())
    })?;
    if faults > 0 { Err(ActionError::Unsound { faults }.into()) } else { Ok(()) }
}
