//! Readings of texts that hide a secret.

use base64::Engine as _;

use super::*;

/// The readings in which `sought` occurs, each with the part of the text that it comes from.
fn read(text: &str, sought: &str) -> Vec<String> {
    let sought: Vec<char> = sought.chars().collect();
    let mut found = Vec::new();
    for_each_reading(text, |reading| {
        let at = reading.characters.windows(sought.len()).position(|part| part == sought.as_slice());
        found.extend(at.map(|at| text[reading.place(at..at + sought.len())].to_owned()));
    });
    found
}

#[test]
fn encoded_text_is_read_wherever_it_begins() {
    assert_eq!(read("x pässword y", "pässword"), ["pässword"]);
    assert_eq!(read("x drowssäp y", "pässword"), ["drowssäp"]);
    assert_eq!(read("550 p%C3%A4ssword?", "pässword"), ["p%C3%A4ssword"]);
    assert_eq!(read("550 p=C3=a4ssword?", "pässword"), ["p=C3=a4ssword"]);
    assert_eq!(read("550 <70c3a47373776f7264>", "pässword"), ["70c3a47373776f7264"]);
    assert_eq!(read("550 <a70C3A47373776F7264>", "pässword"), ["70C3A47373776F7264"]);
    assert_eq!(read("550 70 c3 a4 73 73 77 6f 72 64.", "pässword"), ["70 c3 a4 73 73 77 6f 72 64"]);
    assert_eq!(read("550 AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "tanstaaftanstaaf"), ["B0YW5zdGFhZnRhbnN0YWFm"]);
    // Of a cut encoding, at most the rest of the first three bytes may be lost.
    for cut in 1..=8 {
        let encoded = &"AHRpbQB0YW5zdGFhZnRhbnN0YWFm"[cut..];
        assert_eq!(read(encoded, "anstaaftanstaaf").len(), 1, "{encoded}");
    }
    assert_eq!(read("550 cD9-cD8_cD8-?", "p?~p??p?>"), ["cD9-cD8_cD8-"]);
    assert!(read("550 AHRpbQB 0YW5zdG", "tanst").is_empty(), "too short to be read");
}

#[test]
fn disguised_text_is_read() {
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let hexadecimal = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let escaped =
        |before: &str, after: &str| "pass".bytes().map(|byte| format!("{before}{byte:x}{after}")).collect::<String>();
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
    // In base32; base32 in base64; hexadecimal digits, these in base64; and the other way round.
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
    // Letters or digits one at a time.
    for said in
        ["p a s s w o r d", "p.a.s.s.w.o.r.d", "p\u{200b}a\u{200b}s\u{200b}s\u{200b}w\u{200b}o\u{200b}r\u{200b}d"]
    {
        assert_eq!(read(&format!("550 <{said}>"), "password"), [said]);
    }
    assert_eq!(read("550 c G F z c 3 d v c m Q = it is a b c", "password"), ["c G F z c 3 d v c m Q"]);
    assert_eq!(read("550 0x70,0xc3 0xA4, 0x73 0x73!", "päss"), ["0x70,0xc3 0xA4, 0x73 0x73"]);
    assert_eq!(read("a &lt;&gt;&quot;&apos;&amp;b", "a <>\"'&b"), ["a &lt;&gt;&quot;&apos;&amp;b"]);
}

#[test]
fn text_that_is_not_an_escape_is_unchanged() {
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
        let mut readings = Vec::new();
        for_each_reading(text, |reading| readings.push(reading.characters.iter().collect::<String>()));
        assert_eq!(readings.len(), 2, "{readings:?}");
    }
}

#[test]
fn decoding_of_a_hostile_text_is_bounded() {
    // Each digit of it is a digit in all three encodings, and so are most digits decoded from it.
    for text in [
        "DDDDDDDD".repeat(512),
        "44444444".repeat(512),
        "%2525%2525".repeat(400),
        "&amp;amp;".repeat(400),
        "\u{fdfa}".repeat(1_000),
    ] {
        let (mut readings, mut decoded) = (0, 0);
        for_each_reading(&text, |reading| (readings, decoded) = (readings + 1, decoded + reading.characters.len()));
        assert!(readings < 1_000 && decoded <= text.len() * (MAX_DECODED + 3), "{readings}, {decoded}");
    }
}

#[test]
fn overlapping_or_touching_ranges_are_masked_as_one() {
    assert_eq!(masked("abcdefgh", vec![5..6, 1..3, 2..4]), "a****e****gh");
    assert_eq!(masked("abcdefgh", vec![0..2, 2..4, 0..3]), "****efgh");
    assert_eq!(masked("äö", vec![0..2, 0..2]), "****ö");
    assert_eq!(masked("abc", Vec::new()), "abc");
}
