//! `doctor` and the relay: each step of the dialogue fails once, and no mail is sent.

use std::fs;
use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::CertificateParams;
use rcgen::KeyPair;
use rcgen::date_time_ymd;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::doctor::expect_of;
use crate::doctor::found;
use crate::relay::Act;
use crate::relay::At;
use crate::relay::Offer;
use crate::relay::ScriptedRelay;
use crate::relay::Tls;
use crate::support::World;

/// A relay with AUTH that says this at that point.
fn relay(at: At, reply: &'static str) -> ScriptedRelay {
    let offer = Offer { extensions: vec!["PIPELINING", "AUTH PLAIN"], tls: None };
    ScriptedRelay::start(offer, move |moment| match moment.at == at {
        true if reply.is_empty() => Act::Hang(Vec::new()),
        true => Act::Say(format!("{reply}\r\n").into_bytes()),
        false => Act::Usual,
    })
}

/// A world whose mail goes to this port, with a login.
fn world(port: u16) -> World {
    let world = World::with_mail();
    world.configure_relay(port);
    let password = world.file("relay", "tanstaaf");
    let login = format!("retry_for = \"0s\"\nusername = \"u\"\npassword_file = \"{}\"", password.display());
    let text = fs::read_to_string(world.config()).unwrap();
    world.write_config(&text.replace("retry_for = \"0s\"", &login));
    world
}

#[test]
fn each_step_of_the_dialogue_fails_once_with_its_exit_code_and_the_steps_behind_it_are_not_checked() {
    for (at, reply, name, words, code) in [
        (At::Greeting, "", "relay features", "closed the connection", 75),
        (At::Greeting, "554 5.3.2 go away", "relay features", "554 5.3.2 go away", 69),
        (At::Ehlo, "550 5.7.1 who are you", "relay features", "who are you", 69),
        (At::Auth, "535 5.7.8 wrong", "relay login", "535 5.7.8 wrong", 78),
        (At::Auth, "454 4.7.0 later", "relay login", "454 4.7.0 later", 75),
        (At::Mail, "550 5.7.1 not from here", "relay sender", "not from here", 69),
        (At::Mail, "451 4.7.1 later", "relay sender", "451 4.7.1 later", 75),
    ] {
        let relay = relay(at, reply);
        let world = world(relay.port());
        expect_of(world.command("doctor -o json"), name, ("failed", words, "mail test"), code);
        let run = world.run("doctor -o json");
        let all = found(&run);
        if name != "relay sender" {
            assert_eq!(all["relay sender"].words, format!("see: {name}"), "{run}");
        }
        assert_eq!(all["relay name"].status, "ok", "{run}");
        let dumps = relay.end();
        assert!(dumps.iter().all(|dump| dump.mails.is_empty() && !dump.text().contains("RCPT")));
    }
}

#[test]
fn a_dead_relay_is_75() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let world = world(port);
    expect_of(
        world.command("doctor -o json"),
        "relay connection",
        ("failed", "cannot connect to 127.0.0.1", "mail test"),
        75,
    );
}

#[test]
fn what_the_settings_name_is_checked_first() {
    let world = world(25);
    fs::remove_file(world.path("relay")).unwrap();
    expect_of(world.command("doctor -o json"), "mail", ("failed", "relay: no such file", ""), 78);
    let text = fs::read_to_string(world.config()).unwrap();
    let program = format!(
        "transport = \"sendmail\"\n[mail.sendmail]\nprogram = \"{}\"\n[mail.smtp]",
        world.path("none").display()
    );
    world.write_config(&text.replace("[mail.smtp]", &program));
    expect_of(world.command("doctor -o json"), "mail", ("failed", "cannot be started", "mail test"), 78);
}

/// A relay whose self-signed certificate is valid until then, and its `ca_file`.
fn with_tls(world: &World, host: &str, until: (i32, u8, u8)) -> ScriptedRelay {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.not_after = date_time_ymd(until.0, until.1, until.2);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    fs::write(world.path("ca.pem"), certificate.pem()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap());
    let offer = Offer { extensions: vec!["PIPELINING", "AUTH PLAIN"], tls: Some((Tls::Implicit, config)) };
    let relay = ScriptedRelay::start(offer, |_| Act::Usual);
    world.configure_relay(relay.port());
    let text = fs::read_to_string(world.config()).unwrap();
    let tls = format!("tls = \"implicit\"\nca_file = \"{}\"", world.path("ca.pem").display());
    world.write_config(&text.replace("tls = \"none\"", &tls).replace("host = \"127.0.0.1\"", "host = \"localhost\""));
    relay
}

#[test]
fn the_certificate_is_checked_and_its_days_are_counted() {
    let world = World::with_mail();
    // The certificate is checked by the time of this machine, and its days are counted by that of the test.
    world.set_clock("2998-12-27T00:00:00Z".parse().unwrap());
    let relay = with_tls(&world, "localhost", (2999, 1, 1));
    let expired_soon = ("warning", "the certificate is valid until 2999-01-01 (5 days)", "renew its certificate");
    expect_of(world.command("doctor -o json"), "relay TLS", expired_soon, 0);
    let run = world.run("doctor -o json");
    assert_eq!(found(&run)["relay sender"].status, "ok", "{run}");
    drop(relay);
    let world = World::with_mail();
    let _relay = with_tls(&world, "localhost", (2020, 1, 1));
    expect_of(world.command("doctor -o json"), "relay TLS", ("failed", "expired on 2020-01-01", "mail test"), 78);
    let world = World::with_mail();
    let _relay = with_tls(&world, "mail.example.com", (2999, 1, 1));
    expect_of(world.command("doctor -o json"), "relay TLS", ("failed", "is not for `localhost`", "mail test"), 78);
}
