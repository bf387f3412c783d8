//! What the environment says of the people at a process: what their terminal and locale can show, and their time zone.

use std::ffi::OsStr;

use jiff::tz::TimeZone;

use super::Process;

impl Process {
    /// Whether the environment lets colours be used at a terminal.
    pub fn allows_colour(&self) -> bool {
        self.variable("NO_COLOR").is_none() && !self.is_dumb_terminal()
    }

    /// Whether the terminal, if there is one, understands nothing but lines of text: no colour, no movement of the cursor. So
    /// says a `TERM` of `dumb` or `unknown`, or none (terminfo(5)).
    pub fn is_dumb_terminal(&self) -> bool {
        self.variable("TERM").is_none_or(|name| name == "dumb" || name == "unknown")
    }

    /// Whether the locale writes UTF-8 (locale(7)): the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set decides, and
    /// without any the locale is `C`.
    pub fn is_utf8(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| self.variable(name));
        let locale = locale.map(|locale| locale.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let codeset = locale.split_once('.').map(|(_, rest)| rest.split('@').next().unwrap_or_default());
        codeset.is_some_and(|codeset| codeset == "utf-8" || codeset == "utf8")
    }

    /// The zone in which the person at this process writes and reads times: that of `TZ`, else of `/etc/localtime`, else UTC
    /// (localtime(5)). A `TZ` that names no zone of this machine gives [`TimeZone::unknown`], so that no time is misread.
    pub fn time_zone(&self) -> TimeZone {
        self.time_zone_later()()
    }

    /// [`Process::time_zone`] when it is needed: finding it reads files, and most commands show no time.
    pub fn time_zone_later(&self) -> Box<dyn FnOnce() -> TimeZone> {
        if let Some(zone) = self.time_zone.clone() {
            return Box::new(|| zone);
        }
        let without = if self.environment.contains_key(OsStr::new("TZ")) { TimeZone::unknown() } else { TimeZone::UTC };
        Box::new(|| {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks for the machine's zone")]
            let zone = TimeZone::try_system();
            zone.unwrap_or(without)
        })
    }
}
