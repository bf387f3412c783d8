//! Secrets that a server quotes in its words: as they are, or in a form from which anybody can read them. What servers say is stored,
//! shown and sent to cron's mail.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurpose;
use base64::engine::GeneralPurposeConfig;
use zeroize::Zeroizing;

/// The shortest run of base64 or of hexadecimal digits that is read as such, in characters: six bytes. Less is a part of no secret that
/// is long enough to be masked.
const MIN_BASE64: usize = 8;
const MIN_HEX: usize = 12;

/// Bits that are left over at the end of a run are no error: it was cut off.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A text as it can be read in one way: each character with the bytes of the text that it is read from.
pub(super) struct Form {
    /// The characters.
    pub(super) characters: Zeroizing<Vec<char>>,
    /// Where each was read.
    pub(super) places: Vec<Range<usize>>,
    /// It is the text itself, in which even a short secret is no accident.
    pub(super) is_plain: bool,
}

impl Form {
    fn with_room(room: usize, is_plain: bool) -> Self {
        Self { characters: Zeroizing::new(Vec::with_capacity(room)), places: Vec::with_capacity(room), is_plain }
    }

    fn push(&mut self, place: Range<usize>, character: char) {
        self.characters.push(character);
        self.places.push(place);
    }

    /// Takes bytes that were decoded as the characters that they are; `place` says where the byte with this number is from.
    fn decode(&mut self, bytes: &[u8], place: impl Fn(usize) -> Range<usize>) {
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                let last = at + character.len_utf8() - 1;
                self.push(place(at).start..place(last).end, character);
                at = last + 1;
            }
            for _ in chunk.invalid() {
                self.push(place(at), char::REPLACEMENT_CHARACTER);
                at += 1;
            }
        }
    }

    /// The bytes of the text from which these of its characters are read.
    pub(super) fn place(&self, characters: Range<usize>) -> Range<usize> {
        let places = &self.places[characters];
        let start = places.iter().map(|place| place.start).min().unwrap_or(0);
        start..places.iter().map(|place| place.end).max().unwrap_or(start)
    }
}

/// The ways in which a text can be read: as it is, backwards, and what is encoded in it by percent signs or as quoted-printable (RFC
/// 2045, 6.7), in hexadecimal digits, or in base64 (RFC 4648) wherever the encoding of a longer text was cut.
pub(super) fn forms(text: &str) -> Vec<Form> {
    let mut plain = Form::with_room(text.len(), true);
    for (at, character) in text.char_indices() {
        plain.push(at..at + character.len_utf8(), character);
    }
    let mut backwards = Form::with_room(text.len(), false);
    for (place, character) in plain.places.iter().zip(plain.characters.iter()).rev() {
        backwards.push(place.clone(), *character);
    }
    let mut forms = vec![plain, backwards];
    if text.contains(['%', '=']) {
        forms.push(unescaped(text));
    }
    let bytes = text.as_bytes();
    let digits = runs(bytes, |byte| byte.is_ascii_hexdigit(), |byte| b" :-".contains(&byte), MIN_HEX);
    if !digits.is_empty() {
        forms.extend((0..2).map(|start| from_hexadecimal(bytes, &digits, start)));
    }
    let base64 = runs(bytes, |byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte), |_| false, MIN_BASE64);
    if !base64.is_empty() {
        forms.extend((0..4).map(|start| from_base64(bytes, &base64, start)));
    }
    forms
}

/// The places of the characters of each run of at least `least` that are `fit`, with at most one `between` two of them.
fn runs(bytes: &[u8], fit: impl Fn(u8) -> bool, between: impl Fn(u8) -> bool, least: usize) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| fit(**byte)) {
        let is_next = |run: &&mut Vec<usize>| match run.last().map(|last| &bytes[last + 1..at]) {
            Some([]) => true,
            Some([byte]) => between(*byte),
            _ => false,
        };
        match runs.last_mut().filter(is_next) {
            Some(run) => run.push(at),
            None => runs.push(vec![at]),
        }
    }
    runs.retain(|run| run.len() >= least);
    runs
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The text with `%4D` and `=4D` decoded.
fn unescaped(text: &str) -> Form {
    let bytes = text.as_bytes();
    let (mut decoded, mut places) = (Zeroizing::new(Vec::with_capacity(bytes.len())), Vec::with_capacity(bytes.len()));
    let mut at = 0;
    while at < bytes.len() {
        let escaped = match &bytes[at..] {
            [b'%' | b'=', high, low, ..] => digit(*high).zip(digit(*low)),
            _ => None,
        };
        let (byte, length) = escaped.map_or((bytes[at], 1), |(high, low)| (high << 4 | low, 3));
        decoded.push(byte);
        places.push(at..at + length);
        at += length;
    }
    let mut form = Form::with_room(bytes.len(), false);
    form.decode(&decoded, |at| places[at].clone());
    form
}

/// What the runs of hexadecimal digits mean when the first byte of each begins at its digit `start`.
fn from_hexadecimal(text: &[u8], runs: &[Vec<usize>], start: usize) -> Form {
    let room = runs.iter().map(|run| run.len() / 2).sum();
    let mut form = Form::with_room(room, false);
    for run in runs {
        let pairs: Vec<&[usize]> = run[start..].chunks_exact(2).collect();
        let byte = |pair: &&[usize]| digit(text[pair[0]]).zip(digit(text[pair[1]])).map(|(high, low)| high << 4 | low);
        let decoded: Zeroizing<Vec<u8>> = Zeroizing::new(pairs.iter().filter_map(byte).collect());
        form.decode(&decoded, |at| pairs[at][0]..pairs[at][1] + 1);
    }
    form
}

/// What the runs of base64 mean when the first byte of each begins at its character `start`.
fn from_base64(text: &[u8], runs: &[Vec<usize>], start: usize) -> Form {
    let room = runs.iter().map(|run| run.len()).sum();
    let mut form = Form::with_room(room, false);
    for run in runs {
        let places = &run[start..];
        // One character alone is not even a byte.
        let places = &places[..places.len() - usize::from(places.len() % 4 == 1)];
        // RFC 4648, 5: the two characters that differ in addresses.
        let standard = |at: &usize| match text[*at] {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
        let encoded: Zeroizing<Vec<u8>> = Zeroizing::new(places.iter().map(standard).collect());
        let Ok(decoded) = BASE64.decode(encoded.as_slice()).map(Zeroizing::new) else { continue };
        // The byte with this number is eight bits of characters that have six each.
        form.decode(&decoded, |at| places[8 * at / 6]..places[(8 * at + 7) / 6] + 1);
    }
    form
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
    use super::*;

    /// The forms of a text in which this can be read, each with the part of the text that it is read from.
    fn read(text: &str, sought: &str) -> Vec<String> {
        let sought: Vec<char> = sought.chars().collect();
        let mut found = Vec::new();
        for form in forms(text) {
            let at = form.characters.windows(sought.len()).position(|part| part == sought.as_slice());
            found.extend(at.map(|at| text[form.place(at..at + sought.len())].to_owned()));
        }
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
    fn places_that_overlap_or_touch_are_one() {
        assert_eq!(masked("abcdefgh", vec![5..6, 1..3, 2..4]), "a****e****gh");
        assert_eq!(masked("abcdefgh", vec![0..2, 2..4, 0..3]), "****efgh");
        assert_eq!(masked("äö", vec![0..2, 0..2]), "****ö");
        assert_eq!(masked("abc", Vec::new()), "abc");
    }
}
