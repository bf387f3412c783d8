//! Opens a connection on which mails can be delivered: connects, encrypts, greets and logs in.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::net::ToSocketAddrs as _;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;

use super::Login;
use super::OpeningStep;
use super::Relay;
use super::Side;
use super::SmtpConnection;
use super::Timeouts;
use super::addresses::Addresses;
use super::capabilities::Capabilities;
use super::login::LoginError;
use super::relay::is_loopback;
use super::reply::Reply;
use super::stream::RelayStream;
use super::tls;
use super::wire::NoReply;
use super::wire::Timeout;
use super::wire::Wire;
use crate::domain::relay::Security;
use crate::domain::text;
use crate::mail::outcome::Phase;
use crate::mail::outcome::TransportError;
use crate::mail::outcome::TransportErrorKind;
use crate::mail::thread::in_thread;

impl Relay {
    /// Connects, encrypts, greets and logs in. Of several addresses, uses the first that greets. If the relay refuses
    /// the password, gets it once more from [`Relay::password_renewal`], if that returns another one.
    ///
    /// # Errors
    /// If the relay cannot be used; see [`TransportError::kind`].
    pub async fn open(&self) -> Result<SmtpConnection, TransportError> {
        let opening = Opening { relay: self, end: Instant::now() + self.timeouts.whole };
        let (wire, mut capabilities) = opening.run().await?;
        capabilities.pipelining &= self.takes_pipelining();
        Ok(SmtpConnection::new(wire, capabilities, self))
    }
}

struct Opening<'a> {
    relay: &'a Relay,
    end: Instant,
}

/// A connection on which the relay replied to EHLO.
struct GreetedConnection {
    wire: Wire,
    capabilities: Capabilities,
    address: SocketAddr,
}

impl Opening<'_> {
    async fn run(&self) -> Result<(Wire, Capabilities), TransportError> {
        let mut greeted = self.greeted().await?;
        let Some(login) = &self.relay.login else { return Ok((greeted.wire, greeted.capabilities)) };
        let login = self.relay.login_memory.newest(login).await;
        if let Err(error) = self.log_in(&login, &mut greeted).await? {
            let Some(renewal) = self.relay.password_renewal.as_ref().filter(|_| error.is_wrong_password) else {
                return Err(self.refused(error));
            };
            let login = match self.relay.login_memory.renewed(&login, renewal).await {
                Ok(login) => login,
                Err(why) => return Err(self.refused(LoginError { words: format!("{}; {why}", error.words), ..error })),
            };
            self.relay.note(Side::Note, "the relay refused the password; logging in with the one that was given anew");
            // Relays hang up after a refused login, at once or at the next command, so a new connection is needed.
            greeted.wire.quit(self.relay.timeouts.quit).await;
            greeted = self.greeted().await?;
            if let Err(error) = self.log_in(&login, &mut greeted).await? {
                let words = format!("{} (with a password that was asked for anew)", error.words);
                return Err(self.refused(LoginError { words, ..error }));
            }
        }
        Ok((greeted.wire, greeted.capabilities))
    }

    /// Logs in. The inner error is that of the login.
    async fn log_in(
        &self,
        login: &Login,
        greeted: &mut GreetedConnection,
    ) -> Result<Result<(), LoginError>, TransportError> {
        if self.relay.security() == Security::None && !is_loopback(greeted.address.ip()) {
            return Err(self.not_loopback(greeted.address));
        }
        let timeout = self.timeout(self.relay.timeouts.hello);
        Ok(login.log_in(&mut greeted.wire, &greeted.capabilities, timeout, self.relay).await)
    }

    fn refused(&self, error: LoginError) -> TransportError {
        self.relay.transport_error(error.kind, Phase::Auth, &error.words)
    }

    /// A connection to the first address that greets. An address that refuses, hangs up or does not answer is no
    /// error as long as there is another (RFC 5321, 5.1).
    async fn greeted(&self) -> Result<GreetedConnection, TransportError> {
        let mut addresses = self.addresses().await?;
        if let Some(address) = self.relay.greeted_by() {
            addresses.put_first(address);
        }
        let mut failures: Vec<(IpAddr, TransportError)> = Vec::new();
        loop {
            let connect = self.relay.timeouts.connect;
            let mut failed = |ip, error: &io::Error| {
                let words = format!("cannot connect to {ip}: {error}");
                self.relay.note(Side::Note, &words);
                failures.push((ip, self.relay.transport_error(TransportErrorKind::Temporary, Phase::Connect, &words)));
            };
            let Some((tcp, address)) = addresses.connect(connect, self.end, &mut failed).await else {
                return Err(self.none_greets(failures));
            };
            self.relay.note(Side::Note, &format!("connected to {}, port {}", address.ip(), address.port()));
            self.relay.step(|| OpeningStep::Connected(address));
            let Timeouts { greeting, next_address, .. } = self.relay.timeouts;
            // Another address may greet at once, so a slow one gets less time; the last one gets all of it.
            let wait = if addresses.is_empty() { greeting } else { greeting.min(next_address) };
            match self.greet(tcp, wait).await {
                Ok((wire, capabilities)) => {
                    self.relay.note_greeted_by(address);
                    self.relay.step(|| OpeningStep::Greeted(capabilities.words()));
                    return Ok(GreetedConnection { wire, capabilities, address });
                }
                Err(transport_error) if is_of_this_address(&transport_error) => {
                    failures.push((address.ip(), transport_error))
                }
                Err(transport_error) => return Err(transport_error),
            }
        }
    }

    /// The error if no address greets: that of the only address, or all of them in one line.
    fn none_greets(&self, mut failures: Vec<(IpAddr, TransportError)>) -> TransportError {
        let later = |words: &str| self.relay.transport_error(TransportErrorKind::Temporary, Phase::Connect, words);
        if failures.len() <= 1 {
            return failures
                .pop()
                .map_or_else(|| later("the name has no address"), |(_, transport_error)| transport_error);
        }
        let prefix = format!("{}: ", self.relay.name());
        let words = failures.iter().map(|(ip, transport_error)| {
            let words = transport_error.message.strip_prefix(&prefix).unwrap_or(&transport_error.message);
            if transport_error.phase == Phase::Connect { words.to_owned() } else { format!("at {ip}: {words}") }
        });
        let words = words.collect::<Vec<_>>().join("; ");
        let is_lasting =
            failures.iter().all(|(_, transport_error)| transport_error.kind == TransportErrorKind::Permanent);
        let kind = if is_lasting { TransportErrorKind::Permanent } else { TransportErrorKind::Temporary };
        let phase = failures.iter().map(|(_, transport_error)| transport_error.phase).max().unwrap_or(Phase::Connect);
        self.relay.transport_error(kind, phase, &words)
    }

    async fn addresses(&self) -> Result<Addresses, TransportError> {
        let relay = self.relay;
        let later = |words: &str| relay.transport_error(TransportErrorKind::Temporary, Phase::Connect, words);
        let addresses = if relay.addresses.is_empty() {
            match self.within(relay.timeouts.connect, look_up(relay.host().to_owned(), relay.port())).await {
                Some(Ok(found)) => Addresses::new(found),
                Some(Err(error)) => return Err(later(&format!("the name cannot be looked up: {error}"))),
                None => return Err(later("the name cannot be looked up: time is up")),
            }
        } else {
            Addresses::new(relay.addresses.iter().map(|ip| SocketAddr::new(*ip, relay.port())))
        };
        if relay.security() == Security::None
            && let Some(other) = addresses.iter().find(|address| !is_loopback(address.ip()))
        {
            return Err(self.not_loopback(*other));
        }
        Ok(addresses)
    }

    /// Encrypts and sends EHLO. `wait`: how long the greeting may take.
    async fn greet(&self, tcp: TcpStream, wait: Duration) -> Result<(Wire, Capabilities), TransportError> {
        let transcript = || self.relay.transcript.clone();
        let mut wire = match self.relay.security() {
            Security::None => {
                let mut wire = Wire::new(RelayStream::Plain(tcp), transcript());
                self.greeting(&mut wire, wait).await?;
                wire
            }
            Security::Implicit => {
                let mut wire = Wire::new(self.encrypt(tcp).await?, transcript());
                self.greeting(&mut wire, wait).await?;
                wire
            }
            Security::StartTls => {
                let mut wire = Wire::new(RelayStream::Plain(tcp), transcript());
                self.greeting(&mut wire, wait).await?;
                let tcp = self.start_tls(wire).await?;
                // Capabilities received before TLS may come from an attacker (RFC 3207, 4.2).
                Wire::new(self.encrypt(tcp).await?, transcript())
            }
        };
        let capabilities = self.hello(&mut wire).await?;
        Ok((wire, capabilities))
    }

    async fn encrypt(&self, tcp: TcpStream) -> Result<RelayStream, TransportError> {
        let transport_error = |kind, words: &str| self.relay.transport_error(kind, Phase::Tls, words);
        let Some(tls) = self.relay.tls() else {
            return Err(transport_error(TransportErrorKind::Configuration, "TLS is not set up"));
        };
        let handshake = TlsConnector::from(tls.config.clone()).connect(tls.name.clone(), tcp);
        match self.within(self.relay.timeouts.tls, handshake).await {
            Some(Ok(stream)) => {
                if self.relay.transcript.is_some() {
                    self.relay.note(Side::Note, &tls::summary(stream.get_ref().1));
                }
                self.relay.step(|| OpeningStep::Encrypted(tls::details(stream.get_ref().1)));
                Ok(RelayStream::Tls(Box::new(stream)))
            }
            Some(Err(error)) => {
                let (kind, words) = tls::meaning(&error, self.relay.security(), tls);
                Err(transport_error(kind, &words))
            }
            None => Err(transport_error(TransportErrorKind::Temporary, "no TLS handshake: time is up")),
        }
    }

    async fn greeting(&self, wire: &mut Wire, wait: Duration) -> Result<(), TransportError> {
        let reply = wire.reply(self.timeout(wait)).await;
        let reply = reply.map_err(|no| {
            let mut transport_error = self.no_reply_error(Phase::Greeting, no);
            // A port that expects TLS from the first byte stays silent, as does a port behind a firewall.
            if self.relay.security() == Security::StartTls && self.relay.port() == 465 {
                transport_error.message.push_str(" (port 465 usually wants `tls = \"implicit\"`)");
            }
            transport_error
        })?;
        self.expect(Phase::Greeting, 220, &reply)
    }

    /// Sends EHLO, or HELO to a relay that does not know EHLO.
    async fn hello(&self, wire: &mut Wire) -> Result<Capabilities, TransportError> {
        let helo = &self.relay.helo;
        if helo.is_empty() || helo.contains(|c: char| c.is_whitespace() || text::is_unprintable(c)) || !helo.is_ascii()
        {
            let words = format!("`{}` is no name to greet with (`helo`)", text::quoted(helo, 80));
            return Err(self.relay.transport_error(TransportErrorKind::Configuration, Phase::Ehlo, &words));
        }
        let reply = self.exchange(wire, Phase::Ehlo, &format!("EHLO {helo}")).await?;
        if matches!(reply.code, 500 | 502) {
            let reply = self.exchange(wire, Phase::Ehlo, &format!("HELO {helo}")).await?;
            self.expect_hello(&reply)?;
            return Ok(Capabilities::default());
        }
        self.expect_hello(&reply)?;
        Ok(Capabilities::read(&reply))
    }

    /// A relay that refuses EHLO usually rejects the name in it.
    fn expect_hello(&self, reply: &Reply) -> Result<(), TransportError> {
        self.expect(Phase::Ehlo, 250, reply).map_err(|mut transport_error| {
            if reply.code != 421 && transport_error.phase == Phase::Ehlo {
                let name = text::quoted(&self.relay.helo, 80);
                transport_error
                    .message
                    .push_str(&format!(" (the program calls itself `{name}`; `[mail.smtp] helo` sets the name)"));
            }
            transport_error
        })
    }

    /// Sends EHLO and STARTTLS (RFC 3207), and returns the TCP connection.
    async fn start_tls(&self, mut wire: Wire) -> Result<TcpStream, TransportError> {
        let permanent = |words| self.relay.transport_error(TransportErrorKind::Permanent, Phase::StartTls, words);
        if !self.hello(&mut wire).await?.starttls {
            return Err(permanent("the relay does not offer STARTTLS; nothing is sent in the clear"));
        }
        let reply = self.exchange(&mut wire, Phase::StartTls, "STARTTLS").await?;
        self.expect(Phase::StartTls, 220, &reply)?;
        if !wire.is_quiet() {
            // An attacker could inject data that would be taken for replies sent under TLS (CVE-2011-0411).
            return Err(permanent("unexpected data after the reply to STARTTLS: possible man-in-the-middle"));
        }
        match wire.into_stream() {
            RelayStream::Plain(tcp) => Ok(tcp),
            RelayStream::Tls(_) => Err(permanent("TLS is there already")),
        }
    }

    async fn exchange(&self, wire: &mut Wire, phase: Phase, command: &str) -> Result<Reply, TransportError> {
        let timeout = self.timeout(self.relay.timeouts.hello);
        wire.command(command, timeout).await.map_err(|no| self.no_reply_error(phase, no))?;
        wire.reply(timeout).await.map_err(|no| self.no_reply_error(phase, no))
    }

    /// Checks the code of a reply: 4yz is a temporary error, and any other unexpected code a permanent one.
    fn expect(&self, phase: Phase, code: u16, reply: &Reply) -> Result<(), TransportError> {
        let kind = match reply.code {
            good if good == code => return Ok(()),
            400..=499 => TransportErrorKind::Temporary,
            _ => TransportErrorKind::Permanent,
        };
        // Some relays, such as Postfix, complete TLS with every client, and refuse those without a trusted
        // certificate only afterwards.
        let about_certificate = self.relay.tls().and_then(|tls| tls.refused_certificate(&reply.words()));
        Err(match about_certificate {
            Some(words) => self.relay.transport_error(TransportErrorKind::Configuration, Phase::Tls, &words),
            None => self.relay.transport_error(kind, phase, &reply.words()),
        })
    }

    fn no_reply_error(&self, phase: Phase, no: NoReply) -> TransportError {
        match no {
            NoReply::Lost(mut words) => {
                // With TLS 1.3 the handshake is complete before the relay checks the certificate.
                words += self.relay.tls().map_or("", |tls| tls.hint_of_missing_certificate());
                self.relay.transport_error(TransportErrorKind::Temporary, phase, &words)
            }
            NoReply::Alert(alert) => match self.relay.tls() {
                Some(tls) => {
                    let (kind, words) = tls::alert_meaning(alert, tls);
                    self.relay.transport_error(kind, Phase::Tls, &words)
                }
                None => self.relay.transport_error(TransportErrorKind::Temporary, phase, &tls::ended_tls(alert)),
            },
            NoReply::Garbage(words) => {
                self.relay.transport_error(TransportErrorKind::Permanent, phase, &format!("the relay sent {words}"))
            }
        }
    }

    fn not_loopback(&self, address: SocketAddr) -> TransportError {
        let words = format!("{} is not on this machine, and `tls = \"none\"` is for this machine only", address.ip());
        self.relay.transport_error(TransportErrorKind::Configuration, Phase::Connect, &words)
    }

    fn timeout(&self, wait: Duration) -> Timeout {
        Timeout { wait, end: self.end }
    }

    async fn within<T>(&self, wait: Duration, work: impl Future<Output = io::Result<T>>) -> Option<io::Result<T>> {
        timeout_at(self.timeout(wait).deadline(), work).await.ok()
    }
}

/// The addresses of a host (getaddrinfo(3)). The host may be an IP address.
async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let found = in_thread(move || (host.as_str(), port).to_socket_addrs()).await;
    Ok(found.map_err(io::Error::other)??.collect())
}

/// Whether another address of the same name may work: this one refuses to greet, temporarily or permanently.
fn is_of_this_address(transport_error: &TransportError) -> bool {
    match transport_error.kind {
        TransportErrorKind::Temporary => transport_error.phase <= Phase::StartTls,
        TransportErrorKind::Permanent => transport_error.phase == Phase::Greeting,
        TransportErrorKind::Configuration => false,
    }
}
