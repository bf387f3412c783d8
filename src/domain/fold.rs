//! Letters without their case. Two foldings: [`simple`] for what must be one and the same (an address), [`search`] for what is
//! to be found.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use unicode_normalization::UnicodeNormalization as _;

use crate::domain::invisible;

/// Lower case in ASCII.
pub fn ascii_lower_case(text: &str) -> Cow<'_, str> {
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

/// Normal form C with simple case folding (Unicode, 3.13 and 5.18.4; UAX #15). Two texts become equal if they differ in case or
/// normal form alone: `ß` and `ss`, which full case folding takes for each other, stay two.
pub fn simple(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return ascii_lower_case(text);
    }
    let mapper = CaseMapper::new();
    Cow::Owned(text.nfc().map(|character| mapper.simple_fold(character)).nfc().collect())
}

/// Folds a text that is searched, or searched for: NFKC_Casefold (Unicode, 3.13, D146 and D147; UAX #31, R4 and R5), by which
/// `STRASSE` finds `straße` and either normal form the other. Invisible characters are dropped. The four letters i of Turkish are
/// one here, because without knowing the language `I` may be the capital of `i` or of `ı`: nobody is to be missed. For the same
/// reason, apostrophes, quotation marks, dashes and blanks become those of a keyboard, and several blanks become one: a name
/// from a word processor (`O’Neil`) looks like the one that is typed.
pub fn search(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return typed(ascii_lower_case(text));
    }
    let mapper = CaseMapper::new();
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    // The acute accent that stands for an apostrophe would become a blank in NFKC.
    let visible = text.nfd().filter(|&character| !invisible.contains(character)).map(typed_character);
    // Removed characters may have kept marks out of their order. Folding needs it, because it makes the last mark, an iota
    // below, a letter.
    let visible: String = visible.nfd().collect();
    let folded: String = mapper.fold_string(&visible).nfkc().collect();
    let folded: String = mapper.fold_string(&folded).nfkc().collect();
    let folded = if folded.contains(['ı', '\u{307}']) { one_i(&folded) } else { folded };
    typed(Cow::Owned(folded))
}

/// Whether a folded text has characters for which [`search`] takes other characters of ASCII too: a plain comparison would miss
/// `Anna  Maria` or ``O`Neil``.
pub fn has_ascii_variants(folded: &str) -> bool {
    folded.contains([' ', '\''])
}

/// Whether a character, folded by [`search`], is no other in ASCII than it was, and neither changes nor joins those beside it.
/// It need not know all that are so: those of usual names in Latin, Cyrillic, Japanese, Chinese and Korean writing.
pub fn leaves_ascii_alone(character: char) -> bool {
    match character {
        '\0'..='\x7f' => true,
        'ß' | 'İ' | 'ı' | 'Ĳ' | 'ĳ' | 'Ŀ' | 'ŀ' | 'ŉ' | 'ſ' => false,
        'À'..='ž' | 'А'..='я' | 'Ѐ'..='Џ' | 'ѐ'..='џ' => true,
        'ぁ'..='ゖ' | 'ァ'..='ヺ' | '一'..='鿿' | '가'..='힣' => true,
        _ => false,
    }
}

/// The text with the apostrophes, quotation marks, dashes and blanks of a keyboard, and no two blanks in a row.
fn typed(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains("  ") && text.chars().all(|character| typed_character(character) == character) {
        return text;
    }
    let mut after_blank = false;
    let characters = text.chars().map(typed_character).filter(|&character| {
        let is_blank = character == ' ';
        !(std::mem::replace(&mut after_blank, is_blank) && is_blank)
    });
    Cow::Owned(characters.collect())
}

/// The character that a keyboard has in the place of an apostrophe, a quotation mark, a dash or a blank; any other is itself.
fn typed_character(character: char) -> char {
    match character {
        '`' | '´' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | '՚' | '׳' | '′' | '‵' | 'Ꞌ' | 'ꞌ' => '\'',
        '“' | '”' | '„' | '‟' | '«' | '»' => '"',
        // A pattern without dots is printed as a blank.
        '\u{2800}' => ' ',
        blank if blank.is_whitespace() => ' ',
        ascii if ascii.is_ascii() => ascii,
        other => invisible::typed_as(other).and_then(|typed| typed.chars().next()).unwrap_or(other),
    }
}

/// The text with `ı`, and `i` with another dot above, written as `i`.
fn one_i(text: &str) -> String {
    let mut after_i = false;
    let letters = text.chars().filter_map(|character| match character {
        '\u{307}' if after_i => None,
        'i' | 'ı' => {
            after_i = true;
            Some('i')
        }
        other => {
            after_i = false;
            Some(other)
        }
    });
    letters.nfc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A text in both cases and both normal forms. Capitals need normal form D first (SpecialCasing.txt of Unicode): otherwise a
    /// mark that was typed after an iota below would be put on the capital iota, and the text would be another one.
    fn forms(text: &str) -> [String; 4] {
        let decomposed: String = text.nfd().collect();
        [text.to_lowercase(), decomposed.to_uppercase(), text.nfc().collect(), decomposed]
    }

    #[test]
    fn case_and_normal_form_do_not_count() {
        for (one, other) in [
            ("ÄRMEL", "a\u{308}rmel"),
            ("STRASSE", "straße"),
            ("ΟΔΟΣ", "οδος"),
            ("ЁЛКА", "е\u{308}лка"),
            ("ﬁne", "FINE"),
            ("Ａｎｎａ", "anna"),
            ("İPEK", "ipek"),
            ("IŞIK", "ışık"),
            ("علی\u{200c}رضا", "علیرضا"),
            ("an\u{ad}na", "Anna"),
            ("ᏣᎳᎩ", "ꮳꮃꭹ"),
            // Removing what is invisible lets marks meet that were not in their order yet.
            ("α\u{345}\u{34f}\u{301}", "ᾴ"),
            // An iota below is the last of the marks, and so a capital iota follows them.
            ("ῲ\u{1dc0}", "Ὼ\u{1dc0}Ι"),
            ("ᾳ\u{301}", "ΆΙ"),
        ] {
            assert_eq!(search(one), search(other), "{one} {other}");
        }
        assert_ne!(search("jose"), search("josé"));
    }

    #[test]
    fn apostrophes_quotes_dashes_and_blanks_are_found_as_they_are_typed() {
        for typed in [
            "o`neil", "o’neil", "O‘NEIL", "oʼneil", "oʻneil", "o‛neil", "o´neil", "o′neil", "o＇neil", "oꞌneil",
            "o׳neil",
        ] {
            assert_eq!(search(typed), "o'neil", "{typed}");
        }
        assert_eq!(search("ŉ"), "'n");
        for typed in ["Jean‐Luc", "jean‑luc", "jean–luc", "jean—luc", "jean−luc", "jean－luc", "jean﹣luc"]
        {
            assert_eq!(search(typed), "jean-luc", "{typed}");
        }
        for typed in ["“bob”", "„bob“", "«bob»", "＂bob＂", "\"Bob\""] {
            assert_eq!(search(typed), "\"bob\"", "{typed}");
        }
        for typed in [
            "Anna  Maria",
            "anna\tmaria",
            "anna\u{a0}maria",
            "anna \u{202f}\u{3000} maria",
            "anna\u{2800}maria",
            "anna\nmaria",
        ] {
            assert_eq!(search(typed), "anna maria", "{typed:?}");
        }
        assert_ne!(search("annamaria"), search("anna maria"));
        for address in ["o’neil", "jean–luc", "anna\u{a0}maria"] {
            assert_eq!(simple(address), address);
        }
    }

    #[test]
    fn what_are_two_addresses_stays_two() {
        assert_eq!(simple("JÖRG"), simple("jo\u{308}rg"));
        assert_eq!(simple("ΟΔΟΣ"), simple("οδος"));
        assert_ne!(simple("strauß"), simple("strauss"));
        assert_ne!(simple("ﬁ"), simple("fi"));
        assert_eq!(simple("\u{212a}elvin"), "kelvin");
    }

    #[test]
    fn what_leaves_ascii_alone_does() {
        let mut count = 0;
        for character in (char::MIN..=char::MAX).filter(|&c| !c.is_ascii() && leaves_ascii_alone(c)) {
            let folded = search(character.encode_utf8(&mut [0; 4])).into_owned();
            assert!(!folded.contains(|c: char| c.is_ascii()), "{character}");
            for (before, after) in [("a", "b"), ("i", "i"), ("s", "\u{308}")] {
                let whole = search(&format!("{before}{character}{after}")).into_owned();
                assert!(
                    whole.starts_with(before) && (after == "\u{308}" || whole.ends_with(after)),
                    "{character} {whole}"
                );
            }
            count += 1;
        }
        assert!(count > 30_000, "{count}");
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,12}") {
            let (simple_once, search_once) = (simple(&text).into_owned(), search(&text).into_owned());
            prop_assert_eq!(simple(&simple_once), &*simple_once);
            prop_assert_eq!(search(&search_once), &*search_once);
        }

        #[test]
        fn every_case_and_normal_form_of_a_text_is_one(text in "\\PC{0,12}") {
            let folded = search(&text).into_owned();
            for other in forms(&text) {
                prop_assert_eq!(search(&other), &*folded, "{}", other);
            }
        }
    }
}
