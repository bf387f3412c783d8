//! The scripted relay for these tests.

use crate::relay::Offer;
use crate::relay::ScriptedRelay;

/// The extensions that the scripted relay offers here.
pub(crate) fn pipelining() -> Offer {
    Offer { extensions: vec!["PIPELINING"], tls: None }
}

/// Ends the relay and returns the recipients whose envelopes arrived together with the end of another mail.
pub(crate) fn pipelined(relay: ScriptedRelay) -> Vec<String> {
    let reads: Vec<Vec<u8>> = relay.end().into_iter().flat_map(|dump| dump.reads).collect();
    let text = |read: &Vec<u8>| String::from_utf8_lossy(read).into_owned();
    let behind = |text: String| {
        let (_, group) = text.split_once("\r\n.\r\nMAIL FROM:<")?;
        let (_, recipient) = group.split_once("RCPT TO:<")?;
        Some(recipient.split_once('>')?.0.to_owned())
    };
    reads.iter().map(text).filter_map(behind).collect()
}
