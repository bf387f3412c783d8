//! AUTH (RFC 4954): PLAIN (RFC 4616), LOGIN, XOAUTH2 and OAUTHBEARER (RFC 7628).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::Login;
use super::Relay;
use super::Side;
use super::capabilities::Capabilities;
use super::mask::Mask;
use super::reply::Reply;
use super::tls;
use super::wire::NoReply;
use super::wire::Timeout;
use super::wire::Wire;
use crate::domain::relay::LoginMethod;
use crate::domain::text;
use crate::mail::outcome::TransportErrorKind;

/// The longest command line, with its end (RFC 5321, 4.5.3.1.4): a response that does not fit is sent after the
/// relay's 334.
const MAX_COMMAND: usize = 512;

/// Why the login failed.
pub(super) struct LoginError {
    pub(super) kind: TransportErrorKind,
    pub(super) words: String,
    /// 535: the relay does not accept this username with this password.
    pub(super) is_wrong_password: bool,
}

impl LoginError {
    fn new(kind: TransportErrorKind, words: String) -> Self {
        Self { kind, words, is_wrong_password: false }
    }
}

impl From<NoReply> for LoginError {
    fn from(no: NoReply) -> Self {
        match no {
            NoReply::Lost(words) => Self::new(TransportErrorKind::Temporary, words),
            NoReply::Alert(alert) => Self::new(TransportErrorKind::Temporary, tls::ended_tls(alert)),
            NoReply::Garbage(words) => Self::new(TransportErrorKind::Permanent, format!("the relay sent {words}")),
        }
    }
}

impl Login {
    #[expect(clippy::disallowed_methods, reason = "the relay is told the password, over TLS or on this machine only")]
    pub(super) fn password(&self) -> &str {
        self.password.expose_secret()
    }

    /// The mechanisms to try, by their names in SMTP, in this order; at least one.
    fn mechanisms(&self, offered: &[String]) -> Result<Vec<&'static str>, LoginError> {
        let wanted: &[&str] = match self.method {
            LoginMethod::Auto => &["PLAIN", "LOGIN"],
            LoginMethod::Plain => &["PLAIN"],
            LoginMethod::Login => &["LOGIN"],
            LoginMethod::XOauth2 => &["XOAUTH2"],
            LoginMethod::OauthBearer => &["OAUTHBEARER"],
        };
        let is_offered = |wanted: &&str| offered.iter().any(|offer| offer == wanted);
        let mechanisms: Vec<&'static str> = wanted.iter().copied().filter(is_offered).collect();
        if !mechanisms.is_empty() {
            return Ok(mechanisms);
        }
        let wanted = wanted.join(" or ");
        let words = match offered.is_empty() {
            true => "the relay offers no login at all (AUTH): is this its port for submission?".to_owned(),
            false => format!("the relay offers no login by {wanted}, but {}", text::quoted(&offered.join(" "), 80)),
        };
        Err(LoginError::new(TransportErrorKind::Configuration, words))
    }

    /// Logs in. With [`LoginMethod::Auto`], if a relay offers PLAIN but does not accept it, tries LOGIN too, because
    /// some relays only accept that.
    ///
    /// # Errors
    /// If the relay offers no such login, or refuses it.
    pub(super) async fn log_in(
        &self,
        wire: &mut Wire,
        capabilities: &Capabilities,
        timeout: Timeout,
        relay: &Relay,
    ) -> Result<(), LoginError> {
        let mut mechanisms = self.mechanisms(&capabilities.logins)?;
        if [self.username.as_str(), self.password()].iter().any(|part| part.contains(['\0', '\u{1}', '\r', '\n'])) {
            let words = "the username or the password for the relay holds a control character".to_owned();
            return Err(LoginError::new(TransportErrorKind::Configuration, words));
        }
        if mechanisms.len() > 1 && relay.login_memory.refuses_plain() {
            mechanisms.remove(0);
        }
        let mut before = String::new();
        loop {
            let mechanism = mechanisms.remove(0);
            let reply = self.try_mechanism(mechanism, wire, timeout, relay).await?;
            if reply.code == 235 {
                return Ok(());
            }
            // Unknown (502), or not for this account (504, 534; RFC 4954, 4 and 6).
            if matches!(reply.code, 502 | 504 | 534)
                && let Some(next) = mechanisms.first()
            {
                relay.login_memory.note_refused_plain();
                let words = reply.words();
                relay.note(
                    Side::Advice,
                    &format!(
                        "the relay offers {mechanism} and refuses it ({words}); logging in by {next}, as `auth = \"{}\"` does \
                         at once",
                        next.to_lowercase()
                    ),
                );
                before = format!(" (before, by {mechanism}: {words})");
                continue;
            }
            return Err(self.refused(mechanism, &reply, &before));
        }
    }

    fn refused(&self, mechanism: &str, reply: &Reply, before: &str) -> LoginError {
        let kind = match reply.code {
            400..=499 => TransportErrorKind::Temporary,
            500..=599 => TransportErrorKind::Configuration,
            _ => TransportErrorKind::Permanent,
        };
        let username = text::quoted(&self.username, 80);
        let is_wrong_password = reply.code == 535;
        let is_token = matches!(self.method, LoginMethod::XOauth2 | LoginMethod::OauthBearer);
        let hint = match (is_wrong_password, is_token) {
            (true, true) => " (is the username right, and the access token still valid?)",
            (true, false) => " (are the username and the password right?)",
            (false, _) => "",
        };
        let words = format!("login as `{username}` by {mechanism} refused{hint}: {}{before}", reply.words());
        LoginError { kind, words, is_wrong_password }
    }

    /// Tries one mechanism. Returns the last reply.
    async fn try_mechanism(
        &self,
        mechanism: &'static str,
        wire: &mut Wire,
        timeout: Timeout,
        relay: &Relay,
    ) -> Result<Reply, NoReply> {
        let username = self.username.as_str();
        let answers = match mechanism {
            "PLAIN" => vec![encoded(&["\0", username, "\0", self.password()])],
            "LOGIN" => vec![encoded(&[username]), encoded(&[self.password()])],
            "OAUTHBEARER" => {
                // RFC 5801, 4: commas and equals signs in a name are escaped.
                let name = username.replace('=', "=3D").replace(',', "=2C");
                let (host, port) = (relay.host(), relay.port().to_string());
                vec![encoded(&[
                    "n,a=",
                    &name,
                    ",\u{1}host=",
                    host,
                    "\u{1}port=",
                    &port,
                    "\u{1}auth=Bearer ",
                    self.password(),
                    "\u{1}\u{1}",
                ])]
            }
            _ => vec![encoded(&["user=", username, "\u{1}auth=Bearer ", self.password(), "\u{1}\u{1}"])],
        };
        // A relay that does not understand a command may send it back, and the transcript would show it.
        wire.mask(Mask::new(answers.iter().map(|answer| answer.as_str()).chain([self.password()])));
        let reply = exchange(wire, mechanism, &answers, timeout).await?;
        wire.mask_only_shown();
        Ok(reply)
    }
}

/// Sends AUTH, answers each 334 with the next response, and returns the first other reply.
async fn exchange(
    wire: &mut Wire,
    mechanism: &str,
    answers: &[Zeroizing<String>],
    timeout: Timeout,
) -> Result<Reply, NoReply> {
    let mut answers = answers.iter();
    let command = format!("AUTH {mechanism}");
    // A single response is sent with the command. LOGIN, which no RFC describes, has two, because some servers reject
    // an initial response there.
    let fits = |answer: &&Zeroizing<String>| command.len() + 1 + answer.len() + 2 <= MAX_COMMAND;
    match (answers.len(), answers.as_slice().first().filter(fits)) {
        (1, Some(answer)) => {
            answers.next();
            wire.note(&format!("{command} ****"));
            send(wire, &[&command, " ", answer, "\r\n"], timeout).await?;
        }
        _ => wire.command(&command, timeout).await?,
    }
    loop {
        let reply = wire.reply(timeout).await?;
        if reply.code != 334 {
            return Ok(reply);
        }
        match answers.next() {
            Some(answer) => {
                wire.note("****");
                send(wire, &[answer, "\r\n"], timeout).await?;
            }
            // These mechanisms describe the error in a 334, and refuse after an empty response, or a single 0x01 (RFC
            // 7628, 3.2.3).
            None if matches!(mechanism, "XOAUTH2" | "OAUTHBEARER") => {
                wire.command(if mechanism == "XOAUTH2" { "" } else { "AQ==" }, timeout).await?;
                return wire.reply(timeout).await;
            }
            None => return Ok(reply),
        }
    }
}

async fn send(wire: &mut Wire, parts: &[&str], timeout: Timeout) -> Result<(), NoReply> {
    let line = joined(parts);
    wire.send(line.as_bytes(), timeout).await.map_err(|cut| NoReply::Lost(cut.words))
}

/// The parts in base64.
fn encoded(parts: &[&str]) -> Zeroizing<String> {
    let plain = joined(parts);
    let mut bytes = Zeroizing::new(vec![0; plain.len().div_ceil(3) * 4]);
    // The buffer has the length that base64 needs, so that this does not fail.
    let length = STANDARD.encode_slice(plain.as_bytes(), &mut bytes).unwrap_or(0);
    bytes[..length].iter().map(|byte| char::from(*byte)).fold(with_capacity(length), |mut text, character| {
        text.push(character);
        text
    })
}

/// The parts joined in one buffer, which is never reallocated.
fn joined(parts: &[&str]) -> Zeroizing<String> {
    let mut text = with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| text.push_str(part));
    text
}

fn with_capacity(length: usize) -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mechanisms(method: LoginMethod, offered: &[&str]) -> Result<String, String> {
        let offered: Vec<String> = offered.iter().map(|offer| (*offer).to_owned()).collect();
        let login = Login { username: "u".to_owned(), password: "p".into(), method };
        login.mechanisms(&offered).map(|all| all.join(" ")).map_err(|error| error.words)
    }

    #[test]
    fn tokens_are_only_used_where_their_mechanism_is_named() {
        let good = |text: &str| Ok(text.to_owned());
        assert_eq!(mechanisms(LoginMethod::Auto, &["XOAUTH2", "LOGIN", "PLAIN"]), good("PLAIN LOGIN"));
        assert_eq!(mechanisms(LoginMethod::Auto, &["OAUTHBEARER", "XOAUTH2", "LOGIN"]), good("LOGIN"));
        assert_eq!(mechanisms(LoginMethod::XOauth2, &["XOAUTH2", "LOGIN"]), good("XOAUTH2"));
        assert_eq!(mechanisms(LoginMethod::OauthBearer, &["XOAUTH2", "OAUTHBEARER"]), good("OAUTHBEARER"));
        let words = "the relay offers no login by PLAIN or LOGIN, but XOAUTH2";
        assert_eq!(mechanisms(LoginMethod::Auto, &["XOAUTH2"]), Err(words.to_owned()));
        assert!(mechanisms(LoginMethod::Plain, &[]).unwrap_err().contains("no login at all"));
    }

    #[test]
    fn base64_is_as_in_rfc_4616() {
        assert_eq!(encoded(&["\0", "tim", "\0", "tanstaaftanstaaf"]).as_str(), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
        assert_eq!(encoded(&[""]).as_str(), "");
    }
}
