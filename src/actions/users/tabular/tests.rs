//! The reader beside the csv crate, beside an editor's count of lines, and cut into pieces.

use std::io;
use std::io::Read;

use proptest::prelude::*;

use super::*;

/// Gives its bytes in pieces of these sizes, over and over.
struct Pieces<'bytes> {
    bytes: &'bytes [u8],
    sizes: Vec<usize>,
    turn: usize,
}

impl<'bytes> Pieces<'bytes> {
    fn new(bytes: &'bytes [u8], sizes: &[usize]) -> Self {
        Self { bytes, sizes: sizes.to_vec(), turn: 0 }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()].min(buffer.len()).min(self.bytes.len());
        self.turn += 1;
        let (piece, rest) = self.bytes.split_at(size);
        buffer[..size].copy_from_slice(piece);
        self.bytes = rest;
        Ok(size)
    }
}

type Rows = Vec<(u64, Vec<String>)>;

fn text(input: &mut dyn Read) -> Result<Text<'_>, InputError> {
    match Input::open(input)? {
        Input::Text(text) => Ok(text),
        other => panic!("{other:?} is no text"),
    }
}

/// The header, and the rows with their lines; a row that is broken has its fault for its only field.
fn read_csv(input: &mut dyn Read, delimiter: Option<Delimiter>) -> Result<(Header, Rows), InputError> {
    let (mut csv, header) = text(input)?.csv(delimiter, |name| ["email", "name", "username"].contains(&name))?;
    let mut rows = Rows::new();
    while let Some(row) = csv.next_row()? {
        let fields = row.fields().map(|field| String::from_utf8(field.to_vec()).unwrap()).collect();
        rows.push((row.line(), row.broken().map_or(fields, |fault| vec![fault.to_owned()])));
    }
    Ok((header, rows))
}

fn rows_of(text: &str) -> Rows {
    read_csv(&mut text.as_bytes(), None).unwrap().1
}

fn fault(text: impl AsRef<[u8]>) -> String {
    read_csv(&mut text.as_ref(), None).unwrap_err().to_string()
}

fn fields(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|&field| field.to_owned()).collect()
}

/// The line of each byte, as an editor numbers them.
fn lines_of_an_editor(text: &str) -> Vec<u64> {
    let (mut line, mut lines) = (1, Vec::new());
    let bytes = text.as_bytes();
    for (place, byte) in bytes.iter().enumerate() {
        lines.push(line);
        let ends = *byte == b'\n' || (*byte == b'\r' && bytes.get(place + 1) != Some(&b'\n'));
        line += u64::from(ends);
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_the_csv_crate_writes_is_read_as_it_reads_it(
        rows in prop::collection::vec(prop::collection::vec("[a\"',;\t \r\né=]{0,5}", 3), 0..8),
        delimiter in prop::sample::select(vec![",", ";", "\t", "|"]),
        quote in prop::sample::select(vec![csv::QuoteStyle::Necessary, csv::QuoteStyle::Always]),
        sizes in prop::collection::vec(1..9_usize, 1..4),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter.as_bytes()[0])
            .quote_style(quote)
            .from_writer(Vec::new());
        writer.write_record(["email", "name", "username"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let written = writer.into_inner().unwrap();
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter.as_bytes()[0]).from_reader(&*written);
        let theirs: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        let theirs: Vec<_> = theirs.into_iter().filter(|row| row.iter().any(|field| !field.trim().is_empty())).collect();
        let given = (delimiter == "|").then(|| delimiter.parse().unwrap());
        let (header, ours) = read_csv(&mut Pieces::new(&written, &sizes), given).unwrap();
        prop_assert_eq!(header.names, fields(&["email", "name", "username"]));
        // A blank before the first character of an unquoted field stays here; only one before a quote goes.
        prop_assert_eq!(ours.into_iter().map(|(_, row)| row).collect::<Vec<_>>(), theirs);
    }

    #[test]
    fn whatever_the_input_nothing_depends_on_how_it_is_cut(
        text in "(email,name\n)?[a\",;\t \r\n]{0,40}",
        sizes in prop::collection::vec(1..5_usize, 1..4),
    ) {
        prop_assume!(!text.trim().is_empty());
        let whole = read_csv(&mut text.as_bytes(), None).map_err(|error| error.to_string());
        let cut = read_csv(&mut Pieces::new(text.as_bytes(), &sizes), None).map_err(|error| error.to_string());
        prop_assert_eq!(whole, cut);
    }

    #[test]
    fn utf_16_is_read_as_utf_8_is(
        text in "email,name\n([a\"é𝄞,\r\n]{0,20})",
        is_big in any::<bool>(),
        sizes in prop::collection::vec(1..5_usize, 1..4),
    ) {
        let bytes = utf16(&text, is_big);
        let utf8 = read_csv(&mut text.as_bytes(), None).map_err(|error| error.to_string());
        let utf16 = read_csv(&mut Pieces::new(&bytes, &sizes), None).map_err(|error| error.to_string());
        prop_assert_eq!(utf8, utf16);
    }
}

fn utf16(text: &str, is_big: bool) -> Vec<u8> {
    let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    units.flat_map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn in_200_mixtures_of_line_ends_each_row_has_the_line_of_an_editor() {
    let mut state = 7_u64;
    let mut pick = |limit: usize| {
        // Knuth's MMIX generator: the same mixtures in every run.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    for _ in 0..200 {
        let mut text = String::new();
        for _ in 0..pick(3) {
            text.push_str(["\n", "\r\n", "\r"][pick(3)]);
        }
        text.push_str("email,name");
        for number in 0..30 {
            text.push_str(["\n", "\r\n", "\r", "\n\n", "\r\r\n", "\r\n\r\n", "\n\r", "\n,\n", "\r \r"][pick(9)]);
            match pick(4) {
                0 => {
                    text.push_str(&format!("row{number}@x.org,\"a{}b\"", ["\n", "\r\n", "\r", "\r\r", "\n\n"][pick(5)]))
                }
                _ => text.push_str(&format!("row{number}@x.org,N")),
            }
        }
        let lines = lines_of_an_editor(&text);
        let expected: Vec<u64> = (0..30).map(|n| lines[text.find(&format!("row{n}@")).unwrap()]).collect();
        let sizes = [1 + pick(7), 1 + pick(7)];
        let (header, rows) = read_csv(&mut Pieces::new(text.as_bytes(), &sizes), None).unwrap();
        assert_eq!(header.line, lines[text.find("email").unwrap()]);
        assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), expected, "{text:?}");
        let mut pieces = Pieces::new(text.as_bytes(), &sizes);
        let mut reader = self::text(&mut pieces).unwrap().lines();
        let mut number = 0;
        while let Some((line, bytes)) = reader.next_line().unwrap() {
            number += 1;
            assert_eq!(line, number);
            if let Some(place) =
                bytes.starts_with(b"row").then(|| text.find(std::str::from_utf8(bytes).unwrap())).flatten()
            {
                assert_eq!(line, lines[place], "{text:?}");
            }
        }
    }
}

#[test]
fn quotes_that_are_not_closed_are_an_error_with_the_line_on_which_they_open() {
    assert_eq!(fault("email,name\na,b\nc,\"d\ne,f\n"), "line 3: the quote that opens here is never closed");
    assert_eq!(fault("email,\"name\na,b"), "line 1: the quote that opens here is never closed");
    let long = format!("email,name\r\na,\"{}", "b\n".repeat(40_000));
    assert_eq!(fault(long), "line 2: the row is longer than 64 KiB: is a quote not closed?");
}

#[test]
fn text_behind_a_closing_quote_breaks_its_row_alone() {
    let twice = "text follows a closing quote; a quote within quotes is written twice";
    let rows = rows_of("email,name\na,\"Ann \"The Eagle\" Adler\"\nb,\"Bo\"x,\"\nc,\"C\" \nd,\"\"\"D\"\"\"");
    let (broken, read) = (fields(&[twice]), |name| fields(&["c", name]));
    assert_eq!(rows, [(2, broken.clone()), (3, broken), (4, read("C")), (5, fields(&["d", "\"D\""]))]);
    let rows = rows_of("email,name\na,\"b\nc,\"d\"\ne,f\n");
    let told = "the quote that opens on line 2 is closed on line 3, with text behind it";
    assert_eq!(rows, [(2, fields(&[told])), (4, fields(&["e", "f"]))]);
    assert!(fault("email,\"name\"x\na,b\n").starts_with("line 1: text follows a closing quote"));
}

#[test]
fn the_delimiter_is_recognized_or_named() {
    let row = [(2, fields(&["a", "b"]))];
    for header in ["email,name", "email;name", "email\tname", " Email ; \"NAME\" "] {
        let delimiter = header.chars().find(|c| [',', ';', '\t'].contains(c)).unwrap();
        assert_eq!(rows_of(&format!("{header}\na{delimiter}b\n")), row, "{header}");
    }
    assert_eq!(rows_of("email;notes, if any\na;b\n"), row);
    for named in ["sep=;\n", "SEP=;\r\n", "sep=;\r", "\nsep=;\n"] {
        let line = named.matches(['\n', '\r']).count() as u64 - u64::from(named.contains("\r\n"));
        let (header, rows) = read_csv(&mut format!("{named}email;x,y\na;b\n").as_bytes(), None).unwrap();
        assert_eq!((header.line, rows), (line + 1, vec![(line + 2, fields(&["a", "b"]))]), "{named:?}");
    }
    let (_, rows) = read_csv(&mut "sep=;\nemail|name\na|b".as_bytes(), Some("|".parse().unwrap())).unwrap();
    assert_eq!(rows, [(3, fields(&["a", "b"]))]);
    for delimiter in ["tab", "TAB", "\\t", "\t"] {
        assert_eq!(delimiter.parse::<Delimiter>().unwrap().to_string(), "tab");
    }
    for other in ["", "a", "\"", "\n", " ", ";;", "é"] {
        assert!(other.parse::<Delimiter>().is_err(), "{other:?}");
    }
}

#[test]
fn blanks_before_a_quote_are_no_part_of_a_field_and_empty_rows_are_none() {
    let rows = rows_of("email,name\n  \"a, b\" , c \n,,\n \n\"\",\" \"\n\t\nd,5\" disk\n");
    assert_eq!(rows, [(2, fields(&["a, b", " c "])), (7, fields(&["d", "5\" disk"]))]);
}

#[test]
fn utf_16_that_is_broken_is_an_error_with_its_line() {
    let broken = |tail: &[u16], odd: bool| {
        let mut bytes = utf16("email,name\r\na,b\r\n", false);
        bytes.extend(tail.iter().flat_map(|unit| unit.to_le_bytes()));
        bytes.extend(odd.then_some(b'x'));
        fault(bytes)
    };
    let pair = "line 3: the input is marked as UTF-16 and holds half of a surrogate pair";
    for tail in [&[0xdc00][..], &[0xd800, 0x41], &[0xd800, 0xd800]] {
        assert_eq!(broken(tail, false), pair);
    }
    let cut = "line 3: the input is marked as UTF-16 and ends within a character";
    assert_eq!(broken(&[0xd800], false), cut);
    assert_eq!(broken(&[], true), cut);
    let unmarked: Vec<u8> = "email\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(fault(unmarked).starts_with("line 1: holds a NUL byte: if the file is UTF-16"));
    assert!(fault("email\na\nb\0\n").starts_with("line 3: holds a NUL byte"));
    assert!(fault("email\na\n\"b\0\n").starts_with("line 3: holds a NUL byte"));
}

fn elements(json: &str, sizes: &[usize]) -> Result<Vec<(u64, String)>, String> {
    let mut pieces = Pieces::new(json.as_bytes(), sizes);
    let Input::JsonArray(mut reader) = Input::open(&mut pieces).unwrap() else { panic!("{json} is no array") };
    let mut elements = Vec::new();
    while let Some(element) = reader.next_element().map_err(|error| error.to_string())? {
        assert_eq!(element.number, elements.len() as u64 + 1);
        elements.push((element.line, String::from_utf8(element.text.to_vec()).unwrap()));
    }
    Ok(elements)
}

#[test]
fn an_array_gives_its_elements_with_their_lines() {
    for sizes in [&[1][..], &[3, 7], &[4_096]] {
        let read = |json| elements(json, sizes);
        assert_eq!(read("[]"), Ok(vec![]));
        assert_eq!(read(" \n[ ] \n"), Ok(vec![]));
        let expected = vec![(1, "{\"a\":\"]\\\"}\"}".to_owned()), (3, "[{}]".to_owned()), (5, "\"x\"".to_owned())];
        assert_eq!(read("[{\"a\":\"]\\\"}\"},\r\n\r\n[{}]\n,\r\"x\"]\n"), Ok(expected));
        assert_eq!(read("[1, true ]"), Ok(vec![(1, "1".to_owned()), (1, "true ".to_owned())]));
        let fault = |json| read(json).unwrap_err();
        assert_eq!(fault("[{}\n{}]"), "line 2: expected `,` or `]` between the elements of the array");
        assert_eq!(fault("[{},\n{\"a\":1"), "line 2: the input ends within the array");
        assert_eq!(fault("[{}"), "line 1: the input ends within the array");
        assert_eq!(fault("[]\n[]"), "line 2: text follows the array");
        assert_eq!(fault("[{\"a\n\":1}]"), "line 1: a string is not closed on its line");
        assert_eq!(fault("[\n{\0}]"), format!("line 2: {NUL}"));
    }
    let long = format!("[{{\"a\":\"{}\"}}]", "b".repeat(70_000));
    assert_eq!(
        elements(&long, &[4_096]).unwrap_err(),
        "line 1: an element is longer than 64 KiB: is a bracket not closed?"
    );
}

fn names(text: impl AsRef<[u8]>) -> Result<Vec<(u64, String)>, String> {
    let read = read_names(&mut text.as_ref()).map_err(|error| error.to_string())?;
    assert_eq!((read.bytes, read.sha256.len()), (text.as_ref().len() as u64, 64));
    if !text.as_ref().starts_with(b"[") && !text.as_ref().starts_with(b"{") {
        let has_end = text.as_ref().is_empty() || text.as_ref().ends_with(b"\n") || text.as_ref().ends_with(b"\r");
        assert_eq!(read.ends_within_line, !has_end && !text.as_ref().starts_with(b"\xfe\xff"));
    }
    Ok(read.lines.into_iter().zip(read.users.iter().map(|user| user.as_str().to_owned())).collect())
}

#[test]
fn users_are_named_in_every_format() {
    let read = |text: &str| names(text).unwrap();
    let one = |line, name: &str| vec![(line, name.to_owned())];
    let two = |first, second| vec![(first, "alice".to_owned()), (second, "bob@example.com".to_owned())];
    assert_eq!(read(""), []);
    assert_eq!(read("# who\nalice\r\n\n bob@example.com \n"), two(2, 4));
    assert_eq!(read("alice\rbob@example.com\r"), two(1, 2));
    assert_eq!(read("name,Username\n\"A, A\",alice\n"), one(2, "alice"));
    assert_eq!(read("email\nbob@example.com\n"), one(2, "bob@example.com"));
    assert_eq!(read("username;email\nalice;a@example.com\n;bob@example.com\n;;\n"), two(2, 3));
    assert_eq!(read("sep=\t\nusername\temail\nalice\t\n"), one(3, "alice"));
    assert_eq!(read("email\n'+tag@example.com\n"), one(2, "+tag@example.com"));
    assert_eq!(
        read("{\"username\":\"alice\",\"id\":1}\n\n{\"email\":\"bob@example.com\",\"username\":\"\"}"),
        two(1, 3)
    );
    assert_eq!(read("[\n{\"username\":\"alice\",\"email\":\"x@y.org\"},\n{\"email\":\"bob@example.com\"}]"), two(2, 3));
    assert_eq!(read("[\"alice\",\r\n\"bob@example.com\"]"), two(1, 2));
    assert_eq!(read("USERNAME\nalice\n"), one(2, "alice"));
    assert_eq!(names(utf16("alice\r\nbob@example.com\r\n", true)).unwrap(), two(1, 2));
}

#[test]
fn a_list_that_names_nobody_is_an_error_with_its_line() {
    let fault = |text: &[u8]| names(text).unwrap_err();
    assert_eq!(
        fault(b"username,email\n , \nx,y\n,\n z,\"\"w\n"),
        format!("line 5: {}", "text follows a closing quote; a quote within quotes is written twice")
    );
    assert_eq!(fault(b"name,username\nAnn,\n"), "line 2: no user is named");
    assert_eq!(fault(b"{\"name\":\"Ann\"}"), "line 1: no user is named");
    assert_eq!(fault(b"alice\n\xff\n"), format!("line 2: {NOT_UTF8}"));
    assert_eq!(fault(b"[7]"), "line 1: is neither a name nor a JSON object with `username` or `email`");
    let table = "line 1: is a table for people to read: list the users with `-o csv`";
    assert_eq!(fault(b"USERNAME  EMAIL              STATUS\nalice  a@example.com  active\n"), table);
}

/// Input that does not end.
struct Endless(&'static [u8]);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len() / self.0.len() * self.0.len();
        buffer.iter_mut().zip(self.0.iter().cycle()).take(count).for_each(|(to, from)| *to = *from);
        Ok(count)
    }
}

#[test]
fn an_endless_list_of_users_is_refused() {
    for line in [&b"alice\n"[..], b"{\"username\":\"alice\"}\n"] {
        let refused = read_names(&mut Endless(line)).unwrap_err().to_string();
        assert!(refused.contains("more than 2,000,000 users are named"), "{refused}");
    }
}
