//! A password that the relay no longer accepts, such as an expired access token, is requested once more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cxme_admin::domain::relay::LoginMethod;
use cxme_admin::mail::smtp::Login;
use cxme_admin::mail::smtp::PasswordRenewal;
use cxme_admin::mail::smtp::Relay;

use crate::relay::Act;
use crate::relay::At;
use crate::relay::ScriptedRelay;
use crate::world;
use crate::world::brief_error;
use crate::world::run;

/// A relay that accepts one password at a time, by AUTH PLAIN.
struct Server {
    relay: ScriptedRelay,
    password: Arc<Mutex<String>>,
}

impl Server {
    fn start(password: &str) -> Self {
        let password = Arc::new(Mutex::new(password.to_owned()));
        let known = Arc::clone(&password);
        let relay = ScriptedRelay::start(world::offer(&["AUTH PLAIN"]), move |moment| match moment.at {
            At::Auth => {
                let right = STANDARD.encode(format!("\0u\0{}", known.lock().unwrap()));
                let is_right = moment.line.ends_with(&format!(" {right}"));
                if is_right { Act::Usual } else { Act::Hang(b"535 5.7.8 expired\r\n".to_vec()) }
            }
            _ => Act::Usual,
        });
        Self { relay, password }
    }

    fn accept_only(&self, password: &str) {
        *self.password.lock().unwrap() = password.to_owned();
    }

    /// A client of the relay with this password and these results of further requests, and the number of requests.
    fn client(&self, password: &str, given: &[Result<&str, &str>]) -> (Relay, Arc<AtomicUsize>) {
        let mut relay = world::plain(&self.relay);
        relay.login = Some(Login { username: "u".to_owned(), password: password.into(), method: LoginMethod::Auto });
        let asked = Arc::new(AtomicUsize::new(0));
        let own = |given: &Result<&str, &str>| given.map(str::to_owned).map_err(str::to_owned);
        let given = Mutex::new(given.iter().map(own).collect::<VecDeque<_>>());
        let counted = Arc::clone(&asked);
        relay.password_renewal = Some(PasswordRenewal::new("password_command", move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let next = given.lock().unwrap().pop_front();
            next.unwrap_or(Err("asked too often".to_owned())).map(Into::into)
        }));
        (relay, asked)
    }
}

fn open(relay: &Relay) -> Result<(), String> {
    let opened = run(async {
        let connection = relay.open().await?;
        connection.close().await;
        Ok(())
    });
    opened
        .map_err(|transport_error| brief_error(&transport_error).replace(&format!("127.0.0.1:{}: ", relay.port()), ""))
}

const REFUSED: &str = "configuration at AUTH: login as `u` by PLAIN refused (are the username and the password right?): 535 5.7.8 expired";

#[test]
fn an_expired_password_is_replaced_for_all_connections() {
    let server = Server::start("second");
    let (relay, asked) = server.client("first", &[Ok("second"), Ok("third")]);
    let same = relay.clone();
    assert_eq!(open(&relay), Ok(()));
    assert_eq!((open(&same), open(&relay)), (Ok(()), Ok(())));
    assert_eq!((asked.load(Ordering::SeqCst), server.relay.connections()), (1, 4));
    // It expires again.
    server.accept_only("third");
    assert_eq!((open(&same), open(&relay)), (Ok(()), Ok(())));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn connections_that_are_refused_at_the_same_time_request_one_renewal() {
    let server = Server::start("second");
    let (relay, asked) = server.client("first", &[Ok("second")]);
    run(async {
        let all = (0..4).map(|_| {
            let relay = relay.clone();
            tokio::spawn(async move { relay.open().await.map(drop) })
        });
        for opened in all.collect::<Vec<_>>() {
            opened.await.unwrap().unwrap();
        }
    });
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_second_refusal_is_final_and_the_same_password_is_not_tried_again() {
    let server = Server::start("other");
    let (relay, asked) = server.client("first", &[Ok("second")]);
    assert_eq!(open(&relay), Err(format!("{REFUSED} (with a password that was asked for anew)")));
    assert_eq!((asked.load(Ordering::SeqCst), server.relay.connections()), (1, 2));

    let (relay, asked) = server.client("first", &[Ok("first")]);
    assert_eq!(open(&relay), Err(format!("{REFUSED}; `password_command`, asked again, gives the same")));
    assert_eq!((asked.load(Ordering::SeqCst), server.relay.connections()), (1, 3));

    let (relay, _) = server.client("first", &[Err("/bin/false: ended with exit status: 1")]);
    assert_eq!(open(&relay), Err(format!("{REFUSED}; asked again for it: /bin/false: ended with exit status: 1")));
}

#[test]
fn only_a_wrong_password_is_requested_again() {
    for reply in ["454 4.7.0 busy", "534 5.7.9 too weak", "538 5.7.11 encrypt", "550 5.7.1 no"] {
        let server = ScriptedRelay::start(world::offer(&["AUTH PLAIN"]), move |moment| match moment.at {
            At::Auth => Act::Say(format!("{reply}\r\n").into_bytes()),
            _ => Act::Usual,
        });
        let mut relay = world::plain(&server);
        relay.login = Some(Login { username: "u".to_owned(), password: "first".into(), method: LoginMethod::Plain });
        relay.password_renewal = Some(PasswordRenewal::new("password_command", || panic!("asked again")));
        assert!(open(&relay).unwrap_err().ends_with(reply), "{reply}");
        assert_eq!(server.connections(), 1, "{reply}");
    }
}
