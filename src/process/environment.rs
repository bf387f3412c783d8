//! What the environment tells about the operator's terminal, locale and time zone.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;

use jiff::tz::TimeZone;
use nix::fcntl::OFlag;
use nix::fcntl::open;
use nix::sys::stat::Mode;

use super::Process;

/// The most that is read of a time zone file, in bytes. Those of the tz database have less than 4,000.
const ZONE_FILE_LIMIT: u64 = 64 * 1024;

impl Process {
    /// Whether the environment allows colours at a terminal.
    pub fn allows_colour(&self) -> bool {
        self.variable("NO_COLOR").is_none() && !self.is_dumb_terminal()
    }

    /// Whether the terminal, if there is one, only supports lines of text, without colours and cursor movement:
    /// `TERM` is `dumb`, `unknown` or not set (terminfo(5)).
    pub fn is_dumb_terminal(&self) -> bool {
        self.variable("TERM").is_none_or(|name| name == "dumb" || name == "unknown")
    }

    /// Whether the locale uses UTF-8 (locale(7)): the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set decides;
    /// without any, the locale is `C`.
    pub fn is_utf8(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| self.variable(name));
        let locale = locale.map(|locale| locale.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let codeset = locale.split_once('.').map(|(_, rest)| rest.split('@').next().unwrap_or_default());
        codeset.is_some_and(|codeset| codeset == "utf-8" || codeset == "utf8")
    }

    /// The operator's time zone: that of `TZ`, else of `/etc/localtime`, else UTC (localtime(5)). If `TZ` names no
    /// zone of this machine, the result is [`TimeZone::unknown`], so that no time is misread.
    pub fn time_zone(&self) -> TimeZone {
        self.time_zone_later()()
    }

    /// A function that does the same later: finding the zone reads files, and most commands show no time.
    pub fn time_zone_later(&self) -> Box<dyn FnOnce() -> TimeZone> {
        if let Some(zone) = self.time_zone.clone() {
            return Box::new(|| zone);
        }
        let given = self.environment.get(OsStr::new("TZ")).cloned();
        Box::new(move || match given {
            None => {
                #[expect(clippy::disallowed_methods, reason = "the one place that asks for the machine's zone")]
                let zone = TimeZone::try_system();
                zone.unwrap_or(TimeZone::UTC)
            }
            Some(given) => zone_of(&given).unwrap_or_else(TimeZone::unknown),
        })
    }
}

/// The zone for a value of `TZ` (tzset(3)): a rule, a name of the tz database, or the path of a file; `None`: not
/// usable. jiff is not given the path, because it reads a file to its end, which a device may not have.
fn zone_of(given: &OsStr) -> Option<TimeZone> {
    let given = given.to_str()?;
    if given.is_empty() {
        return Some(TimeZone::UTC);
    }
    let name = match given.strip_prefix(':') {
        Some(name) => name,
        None => match TimeZone::posix(given) {
            Ok(zone) => return Some(zone),
            Err(_) => given,
        },
    };
    // A path into the database means the zone of that name, whatever file this machine has there.
    let in_database = name.rsplit_once("zoneinfo/").map_or(name, |(_, name)| name);
    if let Ok(zone) = TimeZone::get(in_database) {
        return Some(zone);
    }
    if !name.starts_with('/') {
        return None;
    }
    let bytes = read_zone_file(Path::new(name)).ok()?;
    TimeZone::tzif(name, &bytes).ok()
}

/// Reads a file named by the environment: only a regular file of a plausible size, and without blocking.
fn read_zone_file(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let file = File::from(open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > ZONE_FILE_LIMIT {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    // A file in /proc has the size 0 and may have no end.
    file.take(ZONE_FILE_LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    /// The file of a zone with a fixed offset in seconds (RFC 9636).
    fn zone_file(seconds: i32) -> Vec<u8> {
        let counts: [u32; 6] = [0, 0, 0, 0, 1, 4];
        let block = |version: u8| {
            let header = [b"TZif".as_slice(), &[version], &[0; 15]].concat();
            let counts: Vec<u8> = counts.into_iter().flat_map(u32::to_be_bytes).collect();
            [header, counts, seconds.to_be_bytes().to_vec(), vec![0, 0], b"ABC\0".to_vec()].concat()
        };
        [block(b'2'), block(b'2'), b"\nABC-3\n".to_vec()].concat()
    }

    fn zone(given: &str) -> Option<String> {
        let zone = zone_of(OsStr::new(given))?;
        Some(zone.to_offset(jiff::Timestamp::UNIX_EPOCH).to_string())
    }

    #[test]
    fn tz_is_a_rule_a_name_or_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("zone"), zone_file(10_800)).unwrap();
        assert_eq!(zone(&path("zone")).as_deref(), Some("+03"));
        assert_eq!(zone(&format!(":{}", path("zone"))).as_deref(), Some("+03"));
        assert_eq!(zone("<+0230>-2:30").as_deref(), Some("+02:30"));
        assert_eq!(zone("").as_deref(), Some("+00"));
        assert_eq!(zone(":UTC").as_deref(), Some("+00"));
        assert_eq!(zone("UTC").as_deref(), Some("+00"));
        assert_eq!(zone("Mars/Olympus"), None);
        assert_eq!(zone_of(std::os::unix::ffi::OsStrExt::from_bytes(b"\xff")), None);
    }

    #[test]
    fn an_endless_or_blocking_path_is_not_a_zone() {
        let directory = tempfile::tempdir().unwrap();
        let fifo = directory.path().join("fifo");
        mkfifo(&fifo, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        let large = directory.path().join("large");
        let mut bytes = zone_file(0);
        bytes.resize(ZONE_FILE_LIMIT as usize + 1, 0);
        std::fs::write(&large, bytes).unwrap();
        for path in
            ["/dev/zero", "/dev/urandom", "/dev/stdin", "/", "/proc/self/environ", "/proc/kmsg", "../../dev/zero"]
        {
            assert_eq!(zone(path), None, "{path}");
            assert_eq!(zone(&format!(":{path}")), None, "{path}");
        }
        assert_eq!(zone(fifo.to_str().unwrap()), None);
        assert_eq!(zone(large.to_str().unwrap()), None);
    }
}
