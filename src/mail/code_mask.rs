//! What others say about a mail, without the reset code in it. A server that filters mails may quote the link that it does not
//! like, and anyone who reads the words that are stored and shown could use it.

use std::ops::Range;

use zeroize::Zeroizing;

use super::quoted;
use super::quoted::Form;
use crate::secrets::reset_code;

/// So many characters of a code in a row are no accident.
const MIN_PART: usize = 6;
/// How much of a text is looked at, in bytes: several times what is shown of it.
const LONGEST: usize = 4_096;

/// The bits of so many symbols in a row, each in eight.
const PART: u64 = (1 << (8 * MIN_PART)) - 1;

/// The reset codes that a mail has.
#[derive(Default)]
pub(super) struct CodeMask {
    codes: Vec<Zeroizing<Vec<u8>>>,
    /// Each [`MIN_PART`] symbols in a row, as [`after`] has them.
    parts: Zeroizing<Vec<u64>>,
}

impl CodeMask {
    /// For the codes of a mail with this content.
    pub(super) fn of(content: &[u8]) -> Self {
        let codes = codes(content);
        let mut parts = Zeroizing::new(Vec::with_capacity(codes.iter().map(|code| code.len()).sum()));
        for window in codes.iter().flat_map(|code| code.windows(MIN_PART)) {
            parts.push(window.iter().fold(0, |part, symbol| after(part, *symbol)));
        }
        Self { codes, parts }
    }

    /// For the codes of both.
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

    /// A text with `****` in place of each part of a code: whole or in part, in either case, in groups with anything between them,
    /// with O for 0 and I or L for 1, and in each form in which it can be read ([`quoted::each_form`]). A text that is longer than
    /// anything that is shown is cut.
    pub(super) fn text(&self, text: &str) -> String {
        let end = (0..=text.len().min(LONGEST)).rev().find(|end| text.is_char_boundary(*end));
        let text = &text[..end.unwrap_or(0)];
        let mut places = Vec::new();
        if !self.codes.is_empty() {
            quoted::each_form(text, |form| self.find(form, &mut places));
        }
        quoted::masked(text, places)
    }

    /// Finds the places of the parts of codes.
    fn find(&self, form: &Form, places: &mut Vec<Range<usize>>) {
        // The reply to each mail comes here, and hardly any has a part of a code.
        if !self.is_any_part_in(form) {
            return;
        }
        let symbols: Vec<(usize, u8)> = symbols(form).collect();
        let mut at = 0;
        while at < symbols.len() {
            let part = self.codes.iter().map(|code| part_at_start(&symbols[at..], code)).max().unwrap_or(0);
            if part >= MIN_PART {
                places.push(form.place(symbols[at].0..symbols[at + part - 1].0 + 1));
            }
            at += if part >= MIN_PART { part } else { 1 };
        }
    }

    fn is_any_part_in(&self, form: &Form) -> bool {
        let mut last = 0;
        // No symbol is 0, so that fewer than a whole part are none of the parts.
        symbols(form).any(|(_, symbol)| {
            last = after(last, symbol);
            self.parts.contains(&last)
        })
    }
}

/// The last symbols, now that this one follows.
fn after(last: u64, symbol: u8) -> u64 {
    (last << 8 | u64::from(symbol)) & PART
}

/// The letters and digits as a code is read, each with its number among the characters.
fn symbols(form: &Form) -> impl Iterator<Item = (usize, u8)> {
    let numbered = form.characters.iter().enumerate();
    let bytes = numbered.filter_map(|(number, character)| Some((number, u8::try_from(*character).ok()?)));
    bytes.filter(|(_, byte)| byte.is_ascii_alphanumeric()).map(|(number, byte)| (number, reset_code::symbol(byte)))
}

/// How many symbols at the start are a part of the code.
fn part_at_start(symbols: &[(usize, u8)], code: &[u8]) -> usize {
    let common = |code: &[u8]| code.iter().zip(symbols).take_while(|(known, (_, symbol))| known == &symbol).count();
    (0..code.len()).map(|start| common(&code[start..])).max().unwrap_or(0)
}

/// Whatever may be a code of the mail, each once: so many symbols of its alphabet without anything but hyphens and soft line
/// breaks (RFC 2045, 6.7) between them.
fn codes(content: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    const SOFT_BREAK: &[u8] = b"=\r\n";
    let is_part = |byte: u8| byte == b'-' || reset_code::is_symbol(byte);
    let mut codes: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    // At most one soft break divides a code, so one of its parts is at least half as long.
    let step = reset_code::LENGTH / 2;
    let mut at = step - 1;
    while at < content.len() {
        if !is_part(content[at]) {
            at += step;
            continue;
        }
        let (mut start, mut end) = (at, at + 1);
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
        at = end + step;
        // Nearly every word of the mail ends here.
        if end - start < reset_code::LENGTH {
            continue;
        }
        let kept = content[start..end].iter().copied().filter(|byte| reset_code::is_symbol(*byte));
        // A mail has its code several times: in each part, as links and to be typed.
        let is_new = || !codes.iter().any(|code| kept.clone().eq(code.iter().copied()));
        if kept.clone().count() >= reset_code::LENGTH && is_new() {
            // Room for all of it, so that nothing is left behind unwiped when it would grow.
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
    fn a_code_that_is_quoted_is_masked_however_it_is_written() {
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
    fn a_code_that_is_quoted_in_another_form_is_masked() {
        for said in [
            // The code, in groups, the link, and that in lower case, each in base64.
            "TVhTWFkwRlpYTUIyNjRENFpSSzgwUjIzNEQ=",
            "TVhTWFktMEZaWE0tQjI2NEQtNFpSSzgtMFIyMzRE",
            "aHR0cHM6Ly9yZXNldC5leGFtcGxlLmNvbS8jTVhTWFkwRlpYTUIyNjRENFpSSzgwUjIzNEQ",
            "bXhzeHkwZnp4bWIyNjRkNHpyazgwcjIzNGQ",
            // In hexadecimal digits.
            "4d58535859305a585a304d42323634443445",
            "4D 58 53 58 59 30 46 5A 58 4D 42 32 36 34 44",
            "0x4d 0x58 0x53 0x58 0x59 0x30 0x46 0x5a 0x58 0x4d",
            // In base64, a digit at a time, and that of UTF-16.
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
    fn what_is_no_code_stays() {
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
