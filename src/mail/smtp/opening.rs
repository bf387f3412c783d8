//! From nothing to a connection on which mails can be handed over: connect, encrypt, greet, log in.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::net::lookup_host;
use tokio::time::Instant;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;

use super::Connection;
use super::Relay;
use super::capabilities::Capabilities;
use super::relay::is_loopback;
use super::reply::Reply;
use super::stream::Stream;
use super::tls;
use super::wire::NoReply;
use super::wire::Patience;
use super::wire::Wire;
use crate::domain::relay::Security;
use crate::domain::text;
use crate::mail::handover::Phase;
use crate::mail::handover::Trouble;
use crate::mail::handover::TroubleKind;

/// To how many addresses of one name a connection is tried.
const MAX_ADDRESSES: usize = 6;

impl Relay {
    /// Connects, encrypts, greets and logs in.
    ///
    /// # Errors
    /// When the relay cannot be used; what that means is in [`Trouble::kind`].
    pub async fn open(&self) -> Result<Connection, Trouble> {
        let opening = Opening { relay: self, end: Instant::now() + self.timeouts.whole };
        let (wire, mut capabilities) = opening.run().await?;
        capabilities.pipelining &= self.takes_pipelining();
        Ok(Connection::new(wire, capabilities, self))
    }
}

struct Opening<'a> {
    relay: &'a Relay,
    end: Instant,
}

impl Opening<'_> {
    async fn run(&self) -> Result<(Wire, Capabilities), Trouble> {
        let (tcp, address) = self.connect().await?;
        let transcript = || self.relay.transcript.clone();
        let (mut wire, capabilities) = match self.relay.security() {
            Security::None => {
                let mut wire = Wire::new(Stream::Plain(tcp), transcript());
                self.greeting(&mut wire).await?;
                let capabilities = self.hello(&mut wire).await?;
                (wire, capabilities)
            }
            Security::Implicit => {
                let mut wire = Wire::new(self.encrypt(tcp).await?, transcript());
                self.greeting(&mut wire).await?;
                let capabilities = self.hello(&mut wire).await?;
                (wire, capabilities)
            }
            Security::StartTls => {
                let mut wire = Wire::new(Stream::Plain(tcp), transcript());
                self.greeting(&mut wire).await?;
                let tcp = self.start_tls(wire).await?;
                let mut wire = Wire::new(self.encrypt(tcp).await?, transcript());
                // What was offered before TLS may have been said by anybody (RFC 3207, 4.2).
                let capabilities = self.hello(&mut wire).await?;
                (wire, capabilities)
            }
        };
        if let Some(login) = &self.relay.login {
            if self.relay.security() == Security::None && !is_loopback(address.ip()) {
                return Err(self.not_loopback(address));
            }
            let done = login.log_in(&mut wire, &capabilities, self.patience(self.relay.timeouts.hello)).await;
            done.map_err(|failure| self.relay.trouble(failure.kind, Phase::Auth, &failure.words))?;
        }
        Ok((wire, capabilities))
    }

    async fn connect(&self) -> Result<(TcpStream, SocketAddr), Trouble> {
        let later = |words: &str| self.relay.trouble(TroubleKind::Later, Phase::Connect, words);
        let lookup = lookup_host((self.relay.host(), self.relay.port()));
        let found = self.within(self.relay.timeouts.connect, lookup).await;
        let addresses: Vec<SocketAddr> = match found {
            Some(Ok(addresses)) => addresses.take(MAX_ADDRESSES).collect(),
            Some(Err(error)) => return Err(later(&format!("the name cannot be looked up: {error}"))),
            None => return Err(later("the name cannot be looked up: time is up")),
        };
        if self.relay.security() == Security::None
            && let Some(other) = addresses.iter().find(|address| !is_loopback(address.ip()))
        {
            return Err(self.not_loopback(*other));
        }
        let mut words = "the name has no address".to_owned();
        for address in addresses {
            match self.within(self.relay.timeouts.connect, TcpStream::connect(address)).await {
                Some(Ok(tcp)) => {
                    // Or each mail would wait 40 ms for the acknowledgement of the one before.
                    match tcp.set_nodelay(true) {
                        Ok(()) => return Ok((tcp, address)),
                        Err(error) => words = format!("cannot connect to {}: {error}", address.ip()),
                    }
                }
                Some(Err(error)) => words = format!("cannot connect to {}: {error}", address.ip()),
                None => words = format!("cannot connect to {}: time is up", address.ip()),
            }
        }
        Err(later(&words))
    }

    async fn encrypt(&self, tcp: TcpStream) -> Result<Stream, Trouble> {
        let trouble = |kind, words: &str| self.relay.trouble(kind, Phase::Tls, words);
        let Some((config, name)) = self.relay.tls() else {
            return Err(trouble(TroubleKind::Configuration, "TLS is not set up"));
        };
        let handshake = TlsConnector::from(config.clone()).connect(name.clone(), tcp);
        match self.within(self.relay.timeouts.tls, handshake).await {
            Some(Ok(stream)) => Ok(Stream::Tls(Box::new(stream))),
            Some(Err(error)) => {
                let (kind, words) = tls::trouble(&error, self.relay);
                Err(trouble(kind, &words))
            }
            None => Err(trouble(TroubleKind::Later, "no TLS handshake: time is up")),
        }
    }

    async fn greeting(&self, wire: &mut Wire) -> Result<(), Trouble> {
        let reply = wire.reply(self.patience(self.relay.timeouts.greeting)).await;
        let reply = reply.map_err(|no| {
            let mut trouble = self.no_reply(Phase::Greeting, no);
            // A port that expects TLS from the first byte stays silent, as one behind a firewall does.
            if self.relay.security() == Security::StartTls && self.relay.port() == 465 {
                trouble.words.push_str(" (port 465 usually wants `tls = \"implicit\"`)");
            }
            trouble
        })?;
        self.expect(Phase::Greeting, 220, &reply)
    }

    /// EHLO, or HELO for a relay that does not know EHLO.
    async fn hello(&self, wire: &mut Wire) -> Result<Capabilities, Trouble> {
        let helo = &self.relay.helo;
        if helo.is_empty() || helo.contains(|c: char| c.is_whitespace() || text::is_unprintable(c)) || !helo.is_ascii()
        {
            let words = format!("`{}` is no name to greet with (`helo`)", text::quoted(helo, 80));
            return Err(self.relay.trouble(TroubleKind::Configuration, Phase::Ehlo, &words));
        }
        let reply = self.ask(wire, Phase::Ehlo, &format!("EHLO {helo}")).await?;
        if matches!(reply.code, 500 | 502) {
            let reply = self.ask(wire, Phase::Ehlo, &format!("HELO {helo}")).await?;
            self.expect(Phase::Ehlo, 250, &reply)?;
            return Ok(Capabilities::default());
        }
        self.expect(Phase::Ehlo, 250, &reply)?;
        Ok(Capabilities::read(&reply))
    }

    /// EHLO and STARTTLS (RFC 3207), on which the connection below is given back.
    async fn start_tls(&self, mut wire: Wire) -> Result<TcpStream, Trouble> {
        let for_good = |words| self.relay.trouble(TroubleKind::ForGood, Phase::StartTls, words);
        if !self.hello(&mut wire).await?.starttls {
            return Err(for_good("the relay does not offer STARTTLS; nothing is sent in the clear"));
        }
        let reply = self.ask(&mut wire, Phase::StartTls, "STARTTLS").await?;
        self.expect(Phase::StartTls, 220, &reply)?;
        if !wire.is_quiet() {
            // Somebody on the way would have his words taken for what the relay says under TLS (CVE-2011-0411).
            return Err(for_good("there are bytes behind the reply to STARTTLS: somebody is on the line"));
        }
        match wire.into_stream() {
            Stream::Plain(tcp) => Ok(tcp),
            Stream::Tls(_) => Err(for_good("TLS is there already")),
        }
    }

    async fn ask(&self, wire: &mut Wire, phase: Phase, command: &str) -> Result<Reply, Trouble> {
        let patience = self.patience(self.relay.timeouts.hello);
        wire.command(command, patience).await.map_err(|no| self.no_reply(phase, no))?;
        wire.reply(patience).await.map_err(|no| self.no_reply(phase, no))
    }

    /// Only one code is good; 4yz passes, anything else does not.
    fn expect(&self, phase: Phase, code: u16, reply: &Reply) -> Result<(), Trouble> {
        let kind = match reply.code {
            good if good == code => return Ok(()),
            400..=499 => TroubleKind::Later,
            _ => TroubleKind::ForGood,
        };
        Err(self.relay.trouble(kind, phase, &reply.words()))
    }

    fn no_reply(&self, phase: Phase, no: NoReply) -> Trouble {
        match no {
            NoReply::Lost(words) => self.relay.trouble(TroubleKind::Later, phase, &words),
            NoReply::Garbage(words) => {
                self.relay.trouble(TroubleKind::ForGood, phase, &format!("the relay sent {words}"))
            }
        }
    }

    fn not_loopback(&self, address: SocketAddr) -> Trouble {
        let words = format!("{} is not on this machine, and `tls = \"none\"` is for this machine only", address.ip());
        self.relay.trouble(TroubleKind::Configuration, Phase::Connect, &words)
    }

    fn patience(&self, wait: Duration) -> Patience {
        Patience { wait, end: self.end }
    }

    async fn within<T>(&self, wait: Duration, work: impl Future<Output = io::Result<T>>) -> Option<io::Result<T>> {
        timeout_at(self.patience(wait).deadline(), work).await.ok()
    }
}
