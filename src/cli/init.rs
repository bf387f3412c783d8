//! `init`.

mod place;

use std::ffi::OsString;
use std::path::Path;

use crate::actions::init;
use crate::actions::init::FirstOperator;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::jobs::summary::counted;
use crate::cli::operators;
use crate::cli::prompt;
use crate::config::Config;
use crate::config::ConfigEnv;
use crate::domain::action::Action;
use crate::domain::operator::OperatorKind;
use crate::domain::role::RoleId;
use crate::domain::text;
use crate::private_file;
use crate::private_file::owner_of_place;
use crate::secrets::key::ResetKey;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::open::ExpectedVersion;

use place::NewKeyFile;
use place::ServiceAccount;
use place::create_directory_of;
use place::create_store_directory;
use place::group;

/// Create the configuration, store and reset key if they are missing
///
/// An existing configuration is used unchanged. The account that runs this becomes the first operator, with the role
/// Admin; with sudo, doas, run0 or pkexec, the account that called it.
///
/// If root creates the store in a directory owned by a service account, that account also owns the store and the key,
/// and may run `jobs run`.
///
/// The paths of the store and the key are always printed, unless `-q` is given. Other results are not printed when
/// standard error is not a terminal; `-v` prints them there too.
///
/// With sudo, only accounts that may run any command with sudo can use `init`; the program queries sudo. If sudo cannot
/// answer, name the first operator: `sudo env -u SUDO_UID cxme-admin init --operator carol`; with doas: `doas env -u
/// DOAS_USER cxme-admin init --operator carol`
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Skip the questions; use the defaults
    #[arg(short, long)]
    yes: bool,
    /// Create a new reset key for a store that has lost its own; links created with the old one stop working
    #[arg(long)]
    new_key: bool,
    /// First operator, instead of the account that runs this
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "new_key")]
    operator: Option<String>,
    /// Name of the organization, for a new configuration
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// Help contact for users, for a new configuration
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
    let first = args.operator.as_deref().map(|given| operators::new_operator(context, given)).transpose()?;
    let existing = context.config_path().filter(|path| is_there(path));
    let config = if existing.is_some() { context.config()? } else { context.config_by_default() };
    let store_path = std::path::absolute(context.store_path(&config)?)?;
    let service = ServiceAccount::of(context, &store_path);
    let key_file = NewKeyFile::new(context.setup()?.key_path(), service);
    if is_there(&store_path) {
        return at_store(context, args, &store_path, &key_file);
    }
    context.may_init()?;
    // Whether that account has a store already cannot be seen from here; this says so, and what one is there.
    let asking = ["cxme-admin".into(), "whoami".into()];
    if let Some(complaint) = context.other_accounts_store(&store_path, &asking) {
        return Err(complaint.into());
    }
    Store::check_place(&store_path, if config.store.reader_group.is_some() { 0o640 } else { 0o600 })?;
    key_file.check_free(&store_path)?;
    let mut equivalent = None;
    if existing.is_none() {
        let path = context.new_config_path()?;
        let organization = Answers::of(context, args)?;
        let text = new_config(context, &organization, &path, &store_path)?;
        equivalent =
            organization.were_asked.then(|| equivalent_command(context, args, &organization, &path, &store_path));
        create_directory_of(&path, 0o755, None)?;
        private_file::write_new(&path, CONFIG_MODE, text.as_bytes())?;
        context.output.say(&format!("Created configuration: {}", path.display()));
    }
    let operators = create_store(context, &config, &store_path, &key_file, first, service)?;
    context.output.announce(&format!("Created reset key: {}", key_file.path.display()));
    context.output.announce(&format!("Created store: {}", store_path.display()));
    for FirstOperator { uid, account, kind, .. } in &operators {
        let account = format!("{} (uid {uid})", text::visible(account));
        context.output.say(&match kind {
            OperatorKind::Person => format!("First operator: {account}, with the role Admin"),
            OperatorKind::Service => {
                format!("Service: {account}, owns the store, and may run `jobs run` and `store backup`")
            }
        });
    }
    if let Some(words) = equivalent {
        context.output.say_typed(&format!("Non-interactive equivalent: {}", crate::cli::as_typed(&words)));
    }
    context.output.say("Next: cxme-admin users add EMAIL --name NAME");
    Ok(())
}

/// Whether a file is there, and not only what a run of `init` left that was killed.
fn is_there(path: &Path) -> bool {
    if path.symlink_metadata().is_ok_and(|found| found.len() == 0) {
        let _ = private_file::remove_left_behind(path);
    }
    path.symlink_metadata().is_ok()
}

/// Where a store is already: finishes an `init` that was ended in between, or gives the store a new key.
fn at_store(context: &mut Context, args: &InitArgs, store: &Path, key_file: &NewKeyFile) -> anyhow::Result<()> {
    if key_file.is_pending() {
        context.may_init()?;
        key_file.finish()?;
        context.output.say(&format!("Created reset key: {}", key_file.path.display()));
        return Ok(());
    }
    if !args.new_key {
        return Err(StoreError::Exists(store.to_owned()).into());
    }
    let setup = context.setup()?;
    match setup.key()? {
        Some(_) => {
            let words = format!(
                "{}: the key is there: `--new-key` is for a store that has lost it",
                setup.key_path().display()
            );
            Err(CliError::Configuration(words).into())
        }
        None => renew_key(context, key_file, args.yes),
    }
}

/// Makes the store, its key and its first operators, all of which belong to the account that root makes it for.
fn create_store(
    context: &mut Context,
    config: &Config,
    path: &Path,
    key_file: &NewKeyFile,
    first: Option<(u32, String)>,
    service: Option<ServiceAccount>,
) -> anyhow::Result<Vec<FirstOperator>> {
    let readers = config.store.reader_group.as_deref().map(group).transpose()?;
    create_store_directory(path, readers.as_ref())?;
    let account = context.account(owner_of_place(path));
    let (uid, name) = first.unwrap_or_else(|| (account.uid, account.name.clone()));
    let mut operators = vec![FirstOperator { uid, account: name, kind: OperatorKind::Person, role: RoleId::ADMIN }];
    operators.extend(service.filter(|service| service.uid != uid).map(|service| FirstOperator {
        uid: service.uid,
        account: context.process.accounts.name(service.uid),
        kind: OperatorKind::Service,
        role: RoleId::SERVICE,
    }));
    let now = context.now();
    let make_key = || {
        let key = ResetKey::generate(context.random());
        key_file.write(&key)?;
        Ok(key.fingerprint())
    };
    let _rights = service.map(ServiceAccount::rights).transpose()?;
    let mode = if readers.is_some() { 0o640 } else { 0o600 };
    init::init(path, mode, &account, &operators, make_key, now).inspect_err(|_| key_file.discard(path))?;
    key_file.finish()?;
    if readers.is_some() {
        // Readers that may not write find a log from now on: opening creates it, and closing leaves it.
        let rule = context.setup()?.store_rule();
        drop(Store::open(path, &rule, ExpectedVersion::Current)?);
    }
    Ok(operators)
}

/// Gives a store that has lost its key a new one.
fn renew_key(context: &mut Context, place: &NewKeyFile, yes: bool) -> anyhow::Result<()> {
    let app = context.app(Action::StoreInit)?;
    let links = init::links_of_lost_key(&app)?;
    let path = place.path.display();
    let question = format!("Create a new reset key, {path}, and revoke {}?", counted(links, "open link"));
    prompt::confirm(context, yes, &question)?;
    let key = ResetKey::generate(app.random());
    place.write(&key)?;
    place.finish()?;
    if let Err(error) = init::renew_key(&app, &key.fingerprint()) {
        // A key that is not the store's would only stand in the way.
        place.remove();
        return Err(error.into());
    }
    context.output.say(&format!("Created reset key: {path}"));
    Ok(())
}

/// What a new configuration says of the organization.
struct Answers {
    name: String,
    help_contact: String,
    were_asked: bool,
}

impl Answers {
    /// As the arguments or the operator at the terminal give them.
    fn of(context: &Context, args: &InitArgs) -> anyhow::Result<Self> {
        let mut name = args.organization.clone().unwrap_or_default();
        let mut help_contact = args.help_contact.clone().unwrap_or_default();
        if !args.yes {
            let hint = "give `--yes` to take the defaults, and `--organization` and `--help-contact`";
            let mut terminal = context.terminal("The organization's name and help contact", hint)?;
            name = prompt::line(terminal.as_mut(), "The organization's name", &name)?;
            help_contact = prompt::line(terminal.as_mut(), "Whom users ask for help", &help_contact)?;
        }
        Ok(Self { name, help_contact, were_asked: !args.yes })
    }
}

/// The command that does the same without asking, wherever the variables lead then: `-c` makes it ignore that of the
/// store.
fn equivalent_command(
    context: &Context,
    args: &InitArgs,
    answers: &Answers,
    config: &Path,
    store: &Path,
) -> Vec<OsString> {
    let mut words: Vec<OsString> = ["cxme-admin", "init", "--yes", "-c"].map(Into::into).to_vec();
    words.push(config.into());
    if context.names_store() {
        words.extend(["--store".into(), store.into()]);
    }
    for (option, value) in [("--organization", &answers.name), ("--help-contact", &answers.help_contact)] {
        match value.chars().next() {
            None => {}
            Some('-') => words.push(format!("{option}={value}").into()),
            Some(_) => words.extend([option.into(), value.into()]),
        }
    }
    if let Some(operator) = &args.operator {
        words.extend(["--operator".into(), operator.into()]);
    }
    words
}

/// The text of a new configuration: the example, with what was asked or given filled in.
fn new_config(context: &Context, answers: &Answers, path: &Path, store_path: &Path) -> anyhow::Result<String> {
    let mut text = EXAMPLE.to_owned();
    for (key, value) in [("name", &answers.name), ("help_contact", &answers.help_contact)] {
        let filled = format!("\n{key} = {}\n", toml_text(value));
        text = text.replacen(&format!("\n{key} = \"\"\n"), &filled, 1);
    }
    if context.names_store() {
        let shown =
            store_path.to_str().ok_or_else(|| CliError::Configuration("the store's path is not UTF-8".to_owned()))?;
        let line = text.lines().find(|line| line.starts_with("# path = ")).unwrap_or_default().to_owned();
        text = text.replacen(&line, &format!("path = {}", toml_text(shown)), 1);
    }
    // What was typed may hold what a configuration may not.
    Config::parse(&text, path, ConfigEnv::default()).map_err(crate::config::LoadError::from)?;
    Ok(text)
}

fn toml_text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}
