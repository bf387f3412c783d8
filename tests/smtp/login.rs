//! Logging in, byte for byte; and only the relay sees the password.

use std::sync::Arc;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cxme_admin::domain::relay::LoginMethod;
use cxme_admin::domain::relay::Security;
use cxme_admin::mail::outcome::TransportError;
use cxme_admin::mail::smtp::Login;
use cxme_admin::mail::smtp::Relay;
use cxme_admin::mail::smtp::Side;
use cxme_admin::mail::smtp::Transcript;

use crate::certificates;
use crate::certificates::Authority;
use crate::certificates::names;
use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::relay::Tls;
use crate::world;
use crate::world::brief_error;
use crate::world::run;

const USERNAME: &str = "tim";
const PASSWORD: &str = "tanstaaf tänstaaf";

/// The responses in base64, as encoded by `base64` of coreutils.
const PLAIN: &str = "AHRpbQB0YW5zdGFhZiB0w6Ruc3RhYWY=";
const LOGIN: [&str; 2] = ["dGlt", "dGFuc3RhYWYgdMOkbnN0YWFm"];
const XOAUTH2: &str = "dXNlcj10aW0BYXV0aD1CZWFyZXIgdGFuc3RhYWYgdMOkbnN0YWFmAQE=";

/// The response of OAUTHBEARER (RFC 7628, 3.1), which contains the relay's name.
fn oauthbearer(username: &str, port: u16) -> String {
    let message = format!("n,a={username},\u{1}host=127.0.0.1\u{1}port={port}\u{1}auth=Bearer {PASSWORD}\u{1}\u{1}");
    STANDARD.encode(message)
}

/// The lines of the transcript.
type TranscriptLines = Arc<Mutex<Vec<String>>>;

fn login(username: &str, password: &str, method: LoginMethod) -> Option<Login> {
    Some(Login { username: username.to_owned(), password: password.into(), method })
}

/// Collects the transcript of a relay.
fn transcript_of(relay: &mut Relay) -> TranscriptLines {
    let lines = TranscriptLines::default();
    let sink = Arc::clone(&lines);
    relay.transcript = Some(Transcript::new(move |_, line| sink.lock().unwrap().push(line.to_owned())));
    lines
}

/// Collects the lines of this kind.
fn lines_of(relay: &mut Relay, kind: Side) -> TranscriptLines {
    let lines = TranscriptLines::default();
    let sink = Arc::clone(&lines);
    relay.transcript = Some(Transcript::new(move |side, line| {
        if side == kind {
            sink.lock().unwrap().push(line.to_owned());
        }
    }));
    lines
}

/// Opens and closes a connection.
fn open(relay: &Relay) -> Result<(), TransportError> {
    run(async {
        let connection = relay.open().await?;
        connection.close().await;
        Ok(())
    })
}

/// The commands that a relay with these mechanisms gets with this method, from EHLO on; and the result.
fn commands_to(offered: &'static str, method: LoginMethod) -> (String, Result<(), String>) {
    let server = ScriptedRelay::start(world::offer(&[offered]), |_| Act::Usual);
    let mut relay = world::plain(&server);
    relay.login = login(USERNAME, PASSWORD, method);
    let done = open(&relay).map_err(|transport_error| brief_error(&transport_error));
    (server.end()[0].text(), done)
}

#[test]
fn each_method_sends_the_bytes_of_its_standard() {
    let plain = format!("AUTH PLAIN {PLAIN}\r\n");
    let by_login = format!("AUTH LOGIN\r\n{}\r\n{}\r\n", LOGIN[0], LOGIN[1]);
    let xoauth2 = format!("AUTH XOAUTH2 {XOAUTH2}\r\n");
    for (offered, method, expected) in [
        ("AUTH LOGIN PLAIN XOAUTH2", LoginMethod::Plain, &plain),
        ("AUTH LOGIN PLAIN XOAUTH2", LoginMethod::Login, &by_login),
        ("AUTH LOGIN PLAIN XOAUTH2", LoginMethod::XOauth2, &xoauth2),
        ("AUTH XOAUTH2 LOGIN PLAIN", LoginMethod::Auto, &plain),
        ("auth cram-md5 login", LoginMethod::Auto, &by_login),
        ("AUTH=LOGIN", LoginMethod::Auto, &by_login),
        ("AUTH\tPLAIN", LoginMethod::Auto, &plain),
    ] {
        let (text, done) = commands_to(offered, method);
        assert_eq!(done, Ok(()), "{offered} {method:?}");
        assert_eq!(text, format!("EHLO localhost\r\n{expected}QUIT\r\n"), "{offered} {method:?}");
    }
}

#[test]
fn oauthbearer_sends_the_bytes_of_its_rfc_and_answers_the_reason_with_a_single_byte() {
    // {"status":"invalid_token"}
    let reason = "334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=\r\n";
    for (username, sent, is_refused) in
        [("tim", "tim", false), ("tim", "tim", true), ("tim=a,b@example.com", "tim=3Da=2Cb@example.com", false)]
    {
        let server = ScriptedRelay::start(world::offer(&["AUTH XOAUTH2 OAUTHBEARER"]), move |moment| match moment.at {
            At::Auth if is_refused => Act::Say(reason.into()),
            At::Answer => Act::Say(b"535 5.7.8 expired\r\n".to_vec()),
            _ => Act::Usual,
        });
        let mut relay = world::plain(&server);
        relay.login = login(username, PASSWORD, LoginMethod::OauthBearer);
        let done = open(&relay).map_err(|transport_error| brief_error(&transport_error));
        let auth = format!("EHLO localhost\r\nAUTH OAUTHBEARER {}\r\n", oauthbearer(sent, server.port()));
        let commands = server.end()[0].text();
        if is_refused {
            let words = "login as `tim` by OAUTHBEARER refused (is the username right, and the access token still valid?): \
                         535 5.7.8 expired";
            assert!(done.as_ref().unwrap_err().ends_with(words), "{done:?}");
            assert_eq!(commands, format!("{auth}AQ==\r\n"));
        } else {
            assert_eq!((done, commands), (Ok(()), format!("{auth}QUIT\r\n")));
        }
    }
}

/// A relay that offers both mechanisms and refuses PLAIN with `reply`: the commands over several connections, and the
/// results.
fn refusing_plain(
    reply: &'static str,
    by_login: &'static str,
    method: LoginMethod,
) -> (Vec<String>, Vec<Result<(), String>>, Vec<String>) {
    let server = ScriptedRelay::start(world::offer(&["AUTH PLAIN LOGIN"]), move |moment| match moment.at {
        At::Auth if moment.line.starts_with("AUTH PLAIN") => Act::Say(format!("{reply}\r\n").into_bytes()),
        At::Answer if moment.line == LOGIN[1] && !by_login.is_empty() => {
            Act::Say(format!("{by_login}\r\n").into_bytes())
        }
        _ => Act::Usual,
    });
    let mut relay = world::plain(&server);
    relay.login = login(USERNAME, PASSWORD, method);
    let lines = lines_of(&mut relay, Side::Advice);
    let prefix = format!("127.0.0.1:{}: ", relay.port());
    let done = (0..2)
        .map(|_| open(&relay).map_err(|transport_error| brief_error(&transport_error).replace(&prefix, "")))
        .collect();
    let advice = lines.lock().unwrap().clone();
    (server.end().iter().map(|dump| dump.text()).collect(), done, advice)
}

#[test]
fn auto_falls_back_to_login_if_plain_is_offered_but_not_accepted_and_reports_it() {
    let plain = format!("AUTH PLAIN {PLAIN}\r\n");
    let by_login = format!("AUTH LOGIN\r\n{}\r\n{}\r\n", LOGIN[0], LOGIN[1]);
    for reply in ["502 5.5.1 what?", "504 5.7.4 Unrecognized authentication type", "534 5.7.9 too weak"] {
        let (commands, done, advice) = refusing_plain(reply, "", LoginMethod::Auto);
        assert_eq!(done, [Ok(()), Ok(())], "{reply}");
        // The second connection already knows it.
        let expected =
            [format!("EHLO localhost\r\n{plain}{by_login}QUIT\r\n"), format!("EHLO localhost\r\n{by_login}QUIT\r\n")];
        assert_eq!(commands, expected, "{reply}");
        let said = format!(
            "the relay offers PLAIN and refuses it ({reply}); logging in by LOGIN, as `auth = \"login\"` does at once"
        );
        assert_eq!(advice, [said]);
    }
    let (_, done, _) = refusing_plain("504 5.7.4 no", "535 5.7.8 bad credentials", LoginMethod::Auto);
    assert_eq!(
        done[0],
        Err("configuration at AUTH: login as `tim` by LOGIN refused (are the username and the password right?): 535 5.7.8 bad \
             credentials (before, by PLAIN: 504 5.7.4 no)"
            .to_owned())
    );
}

#[test]
fn other_errors_and_configured_methods_do_not_fall_back() {
    for (reply, method) in [
        ("535 5.7.8 bad credentials", LoginMethod::Auto),
        ("454 4.7.0 busy", LoginMethod::Auto),
        ("500 5.5.2 what?", LoginMethod::Auto),
        ("538 5.7.11 encrypt", LoginMethod::Auto),
        ("504 5.7.4 no", LoginMethod::Plain),
    ] {
        let (commands, done, advice) = refusing_plain(reply, "", method);
        assert!(done[0].as_ref().unwrap_err().contains("by PLAIN refused"), "{done:?}");
        assert!(advice.is_empty() && !commands.concat().contains("AUTH LOGIN"), "{reply}: {commands:?}");
    }
}

#[test]
fn a_method_that_is_not_offered_is_not_tried() {
    for (offered, method, expected) in [
        (
            "AUTH CRAM-MD5 XOAUTH2",
            LoginMethod::Auto,
            "the relay offers no login by PLAIN or LOGIN, but CRAM-MD5 XOAUTH2",
        ),
        ("AUTH LOGIN", LoginMethod::Plain, "the relay offers no login by PLAIN, but LOGIN"),
        ("AUTH PLAIN", LoginMethod::Login, "the relay offers no login by LOGIN, but PLAIN"),
        ("AUTH PLAIN", LoginMethod::XOauth2, "the relay offers no login by XOAUTH2, but PLAIN"),
        ("SIZE 9", LoginMethod::Auto, "the relay offers no login at all (AUTH): is this its port for submission?"),
    ] {
        let (text, done) = commands_to(offered, method);
        let words = done.unwrap_err();
        assert!(words.starts_with("configuration at AUTH: 127.0.0.1:"), "{words}");
        assert!(words.ends_with(&format!(": {expected}")), "{words}");
        assert_eq!(text, "EHLO localhost\r\n");
    }
}

#[test]
fn under_tls_the_login_comes_after_the_second_ehlo() {
    let authority = Authority::new("ours");
    for (security, tls) in certificates::TLS_KINDS {
        let before = if tls == Tls::StartTls { "EHLO localhost\r\nSTARTTLS\r\n" } else { "" };
        let config = authority.signs(&names(&["localhost"]));
        let server = ScriptedRelay::start(certificates::offer(tls, config), |_| Act::Usual);
        let mut relay = certificates::client(server.port(), security, Some(&authority.file()));
        for method in [LoginMethod::Auto, LoginMethod::Login] {
            relay.login = login(USERNAME, PASSWORD, method);
            assert_eq!(open(&relay), Ok(()), "{security:?} {method:?}");
        }
        let dumps = server.end();
        let texts: Vec<String> = dumps.iter().map(|dump| dump.text()).collect();
        let by_login = format!("AUTH LOGIN\r\n{}\r\n{}\r\n", LOGIN[0], LOGIN[1]);
        assert_eq!(
            texts,
            [
                format!("{before}EHLO localhost\r\nAUTH PLAIN {PLAIN}\r\nQUIT\r\n"),
                format!("{before}EHLO localhost\r\n{by_login}QUIT\r\n"),
            ]
        );
        assert!(dumps.iter().all(|dump| dump.encrypted));
    }
}

#[test]
fn a_response_that_does_not_fit_is_sent_after_the_334() {
    let token = "x".repeat(2_000);
    let server = ScriptedRelay::start(world::offer(&["AUTH PLAIN XOAUTH2"]), |_| Act::Usual);
    let mut relay = world::plain(&server);
    for (method, name) in [(LoginMethod::Plain, "PLAIN"), (LoginMethod::XOauth2, "XOAUTH2")] {
        relay.login = login(USERNAME, &token, method);
        assert_eq!(open(&relay), Ok(()), "{name}");
    }
    for (dump, name) in server.end().iter().zip(["PLAIN", "XOAUTH2"]) {
        let text = dump.text();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!((lines[1], lines[3], lines.len()), (format!("AUTH {name}").as_str(), "QUIT", 5), "{text}");
        assert!(lines[2].len() > 2_000, "{text}");
    }
}

#[test]
fn a_refused_login_is_a_configuration_error_and_a_busy_relay_is_not() {
    let refused = |method: &str| format!("configuration at AUTH: login as `tim` by {method} refused");
    for (method, name, at) in [
        (LoginMethod::Plain, "PLAIN", At::Auth),
        (LoginMethod::Login, "LOGIN", At::Auth),
        (LoginMethod::Login, "LOGIN", At::Answer),
        (LoginMethod::XOauth2, "XOAUTH2", At::Auth),
    ] {
        let hint = match method {
            LoginMethod::XOauth2 => "is the username right, and the access token still valid?",
            _ => "are the username and the password right?",
        };
        for (reply, expected) in [
            ("535 5.7.8 bad credentials", format!("{} ({hint}): 535 5.7.8 bad credentials", refused(name))),
            ("534 5.7.9 too weak", format!("{}: 534 5.7.9 too weak", refused(name))),
            ("538 5.7.11 encrypt", format!("{}: 538 5.7.11 encrypt", refused(name))),
            ("454 4.7.0 busy", format!("later at AUTH: login as `tim` by {name} refused: 454 4.7.0 busy")),
            ("421 4.3.2 bye", format!("later at AUTH: login as `tim` by {name} refused: 421 4.3.2 bye")),
            ("432 4.7.12 change it", format!("later at AUTH: login as `tim` by {name} refused: 432 4.7.12 change it")),
        ] {
            let server = ScriptedRelay::start(world::offer(&["AUTH PLAIN LOGIN XOAUTH2"]), move |moment| {
                if moment.at == at { Act::Say(format!("{reply}\r\n").into_bytes()) } else { Act::Usual }
            });
            let mut relay = world::plain(&server);
            relay.login = login(USERNAME, PASSWORD, method);
            let words = brief_error(&open(&relay).unwrap_err());
            assert_eq!(words.replace(&format!("127.0.0.1:{}: ", server.port()), ""), expected);
            assert!(!server.end()[0].text().contains("MAIL"));
        }
    }
}

#[test]
fn xoauth2_answers_the_reason_with_an_empty_line_and_tells_the_refusal() {
    // {"status":"401"}
    let server = ScriptedRelay::start(world::offer(&["AUTH XOAUTH2"]), |moment| match moment.at {
        At::Auth => Act::Say(b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n".to_vec()),
        At::Answer => Act::Say(b"535 5.7.3 expired\r\n".to_vec()),
        _ => Act::Usual,
    });
    let mut relay = world::plain(&server);
    relay.login = login(USERNAME, PASSWORD, LoginMethod::XOauth2);
    let words = brief_error(&open(&relay).unwrap_err());
    assert!(words.ends_with(": 535 5.7.3 expired"), "{words}");
    assert_eq!(server.end()[0].text(), format!("EHLO localhost\r\nAUTH XOAUTH2 {XOAUTH2}\r\n\r\n"));
}

#[test]
fn a_password_that_would_break_the_answer_is_not_sent() {
    for bad in ["a\0b", "a\rb", "a\nb", "a\u{1}b"] {
        for (username, password) in [(USERNAME, bad), (bad, PASSWORD)] {
            for method in [LoginMethod::Plain, LoginMethod::Login, LoginMethod::XOauth2, LoginMethod::OauthBearer] {
                let server =
                    ScriptedRelay::start(world::offer(&["AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER"]), |_| Act::Usual);
                let mut relay = world::plain(&server);
                relay.login = login(username, password, method);
                let words = brief_error(&open(&relay).unwrap_err());
                assert!(words.starts_with("configuration at AUTH"), "{words}");
                assert!(words.ends_with("the username or the password for the relay holds a control character"));
                assert_eq!(server.end()[0].text(), "EHLO localhost\r\n", "{bad:?}");
            }
        }
    }
}

/// Whether a text reveals a part of the password: eight characters of it or of its encoded forms, in upper or lower
/// case.
fn reveals_password(text: &str) -> bool {
    let text = text.to_lowercase();
    let bearer = oauthbearer("tim", 0);
    let others = [
        STANDARD.encode(PASSWORD),
        STANDARD.encode(format!("user:{PASSWORD}!")),
        hexadecimal(PASSWORD),
        backwards(PASSWORD),
    ];
    let disguised = world::disguises(PASSWORD);
    let others = others.iter().chain(disguised.iter().map(|(_, text)| text));
    let sent = [PASSWORD, PLAIN, LOGIN[1], XOAUTH2, &bearer[bearer.len() - 24..]];
    sent.into_iter().chain(others.map(String::as_str)).any(|secret| {
        let secret: Vec<char> = secret.to_lowercase().chars().collect();
        secret.windows(8).any(|part| text.contains(&part.iter().collect::<String>()))
    })
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn backwards(text: &str) -> String {
    text.chars().rev().collect()
}

/// A relay that sends a command back, like one that does not understand it.
fn echo(line: &str, how: &str) -> Vec<u8> {
    let cut: String = line.chars().take(line.chars().count() * 3 / 4).collect();
    let half = line.len() / 2;
    match how {
        "whole" => format!("535 5.7.8 {line}\r\n").into_bytes(),
        "capitals" => format!("535 5.7.8 {}\r\n", line.to_uppercase()).into_bytes(),
        "cut off" => format!("535 5.7.8 {cut}...\r\n").into_bytes(),
        "two lines" => format!("535-5.7.8 {}\r\n535 5.7.8 {}\r\n", &line[..half], &line[half..]).into_bytes(),
        "decoded" => format!("535 5.7.8 no {USERNAME} with {PASSWORD}\r\n").into_bytes(),
        "base64" => format!("535 5.7.8 <{}>\r\n", STANDARD.encode(PASSWORD)).into_bytes(),
        "base64 of more" => format!("535 5.7.8 {}\r\n", STANDARD.encode(format!("user:{PASSWORD}!"))).into_bytes(),
        "hexadecimal" => format!("535 5.7.8 {}\r\n", hexadecimal(PASSWORD)).into_bytes(),
        "backwards" => format!("535 5.7.8 {}\r\n", backwards(PASSWORD)).into_bytes(),
        "no code" => format!("{line}\r\n").into_bytes(),
        "no code, cut off" => format!("{cut}\r\n").into_bytes(),
        "then yes" => format!("235-{line}\r\n235 {PASSWORD}\r\n").into_bytes(),
        other => {
            let disguises = world::disguises(PASSWORD);
            let (_, disguised) = disguises.iter().find(|(name, _)| *name == other).unwrap();
            format!("535 5.7.8 no <{disguised}>\r\n").into_bytes()
        }
    }
}

#[test]
fn the_password_is_not_in_transcripts_errors_and_debug_even_if_the_relay_sends_it() {
    let ways = [
        "whole",
        "capitals",
        "cut off",
        "two lines",
        "decoded",
        "base64",
        "base64 of more",
        "hexadecimal",
        "backwards",
        "no code",
        "no code, cut off",
        "then yes",
    ];
    for method in [LoginMethod::Plain, LoginMethod::Login, LoginMethod::XOauth2, LoginMethod::OauthBearer] {
        for how in ways.into_iter().chain(world::disguises("").into_iter().map(|(name, _)| name)) {
            let server = ScriptedRelay::start(world::offer(&["AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER"]), move |moment| {
                match (moment.at, moment.line) {
                    (At::Auth, "AUTH LOGIN") => Act::Usual,
                    (At::Answer, line) if line == LOGIN[0] => Act::Usual,
                    (At::Auth | At::Answer, line) => Act::Say(echo(line, how)),
                    _ => Act::Usual,
                }
            });
            let mut relay = world::plain(&server);
            relay.login = login(USERNAME, PASSWORD, method);
            let lines = transcript_of(&mut relay);
            let done = open(&relay);
            assert_eq!(done.is_ok(), how == "then yes", "{method:?} {how}: {done:?}");
            let lines = lines.lock().unwrap().join("\n");
            // The transcript is not empty, and the relay did send the password.
            assert!(lines.contains("AUTH ") && lines.contains("****"), "{lines}");
            assert!(reveals_password(&server.end()[0].text()), "{method:?} {how}");
            for shown in [lines, format!("{done:?}"), format!("{relay:?}"), format!("{:?}", relay.login)] {
                assert!(!reveals_password(&shown), "{method:?} {how}: {shown}");
            }
        }
    }
}

#[test]
fn a_password_that_the_relay_sends_later_is_masked_too() {
    for (at, code) in [(At::Mail, "550"), (At::Dot, "554"), (At::Dot, "250"), (At::Dot, "251")] {
        for has_transcript in [false, true] {
            sends_password_later(at, code, has_transcript);
        }
    }
}

fn sends_password_later(at: At, code: &'static str, has_transcript: bool) {
    let server = ScriptedRelay::start(world::offer(&["AUTH PLAIN"]), move |moment| {
        if moment.at == at {
            let said = format!("{code} 5.7.1 mail from AUTH PLAIN {PLAIN} /{USERNAME}/{PASSWORD}\r\n");
            return Act::Say(said.into_bytes());
        }
        Act::Usual
    });
    let mut relay = world::plain(&server);
    relay.login = login(USERNAME, PASSWORD, LoginMethod::Plain);
    let lines = has_transcript.then(|| transcript_of(&mut relay));
    let handed = run(async {
        let mut connection = relay.open().await.unwrap();
        connection.deliver(&world::mail("alice@example.com"), None).await
    });
    assert!(reveals_password(&server.end()[0].text()));
    let lines = lines.map(|lines| lines.lock().unwrap().join("\n"));
    for shown in lines.into_iter().chain([format!("{handed:?}")]) {
        assert!(shown.contains("5.7.1 mail from AUTH PLAIN ****") && !reveals_password(&shown), "{shown}");
    }
}

#[test]
fn a_short_password_is_masked_and_the_code_of_the_reply_is_not() {
    let server = ScriptedRelay::start(world::offer(&["AUTH PLAIN"]), |moment| match moment.at {
        At::Auth => Act::Say(b"535 no 535 x\r\n".to_vec()),
        _ => Act::Usual,
    });
    let mut relay = world::plain(&server);
    relay.login = login(USERNAME, "535", LoginMethod::Plain);
    let words = brief_error(&open(&relay).unwrap_err());
    assert!(words.ends_with(": 535 no **** x"), "{words}");
    assert_eq!(relay.security(), Security::None);
}
