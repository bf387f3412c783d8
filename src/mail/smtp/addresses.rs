//! The race to an address that answers (RFC 8305, happy eyeballs): the next address is tried after a quarter of a
//! second, while those before it may still answer. So an unreachable address costs that much and not the whole
//! timeout.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio::time::timeout_at;

/// How long the program waits for one address before it tries the next (RFC 8305, 8: Connection Attempt Delay).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// The highest number of addresses of one name to which a connection is tried.
const MAX_ADDRESSES: usize = 6;

/// The addresses of a relay that have not failed yet, the next one first.
#[derive(Debug)]
pub(super) struct Addresses {
    waiting: VecDeque<SocketAddr>,
}

impl Addresses {
    /// Takes the addresses in the order of the system (RFC 6724), alternating between the families (RFC 8305, 4),
    /// without duplicates.
    pub(super) fn new(found: impl IntoIterator<Item = SocketAddr>) -> Self {
        let mut waiting = VecDeque::new();
        let mut queues: [VecDeque<SocketAddr>; 2] = Default::default();
        let mut first_is_v4 = None;
        for address in found {
            let is_v4 = address.is_ipv4();
            let is_first_family = is_v4 == *first_is_v4.get_or_insert(is_v4);
            let queue = &mut queues[usize::from(!is_first_family)];
            if !queue.contains(&address) {
                queue.push_back(address);
            }
        }
        while waiting.len() < MAX_ADDRESSES {
            let before = waiting.len();
            waiting.extend(queues.iter_mut().filter_map(VecDeque::pop_front));
            if waiting.len() == before {
                break;
            }
        }
        waiting.truncate(MAX_ADDRESSES);
        Self { waiting }
    }

    /// Puts an address first, if it is one of them.
    pub(super) fn put_first(&mut self, address: SocketAddr) {
        if let Some(place) = self.waiting.iter().position(|other| *other == address) {
            self.waiting.remove(place);
            self.waiting.push_front(address);
        }
    }

    /// Whether all addresses were tried.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &SocketAddr> {
        self.waiting.iter()
    }

    /// Connects to the first address that answers; `None`: none does. Addresses that lost the race remain for the
    /// next one; `failed` is called for the others. `wait`: how long one address may take; `end`: the deadline for
    /// all.
    pub(super) async fn connect(
        &mut self,
        wait: Duration,
        end: Instant,
        failed: &mut (dyn FnMut(IpAddr, &io::Error) + Send),
    ) -> Option<(TcpStream, SocketAddr)> {
        self.race(
            |address| async move {
                let late = || io::Error::new(io::ErrorKind::TimedOut, "time is up");
                let end = end.min(Instant::now() + wait);
                let tcp = timeout_at(end, TcpStream::connect(address)).await.map_err(|_| late())??;
                // With Nagle's algorithm each mail would wait 40 ms for the acknowledgement of the one before.
                tcp.set_nodelay(true)?;
                Ok(tcp)
            },
            failed,
        )
        .await
    }

    async fn race<T, F>(
        &mut self,
        connect: impl Fn(SocketAddr) -> F,
        failed: &mut (dyn FnMut(IpAddr, &io::Error) + Send),
    ) -> Option<(T, SocketAddr)>
    where
        T: Send + 'static,
        F: Future<Output = io::Result<T>> + Send + 'static,
    {
        // Dropping the set cancels the attempts that are still running.
        let mut racing = JoinSet::new();
        let mut under_way: Vec<SocketAddr> = Vec::new();
        loop {
            if let Some(address) = self.waiting.pop_front() {
                let attempt = connect(address);
                racing.spawn(async move { (address, attempt.await) });
                under_way.push(address);
            }
            let ended = match self.waiting.is_empty() {
                true => racing.join_next().await,
                false => match timeout(ATTEMPT_DELAY, racing.join_next()).await {
                    Ok(ended) => ended,
                    Err(_) => continue,
                },
            };
            let Ok((address, connected)) = ended? else { continue };
            under_way.retain(|other| *other != address);
            match connected {
                Ok(connected) => {
                    under_way.into_iter().rev().for_each(|other| self.waiting.push_front(other));
                    return Some((connected, address));
                }
                Err(error) => failed(address.ip(), &error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 25)).collect()
    }

    fn ips(addresses: &Addresses) -> Vec<String> {
        addresses.iter().map(|address| address.ip().to_string()).collect()
    }

    #[test]
    fn the_families_alternate_and_no_address_appears_twice() {
        let found = addresses(&["::1", "::2", "::1", "::3", "192.0.2.1", "192.0.2.2", "192.0.2.1"]);
        assert_eq!(ips(&Addresses::new(found)), ["::1", "192.0.2.1", "::2", "192.0.2.2", "::3"]);
        let many = (0..20).map(|number| SocketAddr::new(IpAddr::from([192, 0, 2, number]), 25));
        assert_eq!(Addresses::new(many).iter().count(), MAX_ADDRESSES);
        assert_eq!(ips(&Addresses::new([])), [""; 0]);
    }

    /// With Nagle's algorithm, a mail whose body and dot are two writes waits for the delayed acknowledgement of the
    /// first.
    #[test]
    fn a_mail_does_not_wait_for_the_packet_before_it() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut addresses = Addresses::new([listener.local_addr().unwrap()]);
        let connected = runtime.block_on(async {
            let wait = Duration::from_secs(60);
            addresses.connect(wait, Instant::now() + wait, &mut |_, _| ()).await
        });
        let (tcp, _) = connected.unwrap();
        assert!(tcp.nodelay().unwrap());
    }

    /// What an address does.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum AddressBehavior {
        Answer,
        Refuse,
        /// It is unreachable.
        Nothing,
        /// It answers once another address is tried.
        AnswerLate,
    }

    /// The result of a race: the address that won, those that failed, and those that remain.
    fn race(all: &'static [(&'static str, AddressBehavior)]) -> (Option<String>, Vec<String>, Vec<String>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut racing = Addresses::new(addresses(&all.iter().map(|(address, _)| *address).collect::<Vec<_>>()));
            let (mut failed, tried) = (Vec::new(), Arc::new(Semaphore::new(0)));
            let attempt = |address: SocketAddr| {
                let (_, does) = all.iter().find(|(text, _)| *text == address.ip().to_string()).unwrap();
                tried.add_permits(1);
                let tried = Arc::clone(&tried);
                async move {
                    match does {
                        AddressBehavior::Answer => Ok(()),
                        AddressBehavior::Refuse => Err(io::ErrorKind::ConnectionRefused.into()),
                        AddressBehavior::Nothing => std::future::pending().await,
                        AddressBehavior::AnswerLate => tried.acquire_many(2).await.map(drop).map_err(io::Error::other),
                    }
                }
            };
            let won = racing.race(attempt, &mut |ip, _| failed.push(ip.to_string())).await;
            (won.map(|(_, address)| address.ip().to_string()), failed, ips(&racing))
        })
    }

    fn owned<const N: usize>(texts: [&str; N]) -> Vec<String> {
        texts.map(str::to_owned).to_vec()
    }

    #[test]
    fn an_unreachable_address_is_not_waited_for_and_remains_for_the_next_race() {
        let (won, failed, left) = race(&[
            ("::1", AddressBehavior::Nothing),
            ("192.0.2.1", AddressBehavior::Answer),
            ("::2", AddressBehavior::Answer),
        ]);
        assert_eq!((won.as_deref(), failed.len(), left), (Some("192.0.2.1"), 0, owned(["::1", "::2"])));
    }

    #[test]
    fn a_slow_address_may_still_win() {
        let (won, failed, left) =
            race(&[("::1", AddressBehavior::AnswerLate), ("192.0.2.1", AddressBehavior::Nothing)]);
        assert_eq!((won.as_deref(), failed.len(), left), (Some("::1"), 0, owned(["192.0.2.1"])));
    }

    #[test]
    fn an_address_that_refuses_is_reported_and_not_tried_again() {
        let (won, failed, left) = race(&[
            ("::1", AddressBehavior::Refuse),
            ("::2", AddressBehavior::Refuse),
            ("::3", AddressBehavior::Answer),
        ]);
        assert_eq!((won.as_deref(), failed, left.len()), (Some("::3"), owned(["::1", "::2"]), 0));
        let (won, failed, left) = race(&[("::1", AddressBehavior::Refuse), ("::2", AddressBehavior::Refuse)]);
        assert_eq!((won, failed, left.len()), (None, owned(["::1", "::2"]), 0));
        assert_eq!(race(&[]).0, None);
    }
}
