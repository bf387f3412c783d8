//! Whether a copy of the store that was just written is sound: it is examined before it gets its name.

use crate::actions::store::check::Contents;
use crate::actions::store::check::StoreReport;
use crate::actions::store::check::contents;
use crate::app::ActionError;
use crate::app::App;
use crate::app::Result;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::backup::WrittenCopy;

/// Examines a copy as `store restore` does: its schema, its pages, the references, the rows and the chain of events.
///
/// # Errors
/// [`StoreError::UnsoundCopy`] when `store restore` would refuse it; when it cannot be read.
pub(super) fn verify(app: &App, copy: &WrittenCopy) -> Result<()> {
    examine(app, copy, |store| {
        let reading = store.read()?;
        let (Contents { examined, .. }, ()) = contents(store, &reading, None, || ())?;
        Ok(examined.iter().flat_map(StoreReport::lines).collect())
    })
}

/// Examines a copy of a store that may be of an older version: its schema, its pages and the references. What the rows mean is
/// known of the present version alone.
///
/// # Errors
/// [`StoreError::UnsoundCopy`] when something is wrong with it; when it cannot be read.
pub(super) fn verify_file(app: &App, copy: &WrittenCopy) -> Result<()> {
    examine(app, copy, |store| {
        let reading = store.read()?;
        let mut faults = reading.schema_differences()?;
        faults.extend(reading.integrity_faults()?);
        faults.extend(reading.dangling_references()?);
        Ok(faults)
    })
}

fn examine(app: &App, copy: &WrittenCopy, faults: impl FnOnce(&Store) -> Result<Vec<String>>) -> Result<()> {
    let path = copy.place().to_owned();
    let unsound = |faults| ActionError::from(StoreError::UnsoundCopy { path: path.clone(), faults });
    let opened = app.store().open_written(copy).map_err(ActionError::from);
    match opened.and_then(|store| faults(&store)) {
        Ok(faults) if faults.is_empty() => Ok(()),
        Ok(faults) => Err(unsound(faults)),
        Err(ActionError::Store(error)) => match error.damage() {
            Some(fault) => Err(unsound(vec![fault])),
            None => Err(error.into()),
        },
        Err(error) => Err(error),
    }
}
