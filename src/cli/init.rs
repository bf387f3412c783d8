//! `init`.

use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;

use nix::unistd::Gid;
use nix::unistd::Group;

use crate::actions::init;
use crate::actions::init::FirstOperator;
use crate::cli::context::Context;
use crate::cli::context::owner_of;
use crate::cli::failure::Complaint;
use crate::cli::jobs::summary::counted;
use crate::cli::operators;
use crate::cli::prompt;
use crate::config::Config;
use crate::config::Surroundings;
use crate::domain::action::Action;
use crate::domain::operator::OperatorKind;
use crate::domain::role::RoleId;
use crate::domain::text;
use crate::private_file;
use crate::private_file::Rule;
use crate::secrets::key::ResetKey;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::open::Expect;

/// Make what is missing of configuration, store and reset key
///
/// A configuration or a key that is there is used as it is. The account that runs this becomes the first operator, with
/// the role Admin; by sudo, the account that called sudo.
///
/// By sudo this is for people who may run any command by sudo, and sudo itself is asked. Where it cannot be asked, they
/// say who is to be the first operator: `sudo env -u SUDO_UID cxme-admin init --operator carol`
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Do not ask: take the defaults
    #[arg(short, long)]
    yes: bool,
    /// Give a store that has lost its reset key a new one: the links made with the old one die
    #[arg(long)]
    new_key: bool,
    /// First operator, in place of the account that runs this
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "new_key")]
    operator: Option<String>,
    /// The organization's name, for a new configuration
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// Whom users ask for help, for a new configuration
    #[arg(long, value_name = "TEXT")]
    help_contact: Option<String>,
}

/// The configuration with every key explained, which a new one begins as.
const EXAMPLE: &str = include_str!("../../config.example.toml");
/// The configuration holds no secret.
const CONFIG_MODE: u32 = 0o644;

/// Runs the command.
///
/// # Errors
/// When there is a store already, or a file cannot be made.
pub fn run(context: &mut Context, args: &InitArgs) -> anyhow::Result<()> {
    let first = args.operator.as_deref().map(|given| operators::account(context, given)).transpose()?;
    let existing = context.config_path().filter(|path| path.symlink_metadata().is_ok());
    let config = if existing.is_some() { context.config()? } else { context.config_by_default() }.clone();
    let store_path = std::path::absolute(context.store_path(&config))?;
    if store_path.symlink_metadata().is_ok() {
        if !args.new_key {
            return Err(StoreError::Exists(store_path).into());
        }
        let (key_path, key) = context.key()?;
        return match key? {
            Some(_) => {
                let words =
                    format!("{}: the key is there: `--new-key` is for a store that has lost it", key_path.display());
                Err(Complaint::Configuration(words).into())
            }
            None => renew_key(context, &key_path, args.yes),
        };
    }
    context.may_init()?;
    Store::check_place(&store_path, if config.store.reader_group.is_some() { 0o640 } else { 0o600 })?;
    let config_path = match existing {
        Some(path) => path,
        None => {
            let path = context.new_config_path();
            let text = new_config(context, args, &path, &store_path)?;
            make_folder_of(&path, 0o755)?;
            private_file::write_new(&path, CONFIG_MODE, text.as_bytes())?;
            context.output.say(&format!("Configuration made: {}", path.display()));
            path
        }
    };
    let readers = config.store.reader_group.as_deref().map(group).transpose()?;
    make_store_folder(&store_path, readers.as_ref())?;
    let (key_path, key, is_new) = key(context)?;
    let account = context.account(owner_of(store_path.parent().unwrap_or(Path::new("/"))));
    let mode = if readers.is_some() { 0o640 } else { 0o600 };
    let (uid, name) = match first {
        Some(first) => first,
        None => (account.uid, account.name.clone()),
    };
    let first = FirstOperator { uid, account: name, kind: OperatorKind::Person, role: RoleId::ADMIN };
    let shown = format!("{} (uid {uid})", text::visible(&first.account));
    init::init(&store_path, mode, &account, &[first], &key.fingerprint(), context.now()?)?;
    if readers.is_some() {
        // Whoever may only read finds a log from now on: opening makes it, and closing leaves it.
        drop(Store::open(&store_path, &Rule::store(true), Expect::Current)?);
    }
    let made = if is_new { "made" } else { "used as it is" };
    context.output.say(&format!("Reset key {made}: {}", key_path.display()));
    context.output.say(&format!("Store made: {}", store_path.display()));
    context.output.say(&format!("First operator: {shown}, with the role Admin"));
    if !args.yes {
        let mut words: Vec<OsString> = ["cxme-admin", "init", "--yes", "-c"].map(Into::into).to_vec();
        words.push(config_path.into_os_string());
        if let Some(operator) = &args.operator {
            words.extend(["--operator".into(), operator.into()]);
        }
        context.output.say(&format!("The same without questions: {}", crate::cli::as_typed(&words)));
    }
    context.output.say("Next: cxme-admin users add EMAIL --name NAME");
    Ok(())
}

/// Gives a store that has lost its key a new one.
fn renew_key(context: &mut Context, path: &Path, yes: bool) -> anyhow::Result<()> {
    let desk = context.desk(Action::StoreInit)?;
    let links = init::links_of_lost_key(&desk)?;
    let question = format!("Make a new reset key, {}, and end {}?", path.display(), counted(links, "open link"));
    prompt::confirm(context, yes, &question)?;
    let key = desk.with_random(ResetKey::generate);
    make_folder_of(path, 0o700)?;
    private_file::write_new(path, 0o600, key.to_file().as_bytes())?;
    if let Err(error) = init::renew_key(&desk, &key.fingerprint()) {
        // A key that is not the store's would only stand in the way.
        let _ = std::fs::remove_file(path);
        return Err(error.into());
    }
    context.output.say(&format!("Reset key made: {}", path.display()));
    Ok(())
}

/// The text of a new configuration: the example, with what was asked or given filled in.
fn new_config(context: &mut Context, args: &InitArgs, path: &Path, store_path: &Path) -> anyhow::Result<String> {
    let mut name = args.organization.clone().unwrap_or_default();
    let mut contact = args.help_contact.clone().unwrap_or_default();
    if !args.yes {
        let hint = "give `--yes` to take the defaults, and `--organization` and `--help-contact`";
        let mut terminal = context.terminal("The organization's name and help contact", hint)?;
        name = prompt::line(terminal.as_mut(), "The organization's name", &name)?;
        contact = prompt::line(terminal.as_mut(), "Whom users ask for help", &contact)?;
    }
    let mut text = EXAMPLE.to_owned();
    for (key, value) in [("name", &name), ("help_contact", &contact)] {
        let filled = format!("\n{key} = {}\n", toml_text(value));
        text = text.replacen(&format!("\n{key} = \"\"\n"), &filled, 1);
    }
    if context.names_store() {
        let shown =
            store_path.to_str().ok_or_else(|| Complaint::Configuration("the store's path is not UTF-8".to_owned()))?;
        let line = text.lines().find(|line| line.starts_with("# path = ")).unwrap_or_default().to_owned();
        text = text.replacen(&line, &format!("path = {}", toml_text(shown)), 1);
    }
    // What was typed may hold what a configuration may not.
    Config::parse(&text, path, Surroundings::default()).map_err(crate::config::LoadError::from)?;
    Ok(text)
}

fn toml_text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

/// The key in the file, or a new one put there.
fn key(context: &mut Context) -> anyhow::Result<(PathBuf, ResetKey, bool)> {
    let (path, key) = context.key()?;
    if let Some(key) = key? {
        return Ok((path, key, false));
    }
    make_folder_of(&path, 0o700)?;
    let key = ResetKey::generate(context.take_random()?.as_mut());
    private_file::write_new(&path, 0o600, key.to_file().as_bytes())?;
    Ok((path, key, true))
}

fn make_folder_of(path: &Path, mode: u32) -> anyhow::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
            Ok(private_file::create_folder(folder, mode)?)
        }
        _ => Ok(()),
    }
}

fn group(name: &str) -> anyhow::Result<(String, Gid)> {
    let missing = || Complaint::Configuration(format!("[store] reader_group: this machine has no group `{name}`"));
    let group = Group::from_name(name).ok().flatten().ok_or_else(missing)?;
    Ok((group.name, group.gid))
}

/// The folder of the store: for its owner alone, or set so that new files in it belong to the readers' group.
fn make_store_folder(store_path: &Path, readers: Option<&(String, Gid)>) -> anyhow::Result<()> {
    let folder: PathBuf = store_path.parent().unwrap_or(Path::new("/")).to_owned();
    let Some((name, gid)) = readers else { return make_folder_of(store_path, 0o700) };
    if !folder.exists() {
        private_file::create_folder(&folder, 0o700)?;
        nix::unistd::chown(&folder, None, Some(*gid))?;
        // After the chown, which takes the set-group-ID bit away.
        std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o2750))?;
    }
    let found = std::fs::metadata(&folder)?;
    let (mode, owner) = (std::os::unix::fs::MetadataExt::mode(&found), std::os::unix::fs::MetadataExt::gid(&found));
    if owner == gid.as_raw() && mode & 0o2050 == 0o2050 {
        return Ok(());
    }
    let folder = folder.display();
    let words = format!("{folder}: {name} cannot read in it: a directory for the store needs mode 2750 and this group");
    Err(Complaint::Configuration(words).into())
}
