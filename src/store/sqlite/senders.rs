//! Which processes send, and whether they still do something: each notes that in the file of locks, at an offset that belongs
//! to its lock (`lock.rs`). A note counts while the lock is held.
//!
//! The kernel does not tell who holds such a lock: F_OFD_GETLK gives no process, and /proc/PID/fdinfo of a process that others
//! cannot look into is for root alone.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

use super::Result;
use super::Store;
use super::lock_file::FIRST_SENDER;
use super::lock_file::LockGuard;
use super::lock_file::lock_of;
use super::lock_file::open_lock_file;
use crate::store::types::sender::Sender;

/// How many bytes are reserved for a note.
const NOTE_LENGTH: u64 = 256;
/// The most that a note has of the host's name (hostname(7): 64 bytes).
const LONGEST_HOST: usize = 64;
/// A sender does not note more often than this that it does something.
const NOTE_EVERY: Duration = Duration::from_secs(10);

/// The lock of a process that sends, with its note.
#[derive(Debug)]
pub struct SendingLock {
    lock: LockGuard,
    namespace: String,
    host: String,
    began_at: Timestamp,
    noted: Instant,
}

impl SendingLock {
    /// The number of the lock, which is in the rows of messages in flight.
    pub fn number(&self) -> u32 {
        self.lock.number()
    }

    /// Notes that the process does something.
    pub fn note(&mut self, now: Timestamp) {
        if self.noted.elapsed() >= NOTE_EVERY {
            self.write(now);
        }
    }

    fn write(&mut self, now: Timestamp) {
        let (process, began_at) = (std::process::id(), self.began_at.as_second());
        let note = format!("{process}\t{}\t{began_at}\t{}\t{}\n", self.namespace, now.as_second(), self.host);
        // Nobody depends on it: a full disk keeps no mail from being sent here.
        let _ = self.lock.file.write_all_at(note.as_bytes(), offset(self.number()));
        self.noted = Instant::now();
    }
}

impl Drop for SendingLock {
    fn drop(&mut self) {
        // Or it would be taken for that of the next process with this lock, until that one has written its own.
        let _ = self.lock.file.write_all_at(b"\n", offset(self.number()));
    }
}

impl Store {
    /// Takes a sender's lock, and notes who has it.
    ///
    /// # Errors
    /// As [`Store::lock_as_sender`].
    pub fn begin_sending(&self, now: Timestamp) -> Result<SendingLock> {
        let lock = self.lock_as_sender()?;
        let name = nix::unistd::gethostname().unwrap_or_default();
        // One line, and with the other fields not more than the bytes of a note.
        let host: String = name.to_string_lossy().chars().filter(|c| c.is_ascii_graphic()).take(LONGEST_HOST).collect();
        let mut sending = SendingLock { lock, namespace: namespace(), host, began_at: now, noted: Instant::now() };
        sending.write(now);
        Ok(sending)
    }

    /// The processes that send now and that are known.
    ///
    /// # Errors
    /// When the file beside the store cannot be read.
    pub fn senders(&self) -> Result<Vec<Sender>> {
        senders(self.path())
    }
}

/// As [`Store::senders`].
pub(super) fn senders(store: &Path) -> Result<Vec<Sender>> {
    let (file, path) = open_lock_file(store)?;
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut senders = Vec::new();
    for number in (FIRST_SENDER..).take_while(|number| offset(*number) < length) {
        match lock_of(&file, &path, i64::from(number), 1)? {
            // A restore, which holds every lock and has no note.
            Some(lock) if lock.l_len == 0 => return Ok(Vec::new()),
            Some(_) => senders.extend(read(&file, number)),
            None => {}
        }
    }
    Ok(senders)
}

/// The note of the sender with this lock; `None`: it has written none, or one of another form.
fn read(file: &File, number: u32) -> Option<Sender> {
    let mut bytes = [0; NOTE_LENGTH as usize];
    let count = file.read_at(&mut bytes, offset(number)).ok()?;
    let (line, _) = std::str::from_utf8(&bytes[..count]).ok()?.split_once('\n')?;
    let mut fields = line.split('\t');
    let process = fields.next()?.parse().ok()?;
    let is_here = fields.next()? == namespace();
    let mut time = || Timestamp::from_second(fields.next()?.parse().ok()?).ok();
    let (began_at, active_at) = (time()?, time()?);
    let host = fields.next()?.to_owned();
    Some(Sender { process, elsewhere: (!is_here).then_some(host), began_at, active_at })
}

fn offset(number: u32) -> u64 {
    u64::from(number - FIRST_SENDER) * NOTE_LENGTH
}

/// The PID namespace of this process (namespaces(7)); empty where /proc is not mounted.
fn namespace() -> String {
    let link = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private_file::Rule;
    use crate::store::types::open::ExpectedVersion;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn those_who_hold_their_lock_are_known_and_no_others() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        Store::create(&path, 0o600, |_| Ok(())).unwrap();
        let store = Store::open(&path, &Rule::store(false), ExpectedVersion::Current).unwrap();
        let silent = store.lock_as_sender().unwrap();
        let mut first = store.begin_sending(at(1_000)).unwrap();
        let second = store.begin_sending(at(2_000)).unwrap();
        let sender = |began_at, active_at| Sender {
            process: std::process::id(),
            elsewhere: None,
            began_at: at(began_at),
            active_at: at(active_at),
        };
        assert_eq!(store.senders().unwrap(), [sender(1_000, 1_000), sender(2_000, 2_000)]);
        first.note(at(1_001));
        assert_eq!(store.senders().unwrap()[0], sender(1_000, 1_000), "it was noted a moment ago");
        first.write(at(1_060));
        assert_eq!(store.senders().unwrap()[0], sender(1_000, 1_060));
        drop((silent, first));
        assert_eq!(store.senders().unwrap(), [sender(2_000, 2_000)]);
        // The next one with a lock is not taken for the one before.
        let next = store.lock_as_sender().unwrap();
        assert_eq!(store.senders().unwrap(), [sender(2_000, 2_000)]);
        drop((next, second));
        assert_eq!(store.senders().unwrap(), []);
    }

    #[test]
    fn a_note_of_another_form_is_none_and_one_of_another_container_says_so() {
        let file = tempfile::tempfile().unwrap();
        for note in ["", "\n", "12", "12\tx\n", "x\ty\t1\t2\th\n", "12\ty\t1\t99999999999999\th\n", "1\ty\t1\t2\n"] {
            file.set_len(0).unwrap();
            file.write_all_at(note.as_bytes(), 0).unwrap();
            assert_eq!(read(&file, FIRST_SENDER), None, "{note:?}");
        }
        file.write_all_at(b"\xff\xfe\n", 0).unwrap();
        assert_eq!(read(&file, FIRST_SENDER), None);
        file.write_all_at(b"12\tpid:[1]\t100\t200\tweb1\n", 0).unwrap();
        let sender = read(&file, FIRST_SENDER).unwrap();
        assert_eq!(sender.to_string(), "process 12 of another container (host web1)");
        assert_eq!((sender.began_at, sender.active_at), (at(100), at(200)));
    }
}
