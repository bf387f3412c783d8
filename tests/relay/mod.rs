//! A mail relay on this machine that does what a test tells it: it answers, lies, stays silent and hangs up where it is
//! told to, and records each byte that it gets.

mod selftest;
mod session;

use std::io;
use std::net::Ipv4Addr;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_rustls::rustls::ServerConfig;

/// A point of the dialogue at which the relay does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    /// The command AUTH.
    Auth,
    /// A line that answers a 334.
    Answer,
    Mail,
    Rcpt,
    Data,
    /// Before the content is read.
    Content,
    /// After the content and its final dot were read.
    Dot,
    Rset,
    Quit,
    /// A command that is none.
    Other,
    /// The connection has ended, by QUIT or without it. What the script wants done then is not done.
    End,
}

/// What it does there.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// What a relay does.
    Usual,
    /// The same, but this much later.
    Late(Duration),
    /// Answers with these bytes, whatever they are.
    Say(Vec<u8>),
    /// The same, and hangs up. Without bytes it just hangs up.
    Hang(Vec<u8>),
    /// Answers a byte at a time, with this long a pause after each.
    Drip(Vec<u8>, Duration),
    /// Answers with the same bytes again and again.
    Forever(Vec<u8>),
    /// Says nothing until the test ends.
    Silence,
}

/// Where the dialogue is.
#[derive(Debug)]
pub(crate) struct Moment<'a> {
    pub(crate) at: At,
    /// The connection, counted from 0.
    pub(crate) connection: usize,
    /// The command, without its end.
    pub(crate) line: &'a str,
    /// Whom the mail is for that is under way: what stood in RCPT.
    pub(crate) recipient: &'a str,
}

/// What the relay offers.
#[derive(Clone, Default)]
pub(crate) struct Offer {
    /// The lines of its reply to EHLO, besides STARTTLS.
    pub(crate) extensions: Vec<&'static str>,
    pub(crate) tls: Option<(Tls, Arc<ServerConfig>)>,
}

/// How the relay encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    Implicit,
    StartTls,
}

/// A mail that the relay read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    /// The whole command MAIL.
    pub(crate) mail: String,
    /// The addresses of the recipients that were accepted.
    pub(crate) recipients: Vec<String>,
    /// The content, without the stuffed dots and the final one.
    pub(crate) content: Vec<u8>,
    /// Whether the relay said 250, or was about to.
    pub(crate) accepted: bool,
}

/// One connection as the relay saw it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dump {
    /// What each read gave, decrypted.
    pub(crate) reads: Vec<Vec<u8>>,
    pub(crate) mails: Vec<Received>,
    /// How many bytes the relay got rid of: what the client read, and what waits for it in the network.
    pub(crate) written: usize,
    /// Whether it was encrypted in the end.
    pub(crate) encrypted: bool,
}

impl Dump {
    /// All that was received, in order.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.reads.concat()
    }

    /// The same as text, for looking into it.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

type Script = dyn Fn(&Moment<'_>) -> Act + Send + Sync;

/// What the threads share.
struct Shared {
    offer: Offer,
    script: Box<Script>,
    dumps: Mutex<Vec<Dump>>,
    sockets: Mutex<Vec<TcpStream>>,
    stopped: Mutex<bool>,
    stop: Condvar,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Waits; true if the relay ends meanwhile.
    fn pause(&self, time: Duration) -> bool {
        let waited = self.stop.wait_timeout_while(locked(&self.stopped), time, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The relay; its threads end with it.
pub(crate) struct ScriptedRelay {
    shared: Arc<Shared>,
    address: SocketAddr,
    listener: Option<JoinHandle<()>>,
}

impl ScriptedRelay {
    /// Listens on a free port of 127.0.0.1.
    pub(crate) fn start(offer: Offer, script: impl Fn(&Moment<'_>) -> Act + Send + Sync + 'static) -> Self {
        Self::start_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(), offer, script)
    }

    /// The same on a port that is open already.
    pub(crate) fn start_on(
        listener: TcpListener,
        offer: Offer,
        script: impl Fn(&Moment<'_>) -> Act + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            offer,
            script: Box::new(script),
            dumps: Mutex::default(),
            sockets: Mutex::default(),
            stopped: Mutex::default(),
            stop: Condvar::new(),
        });
        let for_thread = Arc::clone(&shared);
        let listener = std::thread::spawn(move || listen(&listener, &for_thread));
        Self { shared, address, listener: Some(listener) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The mails for which it said 250, so far.
    pub(crate) fn accepted(&self) -> Vec<Received> {
        let dumps = locked(&self.shared.dumps);
        dumps.iter().flat_map(|dump| &dump.mails).filter(|mail| mail.accepted).cloned().collect()
    }

    /// How many connections there were so far.
    pub(crate) fn connections(&self) -> usize {
        locked(&self.shared.dumps).len()
    }

    /// Ends the relay, after all that was sent to it is read; a record for each connection.
    pub(crate) fn end(mut self) -> Vec<Dump> {
        self.stop(Shutdown::Read);
        std::mem::take(&mut locked(&self.shared.dumps))
    }

    fn stop(&mut self, how: Shutdown) {
        let Some(listener) = self.listener.take() else { return };
        *locked(&self.shared.stopped) = true;
        self.shared.stop.notify_all();
        // Wakes the listener up, which then sees that it is to end.
        drop(TcpStream::connect(self.address));
        // What was sent is still read; then it looks as if the other side had closed.
        locked(&self.shared.sockets).iter().for_each(|socket| drop(socket.shutdown(how)));
        listener.join().unwrap();
    }
}

impl Drop for ScriptedRelay {
    fn drop(&mut self) {
        self.stop(Shutdown::Both);
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut sessions = Vec::new();
    while let Ok((socket, _)) = listener.accept() {
        if *locked(&shared.stopped) {
            break;
        }
        let number = locked(&shared.dumps).len();
        locked(&shared.dumps).push(Dump::default());
        locked(&shared.sockets).push(socket.try_clone().unwrap());
        let shared = Arc::clone(shared);
        sessions.push(std::thread::spawn(move || {
            let run = || -> io::Result<()> {
                socket.set_nodelay(true)?;
                session::run(socket.try_clone()?, &shared, number)
            };
            // A connection that is lost is what many tests want.
            let _ = run();
            let end = Moment { at: At::End, connection: number, line: "", recipient: "" };
            let _ = (shared.script)(&end);
            // The list above holds the socket too, so that dropping this one would not close it.
            let _ = socket.shutdown(Shutdown::Both);
        }));
    }
    for session in sessions {
        session.join().unwrap();
    }
}
