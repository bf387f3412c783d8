//! Standard input, with an error instead of an empty input if its descriptor was closed.

use std::io;
use std::io::Read;

use nix::errno::Errno;

use super::closed_at_start::Standard;
use super::closed_at_start::was_closed;

/// Why nothing can be read from standard input.
#[derive(Debug, thiserror::Error)]
enum LostInput {
    #[error("standard input is closed")]
    Closed,
    /// The Rust runtime takes EBADF, which read(2) returns in this case, for the end of the input.
    #[error("standard input is not open for reading")]
    WriteOnly,
    #[error("standard input cannot be read: {0}")]
    Fails(#[source] io::Error),
}

/// Standard input without a buffer, because the input may be a secret.
#[derive(Debug)]
pub(super) struct StandardInput;

impl Read for StandardInput {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if was_closed(Standard::Input) {
            return Err(io::Error::other(LostInput::Closed));
        }
        nix::unistd::read(io::stdin(), bytes).map_err(|errno| match errno {
            Errno::EBADF => io::Error::other(LostInput::WriteOnly),
            errno => {
                let error = io::Error::from(errno);
                io::Error::new(error.kind(), LostInput::Fails(error))
            }
        })
    }
}
