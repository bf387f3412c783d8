//! Keys that come in no order: they are put into a file without a name, bucket by bucket of their first bits, and come back in order.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// The leading bits of a key that choose its bucket.
const BUCKET_BITS: u32 = 8;
const BUCKETS: usize = 1 << BUCKET_BITS;

/// How many keys of a bucket are written at once: 64 KiB, 16 MiB for all buckets.
const CHUNK: usize = 8_192;

/// The bytes of a key in the file.
const KEY: usize = 8;

/// The keys in a file. A bucket of a thousand million keys takes 31 MiB when it is read back.
#[derive(Debug)]
pub(super) struct KeySpool {
    file: File,
    buckets: Vec<Bucket>,
    /// The bytes that were written.
    end: u64,
    keys: u64,
}

#[derive(Debug, Default)]
struct Bucket {
    /// What is not in the file yet.
    rest: Vec<u64>,
    /// Where its chunks are in the file.
    chunks: Vec<u64>,
}

impl KeySpool {
    /// Puts keys into a file that is empty.
    pub(super) fn new(file: File) -> Self {
        Self { file, buckets: (0..BUCKETS).map(|_| Bucket::default()).collect(), end: 0, keys: 0 }
    }

    /// How many keys were added.
    pub(super) fn keys(&self) -> u64 {
        self.keys
    }

    /// Adds a key.
    pub(super) fn add(&mut self, key: u64) -> io::Result<()> {
        let bucket = &mut self.buckets[(key >> (u64::BITS - BUCKET_BITS)) as usize];
        if bucket.rest.is_empty() {
            bucket.rest.reserve_exact(CHUNK);
        }
        bucket.rest.push(key);
        self.keys += 1;
        if bucket.rest.len() == CHUNK {
            let bytes: Vec<u8> = bucket.rest.drain(..).flat_map(u64::to_le_bytes).collect();
            self.file.write_all_at(&bytes, self.end)?;
            bucket.chunks.push(self.end);
            self.end += bytes.len() as u64;
        }
        Ok(())
    }

    /// The keys in order; one that was added twice comes twice.
    pub(super) fn in_order(&self) -> SpooledKeys<'_> {
        SpooledKeys { spool: self, bucket: 0, keys: Vec::new(), at: 0 }
    }

    fn read(&self, bucket: usize, keys: &mut Vec<u64>) -> io::Result<()> {
        let Bucket { rest, chunks } = &self.buckets[bucket];
        keys.clear();
        keys.reserve_exact(chunks.len() * CHUNK + rest.len());
        let mut bytes = vec![0; CHUNK * KEY];
        for chunk in chunks {
            self.file.read_exact_at(&mut bytes, *chunk)?;
            keys.extend(bytes.as_chunks::<KEY>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)));
        }
        keys.extend(rest);
        keys.sort_unstable();
        Ok(())
    }
}

/// The keys of a spool in order.
pub(super) struct SpooledKeys<'s> {
    spool: &'s KeySpool,
    /// The next bucket to be read.
    bucket: usize,
    keys: Vec<u64>,
    at: usize,
}

impl SpooledKeys<'_> {
    /// The next key; `None` at the end.
    pub(super) fn next_key(&mut self) -> io::Result<Option<u64>> {
        while self.at == self.keys.len() {
            if self.bucket == BUCKETS {
                return Ok(None);
            }
            self.spool.read(self.bucket, &mut self.keys)?;
            (self.bucket, self.at) = (self.bucket + 1, 0);
        }
        self.at += 1;
        Ok(Some(self.keys[self.at - 1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_in_order_twice() {
        let mut spool = KeySpool::new(tempfile::tempfile().unwrap());
        // Four of the buckets, each of which is written twice and has a rest.
        let key = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) & !(0x3f << 56);
        let keys: Vec<u64> = (0..80_000).map(key).chain([0, 0, u64::MAX]).collect();
        keys.iter().try_for_each(|key| spool.add(*key)).unwrap();
        assert!(spool.end > 0 && spool.keys() == keys.len() as u64);
        let mut expected = keys;
        expected.sort_unstable();
        for _ in 0..2 {
            let (mut found, mut in_order) = (Vec::new(), spool.in_order());
            while let Some(key) = in_order.next_key().unwrap() {
                found.push(key);
            }
            assert!(found == expected);
        }
    }
}
