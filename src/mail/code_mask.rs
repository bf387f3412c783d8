//! Masks the reset code in texts about a mail. A server that filters mails may quote the link it rejects, and anyone
//! who reads the stored or shown text could use it.

use std::ops::Range;

use zeroize::Zeroizing;

use super::quoted;
use super::quoted::Reading;
use crate::secrets::reset_code;

/// This many consecutive characters of a code are no coincidence.
const MIN_PART: usize = 6;
/// How much of a text is examined, in bytes: several times what is shown of it.
const MAX_TEXT: usize = 4_096;

/// The bits of `MIN_PART` consecutive symbols, eight bits each.
const PART: u64 = (1 << (8 * MIN_PART)) - 1;

/// The reset codes of a mail.
#[derive(Default)]
pub(super) struct CodeMask {
    codes: Vec<Zeroizing<Vec<u8>>>,
    /// Each sequence of [`MIN_PART`] symbols, as packed by [`after`].
    parts: Zeroizing<Vec<u64>>,
}

impl CodeMask {
    /// A mask for the codes in this content.
    pub(super) fn of(content: &[u8]) -> Self {
        let codes = codes(content);
        let mut parts = Zeroizing::new(Vec::with_capacity(codes.iter().map(|code| code.len()).sum()));
        for window in codes.iter().flat_map(|code| code.windows(MIN_PART)) {
            parts.push(window.iter().fold(0, |part, symbol| after(part, *symbol)));
        }
        Self { codes, parts }
    }

    /// A mask for the codes of both.
    pub(super) fn with(self, other: &Self) -> Self {
        if other.codes.is_empty() {
            return self;
        }
        let mut parts = Zeroizing::new(Vec::with_capacity(self.parts.len() + other.parts.len()));
        parts.extend(self.parts.iter().chain(other.parts.iter()));
        let mut codes = self.codes;
        codes.extend(other.codes.iter().cloned());
        Self { codes, parts }
    }

    /// A text with `****` in place of each part of a code that is long enough: in upper or lower case, in groups with
    /// any separators, with O for 0 and I or L for 1, and in each reading of the text ([`quoted::for_each_reading`]).
    /// A text longer than anything that is shown is cut.
    pub(super) fn text(&self, text: &str) -> String {
        let end = (0..=text.len().min(MAX_TEXT)).rev().find(|end| text.is_char_boundary(*end));
        let text = &text[..end.unwrap_or(0)];
        let mut places = Vec::new();
        if !self.codes.is_empty() {
            quoted::for_each_reading(text, |reading| self.find(reading, &mut places));
        }
        quoted::masked(text, places)
    }

    /// Finds the parts of codes, and appends their byte ranges to `places`.
    fn find(&self, reading: &Reading, places: &mut Vec<Range<usize>>) {
        // A fast path: the reply to each mail is examined, and hardly any contains a part of a code.
        if !self.has_any_part(reading) {
            return;
        }
        let symbols: Vec<(usize, u8)> = symbols(reading).collect();
        let mut position = 0;
        while position < symbols.len() {
            let part = self.codes.iter().map(|code| part_at_start(&symbols[position..], code)).max().unwrap_or(0);
            if part >= MIN_PART {
                places.push(reading.place(symbols[position].0..symbols[position + part - 1].0 + 1));
            }
            position += if part >= MIN_PART { part } else { 1 };
        }
    }

    fn has_any_part(&self, reading: &Reading) -> bool {
        let mut last = 0;
        // No symbol is 0, so fewer than `MIN_PART` symbols equal none of the parts.
        symbols(reading).any(|(_, symbol)| {
            last = after(last, symbol);
            self.parts.contains(&last)
        })
    }
}

/// The last `MIN_PART` symbols after this one was added.
fn after(last: u64, symbol: u8) -> u64 {
    (last << 8 | u64::from(symbol)) & PART
}

/// The letters and digits in the alphabet of codes, each with its index among the characters.
fn symbols(reading: &Reading) -> impl Iterator<Item = (usize, u8)> {
    let numbered = reading.characters.iter().enumerate();
    let bytes = numbered.filter_map(|(number, character)| Some((number, u8::try_from(*character).ok()?)));
    bytes.filter(|(_, byte)| byte.is_ascii_alphanumeric()).map(|(number, byte)| (number, reset_code::symbol(byte)))
}

/// The length of the longest part of the code at the start.
fn part_at_start(symbols: &[(usize, u8)], code: &[u8]) -> usize {
    let common = |code: &[u8]| code.iter().zip(symbols).take_while(|(known, (_, symbol))| known == &symbol).count();
    (0..code.len()).map(|start| common(&code[start..])).max().unwrap_or(0)
}

/// The distinct sequences in the content that may be codes: as many symbols as a code has, with nothing but hyphens
/// and soft line breaks (RFC 2045, 6.7) between them.
fn codes(content: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    const SOFT_BREAK: &[u8] = b"=\r\n";
    let is_part = |byte: u8| byte == b'-' || reset_code::is_symbol(byte);
    let mut codes: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    // At most one soft break divides a code, so one of the two parts is at least half as long.
    let step = reset_code::LENGTH / 2;
    let mut position = step - 1;
    while position < content.len() {
        if !is_part(content[position]) {
            position += step;
            continue;
        }
        let (mut start, mut end) = (position, position + 1);
        loop {
            match &content[..start] {
                [.., before] if is_part(*before) => start -= 1,
                before if before.ends_with(SOFT_BREAK) => start -= SOFT_BREAK.len(),
                _ => break,
            }
        }
        loop {
            match &content[end..] {
                [next, ..] if is_part(*next) => end += 1,
                rest if rest.starts_with(SOFT_BREAK) => end += SOFT_BREAK.len(),
                _ => break,
            }
        }
        position = end + step;
        // Most words of the mail are too short for a code.
        if end - start < reset_code::LENGTH {
            continue;
        }
        let kept = content[start..end].iter().copied().filter(|byte| reset_code::is_symbol(*byte));
        // A mail contains its code several times: in each part, in links and to be typed.
        let is_new = || !codes.iter().any(|code| kept.clone().eq(code.iter().copied()));
        if kept.clone().count() >= reset_code::LENGTH && is_new() {
            // The capacity suffices for all of it. A buffer that grew would leave an unwiped copy behind.
            let mut code = Zeroizing::new(Vec::with_capacity(end - start));
            code.extend(kept);
            codes.push(code);
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_codes(text: &str, content: &[u8]) -> String {
        CodeMask::of(content).text(text)
    }

    const CODE: &str = "MXSXY0FZXMB264D4ZRK80R234D";
    const CONTENT: &str = "To: user2024@example99.com\r\n\r\nHELLO\r\nhttps://reset.example.com/?a=3D1#MXSXY0FZXMB264D=\r\n\
                           4ZRK80R234D\r\n\r\nMXSXY-0FZXM-B264D-4ZRK8-0R234D\r\n";

    #[test]
    fn a_quoted_code_is_masked_in_every_notation() {
        for (said, shown) in [
            (
                format!("554 bad link https://reset.example.com/#{CODE} here"),
                "554 bad link https://reset.example.com/#**** here",
            ),
            (format!("451 [/%23{CODE}]"), "451 [/%23****]"),
            (format!("451 {}", CODE.to_lowercase()), "451 ****"),
            ("554 MXSXY-0FZXM-B264D-4ZRK8-0R234D".to_owned(), "554 ****"),
            ("554 MXSXY 0FZXM B264D 4ZRK8 0R234D.".to_owned(), "554 ****."),
            ("554 MXSXY-0FZXM-B264D-4ZRK8-0R234-D".to_owned(), "554 ****"),
            ("554 MXSXY%2D0FZXM%2DB264D%2d4ZRK8%2D0R234D".to_owned(), "554 ****"),
            ("554 mxsxyOfzxmb264d4zrk8Or234d".to_owned(), "554 ****"),
            ("554 #MXSXY0FZ... RK80R234D ü".to_owned(), "554 #**** ü"),
            ("554 #=4DXSXY0FZ".to_owned(), "554 #****"),
        ] {
            let masked = without_codes(&said, CONTENT.as_bytes());
            assert!(masked == shown || masked.matches("****").count() == 2, "{said}: {masked}");
            assert!(!masked.contains("SXY") && !masked.contains("34D"), "{masked}");
        }
    }

    #[test]
    fn a_quoted_code_is_masked_in_every_encoding() {
        for said in [
            // The code, the code in groups, the link, and the link in lower case, each in base64.
            "TVhTWFkwRlpYTUIyNjRENFpSSzgwUjIzNEQ=",
            "TVhTWFktMEZaWE0tQjI2NEQtNFpSSzgtMFIyMzRE",
            "aHR0cHM6Ly9yZXNldC5leGFtcGxlLmNvbS8jTVhTWFkwRlpYTUIyNjRENFpSSzgwUjIzNEQ",
            "bXhzeHkwZnp4bWIyNjRkNHpyazgwcjIzNGQ",
            // In hexadecimal digits.
            "4d58535859305a585a304d42323634443445",
            "4D 58 53 58 59 30 46 5A 58 4D 42 32 36 34 44",
            "0x4d 0x58 0x53 0x58 0x59 0x30 0x46 0x5a 0x58 0x4d",
            // In base64, with separated digits; and in base64 of UTF-16.
            "T V h T W F k w R l p Y T U I y N j R E N F p S S z g w U j I z N E Q",
            "TQBYAFMAWABZADAARgBaAFgATQBCADIANgA0AEQANABaAFIASwA4ADAAUgAyADMANABEAA==",
            // Backwards.
            "D432R08KRZ4D462BMXZF0YXSXM",
        ] {
            let masked = without_codes(&format!("554 bad <{said}> here"), CONTENT.as_bytes());
            assert!(masked.starts_with("554 bad <") && masked.ends_with("> here"), "{masked}");
            let rest = masked.replace("****", "");
            assert!(rest.len() < 9 + 6 + 40 && !masked.contains("SXY") && masked.contains("****"), "{said}: {masked}");
        }
    }

    #[test]
    fn each_of_several_codes_is_masked() {
        let other = "0123456789ABCDEFGHJKMNPQRS";
        let content = format!("{CONTENT}{other}\r\n{other}\r\n");
        for (said, shown) in [
            (format!("554 {CODE} {other} MXSXY"), "554 **** **** MXSXY"),
            ("554 KMNPQRS".to_owned(), "554 ****"),
            ("554 NPQRS".to_owned(), "554 NPQRS"),
        ] {
            assert_eq!(without_codes(&said, content.as_bytes()), shown);
        }
    }

    #[test]
    fn text_that_is_not_a_code_is_kept() {
        for said in [
            "250 2.0.0 Ok: queued as 4XyZ12abcdE",
            "550 Invalid recipient: <User2024@example99.com> %zz =",
            "550 user2024@example99.com HELLO, MXSXY",
        ] {
            assert_eq!(without_codes(said, CONTENT.as_bytes()), said);
            assert_eq!(without_codes(said, b"no code"), said);
        }
    }
}
