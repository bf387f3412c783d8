//! Lists in, a filter out, and what becomes of a filter that is damaged.

use std::fmt::Write as _;
use std::io::{Cursor, Read};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::blocklist::{FilterError, FilterFile};
use crate::private_file::{self, FileError};

/// A list: its name, its bytes, and whether it can be opened several times.
type Given<'a> = (&'a str, &'a [u8], bool);

fn built(lists: &[Given<'_>], format: Option<ListFormat>) -> Result<(FilterFile, BuiltFilter, u32), BuildError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("filter");
    let output = private_file::create_new(&path, 0o600).unwrap();
    let mut inputs: Vec<ListInput<'_>> = lists
        .iter()
        .map(|&(name, bytes, is_file)| ListInput {
            name: name.to_owned(),
            size: is_file.then_some(bytes.len() as u64),
            open: Box::new(move || Ok(Box::new(Cursor::new(bytes)) as Box<dyn Read>)),
        })
        .collect();
    let mut spools = 0;
    let mut spool = || {
        spools += 1;
        tempfile::tempfile().map_err(|error| FileError::Io { path: "spool".into(), doing: "created", error })
    };
    let mut options = BuildOptions { format, spool: &mut spool, progress: &mut |_| {} };
    let built = build(&mut inputs, &mut options, &output)?;
    let filter = FilterFile::open(output, Path::new("filter")).unwrap();
    filter.verify().unwrap();
    Ok((filter, built, spools))
}

fn built_of(list: &[u8]) -> Result<(FilterFile, BuiltFilter, u32), BuildError> {
    built(&[("list.txt", list, true)], None)
}

fn refused(list: &[u8]) -> String {
    built_of(list).map(drop).unwrap_err().to_string()
}

/// The passwords `password 0`, `password 1` and so on, as a published list has them.
fn hashes(numbers: impl Iterator<Item = u32>, by_hash: bool) -> String {
    let mut hashes: Vec<String> = numbers
        .map(|number| {
            let digest = sha1::Sha1::digest(format!("password {number}"));
            digest.iter().fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02X}").unwrap();
                text
            })
        })
        .collect();
    if by_hash {
        hashes.sort();
    }
    hashes.iter().zip(1..).fold(String::new(), |mut list, (hash, count)| {
        write!(list, "{hash}:{count}\r\n").unwrap();
        list
    })
}

fn has_all(filter: &FilterFile, numbers: impl Iterator<Item = u32>) -> bool {
    numbers.into_iter().all(|number| filter.contains(&format!("password {number}")).unwrap())
}

#[test]
fn a_list_in_order_is_read_without_a_spool_and_one_by_count_through_one() {
    const COUNT: u32 = 40_000;
    for (by_hash, expected) in [(true, 0), (false, 1)] {
        let list = hashes(0..COUNT, by_hash);
        let (filter, built, spools) = built_of(list.as_bytes()).unwrap();
        assert_eq!(spools, expected);
        assert_eq!((built.header.entries, built.header.prefix_bits), (u64::from(COUNT), 3));
        assert_eq!(built.lists[0].entries, u64::from(COUNT));
        assert!(has_all(&filter, (0..COUNT).step_by(37)));
        let others = (COUNT..COUNT + 2_000).filter(|number| filter.contains(&format!("password {number}")).unwrap());
        assert!(others.count() <= 2);
        assert!(!filter.contains("PASSWORD 1").unwrap(), "a hash is one of the password as it is");
    }
}

#[test]
fn the_same_lists_give_the_same_filter_however_they_come() {
    let (all, first, second) = (hashes(0..30_000, true), hashes(0..20_000, true), hashes(10_000..30_000, false));
    let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(first.as_bytes()).unwrap();
    let compressed = compressed.finish().unwrap();
    let ways: [&[Given<'_>]; 4] = [
        &[("a", first.as_bytes(), true), ("b", second.as_bytes(), true)],
        &[("a", second.as_bytes(), false), ("b", first.as_bytes(), false)],
        &[("a", compressed.as_slice(), true), ("b", second.as_bytes(), true)],
        &[("a", all.as_bytes(), true), ("a", all.as_bytes(), true)],
    ];
    let headers = ways.map(|way| {
        let (filter, built, _) = built(way, None).unwrap();
        assert!(has_all(&filter, (0..30_000).step_by(37)));
        built.header
    });
    assert_eq!(headers[0].entries, 30_000);
    // An entry that several lists have counts for each of them when the number of blocks is chosen: it is the same for these.
    assert!(headers.iter().all(|header| *header == headers[0]));
}

#[test]
fn a_list_that_is_in_order_only_at_its_beginning_is_read_again() {
    let mut list = hashes(0..20_000, true);
    list.push_str(&hashes(20_000..20_010, true));
    let (filter, built, spools) = built_of(list.as_bytes()).unwrap();
    assert_eq!((built.header.entries, built.lists[0].entries, spools), (20_010, 20_010, 1));
    assert!(has_all(&filter, (0..20_010).step_by(37).chain(20_000..20_010)));
}

#[test]
fn words_are_compared_without_case_and_lines_that_no_password_can_be_are_counted() {
    let mut list = "\u{feff}Zeppelin\r\n\n  \nGRO\u{df}e Fahrt\ncafe\u{301}\n".as_bytes().to_vec();
    list.extend(b"latin1 caf\xe9\ntab\tinside\n");
    list.extend([b'x'; 1_025]);
    list.extend(b"\nlast");
    let (filter, built, _) = built_of(&list).unwrap();
    assert_eq!(built.lists[0], ReadList { name: "list.txt".into(), format: ListFormat::Words, entries: 4, skipped: 3 });
    for listed in ["zeppelin", "Zeppelin", "ZEPPELIN", "gro\u{df}e fahrt", "caf\u{e9}", "Last"] {
        assert!(filter.contains(listed).unwrap(), "{listed}");
    }
    for other in ["zeppelin1", "cafe", "latin1 caf", "tab", &"x".repeat(1_024)] {
        assert!(!filter.contains(other).unwrap(), "{other}");
    }
}

#[test]
fn hashes_of_both_kinds_and_words_are_in_one_filter() {
    let ntlm = b"8846f7eaee8fb117ad06bdd830b7586c\n";
    let sha1 = hashes(7..8, true);
    let lists: [Given<'_>; 3] = [("n", ntlm, true), ("s", sha1.as_bytes(), true), ("w", b"Zeppelin\n", true)];
    let (filter, built, _) = built(&lists, None).unwrap();
    assert_eq!(built.header.spellings.names(), ["SHA-1", "NTLM", "words"]);
    for listed in ["password", "password 7", "zeppelin"] {
        assert!(filter.contains(listed).unwrap(), "{listed}");
    }
    assert!(!filter.contains("Password").unwrap() && !filter.contains("password 8").unwrap());
}

#[test]
fn a_list_of_words_that_look_like_hashes_can_be_told_so() {
    let list = b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8\nword\n";
    let error = built(&[("list.txt", list, true)], None).map(drop).unwrap_err().to_string();
    assert_eq!(error, "list.txt: line 2: expected 40 hexadecimal digits, or those and `:COUNT`");
    let (filter, ..) = built(&[("list.txt", list, true)], Some(ListFormat::Words)).unwrap();
    assert!(filter.contains("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8").unwrap());
}

#[test]
fn a_bad_line_is_told_by_its_number_wherever_it_is() {
    let good = hashes(0..20_000, true);
    for (line, by_hash) in [(1, true), (3, true), (10_001, true), (15_000, true), (20_000, true), (19_999, false)] {
        let good = if by_hash { good.clone() } else { hashes(0..20_000, false) };
        let mut lines: Vec<&str> = good.lines().collect();
        let bad = &lines[line - 1][..39].to_owned();
        lines[line - 1] = bad;
        let error = refused(lines.join("\n").as_bytes());
        if line > 1 {
            assert_eq!(error, format!("list.txt: line {line}: expected 40 hexadecimal digits, or those and `:COUNT`"));
        } else {
            // The first line tells what a list is; as one of words, this one would refuse nothing.
            assert_eq!(error, "list.txt: line 2 is a hash, and the first line is none");
        }
    }
}

#[test]
fn what_is_no_list_is_refused_in_words_that_name_it() {
    let zip = |first: &[u8]| [first, b"\nmore\n"].concat();
    let range = b"0018A45C4D1DEF81644B54AB7F969B88D65:10\n";
    insta::assert_snapshot!(
        [
            refused(b""),
            refused(b"\n \r\n"),
            refused(&zip(b"\x28\xb5\x2f\xfd")),
            refused(&zip(b"\xfd7zXZ\0")),
            refused(&zip(b"7z\xbc\xaf\x27\x1c")),
            refused(&zip(b"BZh9")),
            refused(&zip(b"PK\x03\x04")),
            refused(&zip(b"\xff\xfea\0")),
            refused(b"\x7fELF\0\0\0\0"),
            refused(range),
            refused(&super::super::header::MAGIC),
            refused(b"caf\xe9\n\xff\n"),
        ]
        .join("\n"),
        @"
    list.txt: has no entry
    list.txt: has no entry
    list.txt: is compressed by zstd
    list.txt: is compressed by xz
    list.txt: is a 7z archive
    list.txt: is compressed by bzip2
    list.txt: is a ZIP archive
    list.txt: is UTF-16 text
    list.txt: is no text
    list.txt: is a range of a list: the first digits of each hash are in the name of the file
    list.txt: is a blocklist filter already
    list.txt: has no entry
    "
    );
}

#[test]
fn a_list_that_is_compressed_and_cut_short_is_refused() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(hashes(0..30_000, true).as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    for cut in [whole.len() - 1, whole.len() / 2, 11] {
        let error = refused(&whole[..cut]);
        assert!(error.starts_with("list.txt: is cut short, or damaged: "), "{cut}: {error}");
    }
    let mut damaged = whole.clone();
    damaged[whole.len() - 8] ^= 1;
    assert!(refused(&damaged).starts_with("list.txt: is cut short, or damaged: "));
    // Members that follow each other are one list (RFC 1952 section 2.2).
    let twice = [whole.as_slice(), whole.as_slice()].concat();
    assert_eq!(built_of(&twice).unwrap().1.lists[0].entries, 60_000);
}

#[test]
fn entries_that_are_no_hashes_do_not_fill_the_memory() {
    let list = (0..MOST_ENTRIES as u64 + 2).map(|number| format!("{number:016x}{:024}\n", 0));
    let list: String = list.collect();
    assert!(refused(list.as_bytes()).starts_with("more than 1048576 entries begin with the same digits"));
}

#[test]
fn every_damaged_byte_is_found() {
    let (filter, ..) = built_of(hashes(0..60, true).as_bytes()).unwrap();
    let length = usize::try_from(filter.header().length).unwrap();
    let mut bytes = vec![0; length];
    filter_bytes(&filter, &mut bytes);
    let open = |bytes: &[u8]| {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(bytes, 0).unwrap();
        FilterFile::open(file, Path::new("filter"))
    };
    for at in 0..length {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        match open(&damaged) {
            Err(error) => assert!(at < HEADER, "{at}: {error}"),
            // There is one block, and every look-up reads it.
            Ok(filter) => {
                assert!(at >= HEADER, "{at}");
                assert!(filter.contains("password 1").is_err() && filter.contains("other").is_err(), "{at}");
                assert!(filter.verify().is_err(), "{at}");
            }
        }
    }
    for cut in (0..length).step_by(7).chain([length - 1]) {
        let error = open(&bytes[..cut]).unwrap_err();
        assert!(matches!(error, FilterError::NotAFilter | FilterError::Length { .. }), "{cut}: {error}");
    }
    bytes.push(0);
    assert!(matches!(open(&bytes).unwrap_err(), FilterError::Length { .. }));
}

fn filter_bytes(filter: &FilterFile, bytes: &mut [u8]) {
    filter.file().read_exact_at(bytes, 0).unwrap();
}

#[test]
fn a_filter_of_a_later_version_is_told_from_a_damaged_one() {
    let (filter, ..) = built_of(b"word\n").unwrap();
    let mut header = filter.header().to_bytes();
    header[8] = 2;
    assert!(matches!(FilterHeader::parse(&header).unwrap_err(), FilterError::Damaged { .. }));
    let digest = Sha256::digest(&header[..HEADER - 32]);
    header[HEADER - 32..].copy_from_slice(&digest);
    let error = FilterHeader::parse(&header).unwrap_err();
    assert_eq!(error.to_string(), "is a blocklist filter of version 2, and this program reads version 1");
}

/// With `CXME_TEST_LONG=1` ten million lines.
#[test]
fn a_long_list_is_built_in_blocks_of_even_size() {
    #[expect(clippy::disallowed_methods, reason = "the tests' own switch")]
    let is_long = std::env::var_os("CXME_TEST_LONG").is_some();
    let count: u32 = if is_long { 10_000_000 } else { 100_000 };
    let list = hashes(0..count, false);
    let (filter, built, _) = built_of(list.as_bytes()).unwrap();
    assert_eq!(built.header.entries, u64::from(count));
    let bits = built.header.length as f64 * 8.0 / f64::from(count);
    assert!((18.0..22.0).contains(&bits), "{bits} bits an entry");
    assert!(has_all(&filter, (0..count).step_by(997)));
}
