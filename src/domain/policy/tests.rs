//! The gate, rule by rule and as a whole.

use super::Violation::*;
use super::*;

fn words() -> PersonalWords<'static> {
    PersonalWords {
        username: "alice",
        email: "alice.smith@acme.example",
        name: "Alice Smith",
        organization: "Acme Rockets",
        email_domains: &[],
    }
}

fn faults(password: &str, policy: &Policy, words: &PersonalWords<'_>) -> Vec<Violation> {
    super::faults(password, policy, words).unwrap()
}

fn default_faults(password: &str) -> Vec<Violation> {
    faults(password, &Policy::default(), &words())
}

fn with(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

/// One list of these words.
fn lists(words: &str) -> Arc<OwnLists> {
    let mut lists = OwnLists::default();
    lists.add_words(words.as_bytes()).unwrap();
    Arc::new(lists)
}

/// The candidates of the gate: whatever way a password comes, this is what came of it: for `jobs run`, and for the command that creates a job under the default
/// policy, for the user above.
fn candidates() -> [(&'static str, Vec<Violation>); 47] {
    let short = |has| TooShort { min: 15, has };
    [
        ("lamp river stone", vec![]),
        ("kxqmvtwzrpnbhdg", vec![]),
        ("correct horse battery", vec![]),
        ("my password is not a secret", vec![]),
        ("alice walks to acme", vec![]),
        ("Größer als der Mond", vec![]),
        ("🦀 rides a bicycle", vec![]),
        ("пусть всегда будет кот", vec![]),
        ("明日は山に登って弁当を食べたい", vec![]),
        ("   spaces   are kept   ", vec![]),
        ("8302-5519-7746-2081", vec![]),
        ("tab\tinside of the text", vec![]),
        ("x7#Kp2!vQ9@mZ4&w", vec![]),
        ("abc river 123 stone", vec![]),
        ("qwerty tastes like dust", vec![]),
        ("a password a day keeps", vec![]),
        ("kxqmvtwzrpnbhd", vec![short(14)]),
        ("", vec![short(0)]),
        ("🦀🦞🐙🦑🐠🐡🐬🐳🦈🐊🐢🐍🦎🐸", vec![short(14)]),
        ("password", vec![short(8), Common]),
        ("123456", vec![short(6), Common, Sequential]),
        ("passwordpassword", vec![Common]),
        ("Password123456!!", vec![Common]),
        ("P@ssw0rd20242024", vec![Common]),
        ("p-a-s-s-w-o-r-d-1", vec![Common]),
        ("!!!!iloveyou!!!!", vec![Common]),
        ("Willkommen2024!!", vec![Common]),
        ("Herbst2024Herbst2024", vec![Common]),
        ("letmein letmein", vec![Common]),
        ("alicealicealice", vec![Common, Personal]),
        ("AliceSmith2024!", vec![Personal]),
        ("4l1c3.5m17h.1987", vec![Personal]),
        ("Acme-Rockets-2024", vec![Personal]),
        ("alice.smith@acme.example", vec![Personal]),
        ("aaaaaaaaaaaaaaa", vec![Repeated]),
        ("xy7!xy7!xy7!xy7!", vec![Repeated]),
        ("abcdefghijklmnop", vec![Sequential]),
        ("abcdefgh12345678", vec![Common, Sequential]),
        ("1234567890123456", vec![Sequential]),
        ("qwertyuiopasdfgh", vec![Sequential]),
        ("correct horse battery staple", vec![Common]),
        ("CorrectHorseBatteryStaple", vec![Common]),
        ("correct-horse-battery-staple-2024!", vec![Common]),
        ("c0rrect_h0rse_battery_staple", vec![Common]),
        ("1q2w3e4r5t6y7u8i", vec![Common, Sequential]),
        ("qawsedrftgzhujik", vec![Sequential]),
        ("the horse was correct, the battery stapled", vec![]),
    ]
}

#[test]
fn the_candidates_get_their_verdict() {
    for (password, expected) in candidates() {
        assert_eq!(default_faults(password), expected, "{password:?}");
    }
}

#[test]
fn length_is_counted_in_characters_not_bytes() {
    let eight = with(|policy| policy.requirements.min_length = MIN_LENGTH_WITH_SECOND_FACTOR);
    assert_eq!(faults("kxqmvtw", &eight, &words()), [TooShort { min: 8, has: 7 }]);
    assert_eq!(faults("kxqmvtwz", &eight, &words()), []);
    assert_eq!(faults("kéqüvßwž", &eight, &words()), []);
    let long: String = "lamp river stone ".chars().cycle().take(64).collect();
    assert_eq!(default_faults(&long), []);
    let longest: String = ('\u{4e00}'..).take(MAX_BYTES / 3).collect();
    assert_eq!(default_faults(&longest), []);
}

#[test]
fn every_common_password_is_refused_under_a_short_minimum() {
    let eight = with(|policy| policy.requirements.min_length = 8);
    let mut count = 0;
    for password in blocklist::common() {
        assert!(faults(password, &eight, &PersonalWords::default()).contains(&Common), "{password}");
        count += 1;
    }
    assert!(count >= 3_000);
}

#[test]
fn common_passwords_stay_refused_when_they_are_lengthened() {
    let with_letters = |password: &&str| password.chars().filter(|character| character.is_alphabetic()).count() >= 4;
    for password in blocklist::common().filter(with_letters).step_by(10) {
        for longer in [format!("{password}2024!!"), format!("{}!{}!", password, password), password.to_uppercase()] {
            assert!(default_faults(&longer).contains(&Common), "{longer}");
        }
    }
}

#[test]
fn the_organizations_list_is_compared_like_the_built_in_one() {
    let policy = with(|policy| policy.lists = lists("Zéppelin Flug\nx9-q7"));
    for password in
        ["zéppelin flug", "ZéppelinFlug2024!", "Zéppelin-Flug-99", "zéppelinflugzéppelinflug", "x9-q7!!!!!!!!!!!!"]
    {
        assert!(faults(password, &policy, &words()).contains(&Common), "{password}");
        assert!(!default_faults(password).contains(&Common), "{password}");
    }
    assert_eq!(faults("the zéppelin flug was fine", &policy, &words()), []);
}

#[test]
fn each_required_class_is_asked_for() {
    let policy = with(|policy| policy.requirements.classes = CharacterClass::VARIANTS.to_vec());
    let missing = |password: &str| faults(password, &policy, &words());
    assert_eq!(missing("Lamp river stone 7"), []);
    assert_eq!(missing("lamp river stone 7"), [MissingClass(CharacterClass::Upper)]);
    assert_eq!(missing("LAMP RIVER STONE 7"), [MissingClass(CharacterClass::Lower)]);
    assert_eq!(missing("Lamp river stones"), [MissingClass(CharacterClass::Digit)]);
    assert_eq!(missing("LampRiverStone77"), [MissingClass(CharacterClass::Symbol)]);
    assert_eq!(
        missing("明日は山に登って弁当を食べたい"),
        CharacterClass::VARIANTS.iter().copied().map(MissingClass).collect::<Vec<_>>(),
        "a letter without case is none of them"
    );
}

#[test]
fn a_score_is_asked_for_only_by_the_policy_and_knows_the_users_words() {
    let strict = with(|policy| policy.requirements.min_score = 4);
    assert_eq!(faults("lamp river stone", &strict, &words()), []);
    let weak = "password monkey";
    assert_eq!(default_faults(weak), []);
    assert!(matches!(faults(weak, &strict, &words())[..], [TooGuessable { min: 4, score: 0..4 }]));
    let score = |words| match faults("kxqmvtwz lampy!", &strict, &words)[..] {
        [TooGuessable { score, .. }] => score,
        _ => 4,
    };
    let known = PersonalWords { username: "kxqmvtwz", ..PersonalWords::default() };
    assert!(score(known) < score(PersonalWords::default()));
}

#[test]
fn all_faults_are_listed_in_order() {
    let policy = with(|policy| {
        policy.requirements.classes = vec![CharacterClass::Symbol, CharacterClass::Upper];
        policy.requirements.min_score = 1;
    });
    assert_eq!(
        faults("123456", &policy, &words()),
        [
            TooShort { min: 15, has: 6 },
            MissingClass(CharacterClass::Upper),
            MissingClass(CharacterClass::Symbol),
            Common,
            Sequential,
            TooGuessable { score: 0, min: 1 },
        ]
    );
}

#[test]
fn the_longest_password_is_judged_quickly() {
    let policy = Policy::default();
    let start = std::time::Instant::now();
    for password in ["7".repeat(MAX_BYTES), "ab1!".repeat(MAX_BYTES / 4), format!("lamp{}", "!".repeat(MAX_BYTES - 4))]
    {
        faults(&password, &policy, &words());
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(2), "{:?}", start.elapsed());
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_gate(any in ".{0,60}", dressed in "[a@4€1İßé0!9 ]{0,30}") {
        let policy = with(|policy| policy.requirements.min_score = 1);
        for password in [&any, &dressed, &format!("{any}{any}"), &format!("{dressed}alice{dressed}")] {
            faults(password, &policy, &words());
        }
    }
}

#[test]
fn the_fingerprint_changes_with_whatever_decides_and_with_nothing_else() {
    let policies = [
        Policy::default(),
        with(|policy| policy.requirements.min_length = 16),
        with(|policy| policy.requirements.history = 1),
        with(|policy| policy.requirements.max_length = Some(64)),
        with(|policy| policy.requirements.max_length = Some(65)),
        with(|policy| policy.requirements.words = vec!["acme".to_owned()]),
        with(|policy| policy.requirements.words = vec!["acme".to_owned(), "zeppelin".to_owned()]),
        with(|policy| policy.requirements.min_score = 1),
        with(|policy| policy.requirements.classes = vec![CharacterClass::Upper, CharacterClass::Digit]),
        with(|policy| policy.lists = lists("zeppelin")),
        with(|policy| policy.lists = lists("zeppelins")),
    ];
    let mut fingerprints: Vec<String> = policies.iter().map(Policy::fingerprint).collect();
    assert!(fingerprints.iter().all(|text| text.len() == 16));
    let turned = with(|policy| {
        policy.requirements.classes = vec![CharacterClass::Digit, CharacterClass::Upper, CharacterClass::Digit]
    });
    let classes = policies.iter().position(|policy| !policy.classes.is_empty()).unwrap();
    assert_eq!(turned.fingerprint(), fingerprints[classes]);
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), policies.len());
}

#[test]
fn the_longest_password_is_counted_in_characters() {
    let policy = with(|policy| policy.requirements.max_length = Some(64));
    let of = |characters: usize| "größer als der mond ".chars().cycle().take(characters).collect::<String>();
    assert_eq!(faults(&of(64), &policy, &words()), []);
    assert_eq!(faults(&of(65), &policy, &words()), [TooLong { max: 64, has: 65 }]);
    assert_eq!(default_faults(&of(500)), []);
}

#[test]
fn words_of_the_organization_are_personal_words() {
    let policy = with(|policy| policy.requirements.words = vec!["Sea Breeze".to_owned(), "Zürichsee".to_owned()]);
    for password in ["SeaBreeze-Zürichsee-2024", "53a8r33z3-acme-alice", "eesHcirüz2024!!!!"] {
        assert_eq!(faults(password, &policy, &words()), [Personal], "{password}");
        assert_eq!(default_faults(password), [], "{password}");
    }
    assert_eq!(faults("a sea breeze at dawn", &policy, &words()), []);
}

/// A list that has one password, or does not answer.
#[derive(Debug)]
struct OneListed(Option<&'static str>);

impl PasswordList for OneListed {
    fn has(&self, password: &str) -> Result<bool, UnreadableList> {
        let listed = self.0.ok_or_else(|| UnreadableList::new(std::path::Path::new("/srv/list"), &"is damaged"))?;
        Ok(password == listed)
    }

    fn digest(&self) -> [u8; 32] {
        [self.0.map_or(0, |listed| listed.as_bytes()[0]); 32]
    }
}

#[test]
fn a_long_list_is_asked_for_the_password_as_it_is_and_a_list_that_does_not_answer_lets_nothing_pass() {
    let of = |lists: &[Option<&'static str>]| {
        let mut own = OwnLists::default();
        lists.iter().for_each(|list| own.add_listed(ListedPasswords::new(OneListed(*list))));
        with(|policy| policy.lists = Arc::new(own))
    };
    let listed = "quiet horse battery lantern";
    for policy in [of(&[Some(listed)]), of(&[Some("other"), Some(listed)]), of(&[Some(listed), Some("other")])] {
        assert_eq!(faults(listed, &policy, &words()), [Common]);
        for other in ["Quiet horse battery lantern", "quiet horse battery lantern!", "quiethorsebatterylantern"] {
            assert_eq!(faults(other, &policy, &words()), []);
        }
    }
    for lists in [&[None, Some(listed)][..], &[Some(listed), None], &[None]] {
        for password in [listed, "password", ""] {
            let error = super::faults(password, &of(lists), &words()).unwrap_err();
            assert_eq!(error.to_string(), "/srv/list: is damaged");
        }
    }
    let fingerprints = [of(&[]), of(&[Some("a")]), of(&[Some("b")]), of(&[Some("a"), Some("b")])];
    let fingerprints: std::collections::BTreeSet<String> = fingerprints.iter().map(Policy::fingerprint).collect();
    assert_eq!(fingerprints.len(), 4);
}

#[test]
fn classes_are_written_as_in_the_config() {
    for &class in CharacterClass::VARIANTS {
        assert_eq!(class.to_string().parse(), Ok(class));
    }
    let error = "Upper".parse::<CharacterClass>().unwrap_err();
    assert_eq!(error.to_string(), "unknown class of characters: `Upper`; use `lower`, `upper`, `digit` or `symbol`");
}
