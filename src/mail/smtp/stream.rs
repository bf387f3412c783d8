//! The byte stream below the dialogue: TCP, with or without TLS.

use std::io;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// The most that one write passes to TLS: as much as rustls buffers.
const BLOCK: usize = 64 * 1024;

/// An open connection.
pub(super) enum RelayStream {
    /// Not encrypted.
    Plain(TcpStream),
    /// Encrypted, with a relay whose certificate was verified.
    Tls(Box<TlsStream<TcpStream>>),
}

impl RelayStream {
    /// Writes as much of the beginning of `bytes` as the network accepts at once, and returns the number of bytes.
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

    /// How many of `bytes` may have been sent although [`RelayStream::write`] failed or was cancelled. A failed write
    /// to a socket has sent nothing; one to TLS may have sent some of its records before.
    pub(super) fn may_have_left(&self, bytes: &[u8]) -> usize {
        match self {
            Self::Plain(_) => 0,
            Self::Tls(_) => bytes.len().min(BLOCK),
        }
    }

    /// Reads available bytes, at most `limit`, to the end of `buffer`; 0 if the other side has closed the connection.
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

    /// Closes the writing side.
    pub(super) async fn shut_down(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
        }
    }
}
