//! The names of hosts.

use std::io;
use std::net::IpAddr;
use std::net::ToSocketAddrs as _;
use std::sync::Arc;

/// Gives the addresses of a host.
type LookUp = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// Looks up hosts. A look-up may take as long as the name servers let it.
#[derive(Clone, Default)]
pub enum Resolver {
    /// That of the system (getaddrinfo(3)).
    #[default]
    System,
    /// That of a test.
    Scripted(Arc<LookUp>),
}

impl Resolver {
    /// One that only knows `localhost`, for tests: no name leaves the machine.
    pub fn local() -> Self {
        Self::Scripted(Arc::new(|host| match host {
            "localhost" => Ok(vec![IpAddr::from([127, 0, 0, 1])]),
            _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
        }))
    }

    /// The addresses of a host, which may be one itself; none twice.
    ///
    /// # Errors
    /// If there is no such name, or no name server answers.
    pub fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        match self {
            Self::System => {
                let mut addresses: Vec<IpAddr> = Vec::new();
                for found in (host, 0).to_socket_addrs()? {
                    if !addresses.contains(&found.ip()) {
                        addresses.push(found.ip());
                    }
                }
                Ok(addresses)
            }
            Self::Scripted(look_up) => look_up(host),
        }
    }
}
