//! One connection of the scripted relay.

use std::io;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use tokio_rustls::rustls::ServerConnection;
use tokio_rustls::rustls::StreamOwned;

use super::Act;
use super::At;
use super::Moment;
use super::Received;
use super::Shared;
use super::Tls;
use super::locked;

/// As good as forever.
const LONG: Duration = Duration::from_secs(3_600);

struct Session<'a> {
    shared: &'a Shared,
    number: usize,
    /// `None` only while TLS is put on it.
    stream: Option<Box<dyn Stream>>,
    socket: TcpStream,
    received: Vec<u8>,
    /// How much of `received` is used up.
    used: usize,
    /// Replies that go out when there is nothing more to read, as a relay does it.
    replies: Vec<u8>,
    encrypted: bool,
    sender: Option<String>,
    recipient: String,
    recipients: Vec<String>,
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// What follows from what was said.
enum Then {
    /// The dialogue goes on; the code.
    GoOn(u16),
    End,
}

/// Speaks with one client to the end.
pub(super) fn run(socket: TcpStream, shared: &Shared, number: usize) -> io::Result<()> {
    let mut session = Session {
        shared,
        number,
        stream: Some(Box::new(socket.try_clone()?)),
        socket,
        received: Vec::new(),
        used: 0,
        replies: Vec::new(),
        encrypted: false,
        sender: None,
        recipient: String::new(),
        recipients: Vec::new(),
    };
    if matches!(&shared.offer.tls, Some((Tls::Implicit, _))) {
        session.encrypt()?;
    }
    match session.act(At::Greeting, "", "220 scripted.example ESMTP")? {
        Then::GoOn(_) => session.commands(),
        Then::End => Ok(()),
    }
}

impl Session<'_> {
    fn commands(&mut self) -> io::Result<()> {
        loop {
            let line = self.line()?;
            let line = String::from_utf8_lossy(&line).into_owned();
            if let Then::End = self.command(&line)? {
                return Ok(());
            }
        }
    }

    fn command(&mut self, line: &str) -> io::Result<Then> {
        let upper = line.to_ascii_uppercase();
        let then = match upper.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => self.act(At::Ehlo, line, &self.offers())?,
            "HELO" => self.act(At::Helo, line, "250 scripted.example")?,
            "STARTTLS" => {
                let then = self.act(At::StartTls, line, "220 2.0.0 ready")?;
                if let Then::GoOn(220) = then {
                    self.flush()?;
                    self.encrypt()?;
                }
                then
            }
            "AUTH" => self.auth(line, &upper)?,
            "MAIL" if self.sender.is_some() => self.act(At::Mail, line, "503 5.5.1 nested MAIL")?,
            "MAIL" => {
                let then = self.act(At::Mail, line, "250 2.1.0 Ok")?;
                if let Then::GoOn(250) = then {
                    self.sender = Some(line.to_owned());
                    self.recipients.clear();
                }
                then
            }
            "RCPT" => {
                let address = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
                self.recipient = address.map_or(String::new(), |(address, _)| address.to_owned());
                let usual = if self.sender.is_some() { "250 2.1.5 Ok" } else { "503 5.5.1 MAIL first" };
                let then = self.act(At::Rcpt, line, usual)?;
                if let Then::GoOn(250..=252) = then {
                    self.recipients.push(self.recipient.clone());
                }
                then
            }
            "DATA" => {
                let usual = match self.recipients.is_empty() {
                    true => "554 5.5.1 no valid recipients",
                    false => "354 End data with <CR><LF>.<CR><LF>",
                };
                match self.act(At::Data, line, usual)? {
                    Then::GoOn(354) => self.content()?,
                    then => then,
                }
            }
            "RSET" => {
                let then = self.act(At::Rset, line, "250 2.0.0 Ok")?;
                self.forget();
                then
            }
            "QUIT" => {
                self.act(At::Quit, line, "221 2.0.0 Bye")?;
                self.flush()?;
                Then::End
            }
            _ => self.act(At::Other, line, "500 5.5.2 what?")?,
        };
        Ok(then)
    }

    fn offers(&self) -> String {
        let mut lines = vec!["scripted.example"];
        lines.extend(&self.shared.offer.extensions);
        if !self.encrypted && matches!(&self.shared.offer.tls, Some((Tls::StartTls, _))) {
            lines.push("STARTTLS");
        }
        let last = lines.pop().unwrap_or_default();
        let first: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
        format!("{first}250 {last}")
    }

    fn auth(&mut self, line: &str, upper: &str) -> io::Result<Then> {
        let challenges: &[&str] = match upper.split(' ').collect::<Vec<_>>()[..] {
            [_, _, _] => &[],
            [_, "LOGIN"] => &["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"],
            _ => &["334 "],
        };
        let done = "235 2.7.0 welcome";
        let mut then = self.act(At::Auth, line, challenges.first().unwrap_or(&done))?;
        let mut left = challenges.iter().skip(1);
        while let Then::GoOn(334) = then {
            let answer = String::from_utf8_lossy(&self.line()?).into_owned();
            then = self.act(At::Answer, &answer, left.next().unwrap_or(&done))?;
        }
        Ok(then)
    }

    fn content(&mut self) -> io::Result<Then> {
        let script = (self.shared.script)(&self.moment(At::Content, ""));
        if !matches!(script, Act::Usual)
            && let Then::End = self.perform(script, "")?
        {
            return Ok(Then::End);
        }
        let mut content = Vec::new();
        loop {
            let line = self.line()?;
            match line.strip_prefix(b".") {
                Some(b"") => break,
                Some(rest) => content.extend_from_slice(rest),
                None => content.extend_from_slice(&line),
            }
            content.extend_from_slice(b"\r\n");
        }
        let act = (self.shared.script)(&self.moment(At::Dot, ""));
        let usual = if self.recipients.is_empty() { "554 5.5.1 no valid recipients" } else { "250 2.0.0 Ok: queued" };
        let said = match &act {
            Act::Usual | Act::Late(_) => usual.as_bytes(),
            Act::Say(bytes) | Act::Hang(bytes) | Act::Drip(bytes, _) | Act::Forever(bytes) => bytes,
            Act::Silence => b"",
        };
        let accepted = code(said) == 250;
        let mail = self.sender.clone().unwrap_or_default();
        let received = Received { mail, recipients: self.recipients.clone(), content, accepted };
        locked(&self.shared.dumps)[self.number].mails.push(received);
        let then = self.perform(act, usual);
        self.forget();
        then
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    fn moment<'a>(&'a self, at: At, line: &'a str) -> Moment<'a> {
        Moment { at, connection: self.number, line, recipient: &self.recipient }
    }

    fn act(&mut self, at: At, line: &str, usual: &str) -> io::Result<Then> {
        let act = (self.shared.script)(&self.moment(at, line));
        self.perform(act, usual)
    }

    fn perform(&mut self, act: Act, usual: &str) -> io::Result<Then> {
        let said = match act {
            Act::Usual => format!("{usual}\r\n").into_bytes(),
            Act::Say(bytes) => bytes,
            Act::Late(time) => {
                self.flush()?;
                if self.shared.pause(time) {
                    return Ok(Then::End);
                }
                format!("{usual}\r\n").into_bytes()
            }
            Act::Hang(bytes) => {
                self.replies.extend_from_slice(&bytes);
                self.flush()?;
                return Ok(Then::End);
            }
            Act::Drip(bytes, time) => {
                self.flush()?;
                for byte in &bytes {
                    self.send(&[*byte])?;
                    if self.shared.pause(time) {
                        return Ok(Then::End);
                    }
                }
                return Ok(Then::GoOn(code(&bytes)));
            }
            Act::Forever(bytes) => {
                self.flush()?;
                while !self.shared.pause(Duration::ZERO) {
                    self.send(&bytes)?;
                }
                return Ok(Then::End);
            }
            Act::Silence => {
                self.flush()?;
                self.shared.pause(LONG);
                return Ok(Then::End);
            }
        };
        self.replies.extend_from_slice(&said);
        match code(&said) {
            421 => {
                self.flush()?;
                Ok(Then::End)
            }
            code => Ok(Then::GoOn(code)),
        }
    }

    /// The next line, without its end, which is strictly CR LF.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut searched = self.used;
        loop {
            let end = self.received[searched..].windows(2).position(|window| window == b"\r\n");
            if let Some(end) = end.map(|end| searched + end) {
                let line = self.received[self.used..end].to_vec();
                self.used = end + 2;
                return Ok(line);
            }
            searched = self.received.len().saturating_sub(1).max(self.used);
            let kept = self.received.len() - self.used;
            searched -= self.used;
            self.received.copy_within(self.used.., 0);
            self.received.truncate(kept);
            self.used = 0;
            self.flush()?;
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut bytes = vec![0; 256 * 1024];
        let count = self.stream()?.read(&mut bytes)?;
        bytes.truncate(count);
        self.received.extend_from_slice(&bytes);
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        locked(&self.shared.dumps)[self.number].reads.push(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let replies = std::mem::take(&mut self.replies);
        if replies.is_empty() { Ok(()) } else { self.send(&replies) }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let stream = self.stream()?;
            let count = stream.write(rest)?;
            stream.flush()?;
            rest = &rest[count..];
            locked(&self.shared.dumps)[self.number].written += count;
        }
        Ok(())
    }

    fn stream(&mut self) -> io::Result<&mut Box<dyn Stream>> {
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn encrypt(&mut self) -> io::Result<()> {
        let Some((_, config)) = &self.shared.offer.tls else { return Err(io::ErrorKind::Unsupported.into()) };
        let mut connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        let mut socket = self.socket.try_clone()?;
        connection.complete_io(&mut socket)?;
        self.stream = Some(Box::new(StreamOwned::new(connection, socket)));
        self.encrypted = true;
        locked(&self.shared.dumps)[self.number].encrypted = true;
        Ok(())
    }
}

/// The code of a reply, which is that of its last line; 0 if there is none.
fn code(bytes: &[u8]) -> u16 {
    let last = bytes.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()).unwrap_or_default();
    last.get(..3).and_then(|code| std::str::from_utf8(code).ok()).and_then(|code| code.parse().ok()).unwrap_or(0)
}
