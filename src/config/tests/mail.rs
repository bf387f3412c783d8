//! The sections about mails, resets and jobs, and their problems.

use super::*;
use crate::domain::relay::LoginMethod;
use crate::domain::relay::Security;

/// A configuration that sends by SMTP, with additional lines for `[mail.smtp]`.
fn relay(lines: &str) -> String {
    format!("mail.from = \"a@example.com\"\n[mail.smtp]\nhost = \"smtp.example.com\"\n{lines}")
}

#[test]
fn every_key_about_mails_is_read() {
    let text = r##"
        [mail]
        from = "passwords@example.com"
        reply_to = "Help, Desk <help@example.com>"
        bounce_to = "bounces@example.com"
        transport = "file"
        [mail.smtp]
        host = "[::1]"
        port = 2525
        tls = "implicit"
        ca_file = "ca.pem"
        tls_name = "relay.example.com"
        client_certificate_file = "client.pem"
        client_key_file = "/srv/client.key"
        helo = "[IPv6:2001:db8::1]"
        username = "mailer"
        password_file = "/srv/password"
        auth = "oauthbearer"
        connections = 64
        mails_per_connection = 100
        rate = ["10/s", "5000/h"]
        retry_for = "0s"
        [mail.sendmail]
        program = "bin/sendmail"
        [mail.file]
        directory = "mails"
        [reset]
        link = "https://reset.example.com/#{code}"
        lifetime = "5m"
        invitation_lifetime = "48h"
        [jobs]
        queue_lifetime = "30d"
        unless_sent_within = "0s"
        complain_after = "4h"
    "##;
    let mailbox = |text: &str| Some(text.parse().unwrap());
    let expected = Config {
        mail: MailSection {
            from: mailbox("passwords@example.com"),
            reply_to: mailbox("\"Help, Desk\" <help@example.com>"),
            bounce_to: Some("bounces@example.com".parse().unwrap()),
            transport: TransportName::File,
            headers: Vec::new(),
            smtp: SmtpSection {
                host: Some("[::1]".into()),
                port: 2525,
                tls: Security::Implicit,
                ca_file: Some("/etc/cxme-admin/ca.pem".into()),
                certificate_sha256: Vec::new(),
                tls_name: Some("relay.example.com".into()),
                client_certificate: Some(ClientCertificateFiles {
                    certificate: "/etc/cxme-admin/client.pem".into(),
                    key: "/srv/client.key".into(),
                }),
                helo: Some("[IPv6:2001:db8::1]".into()),
                login: Some(SmtpLogin {
                    username: "mailer".into(),
                    password: PasswordFrom::File("/srv/password".into()),
                    method: LoginMethod::OauthBearer,
                }),
                connections: 64,
                mails_per_connection: Some(100),
                rates: "10/s, 5000/h".parse().unwrap(),
                retry_for: Duration::ZERO,
            },
            sendmail: SendmailSection { program: "/etc/cxme-admin/bin/sendmail".into() },
            file: FileSection { directory: Some("/etc/cxme-admin/mails".into()) },
        },
        reset: ResetSection {
            link: Some("https://reset.example.com/#{code}".parse().unwrap()),
            key_file: None,
            lifetime: Duration::from_secs(300),
            invitation_lifetime: Duration::from_secs(48 * 3_600),
        },
        jobs: JobsSection {
            queue_lifetime: Duration::from_secs(30 * 86_400),
            unless_sent_within: Duration::ZERO,
            complain_after: Duration::from_secs(4 * 3_600),
        },
        ..Config::default()
    };
    assert_eq!(parse(text), Ok(expected));
}

#[test]
fn the_port_follows_from_tls() {
    let port = |lines: &str| parse(&format!("[mail.smtp]\n{lines}")).unwrap().mail.smtp.port;
    assert_eq!((port(""), port("tls = \"starttls\"")), (587, 587));
    assert_eq!((port("tls = \"implicit\""), port("tls = \"none\"")), (465, 25));
    assert_eq!(port("tls = \"implicit\"\nport = 1"), 1);
}

#[test]
fn invalid_addresses_hosts_links_and_rates_are_refused() {
    let text = r##"
mail.from = "Passwords <a@example.com"
mail.reply_to = "a\u202eb <a@example.com>"
mail.bounce_to = "a@example.com\r\nBcc: b@example.com"
mail.transport = "SMTP"
mail.smtp.host = "smtp.example.com:465"
mail.smtp.port = 65536
mail.smtp.tls = "yes"
mail.smtp.helo = "höst"
mail.smtp.auth = "cram-md5"
mail.smtp.connections = 65
mail.smtp.rate = "0/min"
mail.smtp.retry_for = "2d"
mail.sendmail.program = ""
mail.file.directory = 5
reset.link = "http://reset.example.com/#{code}"
"##;
    insta::assert_snapshot!(problems(text), @r#"
    config.toml:2: [mail] from: expected an email address, or a name and an address, such as "Help Desk <passwords@example.com>" (the address holds the character U+0020, which no address has), found "Passwords <a@example.com"
    config.toml:3: [mail] reply_to: expected an email address, or a name and an address, such as "Help Desk <passwords@example.com>" (the name holds the unprintable character U+202E: leave it out), found "a\u{202e}b <a@example.com>"
    config.toml:4: [mail] bounce_to: expected an email address alone, such as "passwords@example.com", found "a@example.com\r\nBcc: b@example.com"
    config.toml:5: [mail] transport: expected one of smtp, sendmail, file, found "SMTP"
    config.toml:6: [mail.smtp] host: expected the host without its port, which is a key of its own: port = 465, found "smtp.example.com:465"
    config.toml:7: [mail.smtp] port: expected a whole number from 1 to 65535, found 65536
    config.toml:8: [mail.smtp] tls: expected one of implicit, starttls, none, found "yes"
    config.toml:9: [mail.smtp] helo: expected a host name in ASCII, or an address such as "[192.0.2.1]" or "[IPv6:2001:db8::1]", found "höst"
    config.toml:10: [mail.smtp] auth: expected one of auto, plain, login, xoauth2, oauthbearer, found "cram-md5"
    config.toml:11: [mail.smtp] connections: expected a whole number from 1 to 64, found 65
    config.toml:12: [mail.smtp] rate: expected at least 1; to send nothing, pause the job, found "0/min"
    config.toml:13: [mail.smtp] retry_for: expected a duration from 0s to 1d, found "2d"
    config.toml:14: [mail.sendmail] program: expected a path, found ""
    config.toml:15: [mail.file] directory: expected text in quotes, found 5
    config.toml:16: [reset] link: expected an address that begins with `https://` (`http://` only for localhost), found "http://reset.example.com/#{code}"
    "#);
}

#[test]
fn headers_have_the_names_that_the_file_gives_them() {
    let text = "[mail.headers]\nX-SES-CONFIGURATION-SET = \"resets\"\n\"X-PM-TrackLinks\" = \"None\"\n";
    let headers = parse(text).unwrap().mail.headers;
    let said: Vec<String> = headers.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["X-SES-CONFIGURATION-SET: resets", "X-PM-TrackLinks: None"]);
    assert_eq!(parse("mail.headers = {}\n").unwrap().mail.headers, []);
    let text = r#"
[mail.headers]
subject = "x"
List-Unsubscribe = "<https://example.com/>"
"X Y" = "x"
X-Empty = ""
X-Injected = "x\r\nBcc: a@example.com"
X-Name = "Zoë"
X-Number = 5
X-Twice = "a"
x-twice = "b"
[mail.headers.X-Deep]
a = "b"
"#;
    insta::assert_snapshot!(problems(text), @"
    config.toml:3: [mail.headers] subject: cxme-admin or the mail servers write this header: remove it
    config.toml:4: [mail.headers] List-Unsubscribe: `List-*` headers are refused: these mails are not from a mailing list; remove it
    config.toml:5: [mail.headers] X Y: expected a header name: letters, digits and `-`, such as X-PM-Message-Stream
    config.toml:6: [mail.headers] X-Empty: expected one line of printable ASCII
    config.toml:7: [mail.headers] X-Injected: expected one line of printable ASCII
    config.toml:8: [mail.headers] X-Name: expected one line of printable ASCII
    config.toml:9: [mail.headers] X-Number: expected text in quotes, found 5
    config.toml:11: [mail.headers] x-twice: the same header as `X-Twice`: remove one of them
    config.toml:12: [mail.headers] X-Deep: expected text in quotes, found a section
    ");
}

#[test]
fn lifetimes_have_bounds() {
    let text = "[reset]\nlifetime = \"4m\"\ninvitation_lifetime = \"8d\"\n[jobs]\nqueue_lifetime = \"59s\"\nunless_sent_within = \"31d\"\ncomplain_after = \"31d\"\n";
    insta::assert_snapshot!(problems(text), @r#"
    config.toml:2: [reset] lifetime: expected a duration from 5m to 1d, found "4m"
    config.toml:3: [reset] invitation_lifetime: expected a duration from 5m to 7d, found "8d"
    config.toml:5: [jobs] queue_lifetime: expected a duration from 1m to 30d, found "59s"
    config.toml:6: [jobs] unless_sent_within: expected a duration from 0s to 30d, found "31d"
    config.toml:7: [jobs] complain_after: expected a duration from 0s to 30d, found "31d"
    "#);
    assert!(parse("[reset]\nlifetime = \"25h\"\n").is_err());
    assert!(parse("[reset]\nlifetime = \"24h\"\ninvitation_lifetime = \"5m\"\n").is_ok());
}

#[test]
fn a_transport_needs_its_destination() {
    insta::assert_snapshot!(problems("[mail]\ntransport = \"file\"\n"), @r#"config.toml:2: [mail] transport: "file" needs `[mail.file] directory`"#);
    insta::assert_snapshot!(problems("[mail]\nfrom = \"a@example.com\"\n"), @r#"config.toml:2: [mail] from: needs `[mail.smtp] host`, or another `transport` than "smtp""#);
    for good in [
        "mail.transport = \"smtp\"\n",
        "mail = { from = \"a@example.com\", transport = \"sendmail\" }\n",
        "mail = { from = \"a@example.com\", transport = \"file\", file.directory = \"x\" }\n",
        &relay(""),
    ] {
        assert!(parse(good).is_ok(), "{good}");
    }
}

#[test]
fn an_invalid_value_is_not_also_reported_as_missing() {
    insta::assert_snapshot!(problems("mail.from = \"a@example.com\"\nmail.transport = \"smpt\"\n"), @r#"config.toml:2: [mail] transport: expected one of smtp, sendmail, file, found "smpt""#);
    insta::assert_snapshot!(problems("mail.from = \"a@example.com\"\nmail.smtp.host = 5\n"), @"config.toml:2: [mail.smtp] host: expected text in quotes, found 5");
    insta::assert_snapshot!(problems("[mail]\nfrom = \"a@example.com\"\n[mail.smtp]\nhost = smtp.example.com\n"), @"config.toml:4: syntax: string values must be quoted, expected literal string: smtp.example.com");
}

#[test]
fn without_tls_only_this_machine_is_allowed() {
    let with = |host: &str| format!("[mail.smtp]\ntls = \"none\"\nhost = \"{host}\"\n");
    for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"] {
        assert!(parse(&with(host)).is_ok(), "{host}");
    }
    for host in ["smtp.example.com", "10.0.0.1", "localhost.example.com", "[2001:db8::1]", "0.0.0.0"] {
        assert!(parse(&with(host)).is_err(), "{host}");
    }
    insta::assert_snapshot!(problems(&with("smtp.example.com")), @"config.toml:2: [mail.smtp] tls: without TLS anybody on the way reads the links, so it is only for localhost, 127.0.0.1 or ::1");
}

#[test]
fn the_certificate_of_the_relay_is_trusted_in_only_one_way() {
    let hex = "0123456789abcdef".repeat(4);
    let read = |lines: &str| parse(&relay(lines)).unwrap().mail.smtp.certificate_sha256;
    let one = read(&format!("certificate_sha256 = \"{hex}\""));
    let shown = one[0].to_string();
    assert_eq!(read(&format!("certificate_sha256 = \"{shown}\"")), one);
    assert_eq!(read(&format!("certificate_sha256 = [\"{shown}\", \"{hex}\"]")), [one[0], one[0]]);
    insta::assert_snapshot!(problems(&relay("certificate_sha256 = []")), @"config.toml:4: [mail.smtp] certificate_sha256: expected a SHA-256, found an empty list: leave the key out");
    let two = format!("certificate_sha256 = \"{hex}\"\nca_file = \"ca.pem\"\ntls_name = \"a b\"");
    insta::assert_snapshot!(problems(&relay(&two)), @r#"
    config.toml:4: [mail.smtp] certificate_sha256: does not go with `ca_file`: leave one of them out
    config.toml:6: [mail.smtp] tls_name: expected a host such as "smtp.example.com", or an address, found "a b"
    "#);
    insta::assert_snapshot!(problems(&relay(&format!("certificate_sha256 = \"{}\"", &hex[..40]))), @r#"config.toml:4: [mail.smtp] certificate_sha256: expected the 64 hex digits of a SHA-256, not the 40 of SHA-1, found "0123456789abcdef0123456789abcdef01234567""#);
    insta::assert_snapshot!(problems(&relay("certificate_sha256 = \"mail.example.com\"")), @r#"config.toml:4: [mail.smtp] certificate_sha256: expected 64 hex digits, with or without colons, as `openssl x509 -noout -fingerprint -sha256` prints them, found "mail.example.com""#);
}

#[test]
fn a_client_certificate_has_its_key() {
    insta::assert_snapshot!(problems(&relay("client_certificate_file = \"c.pem\"")), @"config.toml:4: [mail.smtp] client_certificate_file: needs a `client_key_file`");
    insta::assert_snapshot!(problems(&relay("client_key_file = \"k.pem\"")), @"config.toml:4: [mail.smtp] client_key_file: needs a `client_certificate_file`");
}

#[test]
fn without_tls_no_key_about_tls_is_allowed() {
    let hex = "0123456789abcdef".repeat(4);
    let lines = "[mail.smtp]\ntls = \"none\"\nhost = \"localhost\"\nca_file = \"c\"\ntls_name = \"n\"\n\
                 client_certificate_file = \"c\"\nclient_key_file = \"k\"\n";
    insta::assert_snapshot!(problems(lines), @r#"
    config.toml:4: [mail.smtp] ca_file: has no effect with `tls = "none"`: leave it out, or choose another `tls`
    config.toml:5: [mail.smtp] tls_name: has no effect with `tls = "none"`: leave it out, or choose another `tls`
    config.toml:6: [mail.smtp] client_certificate_file: has no effect with `tls = "none"`: leave it out, or choose another `tls`
    config.toml:7: [mail.smtp] client_key_file: has no effect with `tls = "none"`: leave it out, or choose another `tls`
    "#);
    let pinned = format!("[mail.smtp]\ntls = \"none\"\nhost = \"localhost\"\ncertificate_sha256 = \"{hex}\"\n");
    insta::assert_snapshot!(problems(&pinned), @r#"config.toml:4: [mail.smtp] certificate_sha256: has no effect with `tls = "none"`: leave it out, or choose another `tls`"#);
}

#[test]
fn a_login_is_complete_or_absent() {
    for (lines, found) in [
        ("username = \"u\"", "username: needs a `password_file` or a `password_command`"),
        ("password_file = \"p\"", "password_file: needs a `username`"),
        ("password_command = [\"/bin/p\"]", "password_command: needs a `username`"),
        ("auth = \"xoauth2\"", "auth: \"xoauth2\" needs a `username`"),
        ("username = \"\"\npassword_file = \"p\"", "username: expected some text, found \"\""),
    ] {
        assert_eq!(problems(&relay(lines)), format!("config.toml:4: [mail.smtp] {found}"), "{lines}");
    }
    let two = "username = \"u\"\npassword_file = \"p\"\npassword_command = [\"/bin/p\"]\n";
    insta::assert_snapshot!(problems(&relay(two)), @"config.toml:6: [mail.smtp] password_command: does not go with `password_file`: leave one of them out");
    let without_user = "auth = \"plain\"\npassword_file = \"p\"\n";
    insta::assert_snapshot!(problems(&relay(without_user)), @r#"
    config.toml:4: [mail.smtp] auth: "plain" needs a `username`
    config.toml:5: [mail.smtp] password_file: needs a `username`
    "#);
    assert_eq!(parse(&relay("auth = \"auto\"")).unwrap().mail.smtp.login, None);
}

#[test]
fn a_command_is_a_list_that_no_shell_reads_and_is_not_repeated() {
    let with = |command: &str| relay(&format!("username = \"u\"\npassword_command = {command}\n"));
    let login = parse(&with("[\"/bin/echo\", \"-n\", \"$x; y\", \"-n\"]")).unwrap().mail.smtp.login.unwrap();
    let words = ["/bin/echo", "-n", "$x; y", "-n"].map(str::to_owned).to_vec();
    assert_eq!(login.password, PasswordFrom::Command(words));
    for bad in ["\"echo sentinel\"", "[\"echo\", \"sentinel\"]", "[\"/bin/echo\", 5]", "[\"/bin/echo\", \"a\\u0000b\"]"]
    {
        insta::allow_duplicates! {
            insta::assert_snapshot!(problems(&with(bad)), @r#"config.toml:5: [mail.smtp] password_command: expected a program's absolute path and its arguments, as in `["/usr/bin/pass", "mail"]`"#);
        }
    }
}
