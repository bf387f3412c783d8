//! A relay with several addresses: the first that greets is used.

use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::time::Duration;

use cxme_admin::domain::relay::Security;
use cxme_admin::mail::smtp::Relay;
use tokio::net::TcpSocket;

use crate::certificates;
use crate::certificates::Authority;
use crate::certificates::names;
use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::relay::Tls;
use crate::world;
use crate::world::brief;
use crate::world::brief_error;
use crate::world::mail;
use crate::world::run;

/// Listeners on the first addresses of this machine, all on the same free port.
fn listeners<const COUNT: usize>() -> [TcpListener; COUNT] {
    let bind = || -> io::Result<Vec<TcpListener>> {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = first.local_addr()?.port();
        let others = (2..).take(COUNT - 1).map(|last| TcpListener::bind((Ipv4Addr::new(127, 0, 0, last), port)));
        [Ok(first)].into_iter().chain(others).collect()
    };
    // Another process may have the port on one of the addresses.
    let all = (0..10).find_map(|_| bind().ok()).unwrap();
    all.try_into().unwrap()
}

/// A relay with all of these addresses, in this order.
fn relay_at(port: u16, count: u8) -> Relay {
    let mut relay = Relay::new("127.0.0.1", port, Security::None, None).unwrap();
    relay.timeouts = world::patient();
    relay.addresses = (1..=count).map(|last| IpAddr::from([127, 0, 0, last])).collect();
    relay
}

/// A relay that does `act` at its greeting.
fn greets(listener: TcpListener, act: Act) -> ScriptedRelay {
    ScriptedRelay::start_on(listener, world::offer(world::PIPELINING), move |moment| match moment.at {
        At::Greeting => act.clone(),
        _ => Act::Usual,
    })
}

fn say(text: &str) -> Act {
    Act::Say(text.as_bytes().to_vec())
}

#[test]
fn an_address_that_does_not_greet_is_no_error_if_there_is_another() {
    for act in [
        say("421 4.3.2 too many connections\r\n"),
        say("450 4.7.1 not now\r\n"),
        say("554 5.7.1 not you\r\n"),
        Act::Hang(b"421 4.3.2 too many connections\r\n".to_vec()),
        Act::Hang(b"554 5.7.1 not you\r\n".to_vec()),
        Act::Hang(Vec::new()),
        say("HTTP/1.1 400 Bad Request\r\n"),
    ] {
        let [first, second] = listeners();
        let (bad, good) = (greets(first, act.clone()), greets(second, Act::Usual));
        let relay = relay_at(good.port(), 2);
        run(async {
            let mut connection = relay.open().await.unwrap();
            let said = connection.deliver(&mail("alice@example.com"), None).await;
            assert_eq!(brief(&said), "accepted: 250 2.0.0 Ok: queued", "{act:?}");
            connection.close().await;
        });
        assert_eq!((bad.connections(), good.connections()), (1, 1), "{act:?}");
    }
}

#[test]
fn an_address_without_a_listener_or_an_unreachable_one_does_not_block() {
    let [refusing, good] = listeners();
    drop(refusing);
    let good = greets(good, Act::Usual);
    let relay = relay_at(good.port(), 2);
    run(async { relay.open().await.unwrap().close().await });

    let [hole, good] = listeners();
    let address = hole.local_addr().unwrap();
    drop(hole);
    let _hole = black_hole(address);
    let good = greets(good, Act::Usual);
    // Its own timeout is as long as the whole test may take.
    let relay = relay_at(good.port(), 2);
    run(async { relay.open().await.unwrap().close().await });
    assert_eq!(good.connections(), 1);
}

/// Neither accepts nor refuses connections while the returned values live.
fn black_hole(address: SocketAddr) -> (tokio::runtime::Runtime, tokio::net::TcpListener, Vec<TcpStream>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        socket.listen(0).unwrap()
    });
    // Connections that nobody accepts fill the queue; then the system no longer replies.
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 10, "the queue does not fill");
    }
    (runtime, listener, waiting)
}

#[test]
fn an_address_that_is_silent_is_left_for_another_one_and_not_tried_first_again() {
    let [first, second] = listeners();
    let (silent, good) = (greets(first, Act::Silence), greets(second, Act::Usual));
    let mut relay = relay_at(good.port(), 2);
    // The timeout of the greeting is as long as the whole test may take.
    relay.timeouts.next_address = Duration::from_millis(100);
    run(async {
        for _ in 0..3 {
            relay.open().await.unwrap().close().await;
        }
    });
    assert_eq!((silent.connections(), good.connections()), (1, 3));
}

#[test]
fn if_no_address_greets_the_error_names_all_of_them() {
    let [first, second, third] = listeners();
    let port = first.local_addr().unwrap().port();
    drop(third);
    let busy = greets(first, say("421 4.3.2 busy\r\n"));
    let _refusing = greets(second, say("554 5.7.1 not you\r\n"));
    let words = |count| brief_error(&run(async { relay_at(port, count).open().await }).map(drop).unwrap_err());
    let prefix = format!("127.0.0.1:{port}: ");
    assert_eq!(words(1), format!("later at the greeting: {prefix}421 4.3.2 busy"));
    assert_eq!(
        words(3),
        format!(
            "later at the greeting: {prefix}at 127.0.0.1: 421 4.3.2 busy; at 127.0.0.2: 554 5.7.1 not you; cannot connect to \
             127.0.0.3: Connection refused (os error 111)"
        )
    );
    drop(busy);

    let [first, second] = listeners();
    let port = first.local_addr().unwrap().port();
    let _both = [first, second].map(|listener| greets(listener, say("554 5.7.1 not you\r\n")));
    let transport_error = run(async { relay_at(port, 2).open().await }).map(drop).unwrap_err();
    assert!(brief_error(&transport_error).starts_with("permanent at the greeting: "), "{transport_error:?}");
}

#[test]
fn an_interrupted_tls_handshake_leads_to_the_next_address_and_a_wrong_certificate_does_not() {
    let authority = Authority::new("ours");
    let stranger = Authority::new("a stranger");
    let file = authority.file();
    let relay_at = |port| {
        let mut relay = certificates::client(port, Security::Implicit, Some(&file));
        relay.addresses = relay_at(port, 2).addresses;
        relay
    };
    let good = |listener| {
        let config = authority.signs(&names(&["localhost"]));
        ScriptedRelay::start_on(listener, certificates::offer(Tls::Implicit, config), |_| Act::Usual)
    };
    let [first, second] = listeners();
    let closing = std::thread::spawn(move || drop(first.accept().unwrap()));
    let relay = good(second);
    run(async { relay_at(relay.port()).open().await.unwrap().close().await });
    closing.join().unwrap();

    let [first, second] = listeners();
    let config = stranger.signs(&names(&["localhost"]));
    let _false = ScriptedRelay::start_on(first, certificates::offer(Tls::Implicit, config), |_| Act::Usual);
    let relay = good(second);
    let transport_error = run(async { relay_at(relay.port()).open().await }).map(drop).unwrap_err();
    assert!(brief_error(&transport_error).starts_with("configuration at TLS: "), "{transport_error:?}");
    assert_eq!(relay.connections(), 0, "who stands in for an address of the relay is found out");
}

#[test]
fn without_tls_each_address_must_be_of_this_machine() {
    let [first] = listeners();
    let relay = greets(first, Act::Usual);
    let mut way = relay_at(relay.port(), 1);
    way.addresses.push("192.0.2.1".parse().unwrap());
    let transport_error = run(async { way.open().await }).map(drop).unwrap_err();
    assert!(brief_error(&transport_error).contains("192.0.2.1 is not on this machine"), "{transport_error:?}");
    assert_eq!(relay.connections(), 0);
}
