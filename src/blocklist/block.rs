//! One block of a filter file: the binary fuse filter of the entries that begin with the same bits.

use xorf::{BinaryFuse16, Descriptor, Filter as _};

use super::FilterError;
use super::little_endian::{long_number, number};

/// The bytes before the fingerprints: salt (4), segment length (4), length of the segments that entries begin in (4), seed (8).
const FRONT: usize = 20;

/// The most bytes of a block. A block has about 18 KiB; this bounds what a damaged or strange file makes the program read.
pub const MOST_BYTES: u32 = 1 << 22;

/// The most entries of a block.
pub const MOST_ENTRIES: usize = 1 << 20;

/// How often a filter is tried to be built, each time with other keys. `BinaryFuse16` itself tries a thousand seeds; for sizes
/// near 11,500 these can fail for one set of keys in three (FastFilter/xor_singleheader issue 77), and never for all of these.
const SALTS: u32 = 64;

/// The filter of one block.
#[derive(Debug)]
pub struct Block {
    salt: u32,
    filter: Option<BinaryFuse16>,
}

/// The entries cannot be put into a filter. It is not known to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no filter can be built of these entries")]
pub struct NoFilter;

impl Block {
    /// Builds the filter of some different keys; none is a block that holds nothing.
    ///
    /// # Errors
    /// [`NoFilter`].
    pub fn build(keys: &[u64]) -> Result<Self, NoFilter> {
        if keys.is_empty() {
            return Ok(Self { salt: 0, filter: None });
        }
        (0..SALTS)
            .find_map(|salt| {
                let salted = keys.iter().map(move |key| salted(*key, salt));
                let filter = BinaryFuse16::try_from_iterator(salted).ok()?;
                Some(Self { salt, filter: Some(filter) })
            })
            .ok_or(NoFilter)
    }

    /// Whether the block has a key. One in 65,536 other keys is taken for one that it has.
    pub fn has(&self, key: u64) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.contains(&salted(key, self.salt)))
    }

    /// The block's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Some(filter) = &self.filter else { return Vec::new() };
        let descriptor = &filter.descriptor;
        let mut bytes = Vec::with_capacity(FRONT + 2 * filter.fingerprints.len());
        bytes.extend(self.salt.to_le_bytes());
        bytes.extend(descriptor.segment_length.to_le_bytes());
        bytes.extend(descriptor.segment_count_length.to_le_bytes());
        bytes.extend(descriptor.seed.to_le_bytes());
        bytes.extend(filter.fingerprints.iter().flat_map(|fingerprint| fingerprint.to_le_bytes()));
        bytes
    }

    /// Reads a block whose checksum is right.
    ///
    /// # Errors
    /// [`FilterError::Damaged`] when its parts do not fit each other: a look-up would go past its end.
    pub fn parse(bytes: &[u8]) -> Result<Self, FilterError> {
        if bytes.is_empty() {
            return Ok(Self { salt: 0, filter: None });
        }
        let Some((front, fingerprints)) = bytes.split_at_checked(FRONT) else { return Err(unfit()) };
        let (segment, count) = (number(front, 4), number(front, 8));
        let (pairs, rest) = fingerprints.as_chunks::<2>();
        let is_fit = segment.is_power_of_two()
            && count > 0
            && count.is_multiple_of(segment)
            && rest.is_empty()
            && pairs.len() as u64 == u64::from(count) + 2 * u64::from(segment);
        if !is_fit {
            return Err(unfit());
        }
        let descriptor = Descriptor {
            seed: long_number(front, 12),
            segment_length: segment,
            segment_length_mask: segment - 1,
            segment_count_length: count,
        };
        let fingerprints = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        Ok(Self { salt: number(front, 0), filter: Some(BinaryFuse16 { descriptor, fingerprints }) })
    }
}

fn unfit() -> FilterError {
    FilterError::damaged("the parts of a block do not fit each other")
}

/// The key as it is put into the filter: itself, and for each further try another number.
fn salted(key: u64, salt: u32) -> u64 {
    key.wrapping_add(u64::from(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15)).rotate_left(salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random: splitmix64 (Steele, Lea, Flood 2014).
    fn keys(count: u64) -> Vec<u64> {
        (0..count)
            .map(|number| {
                let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            })
            .collect()
    }

    #[test]
    fn every_key_is_found_again_whatever_their_number() {
        for count in (0..70).chain([1_000, 8_192, 11_504, 11_521]) {
            let keys = keys(count);
            let bytes = Block::build(&keys).unwrap().to_bytes();
            let read = Block::parse(&bytes).unwrap();
            assert!(keys.iter().all(|key| read.has(*key)), "{count} keys");
            assert_eq!(read.to_bytes(), bytes);
        }
    }

    #[test]
    fn about_one_in_65536_other_keys_is_taken_for_one() {
        let all = keys(508_192);
        let (listed, others) = all.split_at(8_192);
        let block = Block::build(listed).unwrap();
        let wrong = others.iter().filter(|key| block.has(**key)).count();
        // 7.6 are expected, and the standard deviation is 2.8.
        assert!((1..=22).contains(&wrong), "{wrong} of 500,000");
    }

    #[test]
    fn keys_that_look_alike_are_kept_apart() {
        for keys in [(0..9_000).collect::<Vec<u64>>(), (0..9_000).map(|key| key << 40).collect(), vec![u64::MAX, 0]] {
            let block = Block::build(&keys).unwrap();
            assert!(keys.iter().all(|key| block.has(*key)));
        }
    }

    #[test]
    fn parts_that_do_not_fit_each_other_are_refused_and_nothing_panics() {
        let bytes = Block::build(&keys(100)).unwrap().to_bytes();
        for cut in [1, FRONT - 1, FRONT, FRONT + 1, bytes.len() - 1, bytes.len() - 2] {
            assert!(Block::parse(&bytes[..cut]).is_err(), "{cut}");
        }
        for at in 0..FRONT {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                // Salt and seed may be any number; the checksum is what tells.
                if let Ok(block) = Block::parse(&damaged) {
                    assert!(!(4..12).contains(&at), "{at}");
                    block.has(1);
                }
            }
        }
    }
}
