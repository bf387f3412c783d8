//! Secrets that a server quotes in its words: as they are, or in a form from which anybody can read them. What servers say is stored,
//! shown and sent to cron's mail.

use std::iter;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// How many encodings, one inside the other, are decoded.
const MOST_ENCODINGS: u32 = 3;
/// At most so many characters are decoded for each character of a text. A text needs a few; only one that was built for it nests
/// encodings in all of its readings.
const MOST_DECODED: usize = 200;

/// How digits stand for bytes.
struct Encoding {
    /// How many bits a digit has.
    bits: usize,
    /// The value of a digit.
    value: fn(char) -> Option<u32>,
    /// Whether this may be between two digits.
    may_divide: fn(char) -> bool,
    /// The shortest run of digits that is read as such. Less is a part of no secret that is long enough to be masked.
    shortest: usize,
}

/// Hexadecimal digits, base64 and base32 (RFC 4648), each from six bytes on.
const ENCODINGS: [Encoding; 3] = [
    Encoding {
        bits: 4,
        value: |digit| digit.to_digit(16),
        may_divide: |character| " :-".contains(character),
        shortest: 12,
    },
    Encoding { bits: 6, value: base64, may_divide: |_| false, shortest: 8 },
    Encoding { bits: 5, value: base32, may_divide: |_| false, shortest: 10 },
];

fn base64(digit: char) -> Option<u32> {
    let from = |first: char, value: u32| u32::from(digit) - u32::from(first) + value;
    Some(match digit {
        'A'..='Z' => from('A', 0),
        'a'..='z' => from('a', 26),
        '0'..='9' => from('0', 52),
        // The last two digits are others in addresses (RFC 4648, 5).
        '+' | '-' => 62,
        '/' | '_' => 63,
        _ => return None,
    })
}

fn base32(digit: char) -> Option<u32> {
    match digit.to_ascii_uppercase() {
        letter @ 'A'..='Z' => Some(u32::from(letter) - u32::from('A')),
        number @ '2'..='7' => Some(u32::from(number) - u32::from('2') + 26),
        _ => None,
    }
}

/// A text as it can be read in one way: each character with the bytes of the text that it is read from.
pub(super) struct Form {
    /// The characters.
    pub(super) characters: Zeroizing<Vec<char>>,
    /// Where each was read.
    places: Vec<Range<usize>>,
    /// It is the text itself, in which even a short secret is no accident.
    pub(super) is_plain: bool,
}

/// Shows a text in each way in which it can be read: as it is, backwards, and with what is encoded in it decoded, also several
/// times over: escapes, hexadecimal digits, base64 and base32, wherever the encoding of a longer text was cut, and letters that are
/// written as others, such as full-width ones.
pub(super) fn each_form(text: &str, mut see: impl FnMut(&Form)) {
    let mut plain = Form { is_plain: true, ..Form::with_room(text.len()) };
    for (at, character) in text.char_indices() {
        plain.push(at..at + character.len_utf8(), character);
    }
    see(&plain.backwards());
    plain.show_all(MOST_ENCODINGS, &mut (text.len() * MOST_DECODED), &mut see);
}

impl Form {
    fn with_room(room: usize) -> Self {
        Self { characters: Zeroizing::new(Vec::with_capacity(room)), places: Vec::with_capacity(room), is_plain: false }
    }

    fn push(&mut self, place: Range<usize>, character: char) {
        self.characters.push(character);
        self.places.push(place);
    }

    /// The bytes of the text from which these of its characters are read.
    pub(super) fn place(&self, characters: Range<usize>) -> Range<usize> {
        let places = &self.places[characters];
        let start = places.iter().map(|place| place.start).min().unwrap_or(0);
        start..places.iter().map(|place| place.end).max().unwrap_or(start)
    }

    /// Shows the form and what it encodes, so many encodings deep, as long as characters are left to decode.
    fn show_all(&self, depth: u32, left: &mut usize, see: &mut dyn FnMut(&Self)) {
        see(self);
        if depth == 0 {
            return;
        }
        let mut show = |decoded: Self| {
            *left = left.saturating_sub(decoded.characters.len());
            if *left > 0 && !decoded.characters.is_empty() {
                decoded.show_all(depth - 1, left, see);
            }
        };
        self.unescaped().into_iter().for_each(&mut show);
        self.compatible().into_iter().for_each(&mut show);
        for encoding in &ENCODINGS {
            let runs = self.runs(encoding);
            // After so many digits the next byte begins with a digit again.
            let starts =
                if runs.is_empty() { 0 } else { (1..=8).find(|count| count * encoding.bits % 8 == 0).unwrap_or(8) };
            (0..starts).for_each(|start| show(self.decoded(encoding, &runs, start)));
        }
    }

    fn backwards(&self) -> Self {
        let mut backwards = Self::with_room(self.characters.len());
        for (place, character) in self.places.iter().zip(self.characters.iter()).rev() {
            backwards.push(place.clone(), *character);
        }
        backwards
    }

    /// The form with its escapes decoded; `None`: it has none.
    fn unescaped(&self) -> Option<Self> {
        let characters = &self.characters;
        if !characters.iter().any(|character| "%=\\&".contains(*character)) {
            return None;
        }
        // Room for all of it, so that nothing is left behind unwiped when a buffer would grow: no escape is shorter than what it
        // stands for.
        let room = characters.iter().map(|character| character.len_utf8()).sum();
        let (mut decoded, mut places) = (Zeroizing::new(Vec::with_capacity(room)), Vec::with_capacity(room));
        let (mut at, mut has_any) = (0, false);
        while at < characters.len() {
            let escape = escape(&characters[at..]);
            has_any |= escape.is_some();
            let (escaped, length) = escape.unwrap_or((Escaped::Character(characters[at]), 1));
            let before = decoded.len();
            match escaped {
                Escaped::Byte(byte) => decoded.push(byte),
                Escaped::Character(character) => {
                    decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            places.extend(iter::repeat_n(self.place(at..at + length), decoded.len() - before));
            at += length;
        }
        let mut form = Self::with_room(decoded.len());
        form.push_bytes(&decoded, &places);
        has_any.then_some(form)
    }

    /// The form with each character that is another one in a disguise as that (NFKC); `None`: it is ASCII.
    fn compatible(&self) -> Option<Self> {
        if self.characters.iter().all(char::is_ascii) {
            return None;
        }
        let plain = || self.characters.iter().map(|character| iter::once(*character).nfkc());
        let mut form = Self::with_room(plain().map(Iterator::count).sum());
        for (place, characters) in self.places.iter().zip(plain()) {
            characters.for_each(|character| form.push(place.clone(), character));
        }
        (form.characters != self.characters).then_some(form)
    }

    /// The numbers of the characters of each run of digits that is long enough, with at most one character between two of them.
    fn runs(&self, encoding: &Encoding) -> Vec<Vec<usize>> {
        let mut runs: Vec<Vec<usize>> = Vec::new();
        let mut run: Vec<usize> = Vec::new();
        let characters = self.characters.iter().enumerate();
        for (at, _) in characters.filter(|(_, character)| (encoding.value)(**character).is_some()) {
            let is_next = run.last().is_some_and(|last| match &self.characters[last + 1..at] {
                [] => true,
                [character] => (encoding.may_divide)(*character),
                _ => false,
            });
            if !is_next && run.len() >= encoding.shortest {
                runs.push(std::mem::take(&mut run));
            } else if !is_next {
                run.clear();
            }
            run.push(at);
        }
        if run.len() >= encoding.shortest {
            runs.push(run);
        }
        runs
    }

    /// What runs of digits mean when the first byte of each begins at its digit `start`.
    fn decoded(&self, encoding: &Encoding, runs: &[Vec<usize>], start: usize) -> Self {
        let mut form = Self::with_room(runs.iter().map(|run| run.len() * encoding.bits / 8).sum());
        for run in runs {
            let digits = &run[start..];
            let room = digits.len() * encoding.bits / 8;
            let (mut decoded, mut places) = (Zeroizing::new(Vec::with_capacity(room)), Vec::with_capacity(room));
            let (mut bits, mut count) = (0_u32, 0);
            for (number, at) in digits.iter().enumerate() {
                bits = bits << encoding.bits | (encoding.value)(self.characters[*at]).unwrap_or(0);
                count += encoding.bits;
                if count >= 8 {
                    count -= 8;
                    decoded.push((bits >> count).to_le_bytes()[0]);
                    places.push(self.place(digits[number + 1 - (count + 8).div_ceil(encoding.bits)]..*at + 1));
                }
            }
            form.push_bytes(&decoded, &places);
        }
        form
    }

    /// Takes bytes, each with its place, as the characters that they are.
    fn push_bytes(&mut self, bytes: &[u8], places: &[Range<usize>]) {
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                let last = at + character.len_utf8() - 1;
                self.push(places[at].start.min(places[last].start)..places[at].end.max(places[last].end), character);
                at = last + 1;
            }
            for _ in chunk.invalid() {
                self.push(places[at].clone(), char::REPLACEMENT_CHARACTER);
                at += 1;
            }
        }
    }
}

/// What an escape stands for.
enum Escaped {
    Byte(u8),
    Character(char),
}

/// The escape at the start of a text, and how many characters it has: of addresses (`%52`, `%u0052`), quoted-printable (`=52`; RFC
/// 2045, 6.7), programming languages (`\x52`, `\122`, `\u0052`, `\u{52}`, `\U00000052`) or HTML (`&#82;`, `&#x52;`, `&amp;`).
fn escape(text: &[char]) -> Option<(Escaped, usize)> {
    let digits = |from: usize, radix: u32, most: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take(most).take_while(|digit| digit.is_digit(radix)).count()
    };
    let number = |from: usize, count: usize, radix: u32| {
        text[from..from + count]
            .iter()
            .try_fold(0_u32, |number, digit| number.checked_mul(radix)?.checked_add(digit.to_digit(radix)?))
    };
    let byte = |from: usize, count: usize, radix: u32| {
        let value = (digits(from, radix, count) == count).then(|| number(from, count, radix))??;
        Some((Escaped::Byte(u8::try_from(value).ok()?), from + count))
    };
    let character = |from: usize, count: usize, radix: u32| {
        number(from, count, radix).and_then(char::from_u32).map(Escaped::Character)
    };
    let of_length = |from: usize, count: usize| {
        let is_whole = digits(from, 16, count) == count;
        Some((is_whole.then(|| character(from, count, 16))??, from + count))
    };
    match text {
        ['%', 'u' | 'U', ..] => of_length(2, 4),
        ['%' | '=', ..] => byte(1, 2, 16),
        ['\\', 'x', ..] => byte(2, 2, 16),
        ['\\', 'u', '{', ..] => {
            let count = digits(3, 16, 8);
            let is_ended = count > 0 && text.get(3 + count) == Some(&'}');
            Some((is_ended.then(|| character(3, count, 16))??, count + 4))
        }
        ['\\', 'u', ..] => of_length(2, 4),
        ['\\', 'U', ..] => of_length(2, 8),
        ['\\', '0'..='7', ..] => byte(1, 3, 8),
        ['&', '#', rest @ ..] => {
            let (from, radix) = if matches!(rest, ['x' | 'X', ..]) { (3, 16) } else { (2, 10) };
            // Leading zeros are allowed, and so many of them are written by nobody.
            let count = digits(from, radix, 12);
            let escaped = (count > 0).then(|| character(from, count, radix))??;
            Some((escaped, from + count + usize::from(text.get(from + count) == Some(&';'))))
        }
        ['&', rest @ ..] => {
            // Those of XML: what writes others writes them for letters outside ASCII.
            let names = [("amp;", '&'), ("lt;", '<'), ("gt;", '>'), ("quot;", '"'), ("apos;", '\'')];
            let is_it =
                |name: &str| rest.len() >= name.len() && name.chars().zip(rest).all(|(one, other)| one == *other);
            names.into_iter().find(|(name, _)| is_it(name)).map(|(name, it)| (Escaped::Character(it), 1 + name.len()))
        }
        _ => None,
    }
}

/// The text with `****` in each of these places, which may overlap.
pub(super) fn masked(text: &str, mut places: Vec<Range<usize>>) -> String {
    places.sort_by_key(|place| place.start);
    let mut masked = String::with_capacity(text.len());
    let mut shown = 0;
    for place in places {
        if place.start > shown || masked.is_empty() {
            masked.push_str(&text[shown.min(place.start)..place.start]);
            masked.push_str("****");
        }
        shown = shown.max(place.end);
    }
    masked.push_str(&text[shown..]);
    masked
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    /// The forms of a text in which this can be read, each with the part of the text that it is read from.
    fn read(text: &str, sought: &str) -> Vec<String> {
        let sought: Vec<char> = sought.chars().collect();
        let mut found = Vec::new();
        each_form(text, |form| {
            let at = form.characters.windows(sought.len()).position(|part| part == sought.as_slice());
            found.extend(at.map(|at| text[form.place(at..at + sought.len())].to_owned()));
        });
        found
    }

    #[test]
    fn what_is_encoded_is_read_wherever_it_begins() {
        assert_eq!(read("x pässword y", "pässword"), ["pässword"]);
        assert_eq!(read("x drowssäp y", "pässword"), ["drowssäp"]);
        assert_eq!(read("550 p%C3%A4ssword?", "pässword"), ["p%C3%A4ssword"]);
        assert_eq!(read("550 p=C3=a4ssword?", "pässword"), ["p=C3=a4ssword"]);
        assert_eq!(read("550 <70c3a47373776f7264>", "pässword"), ["70c3a47373776f7264"]);
        assert_eq!(read("550 <a70C3A47373776F7264>", "pässword"), ["70C3A47373776F7264"]);
        assert_eq!(read("550 70 c3 a4 73 73 77 6f 72 64.", "pässword"), ["70 c3 a4 73 73 77 6f 72 64"]);
        assert_eq!(read("550 AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "tanstaaftanstaaf"), ["B0YW5zdGFhZnRhbnN0YWFm"]);
        // What is left of the first three bytes of one that was cut may be lost, and no more.
        for cut in 1..=8 {
            let encoded = &"AHRpbQB0YW5zdGFhZnRhbnN0YWFm"[cut..];
            assert_eq!(read(encoded, "anstaaftanstaaf").len(), 1, "{encoded}");
        }
        assert_eq!(read("550 cD9-cD8_cD8-?", "p?~p??p?>"), ["cD9-cD8_cD8-"]);
        assert!(read("550 AHRpbQB 0YW5zdG", "tanst").is_empty(), "too short to be read");
    }

    #[test]
    fn what_is_disguised_is_read() {
        let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let hexadecimal = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        let escaped = |before: &str, after: &str| {
            "pass".bytes().map(|byte| format!("{before}{byte:x}{after}")).collect::<String>()
        };
        for said in [
            escaped("%", ""),
            escaped("%25", ""),
            escaped("%2525", ""),
            escaped("%u00", ""),
            escaped("&#x", ";"),
            escaped("&#x0000", ";"),
            escaped("&amp;#x", ";"),
            escaped("&#x", " ").replace(' ', ""),
            escaped("\\x", ""),
            escaped("\\u00", ""),
            escaped("\\u{", "}"),
            escaped("\\U000000", ""),
            escaped("\\\\x", "").replace("\\\\", "\\x5c"),
            "&#112;&#97;&#115;&#115;".to_owned(),
            "&#0112;&#097;&#0115;&#115;".to_owned(),
            "\\160\\141\\163\\163".to_owned(),
            "\u{ff50}\u{ff41}\u{ff53}\u{ff53}".to_owned(),
            "\u{24df}\u{24d0}\u{1d42c}\u{1d42c}".to_owned(),
            "%EF%BD%90%EF%BD%81%EF%BD%93%EF%BD%93".to_owned(),
            "\u{ff05}70\u{ff05}61ss".to_owned(),
        ] {
            assert_eq!(read(&format!("550 <{said}word> no"), "pass"), [said.as_str()], "{said}");
        }
        // In base32; that in base64; in hexadecimal digits, these in base64; and the other way round.
        for said in ["OBQXG43XN5ZGI", "obqxg43xn5zgi"] {
            assert_eq!(read(&format!("550 <{said}CQ=>"), "password"), [said]);
        }
        for said in [
            base64("OBQXG43XN5ZGICQ="),
            base64(&hexadecimal("password")),
            hexadecimal(&base64("password")),
            base64(&base64(&base64("password"))),
            base64("&#112;&#97;&#115;&#115;&#119;ord"),
            base64("passwor%64"),
        ] {
            assert_eq!(read(&format!("550 <{said}>"), "password").len(), 1, "{said}");
        }
        assert_eq!(read("a &lt;&gt;&quot;&apos;&amp;b", "a <>\"'&b"), ["a &lt;&gt;&quot;&apos;&amp;b"]);
    }

    #[test]
    fn what_is_no_escape_is_left_as_it_is() {
        for text in [
            "100% =",
            "%zz",
            "%u12",
            "\\x1",
            "\\u{}",
            "\\u{110000}",
            "\\777",
            "\\n",
            "&",
            "&#",
            "&#x;",
            "&#x110000;",
            "&amp",
            "a=\u{fc}",
        ] {
            let mut forms = Vec::new();
            each_form(text, |form| forms.push(form.characters.iter().collect::<String>()));
            assert_eq!(forms.len(), 2, "{forms:?}");
        }
    }

    #[test]
    fn a_text_that_was_built_to_be_decoded_without_end_is_not() {
        // Each digit of it is one in all three encodings, and so are most that are decoded from it.
        for text in [
            "DDDDDDDD".repeat(512),
            "44444444".repeat(512),
            "%2525%2525".repeat(400),
            "&amp;amp;".repeat(400),
            "\u{fdfa}".repeat(1_000),
        ] {
            let (mut forms, mut decoded) = (0, 0);
            each_form(&text, |form| (forms, decoded) = (forms + 1, decoded + form.characters.len()));
            assert!(forms < 1_000 && decoded <= text.len() * (MOST_DECODED + 3), "{forms}, {decoded}");
        }
    }

    #[test]
    fn places_that_overlap_or_touch_are_one() {
        assert_eq!(masked("abcdefgh", vec![5..6, 1..3, 2..4]), "a****e****gh");
        assert_eq!(masked("abcdefgh", vec![0..2, 2..4, 0..3]), "****efgh");
        assert_eq!(masked("äö", vec![0..2, 0..2]), "****ö");
        assert_eq!(masked("abc", Vec::new()), "abc");
    }
}
