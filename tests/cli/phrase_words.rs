//! The words of generated passphrases: each can be told from every other over the telephone, and typed as it is heard.
//! The rules and their reasons are in src/secrets/generate.rs.
//!
//! `phrase_words/sounds.txt` has the pronunciation of each word, from the CMU Pronouncing Dictionary. A word that is added gets
//! its line there. `phrase_words/homophones.txt` has the groups of common English words that sound alike by the same dictionary.

use std::collections::BTreeMap;
use std::collections::HashSet;

const WORDS: &str = include_str!("../../src/secrets/words.txt");
const SOUNDS: &str = include_str!("phrase_words/sounds.txt");
const HOMOPHONES: &str = include_str!("phrase_words/homophones.txt");

/// The sounds of ARPABET that a bad line makes alike.
const ALIKE: [&str; 19] = [
    "P B",
    "T D",
    "K G",
    "F V TH DH",
    "S Z",
    "SH ZH CH JH",
    "M N NG",
    "L",
    "R",
    "W",
    "Y",
    "HH",
    "AA AH AO",
    "AE EH",
    "IH IY",
    "UW UH",
    "EY AY",
    "OW OY AW",
    "ER",
];

/// Spellings that one who hears the word does not guess.
const UNHEARD: [&str; 12] = ["gh", "ph", "rh", "xc", "tch", "dge", "sce", "sci", "eau", "ieu", "bt", "que"];
const UNHEARD_FIRST: [&str; 8] = ["kn", "gn", "wr", "ps", "pn", "x", "ae", "eu"];
const UNHEARD_LAST: [&str; 5] = ["mb", "mn", "gn", "alm", "alf"];

/// Words with which numbers and letters are spelled aloud.
const SPELLED: &str = "zero one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred \
     thousand million alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa \
     quebec romeo sierra tango uniform victor whiskey yankee zulu double triple dash hyphen minus space capital letter upper lower";

fn sounds() -> BTreeMap<&'static str, Vec<usize>> {
    let class = |sound: &str| ALIKE.iter().position(|class| class.split(' ').any(|one| one == sound)).unwrap();
    let lines = SOUNDS.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let words = lines.map(|line| {
        let (word, spoken) = line.split_once(' ').unwrap();
        (word, spoken.split(' ').map(class).collect())
    });
    words.collect()
}

/// Whether two sequences differ in at most one place: one element more, less or other.
fn are_near<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => short.len() == same || short[same + 1..] == long[same + 1..],
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

#[test]
fn nearness_is_one_place() {
    for (one, other, near) in [
        ("cat", "cat", true),
        ("cat", "cut", true),
        ("cat", "cats", true),
        ("cat", "at", true),
        ("cat", "ca", true),
        ("cat", "cot", true),
        ("cat", "act", false),
        ("cat", "dog", false),
        ("cat", "catty", false),
        ("", "a", true),
    ] {
        assert_eq!(are_near(one.as_bytes(), other.as_bytes()), near, "{one} {other}");
    }
}

#[test]
fn words_are_short_sorted_and_plain() {
    let words: Vec<&str> = WORDS.lines().collect();
    assert!(words.is_sorted() && words.len() == 1_024);
    for word in words {
        assert!((4..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
    }
}

#[test]
fn no_two_words_are_near_in_sound_or_in_writing() {
    let sounds = sounds();
    let words: Vec<&str> = WORDS.lines().collect();
    assert_eq!(words, sounds.keys().copied().collect::<Vec<_>>(), "sounds.txt has a line for each word");
    let mut near = Vec::new();
    for (at, one) in words.iter().enumerate() {
        for other in &words[at + 1..] {
            if are_near(&sounds[one], &sounds[other]) || are_near(one.as_bytes(), other.as_bytes()) {
                near.push(format!("{one} {other}"));
            }
        }
    }
    assert!(near.is_empty(), "{near:#?}");
}

#[test]
fn no_word_sounds_like_a_word_that_is_not_in_the_list() {
    let groups = HOMOPHONES.lines().filter(|line| !line.starts_with('#'));
    let homophones: HashSet<&str> = groups.flat_map(str::split_whitespace).collect();
    // The list is what it says.
    assert!(["brake", "break", "pair", "pear", "weather", "whether"].iter().all(|word| homophones.contains(word)));
    let bad: Vec<&str> = WORDS.lines().filter(|word| homophones.contains(word)).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn words_are_spelled_as_they_sound_and_spell_nothing_themselves() {
    let spelled: HashSet<&str> = SPELLED.split_whitespace().collect();
    let is_bad = |word: &&str| {
        UNHEARD.iter().any(|part| word.contains(part))
            || UNHEARD_FIRST.iter().any(|part| word.starts_with(part))
            || UNHEARD_LAST.iter().any(|part| word.ends_with(part))
            || spelled.contains(word)
    };
    let bad: Vec<&str> = WORDS.lines().filter(is_bad).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}
