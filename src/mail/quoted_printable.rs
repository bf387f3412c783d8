//! Quoted-printable (RFC 2045, 6.7), for the parts of a mail.

/// The longest line, including the `=` of a soft break.
const MAX_LINE: usize = 76;
/// How many bytes are compared in one step: as many as one SIMD instruction compares.
const STEP: usize = 16;

/// Whether no encoding is needed: the lines are ASCII and short enough.
pub(super) fn is_needless(lines: &str) -> bool {
    lines.is_ascii() && lines.lines().all(|line| line.len() <= MAX_LINE)
}

/// Encodes a part whose lines end in CR LF. ASCII is mostly unchanged, and a line is broken only where it is full.
pub(super) fn encode(part: &str) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(part.len() * 9 / 8);
    encode_onto(&mut encoded, part);
    encoded
}

/// Like [`encode`], but appends to `encoded`.
pub(super) fn encode_onto(encoded: &mut Vec<u8>, part: &str) {
    let mut rest = part.as_bytes();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1));
        let (line, end) = line.strip_suffix(b"\r\n").map_or((line, &b""[..]), |line| (line, b"\r\n"));
        push_line(encoded, line);
        encoded.extend_from_slice(end);
        rest = after;
    }
}

fn push_line(encoded: &mut Vec<u8>, line: &[u8]) {
    let (mut rest, mut column) = (line, 0);
    while let Some((byte, after)) = rest.split_first() {
        // One column is reserved for a soft break, unless nothing follows.
        let room = MAX_LINE - 1 - column;
        let plain = plain_at_start(&rest[..room.min(rest.len())]);
        let ends_here = plain == rest.len() || (plain == room && plain + 1 == rest.len() && is_plain(rest[plain]));
        if ends_here && !line.ends_with(b" ") && !line.ends_with(b"\t") {
            encoded.extend_from_slice(rest);
            return;
        }
        // A blank at the end of a line could be lost in transport, so it is encoded.
        let plain = if plain == rest.len() { plain - 1 } else { plain };
        if plain > 0 {
            encoded.extend_from_slice(&rest[..plain]);
            (rest, column) = (&rest[plain..], column + plain);
            continue;
        }
        let is_last_blank = after.is_empty() && matches!(byte, b' ' | b'\t');
        let width = if is_plain(*byte) && !is_last_blank { 1 } else { 3 };
        if column + width > MAX_LINE - usize::from(!after.is_empty()) {
            encoded.extend_from_slice(b"=\r\n");
            column = 0;
        }
        match width {
            1 => encoded.push(*byte),
            _ => encoded.extend_from_slice(&[b'=', digit(byte >> 4), digit(byte & 15)]),
        }
        (rest, column) = (after, column + width);
    }
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t') && byte != b'='
}

/// The number of bytes at the start that need no encoding. Most need none, so many are compared in one step.
fn plain_at_start(bytes: &[u8]) -> usize {
    let is_all_plain = |step: &&[u8]| step.iter().fold(true, |plain, byte| plain & is_plain(*byte));
    let many = bytes.chunks_exact(STEP).take_while(is_all_plain).count() * STEP;
    many + bytes[many..].iter().take_while(|byte| is_plain(**byte)).count()
}

fn digit(value: u8) -> u8 {
    b"0123456789ABCDEF"[usize::from(value)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(part: &str) -> String {
        String::from_utf8(encode(part)).unwrap()
    }

    /// Decodes like a mail program.
    fn decoded(encoded: &str) -> Vec<u8> {
        let text = encoded.replace("=\r\n", "");
        let (mut rest, mut bytes) = (text.as_bytes(), Vec::new());
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            bytes.push(match byte {
                b'=' => {
                    let digits = std::str::from_utf8(&rest[..2]).unwrap();
                    rest = &rest[2..];
                    u8::from_str_radix(digits, 16).unwrap()
                }
                other => *other,
            });
        }
        bytes
    }

    #[test]
    fn only_what_needs_it_is_encoded() {
        for (part, expected) in [
            ("", ""),
            ("a b\tc\r\n", "a b\tc\r\n"),
            ("a=b\r\nä\r\n", "a=3Db\r\n=C3=A4\r\n"),
            ("a \r\n\t\r\nb", "a=20\r\n=09\r\nb"),
            ("a\rb\nc\0", "a=0Db=0Ac=00"),
        ] {
            assert_eq!(encoded(part), expected);
        }
    }

    #[test]
    fn a_line_is_broken_only_where_it_is_full() {
        let x = |count| "x".repeat(count);
        for (line, expected) in [
            (x(76), x(76)),
            (x(77), format!("{}=\r\nxx", x(75))),
            (x(151), format!("{}=\r\n{}", x(75), x(76))),
            (format!("{}ä", x(70)), format!("{}=C3=A4", x(70))),
            (format!("{}ä", x(71)), format!("{}=C3=\r\n=A4", x(71))),
            (format!("{}= ", x(72)), format!("{}=3D=\r\n=20", x(72))),
            (format!("{} ", x(73)), format!("{}=20", x(73))),
            (format!("{} ", x(74)), format!("{}=\r\n=20", x(74))),
        ] {
            assert_eq!(encoded(&line), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn it_can_be_decoded_and_no_line_is_too_long(part in "([ -~\täß€=]{0,160}\r\n){0,4}") {
            let encoded = encoded(&part);
            proptest::prop_assert_eq!(decoded(&encoded), part.as_bytes());
            for line in encoded.split("\r\n") {
                proptest::prop_assert!(line.len() <= 76 && line.is_ascii() && !line.ends_with([' ', '\t']));
            }
        }
    }
}
