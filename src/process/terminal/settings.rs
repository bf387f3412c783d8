//! The terminal's settings during a prompt, and how they are restored.

use std::fs::File;

use nix::sys::signal::SigSet;
use nix::sys::signal::SigmaskHow;
use nix::sys::signal::Signal;
use nix::sys::termios::FlushArg;
use nix::sys::termios::InputFlags;
use nix::sys::termios::LocalFlags;
use nix::sys::termios::SetArg;
use nix::sys::termios::SpecialCharacterIndices;
use nix::sys::termios::Termios;
use nix::sys::termios::tcflush;
use nix::sys::termios::tcgetattr;
use nix::sys::termios::tcsetattr;
use nix::unistd::getpgrp;
use nix::unistd::tcgetpgrp;

/// Sets the terminal for a prompt, and restores it on drop, also after a panic.
pub(super) struct Settings<'tty> {
    tty: &'tty File,
    before: Termios,
    during: Termios,
}

impl<'tty> Settings<'tty> {
    /// Sets the terminal for a prompt, and drops earlier input. The terminal itself echoes nothing, not even the line
    /// break of Enter, and passes each byte on as it is typed: we edit the line, and show it if it may be shown. The
    /// keys for signals keep working.
    pub(super) fn apply(tty: &'tty File) -> nix::Result<Self> {
        let before = tcgetattr(tty)?;
        let mut during = before.clone();
        // A program before us may have left flags that change or double bytes, or take Enter for something else.
        during.input_flags.remove(InputFlags::ISTRIP | InputFlags::PARMRK | InputFlags::INLCR | InputFlags::IGNCR);
        during.input_flags.insert(InputFlags::ICRNL);
        during.local_flags.insert(LocalFlags::ISIG);
        during.local_flags.remove(LocalFlags::ECHONL | LocalFlags::ECHO | LocalFlags::ICANON);
        during.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
        during.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        // Not TCSAFLUSH: it waits until all output is written, which never happens after Ctrl-S, and keeps input that
        // the kernel has not processed yet. tcflush(3) drops that too.
        tcsetattr(tty, SetArg::TCSANOW, &during)?;
        let mut settings = Self { tty, before, during };
        // What the terminal has accepted.
        settings.during = tcgetattr(tty)?;
        tcflush(tty, FlushArg::TCIFLUSH)?;
        Ok(settings)
    }

    /// The operator's settings.
    pub(super) fn before(&self) -> &Termios {
        &self.before
    }

    /// Whether nobody has changed the settings since. The line editors of shells also switch off echo and line mode,
    /// but differ in other flags.
    fn still_ours(&self) -> bool {
        tcgetattr(self.tty).is_ok_and(|now| now == self.during)
    }
}

impl Drop for Settings<'_> {
    fn drop(&mut self) {
        // In the background the kernel would stop us here, before the settings are restored.
        let mut background_write = SigSet::empty();
        background_write.add(Signal::SIGTTOU);
        let mask = background_write.thread_swap_mask(SigmaskHow::SIG_BLOCK);

        // A closed terminal needs no settings, so errors are ignored.
        if in_foreground(self.tty) {
            // Flushed before, so that no input is shown or reaches the shell; and after, for input that came in
            // between.
            let _ = tcflush(self.tty, FlushArg::TCIFLUSH);
            let _ = tcsetattr(self.tty, SetArg::TCSANOW, &self.before);
            let _ = tcflush(self.tty, FlushArg::TCIFLUSH);
        } else if self.still_ours() {
            // After `kill -STOP` the shell has the terminal but has not set it: pending input belongs to the shell.
            let _ = tcsetattr(self.tty, SetArg::TCSANOW, &self.before);
        }

        if let Ok(mask) = mask {
            let _ = mask.thread_set_mask();
        }
    }
}

/// Whether we may use the terminal now. A terminal that is not our controlling terminal has no background.
pub(super) fn in_foreground(tty: &File) -> bool {
    tcgetpgrp(tty).map_or(true, |group| group == getpgrp())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::panic::AssertUnwindSafe;
    use std::panic::catch_unwind;

    use nix::pty::openpty;

    use super::*;

    fn terminal() -> (File, File) {
        let ends = openpty(None, None).unwrap();
        (File::from(ends.master), File::from(ends.slave))
    }

    #[test]
    fn a_panic_restores_the_terminal() {
        let (mut keyboard, tty) = terminal();
        let before = tcgetattr(&tty).unwrap();
        for typed in ["", "abc"] {
            catch_unwind(AssertUnwindSafe(|| {
                let _settings = Settings::apply(&tty).unwrap();
                let during = tcgetattr(&tty).unwrap().local_flags;
                assert!(!during.intersects(LocalFlags::ECHO | LocalFlags::ICANON) && during.contains(LocalFlags::ISIG));
                keyboard.write_all(typed.as_bytes()).unwrap();
                panic!("while asking");
            }))
            .unwrap_err();
            assert_eq!(tcgetattr(&tty).unwrap(), before, "after typing {typed:?}");
        }
    }

    #[test]
    fn a_terminal_left_raw_has_its_signals_during_a_question_and_is_left_raw_again() {
        let (_keyboard, tty) = terminal();
        let mut raw = tcgetattr(&tty).unwrap();
        nix::sys::termios::cfmakeraw(&mut raw);
        tcsetattr(&tty, SetArg::TCSANOW, &raw).unwrap();
        let before = tcgetattr(&tty).unwrap();

        let settings = Settings::apply(&tty).unwrap();
        let during = tcgetattr(&tty).unwrap();
        assert!(during.local_flags.contains(LocalFlags::ISIG) && during.input_flags.contains(InputFlags::ICRNL));
        drop(settings);
        assert_eq!(tcgetattr(&tty).unwrap(), before);
    }

    #[test]
    fn a_terminal_in_the_line_editor_of_a_shell_is_not_ours() {
        let (_keyboard, tty) = terminal();
        let settings = Settings::apply(&tty).unwrap();
        assert!(settings.still_ours());
        // As readline does.
        let mut edited = tcgetattr(&tty).unwrap();
        edited.input_flags.remove(InputFlags::ICRNL | InputFlags::INLCR);
        tcsetattr(&tty, SetArg::TCSANOW, &edited).unwrap();
        assert!(!settings.still_ours());
    }
}
