//! Finds the configuration file.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const BELOW_CONFIG_HOME: &str = "cxme-admin/config.toml";

/// The sources of the configuration's path. Variables have the values of the environment; an empty one counts as
/// unset.
#[derive(Debug, Clone, Copy, Default)]
pub struct Search<'a> {
    /// `--config`.
    pub flag: Option<&'a Path>,
    /// `CXME_ADMIN_CONFIG`.
    pub variable: Option<&'a OsStr>,
    /// `XDG_CONFIG_HOME`.
    pub xdg_config_home: Option<&'a OsStr>,
    /// `HOME`.
    pub home: Option<&'a OsStr>,
    /// The system-wide file.
    pub system: Option<&'a Path>,
}

/// The file to read: that of the flag, that of the variable, or the first that exists of
/// `$XDG_CONFIG_HOME/cxme-admin/config.toml` (`$HOME/.config` without that variable) and the system-wide file.
/// `None`: the defaults apply.
///
/// A file that was named is returned even if it does not exist, so that reading it reports that. The working
/// directory is never searched, because anyone who can write there could choose the settings. For the same reason a
/// relative `XDG_CONFIG_HOME` is ignored, as the XDG Base Directory Specification requires.
pub fn search_path(search: &Search<'_>) -> Option<PathBuf> {
    let set = |variable: Option<&OsStr>| variable.filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = search.flag.map(Path::to_path_buf).or_else(|| set(search.variable));
    if named.is_some() {
        return named;
    }
    let absolute = |variable| set(variable).filter(|path| path.is_absolute());
    let config_home = absolute(search.xdg_config_home).or_else(|| Some(absolute(search.home)?.join(".config")));
    let own = config_home.map(|directory| directory.join(BELOW_CONFIG_HOME));
    own.into_iter().chain(search.system.map(Path::to_path_buf)).find(|path| may_exist(path))
}

/// Whether a file exists. If that cannot be determined, it counts as existing: reading it then reports why, instead
/// of other settings being used silently.
fn may_exist(path: &Path) -> bool {
    match path.symlink_metadata() {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn touch(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    #[test]
    fn the_flag_comes_before_the_variable_before_the_account_before_the_machine() {
        let directory = tempfile::tempdir().unwrap();
        let (xdg, home) = (directory.path().join("xdg"), directory.path().join("home"));
        let system = directory.path().join("etc/config.toml");
        let (of_xdg, of_home) = (xdg.join(BELOW_CONFIG_HOME), home.join(".config").join(BELOW_CONFIG_HOME));
        let machine = Search { system: Some(&system), ..Search::default() };
        let account = Search { xdg_config_home: Some(xdg.as_os_str()), home: Some(home.as_os_str()), ..machine };
        assert_eq!(search_path(&account), None, "nothing exists");
        touch(&system);
        assert_eq!(search_path(&account).as_ref(), Some(&system));
        touch(&of_home);
        assert_eq!(search_path(&account).as_ref(), Some(&system), "XDG_CONFIG_HOME replaces HOME/.config");
        let without_xdg = Search { xdg_config_home: None, ..account };
        assert_eq!(search_path(&without_xdg).as_ref(), Some(&of_home));
        touch(&of_xdg);
        assert_eq!(search_path(&account).as_ref(), Some(&of_xdg));
        let variable = Search { variable: Some(OsStr::new("/absent/variable.toml")), ..account };
        assert_eq!(search_path(&variable), Some("/absent/variable.toml".into()));
        let flag = Search { flag: Some(Path::new("flag.toml")), ..variable };
        assert_eq!(search_path(&flag), Some("flag.toml".into()));
    }

    #[test]
    fn empty_and_relative_variables_are_ignored() {
        let directory = tempfile::tempdir().unwrap();
        let system = directory.path().join("config.toml");
        touch(&system);
        let home = directory.path().join("home");
        let of_home = home.join(".config").join(BELOW_CONFIG_HOME);
        touch(&of_home);
        let machine = Search { system: Some(&system), ..Search::default() };
        for xdg in ["", "relative", "."] {
            let search = Search {
                variable: Some(OsStr::new("")),
                xdg_config_home: Some(OsStr::new(xdg)),
                home: Some(home.as_os_str()),
                ..machine
            };
            assert_eq!(search_path(&search).as_ref(), Some(&of_home), "{xdg:?}");
            let search = Search { home: Some(OsStr::new("home")), ..search };
            assert_eq!(search_path(&search).as_ref(), Some(&system));
        }
        assert_eq!(search_path(&machine).as_ref(), Some(&system));
    }

    #[test]
    fn a_dangling_link_is_not_ignored() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join(BELOW_CONFIG_HOME);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/absent", &link).unwrap();
        let system = Some(Path::new("/absent/config.toml"));
        let search = Search { xdg_config_home: Some(directory.path().as_os_str()), system, ..Search::default() };
        assert_eq!(search_path(&search), Some(link));
    }
}
