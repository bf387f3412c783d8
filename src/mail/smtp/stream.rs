//! The bytes below the dialogue: TCP, with or without TLS.

use std::io;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// What one write to TLS is given at most: as much as rustls keeps before it is sent.
const BLOCK: usize = 64 * 1024;

/// A connection, open.
pub(super) enum RelayStream {
    /// Everybody on the way can read it.
    Plain(TcpStream),
    /// Encrypted, with a relay whose certificate was verified.
    Tls(Box<TlsStream<TcpStream>>),
}

impl RelayStream {
    /// Writes the beginning of `bytes`, as much as the network takes at once, and says how much.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes).await,
            Self::Tls(stream) => {
                let block = &bytes[..bytes.len().min(BLOCK)];
                stream.write_all(block).await?;
                stream.flush().await?;
                Ok(block.len())
            }
        }
    }

    /// How much of `bytes` may have left although [`RelayStream::write`] failed or was given up. A failed write to a socket
    /// has sent nothing; one to TLS may have sent some of its records before.
    pub(super) fn may_have_left(&self, bytes: &[u8]) -> usize {
        match self {
            Self::Plain(_) => 0,
            Self::Tls(_) => bytes.len().min(BLOCK),
        }
    }

    /// Reads what is there, at most `limit` bytes, onto the end of `buffer`; 0 when the other side has closed.
    pub(super) async fn read(&mut self, buffer: &mut Vec<u8>, limit: usize) -> io::Result<usize> {
        let before = buffer.len();
        buffer.resize(before + limit, 0);
        let read = match self {
            Self::Plain(stream) => stream.read(&mut buffer[before..]).await,
            Self::Tls(stream) => stream.read(&mut buffer[before..]).await,
        };
        buffer.truncate(before + read.as_ref().copied().unwrap_or(0));
        read
    }

    /// Takes leave of the other side.
    pub(super) async fn shut_down(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
        }
    }
}
