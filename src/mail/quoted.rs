//! Finds secrets that a server quotes in its replies, as they are or in a form that anybody could decode. Replies are
//! stored, shown, and sent to cron's mail.

use std::iter;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// How many nested encodings are decoded.
const MAX_DEPTH: u32 = 3;
/// At most this many characters are decoded for each character of a text. A text needs a few; only one that was built
/// for it nests encodings in all of its readings.
const MAX_DECODED: usize = 200;

/// This many letters written one at a time in a row are no coincidence.
const LETTERS_ALONE: usize = 8;

/// An encoding of bytes as digits.
struct Encoding {
    /// The number of bits of a digit.
    bits: usize,
    /// The value of a digit.
    value: fn(char) -> Option<u32>,
    /// Whether this character may separate two digits.
    may_divide: fn(char) -> bool,
    /// The shortest run of digits that is decoded. A shorter one cannot hold enough of a secret to be masked.
    shortest: usize,
}

/// Hexadecimal digits, base64 and base32 (RFC 4648), each from about six bytes on.
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
        // URLs use two other digits (RFC 4648, 5).
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

/// A reading of a text: the decoded characters, each with the range of bytes of the text that it came from.
pub(super) struct Reading {
    /// The characters.
    pub(super) characters: Zeroizing<Vec<char>>,
    /// The source of each.
    places: Vec<Range<usize>>,
    /// It is the text itself, in which even a short secret is no coincidence.
    pub(super) is_plain: bool,
}

/// Calls `visit` for each reading of a text: as it is, backwards, without the separators between letters written one
/// at a time, and with decoded content, also if it was encoded several times: escapes, hexadecimal digits, base64 and
/// base32, wherever the encoding of a longer text was cut, and variants of letters, such as full-width ones.
pub(super) fn for_each_reading(text: &str, mut visit: impl FnMut(&Reading)) {
    let mut plain = Reading { is_plain: true, ..Reading::with_room(text.len()) };
    for (at, character) in text.char_indices() {
        plain.push(at..at + character.len_utf8(), character);
    }
    visit(&plain.backwards());
    if let Some(closed_up) = plain.closed_up() {
        closed_up.visit_all(MAX_DEPTH - 1, &mut (text.len() * MAX_DECODED), &mut visit);
    }
    plain.visit_all(MAX_DEPTH, &mut (text.len() * MAX_DECODED), &mut visit);
}

impl Reading {
    fn with_room(room: usize) -> Self {
        Self { characters: Zeroizing::new(Vec::with_capacity(room)), places: Vec::with_capacity(room), is_plain: false }
    }

    fn push(&mut self, place: Range<usize>, character: char) {
        self.characters.push(character);
        self.places.push(place);
    }

    /// The bytes of the text from which these characters come.
    pub(super) fn place(&self, characters: Range<usize>) -> Range<usize> {
        let places = &self.places[characters];
        let start = places.iter().map(|place| place.start).min().unwrap_or(0);
        start..places.iter().map(|place| place.end).max().unwrap_or(start)
    }

    /// Visits the reading and what it encodes, `depth` encodings deep, as long as `left` allows more characters to be
    /// decoded.
    fn visit_all(&self, depth: u32, left: &mut usize, visit: &mut dyn FnMut(&Self)) {
        visit(self);
        if depth == 0 {
            return;
        }
        let mut visit_decoded = |decoded: Self| {
            *left = left.saturating_sub(decoded.characters.len());
            if *left > 0 && !decoded.characters.is_empty() {
                decoded.visit_all(depth - 1, left, visit);
            }
        };
        self.unescaped().into_iter().for_each(&mut visit_decoded);
        self.compatible().into_iter().for_each(&mut visit_decoded);
        for encoding in &ENCODINGS {
            let runs = self.runs(encoding);
            // After this many digits the next byte begins at a digit again.
            let starts =
                if runs.is_empty() { 0 } else { (1..=8).find(|count| count * encoding.bits % 8 == 0).unwrap_or(8) };
            (0..starts).for_each(|start| visit_decoded(self.decoded(encoding, &runs, start)));
        }
    }

    fn backwards(&self) -> Self {
        let mut backwards = Self::with_room(self.characters.len());
        for (place, character) in self.places.iter().zip(self.characters.iter()).rev() {
            backwards.push(place.clone(), *character);
        }
        backwards
    }

    /// The reading without the separators between letters that are written one at a time (`a b c`, `a.b.c`); `None`:
    /// there are too few in a row.
    fn closed_up(&self) -> Option<Self> {
        let is_letter = |at: usize| self.characters.get(at).is_some_and(|character| character.is_alphanumeric());
        let is_alone = |at: usize| is_letter(at) && !is_letter(at + 1) && (at == 0 || !is_letter(at - 1));
        let mut closed_up = Self::with_room(self.characters.len());
        let (mut at, mut has_any) = (0, false);
        while at < self.characters.len() {
            let alone = (at..).step_by(2).take_while(|at| is_alone(*at)).count();
            let is_spaced_out = alone >= LETTERS_ALONE;
            has_any |= is_spaced_out;
            let (step, count) = if is_spaced_out { (2, alone) } else { (1, 1) };
            for letter in (at..).step_by(step).take(count) {
                closed_up.push(self.places[letter].clone(), self.characters[letter]);
            }
            at += step * count;
        }
        has_any.then_some(closed_up)
    }

    /// The reading with its escapes decoded; `None`: it has none.
    fn unescaped(&self) -> Option<Self> {
        let characters = &self.characters;
        let is_hexadecimal = |pair: &[char]| matches!(pair, ['0', 'x' | 'X']);
        if !characters.iter().any(|character| "%=\\&".contains(*character))
            && !characters.windows(2).any(is_hexadecimal)
        {
            return None;
        }
        // The capacity suffices for all of it, because no escape is shorter than what it stands for. A buffer that
        // grew would leave an unwiped copy behind.
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
        let mut reading = Self::with_room(decoded.len());
        reading.push_bytes(&decoded, &places);
        has_any.then_some(reading)
    }

    /// The reading with compatibility characters replaced (NFKC); `None`: nothing changes.
    fn compatible(&self) -> Option<Self> {
        if self.characters.iter().all(char::is_ascii) {
            return None;
        }
        let plain = || self.characters.iter().map(|character| iter::once(*character).nfkc());
        let mut reading = Self::with_room(plain().map(Iterator::count).sum());
        for (place, characters) in self.places.iter().zip(plain()) {
            characters.for_each(|character| reading.push(place.clone(), character));
        }
        (reading.characters != self.characters).then_some(reading)
    }

    /// The indices of the characters of each long enough run of digits, with at most one separator between two
    /// digits.
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

    /// The decoded runs, if the first byte of each begins at its digit `start`.
    fn decoded(&self, encoding: &Encoding, runs: &[Vec<usize>], start: usize) -> Self {
        let mut reading = Self::with_room(runs.iter().map(|run| run.len() * encoding.bits / 8).sum());
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
            reading.push_bytes(&decoded, &places);
        }
        reading
    }

    /// Appends bytes, each with its source, as characters.
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

/// The value of an escape.
enum Escaped {
    Byte(u8),
    Character(char),
}

/// The escape at the start of a text, and its length in characters: of URLs (`%52`, `%u0052`), quoted-printable
/// (`=52`; RFC 2045, 6.7), programming languages (`\x52`, `0x52`, `\122`, `\u0052`, `\u{52}`, `\U00000052`) or HTML
/// (`&#82;`, `&#x52;`, `&amp;`).
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
        let is_complete = digits(from, 16, count) == count;
        Some((is_complete.then(|| character(from, count, 16))??, from + count))
    };
    match text {
        ['%', 'u' | 'U', ..] => of_length(2, 4),
        ['%' | '=', ..] => byte(1, 2, 16),
        ['\\', 'x', ..] => byte(2, 2, 16),
        ['0', 'x' | 'X', ..] => byte(2, 2, 16).map(|(byte, length)| (byte, length + between_numbers(&text[length..]))),
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
            // Leading zeros are allowed, but nobody writes more than this.
            let count = digits(from, radix, 12);
            let escaped = (count > 0).then(|| character(from, count, radix))??;
            Some((escaped, from + count + usize::from(text.get(from + count) == Some(&';'))))
        }
        ['&', rest @ ..] => {
            // The names that XML has too: other names stand for characters that codes do not have.
            let names = [("amp;", '&'), ("lt;", '<'), ("gt;", '>'), ("quot;", '"'), ("apos;", '\'')];
            let matches_name =
                |name: &str| rest.len() >= name.len() && name.chars().zip(rest).all(|(one, other)| one == *other);
            names
                .into_iter()
                .find(|(name, _)| matches_name(name))
                .map(|(name, it)| (Escaped::Character(it), 1 + name.len()))
        }
        _ => None,
    }
}

/// Number of characters between a number and the next one in a list of hexadecimal numbers.
fn between_numbers(text: &[char]) -> usize {
    match text {
        [' ' | ',', '0', 'x' | 'X', ..] => 1,
        [',', ' ', '0', 'x' | 'X', ..] => 2,
        _ => 0,
    }
}

/// The text with `****` in each of these ranges, which may overlap.
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
mod tests;
