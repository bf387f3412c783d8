//! Keys of several sources that are each in order, in the order of all.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::build_error::BuildError;
use super::key_spool::SpooledKeys;
use super::list_reader::ListReader;

/// Keys in order.
pub(super) enum OrderedKeys<'s> {
    /// Of a list, whose place among the inputs is told where it is not in order.
    List { input: usize, reader: ListReader<'s>, last: u64 },
    /// Of the spool.
    Spooled(SpooledKeys<'s>),
}

impl OrderedKeys<'_> {
    fn next_key(&mut self) -> Result<Option<u64>, BuildError> {
        match self {
            Self::List { input, reader, last } => {
                let Some(key) = reader.next_key()? else { return Ok(None) };
                if key < *last {
                    return Err(BuildError::NotInOrder { input: *input });
                }
                *last = key;
                Ok(Some(key))
            }
            Self::Spooled(keys) => keys.next_key().map_err(BuildError::Spool),
        }
    }
}

/// Keys of several sources in the order of all.
pub(super) struct MergedKeys<'s> {
    sources: Vec<OrderedKeys<'s>>,
    /// The next key of each source, the least first.
    next: BinaryHeap<Reverse<(u64, usize)>>,
}

impl<'s> MergedKeys<'s> {
    pub(super) fn new(mut sources: Vec<OrderedKeys<'s>>) -> Result<Self, BuildError> {
        let mut next = BinaryHeap::with_capacity(sources.len());
        for (source, keys) in sources.iter_mut().enumerate() {
            next.extend(keys.next_key()?.map(|key| Reverse((key, source))));
        }
        Ok(Self { sources, next })
    }

    /// The next key; `None` at the end.
    pub(super) fn next_key(&mut self) -> Result<Option<u64>, BuildError> {
        let Some(mut least) = self.next.peek_mut() else { return Ok(None) };
        let Reverse((key, source)) = *least;
        match self.sources[source].next_key()? {
            Some(next) => *least = Reverse((next, source)),
            None => drop(std::collections::binary_heap::PeekMut::pop(least)),
        }
        Ok(Some(key))
    }

    /// The lists, when they have been read.
    pub(super) fn lists(&self) -> impl Iterator<Item = (usize, &ListReader<'s>)> {
        self.sources.iter().filter_map(|source| match source {
            OrderedKeys::List { input, reader, .. } => Some((*input, reader)),
            OrderedKeys::Spooled(_) => None,
        })
    }
}
