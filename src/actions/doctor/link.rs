//! The link in mails: whether the page that it leads to answers.

use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::time::Duration;

use super::finding::CheckResult;
use super::finding::FaultClass;
use super::finding::Finding;
use super::side_by_side::Reporter;
use crate::app::Setup;

/// How long one address of the page may take to answer.
const CONNECT: Duration = Duration::from_secs(2);
/// How many of its addresses are tried.
const MOST_ADDRESSES: usize = 3;

/// Looks up the host of `[reset] link`, and connects to it. `look_up` gives the addresses of a host. No failure: the page may be for
/// others than this machine.
///
/// # Errors
/// None.
pub fn check_link(
    setup: &Setup,
    name: &'static str,
    look_up: impl Fn(&str) -> io::Result<Vec<IpAddr>>,
    reporter: &Reporter,
) -> CheckResult {
    let config = setup.config();
    let Some(link) = &config.reset.link else {
        if config.mail.from.is_none() {
            return Ok(Finding::not_checked("no mail is configured ([mail] from)"));
        }
        let next = "such as: link = \"https://reset.example.com/#{code}\", the page where codes are redeemed";
        let words = "no link is configured ([reset] link): no reset can be sent";
        return Ok(Finding::warning(FaultClass::Configuration, words, next));
    };
    let (host, port) = link.server();
    reporter.begins(name, host);
    let elsewhere = "check [reset] link; if only users can reach the page, all is well";
    let warning = |words: String| Ok(Finding::warning(FaultClass::Configuration, words, elsewhere));
    let addresses = match look_up(host) {
        Ok(addresses) if addresses.is_empty() => return warning(format!("{host} has no address")),
        Ok(addresses) => addresses,
        Err(error) => return warning(format!("the name {host} cannot be looked up: {error}")),
    };
    let mut failure = String::new();
    for address in addresses.into_iter().take(MOST_ADDRESSES) {
        match TcpStream::connect_timeout(&SocketAddr::new(address, port), CONNECT) {
            Ok(_) => return Ok(Finding::ok(format!("{}; {host}, port {port}, answers", link.as_str()))),
            Err(error) => failure = format!("{host}, port {port}, does not answer from here ({address}: {error})"),
        }
    }
    warning(failure)
}
