//! Characters that nobody sees, or takes for others: they make two texts that are not the same look alike.

use icu_properties::CodePointMapData;
use icu_properties::CodePointSetData;
use icu_properties::props::CanonicalCombiningClass;
use icu_properties::props::Dash;
use icu_properties::props::DefaultIgnorableCodePoint;
use icu_properties::props::GeneralCategory;
use icu_properties::props::GeneralCategoryGroup;
use icu_properties::props::IndicSyllabicCategory;
use icu_properties::props::JoiningType;
use icu_properties::props::QuotationMark;

/// ZERO WIDTH NON-JOINER.
const NON_JOINER: char = '\u{200c}';
/// ZERO WIDTH JOINER.
const JOINER: char = '\u{200d}';
/// A pattern without dots, which is printed as a blank.
const BRAILLE_BLANK: char = '\u{2800}';

/// Whether a character leaves no mark of its own: controls and format characters (Cc, Cf), what has no agreed shape (Co, Cn),
/// separators of lines and paragraphs, whatever Unicode calls default ignorable (joiners, variation selectors, fillers), and
/// the blanks that look like a space and are none.
pub fn is_invisible(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    match general_category(character) {
        GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => true,
        // The blank of East Asian writing is as wide as its letters.
        GeneralCategory::SpaceSeparator => character != '\u{3000}',
        category if GeneralCategoryGroup::Other.contains(category) => true,
        _ => character == BRAILLE_BLANK || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character),
    }
}

/// Whether a character is a quotation mark or a dash outside ASCII, as word processors put it in the place of `'`, `"` and `-`
/// (Quotation_Mark and Dash of Unicode's PropList).
pub fn is_typographic(character: char) -> bool {
    !character.is_ascii() && (is_quotation_mark(character) || is_dash(character))
}

/// What was typed where a typographic character now is, if that can be told.
pub fn typed_as(character: char) -> Option<&'static str> {
    match character {
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '＇' => Some("'"),
        dash if is_dash(dash) => Some("-"),
        _ => None,
    }
}

fn is_quotation_mark(character: char) -> bool {
    CodePointSetData::new::<QuotationMark>().contains(character)
}

fn is_dash(character: char) -> bool {
    CodePointSetData::new::<Dash>().contains(character)
}

/// Whether a joiner between these texts is one that the writing needs: it changes the shape of the letters beside it, as in
/// Persian and Indic names. These are the contexts A1, A2 and B of UAX #31, 2.3.1 (the same as RFC 5892, A.1 and A.2, but for
/// the vowel sign, which a joiner does not precede).
pub fn is_needed_joiner(before: &str, joiner: char, after: &str) -> bool {
    match joiner {
        NON_JOINER => is_between_joining_letters(before, after) || (follows_virama(before) && precedes_letter(after)),
        JOINER => follows_virama(before) && !after.chars().next().is_some_and(is_vowel_sign),
        _ => false,
    }
}

/// A1: between two letters of which the first would join the second; marks may be beside it.
fn is_between_joining_letters(before: &str, after: &str) -> bool {
    let joining_type = |character: char| CodePointMapData::<JoiningType>::new().get(character);
    let is_mark = |character: &char| joining_type(*character) == JoiningType::Transparent && !is_invisible(*character);
    let left = before.chars().rev().find(|character| !is_mark(character)).map(joining_type);
    let right = after.chars().find(|character| !is_mark(character)).map(joining_type);
    matches!(left, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(right, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// A2 and B: after a letter, its marks, and the sign that takes the vowel away.
fn follows_virama(before: &str) -> bool {
    let class = |character: char| CodePointMapData::<CanonicalCombiningClass>::new().get(character);
    let mut before = before.chars().rev().skip_while(|&character| {
        let class = class(character);
        class != CanonicalCombiningClass::NotReordered && class != CanonicalCombiningClass::Virama
    });
    if before.next().map(class) != Some(CanonicalCombiningClass::Virama) {
        return false;
    }
    before.find(|&character| !is_nonspacing_mark(character)).is_some_and(char::is_alphabetic)
}

fn precedes_letter(after: &str) -> bool {
    after.chars().find(|&character| !is_nonspacing_mark(character)).is_some_and(char::is_alphabetic)
}

fn is_nonspacing_mark(character: char) -> bool {
    general_category(character) == GeneralCategory::NonspacingMark && !is_invisible(character)
}

fn is_vowel_sign(character: char) -> bool {
    CodePointMapData::<IndicSyllabicCategory>::new().get(character) == IndicSyllabicCategory::VowelDependent
}

fn general_category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_nobody_sees_is_visible() {
        let is_format = |&c: &char| general_category(c) == GeneralCategory::Format;
        assert!((char::MIN..=char::MAX).filter(is_format).all(is_invisible));
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        assert!((char::MIN..=char::MAX).filter(|&c| ignorable.contains(c)).all(is_invisible));
        for hidden in "\0\u{7f}\u{85}\u{a0}\u{ad}\u{34f}\u{61c}\u{115f}\u{180b}\u{180e}\u{2007}\u{200b}\u{200c}\u{200d}\u{202e}\u{202f}\
                       \u{2060}\u{2028}\u{2800}\u{3164}\u{e000}\u{fe0f}\u{feff}\u{ffa0}\u{ffff}\u{1d173}\u{e0041}\u{e0100}"
            .chars()
        {
            assert!(is_invisible(hidden), "U+{:04X}", u32::from(hidden));
        }
        for seen in " aÄ’–ßıא你\u{3000}é\u{301}🙂€﹏".chars() {
            assert!(!is_invisible(seen), "U+{:04X}", u32::from(seen));
        }
    }

    #[test]
    fn quotes_and_dashes_of_word_processors_are_typographic() {
        for (character, typed) in
            [('’', Some("'")), ('–', Some("-")), ('‑', Some("-")), ('−', Some("-")), ('“', None), ('«', None)]
        {
            assert!(is_typographic(character), "{character}");
            assert_eq!(typed_as(character), typed, "{character}");
        }
        for character in ['\'', '-', '"', 'é', '·', '・', 'ー'] {
            assert!(!is_typographic(character), "{character}");
        }
    }

    #[test]
    fn joiners_are_needed_between_letters_that_they_shape() {
        let is_needed = |text: &str| {
            let (place, joiner) = text.char_indices().find(|(_, c)| matches!(c, '\u{200c}' | '\u{200d}')).unwrap();
            is_needed_joiner(&text[..place], joiner, &text[place + joiner.len_utf8()..])
        };
        for needed in
            ["علی\u{200c}رضا", "می\u{64e}\u{200c}خواهم", "क्\u{200d}ष", "क्\u{200c}ष", "ශ්\u{200d}රී", "ന്\u{200d}"]
        {
            assert!(is_needed(needed), "{needed:?}");
        }
        for idle in [
            "ann\u{200d}a",
            "ann\u{200c}a",
            "\u{200d}a",
            "a\u{200c}",
            "د\u{200c}ر",
            "علی\u{200d}رضا",
            "علی\u{200c}",
            "علی\u{200c}\u{200b}رضا",
            "\u{94d}\u{200d}",
            "क\u{200d}ष",
            "👩\u{200d}💻",
            "क्\u{200d}ा",
        ] {
            assert!(!is_needed(idle), "{idle:?}");
        }
    }
}
