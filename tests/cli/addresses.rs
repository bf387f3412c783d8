//! Addresses that have several forms, and characters that nobody sees.

use insta::assert_snapshot;

use crate::relay::Act;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::support::GOOD;
use crate::support::World;

/// A world whose domains are outside ASCII, given in either form.
fn world_of(domain: &str, saml: &str) -> World {
    let world = World::empty();
    let config = format!(
        "[organization]\nemail_domains = [\"{domain}\", \"{saml}\", \"example.com\"]\n[store]\npath = \"{}\"\n[saml]\nemail_domains = [\"{saml}\"]\n\
         [password.argon2]\nmemory_kib = 19456\niterations = 2\n",
        world.store().display()
    );
    world.write_config(&config);
    world.run("init --yes").expect_status(0);
    world
}

const FORMS: [&str; 2] = ["bücher.example", "xn--bcher-kva.example"];

#[test]
fn no_form_of_an_address_walks_round_the_identity_provider() {
    for configured in FORMS {
        let world = world_of("straße.example", configured);
        for (number, form) in FORMS.into_iter().chain(["BU\u{308}CHER.example", "XN--Bcher-KVA.Example"]).enumerate() {
            world.run(&format!("users add u{number}@{form}")).expect_status(0);
        }
        let rows = "email\ni0@bücher.example\ni1@xn--bcher-kva.example\n";
        world.command("users import -").stdin(rows).run().expect_status(0);
        world.run("users add moved@straße.example").expect_status(0);
        assert_eq!(world.ask("SELECT count(*) FROM users WHERE sign_in = 'saml'"), "6", "{configured}");
        assert_eq!(world.ask("SELECT sign_in FROM users WHERE username = 'moved'"), "password");
        world.run("users edit moved --email moved@xn--bcher-kva.example --yes").expect_status(0);
        assert_eq!(world.ask("SELECT sign_in FROM users WHERE username = 'moved'"), "saml");
        assert_eq!(world.run("users list --email-domain bücher.example -o csv").out().lines().count(), 8);
        assert_eq!(world.run("users list --email-domain @XN--BCHER-KVA.example -o csv").out().lines().count(), 8);
    }
}

#[test]
fn a_domain_is_configured_once_and_shown_as_people_read_it() {
    let world = world_of("bücher.example", "idp.example");
    assert_snapshot!(world.run("users add eve@elsewhere.example"), @"
    status 65
    -- stderr
    error: the email domain of eve@elsewhere.example is not one of the organization's: bücher.example, idp.example, example.com
    hint: the domains are configured in [organization] email_domains
    ");
    let text = std::fs::read_to_string(world.config()).unwrap();
    world.write_config(&text.replace("\"example.com\"", "\"xn--bcher-kva.example\""));
    assert_snapshot!(world.run("users list"), @r#"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml:2: [organization] email_domains: "xn--bcher-kva.example" appears twice in the list
    "#);
    world.write_config(&text.replace("\"example.com\"", "\"b\u{2100}.example\""));
    assert_snapshot!(world.run("users list"), @r#"
    status 78
    -- stderr
    error: [DIR]/config/cxme-admin/config.toml:2: [organization] email_domains: expected a domain that is valid by IDNA, found "b℀.example"
    "#);
}

#[test]
fn an_address_is_taken_in_every_form() {
    let world = world_of("bücher.example", "idp.example");
    world.run("users add a@bücher.example").expect_status(0);
    for form in ["a@xn--bcher-kva.example", "A@Bücher.example", "a@bu\u{308}cher.example"] {
        let run = world.run(&format!("users add {form} --username other")).expect_status(65);
        assert!(run.err().contains("is already in use"), "{run}");
        world.run(&format!("users show {form}")).expect_status(0);
    }
    // The cases of the issue: an apostrophe and a plus are usual, and the last two are one address.
    let rows = "username,email\no.brien,o'brien@example.com\nplus,anna+tag@example.com\nidn,b@bücher.example\nidn2,b@xn--bcher-kva.example\n";
    assert_snapshot!(world.command("users import -").stdin(rows).run(), @"
    status 65
    -- stderr
    line 5, email: already on line 4
    error: 1 of 4 rows cannot be imported; nothing was changed
    ");
    assert_snapshot!(world.command("users import - -v --update").stdin("email,name\nA@XN--BCHER-KVA.example,Anna\n").run(), @"
    status 0
    -- stderr
    0 added, 1 changed, 0 unchanged.
    ");
    assert_snapshot!(world.run("users list -o csv --columns username,email,name"), @"
    status 0
    -- stdout
    username,email,name
    a,A@XN--BCHER-KVA.example,Anna
    ");
    let named = "a@xn--bcher-kva.example\na@bücher.example\n";
    assert_snapshot!(world.command("users list --from - -o csv --columns username,email").stdin(named).run(), @"
    status 0
    -- stdout
    username,email
    a,A@XN--BCHER-KVA.example
    ");
    // The same address in another form is the user's own.
    assert_snapshot!(world.run("users edit a --email a@xn--bcher-kva.example -v"), @"
    status 0
    -- stderr
    Changed a: email.
    ");
    assert_snapshot!(world.run("users edit a --email obrien@xn--a.example"), @"
    status 65
    -- stderr
    error: the email address `obrien@xn--a.example` has a domain that is not valid by IDNA
    ");
}

#[test]
fn what_nobody_sees_is_refused_in_addresses_and_usernames() {
    let world = World::new();
    let rows = "email,name\nzero\u{200b}@example.com,Zero\nsoft\u{ad}hyphen@example.com,Soft\nword\u{2060}joiner@example.com,Word\n\
                o’brien@example.com,Quote\na–b@example.com,Dash\nvs\u{fe0f}@example.com,Selector\n";
    assert_snapshot!(world.command("users import -").stdin(rows).run(), @"
    status 65
    -- stderr
    line 2, email: holds the character U+200B, which no address has
    line 3, email: holds the character U+00AD, which no address has
    line 4, email: holds the character U+2060, which no address has
    line 5, email: holds the typographic character `’` (U+2019): write `'`
    line 6, email: holds the typographic character `–` (U+2013): write `-`
    line 7, email: holds the character U+FE0F, which no address has
    error: 6 of 6 rows cannot be imported; nothing was changed
    ");
    for hidden in ["\u{200b}", "\u{200d}", "\u{ad}", "\u{fe0f}", "\u{2060}", "\u{3164}", "\u{e0041}", "’", "–"] {
        for command in
            ["users add a{}b@example.com", "users add ab@example.com --username a{}b", "users add ab@ex{}ample.com"]
        {
            world.run(&command.replace("{}", hidden)).expect_status(65);
        }
    }
    assert_eq!(world.count_users(), 0);
    assert_snapshot!(world.run("users add anna@example.com --username a\u{200b}nna"), @r#"
    status 65
    -- stderr
    error: the username holds `\u{200b}`: only ASCII letters, digits and `._-` are allowed
    "#);
    assert_snapshot!(world.run("users add o’brien@example.com"), @"
    status 65
    -- stderr
    error: the email address holds the typographic character `’` (U+2019): write `'`
    ");
    assert_snapshot!(world.run("users add anna@ｅxample.com"), @"
    status 65
    -- stderr
    error: the email address `anna@ｅxample.com` stands for `anna@example.com`: write that
    ");
    assert_snapshot!(world.run("users show a\u{200b}nna@example.com"), @r#"
    status 67
    -- stderr
    error: no user with the email address `a\u{200b}nna@example.com`
    hint: names must match exactly; to search: cxme-admin users list --search TEXT
    "#);
}

#[test]
fn what_nobody_sees_in_a_name_is_shown() {
    let world = World::new();
    let rows = "email,name\na1@example.com,Anna\na2@example.com,An\u{ad}na\na3@example.com,Anna\u{200b}\na4@example.com,An\u{200d}na\n\
                a5@example.com,Anna\u{fe0f}\na6@example.com,An\u{3164}na\na7@example.com,Anna\u{a0}Meier\na8@example.com,\u{2060}Anna\n\
                b1@example.com,Seán O’Brien–Müller\nb2@example.com,علی\u{200c}رضا\n";
    world.command("users import -").stdin(rows).run().expect_status(0);
    assert_snapshot!(world.run("users list --columns username,name"), @r#"
    status 0
    -- stdout
    USERNAME  NAME
    a1        Anna
    a2        An\u{ad}na
    a3        Anna\u{200b}
    a4        An\u{200d}na
    a5        Anna\u{fe0f}
    a6        An\u{3164}na
    a7        Anna\u{a0}Meier
    a8        \u{2060}Anna
    b1        Seán O’Brien–Müller
    b2        علی‌رضا
    "#);
    assert_snapshot!(world.run("users show a4"), @r"
    status 0
    -- stdout
    Username:              a4
    Email:                 a4@example.com
    Name:                  An\u{200d}na
    Role:                  Minimal Permissions
    Status:                active
    Sign-in:               password
    Password set:          none
    Must change password:  no
    Session epoch:         0
    Last recorded login:   never
    Added:                 now (2026-11-24T08:00:00Z)
    Changed:               now (2026-11-24T08:00:00Z)
    ");
    assert_snapshot!(world.run("users list --columns username,name -o json --search a2@"), @r#"
    status 0
    -- stdout
    [
    {"username":"a2","name":"An\u00adna"}
    ]
    "#);
    // As data, and not at a terminal, a name stays what it is, so that an export comes back.
    let csv = world.run("users list --columns username,name -o csv").out();
    assert!(csv.contains("a4,An\u{200d}na\n") && csv.contains("b2,علی\u{200c}رضا\n"), "{csv}");
}

#[test]
fn a_search_finds_every_case_and_both_normal_forms() {
    let world = world_of("bücher.example", "idp.example");
    let rows = "email,name\na1@example.com,Hans Ärmel\na2@example.com,Hans A\u{308}rmel\nb1@example.com,Am Straßentor\n\
                c1@bücher.example,Clara\nc2@xn--bcher-kva.example,Carl\n\
                d1@example.com,Sean O’Neil\nd2@example.com,Sean  O'Neil\nd3@example.com,Sean\u{a0}O\u{2bc}Neil\n";
    world.command("users import -").stdin(rows).run().expect_status(0);
    for (search, found) in [
        ("ärmel", "a1 a2"),
        ("A\u{308}RMEL", "a1 a2"),
        ("STRASSE", "b1"),
        ("straße", "b1"),
        ("bücher", "c1 c2"),
        ("xn--bcher", "c1 c2"),
        ("HANS", "a1 a2"),
        // Of both normal forms, the one with a letter of ASCII before the mark is found no more than the other.
        ("hans a", ""),
        ("o'neil", "d1 d2 d3"),
        ("sean o’neil", "d1 d2 d3"),
        ("100%", ""),
    ] {
        let out = world.command("users list -o csv --columns username --search").argument(search).run().out();
        assert_eq!(out.lines().skip(1).collect::<Vec<_>>().join(" "), found, "{search}");
    }
    assert_snapshot!(world.run("users list --search ' \u{200b}'"), @r#"
    status 2
    -- stderr
    error: --search: ` \u{200b}` holds nothing that is visible, and would match every user
    hint: leave it out to mean all
    "#);
    assert_snapshot!(world.run("users list --search ''"), @"
    status 2
    -- stderr
    error: --search: the value is empty
    hint: leave it out to mean all
    ");
}

#[test]
fn mail_reaches_a_domain_outside_ascii_over_a_relay_that_knows_ascii_alone() {
    let relay = ScriptedRelay::start(Offer { extensions: vec!["PIPELINING"], tls: None }, |_| Act::Usual);
    let world = World::empty();
    world.configure_relay(relay.port());
    let text = std::fs::read_to_string(world.config()).unwrap();
    let text = text
        .replace("\"example.com\"", "\"bücher.example\"")
        .replace("passwords@example.com", "passwords@bücher.example");
    world.write_config(&text);
    world.run("init --yes").expect_status(0);
    world.command("users add --username obrien").argument("o'brien@bücher.example").run().expect_status(0);
    world.run("users add jörg@bücher.example --username joerg").expect_status(0);
    world.run("users send-reset obrien").expect_status(0);
    assert_snapshot!(world.run("users send-reset joerg"), @"
    status 69
    -- stderr
    error: joerg: the mail for jörg@bücher.example was refused, and is not tried again: the relay does not carry addresses outside ASCII (SMTPUTF8)
    ");
    world.run("mail test test@bücher.example").expect_status(0);
    let accepted = relay.accepted();
    let to: Vec<String> = accepted.iter().map(|mail| mail.recipients.concat()).collect();
    assert_eq!(to, ["o'brien@xn--bcher-kva.example", "test@xn--bcher-kva.example"]);
    for mail in &accepted {
        assert!(mail.content.is_ascii(), "{}", String::from_utf8_lossy(&mail.content));
    }
}

#[test]
fn a_copy_keeps_the_canonical_form() {
    let world = world_of("bücher.example", "idp.example");
    world.run("users add a@bücher.example").expect_status(0);
    world.run("users add b@xn--bcher-kva.example").expect_status(0);
    world.set_password("a@xn--bcher-kva.example", GOOD);
    world.command("store backup").argument(world.path("copy.db")).run().expect_status(0);
    world.run("users delete a --yes").expect_status(0);
    world.command("store restore --yes").argument(world.path("copy.db")).run().expect_status(0);
    assert!(world.accepts("A@BÜCHER.example", GOOD));
    world.run("store check").expect_status(0);
}

#[test]
fn two_users_to_whom_another_program_gave_one_address_are_named() {
    let world = World::new().with_users("a,b").with_password("a", GOOD);
    world.sql("UPDATE users SET email = 'a@ｅxample.com', email_key = 'a@example.com' WHERE username = 'b'");
    assert_snapshot!(world.run("store check"), @"
    status 65
    -- stdout
    EXAMINED     FOUND
    modes        sound
    file system  sound
    schema       sound
    integrity    sound
    references   sound
    rows         sound
    audit        sound
    addresses    b (a@ｅxample.com) and a (a@example.com) have the same address: change one with `users edit USERNAME --email ADDRESS`
    clock        sound
    times        sound
    reset key    sound
    -- stderr
    error: the store has 1 fault
      - addresses: b (a@ｅxample.com) and a (a@example.com) have the same address: change one with `users edit USERNAME --email ADDRESS`
    hint: for modes, addresses and the key, do as the line says
    ");
    assert!(world.accepts("a@example.com", GOOD));
    let run = world.run("users show a@EXAMPLE.ｃom").expect_status(67);
    assert!(run.err().contains("did you mean a@example.com?"), "{run}");
    // A copy with them is no damaged one.
    world.command("store backup").argument(world.path("second.db")).run().expect_status(0);
    world.command("store restore --yes").argument(world.path("second.db")).run().expect_status(0);
    world.run("users edit b --email b@example.com").expect_status(0);
    world.run("store check").expect_status(0);
}
