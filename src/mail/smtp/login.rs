//! AUTH (RFC 4954): PLAIN (RFC 4616), LOGIN and XOAUTH2.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::capabilities::Capabilities;
use super::mask::Mask;
use super::reply::Reply;
use super::wire::NoReply;
use super::wire::Patience;
use super::wire::Wire;
use crate::domain::relay::LoginMethod;
use crate::domain::text;
use crate::mail::handover::TroubleKind;

/// The longest command line, with its end (RFC 5321, 4.5.3.1.4): what does not fit waits for the relay's 334.
const MAX_COMMAND: usize = 512;

/// An account with the relay.
#[derive(Debug, Clone)]
pub struct Login {
    /// Its name.
    pub username: String,
    /// Its password; for XOAUTH2 an access token.
    pub password: SecretString,
    /// How to log in.
    pub method: LoginMethod,
}

/// Why the login failed.
pub(super) struct Failure {
    pub(super) kind: TroubleKind,
    pub(super) words: String,
}

impl From<NoReply> for Failure {
    fn from(no: NoReply) -> Self {
        match no {
            NoReply::Lost(words) => Self { kind: TroubleKind::Later, words },
            NoReply::Garbage(words) => Self { kind: TroubleKind::ForGood, words: format!("the relay sent {words}") },
        }
    }
}

impl Login {
    #[expect(clippy::disallowed_methods, reason = "the relay is told the password, over TLS or on this machine only")]
    fn password(&self) -> &str {
        self.password.expose_secret()
    }

    /// The method to use, by its name on the wire.
    fn mechanism(&self, offered: &[String]) -> Result<&'static str, Failure> {
        let wanted: &[&str] = match self.method {
            LoginMethod::Auto => &["PLAIN", "LOGIN"],
            LoginMethod::Plain => &["PLAIN"],
            LoginMethod::Login => &["LOGIN"],
            LoginMethod::XOauth2 => &["XOAUTH2"],
        };
        wanted.iter().copied().find(|wanted| offered.iter().any(|offer| offer == wanted)).ok_or_else(|| {
            let wanted = wanted.join(" or ");
            let words = match offered.is_empty() {
                true => "the relay offers no login at all (AUTH): is this its port for submission?".to_owned(),
                false => {
                    format!("the relay offers no login by {wanted}, but {}", text::quoted(&offered.join(" "), 80))
                }
            };
            Failure { kind: TroubleKind::Configuration, words }
        })
    }

    /// Logs in.
    ///
    /// # Errors
    /// When the relay offers no such login, or refuses it.
    pub(super) async fn log_in(
        &self,
        wire: &mut Wire,
        capabilities: &Capabilities,
        patience: Patience,
    ) -> Result<(), Failure> {
        let mechanism = self.mechanism(&capabilities.logins)?;
        if [self.username.as_str(), self.password()].iter().any(|part| part.contains(['\0', '\u{1}', '\r', '\n'])) {
            let words = "the username or the password for the relay holds a control character".to_owned();
            return Err(Failure { kind: TroubleKind::Configuration, words });
        }
        let username = self.username.as_str();
        let answers = match mechanism {
            "PLAIN" => vec![encoded(&["\0", username, "\0", self.password()])],
            "LOGIN" => vec![encoded(&[username]), encoded(&[self.password()])],
            _ => vec![encoded(&["user=", username, "\u{1}auth=Bearer ", self.password(), "\u{1}\u{1}"])],
        };
        // A relay that sends a command back that it does not understand would have the transcript show it.
        wire.mask(Mask::new(answers.iter().map(|answer| answer.as_str()).chain([self.password()])));
        let reply = exchange(wire, mechanism, &answers, patience).await?;
        wire.mask(Mask::default());
        let kind = match reply.code {
            235 => return Ok(()),
            400..=499 => TroubleKind::Later,
            500..=599 => TroubleKind::Configuration,
            _ => TroubleKind::ForGood,
        };
        let username = text::quoted(username, 80);
        let hint = if reply.code == 535 { " (are the username and the password right?)" } else { "" };
        Err(Failure { kind, words: format!("login as `{username}` by {mechanism} refused{hint}: {}", reply.words()) })
    }
}

/// Names the mechanism, gives an answer to each 334, and returns the first reply that is another.
async fn exchange(
    wire: &mut Wire,
    mechanism: &str,
    answers: &[Zeroizing<String>],
    patience: Patience,
) -> Result<Reply, NoReply> {
    let mut answers = answers.iter();
    let command = format!("AUTH {mechanism}");
    // The first answer goes along where there is only one: LOGIN, which no RFC describes, has servers that mind it.
    let fits = |answer: &&Zeroizing<String>| command.len() + 1 + answer.len() + 2 <= MAX_COMMAND;
    match (answers.len(), answers.as_slice().first().filter(fits)) {
        (1, Some(answer)) => {
            answers.next();
            wire.note(&format!("{command} ****"));
            send(wire, &[&command, " ", answer, "\r\n"], patience).await?;
        }
        _ => wire.command(&command, patience).await?,
    }
    loop {
        let reply = wire.reply(patience).await?;
        if reply.code != 334 {
            return Ok(reply);
        }
        match answers.next() {
            Some(answer) => {
                wire.note("****");
                send(wire, &[answer, "\r\n"], patience).await?;
            }
            // XOAUTH2 tells what is wrong in a 334, and refuses after an empty answer.
            None if mechanism == "XOAUTH2" => {
                wire.command("", patience).await?;
                return wire.reply(patience).await;
            }
            None => return Ok(reply),
        }
    }
}

async fn send(wire: &mut Wire, parts: &[&str], patience: Patience) -> Result<(), NoReply> {
    let line = joined(parts);
    wire.send(line.as_bytes(), patience).await.map_err(|cut| NoReply::Lost(cut.words))
}

/// The parts in base64.
fn encoded(parts: &[&str]) -> Zeroizing<String> {
    let plain = joined(parts);
    let mut bytes = Zeroizing::new(vec![0; plain.len().div_ceil(3) * 4]);
    // The room is what base64 needs, so that this does not fail.
    let length = STANDARD.encode_slice(plain.as_bytes(), &mut bytes).unwrap_or(0);
    bytes[..length].iter().map(|byte| char::from(*byte)).fold(room(length), |mut text, character| {
        text.push(character);
        text
    })
}

/// The parts in one text whose buffer never moved.
fn joined(parts: &[&str]) -> Zeroizing<String> {
    let mut text = room(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| text.push_str(part));
    text
}

fn room(length: usize) -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mechanism(method: LoginMethod, offered: &[&str]) -> Result<&'static str, String> {
        let offered: Vec<String> = offered.iter().map(|offer| (*offer).to_owned()).collect();
        let login = Login { username: "u".to_owned(), password: "p".into(), method };
        login.mechanism(&offered).map_err(|failure| failure.words)
    }

    #[test]
    fn xoauth2_is_only_used_where_it_is_named() {
        assert_eq!(mechanism(LoginMethod::Auto, &["XOAUTH2", "LOGIN", "PLAIN"]), Ok("PLAIN"));
        assert_eq!(mechanism(LoginMethod::Auto, &["XOAUTH2", "LOGIN"]), Ok("LOGIN"));
        assert_eq!(mechanism(LoginMethod::XOauth2, &["XOAUTH2", "LOGIN"]), Ok("XOAUTH2"));
        let words = "the relay offers no login by PLAIN or LOGIN, but XOAUTH2";
        assert_eq!(mechanism(LoginMethod::Auto, &["XOAUTH2"]), Err(words.to_owned()));
        assert!(mechanism(LoginMethod::Plain, &[]).unwrap_err().contains("no login at all"));
    }

    #[test]
    fn base64_is_as_in_rfc_4616() {
        assert_eq!(encoded(&["\0", "tim", "\0", "tanstaaftanstaaf"]).as_str(), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
        assert_eq!(encoded(&[""]).as_str(), "");
    }
}
