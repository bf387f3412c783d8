//! `demo`: a sample organization, on which the program's own commands are run before the reader's eyes.

use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::clock::SystemClock;
use crate::private_file;
use crate::process::SharedBuffer;
use crate::random::SystemRandom;
use crate::store::Store;

/// Show the program at work on a sample organization
///
/// Creates a directory with a configuration, a store and a dozen users, runs commands there and shows their output.
/// Nothing outside that directory is read or written. The directory is kept, so that you can try more.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// New or empty directory; otherwise a new one in the directory for temporary files
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

const CONFIG: &str = r#"# The sample organization of `cxme-admin demo`.
[organization]
name = "Example Travel"
help_contact = "help@example.com, extension 4711"
email_domains = ["example.com", "idp.example.com"]

[store]
path = "store.db"

[mail]
from = "passwords@example.com"
transport = "file"

[mail.file]
directory = "mails"

[mail.sendmail]
program = "sendmail.sh"

[reset]
link = "https://reset.example.com/#{code}"

[saml]
email_domains = ["idp.example.com"]
contact = "the identity team, idp@example.com"
"#;

/// What takes mails in the place of a mail server, and refuses one of them.
const SENDMAIL: &str = r#"#!/bin/sh
for recipient; do :; done
case $recipient in georg@*) echo "550 5.1.1 no such mailbox" >&2; exit 67 ;; esac
exec cat > "$(dirname "$0")/mails/$(date +%s%N).eml"
"#;

/// The link of the configuration up to its code.
const LINK: &str = "https://reset.example.com/#";

const USERS: &str = "email,username,name,role,locale,status
alice@example.com,alice,Alice Adams,Admin,en,
bob@example.com,bob,Bob Brown,,en,
carla@example.com,carla,Carla Conti,,it,
dora@example.com,dora,Dora Dietrich,,de,locked
emil@example.com,emil,Émile Dubois,,fr,
fumiko@example.com,fumiko,藤田 文子,,ja,
georg@example.com,georg,Georg Groß,,de-AT,
hana@example.com,hana,Hana Horáková,,cs,
ivan@example.com,ivan,Иван Иванов,,bg,
joao@example.com,joao,João Jardim,,pt,
karin@example.com,karin,Karin Kvist,,sv,
sam@idp.example.com,sam,Sam Single-Sign-On,,en,
";

/// Runs the command.
///
/// # Errors
/// When the directory cannot be made, or a command does not do what it should.
pub fn run(context: &mut Context, args: &DemoArgs) -> anyhow::Result<()> {
    context.refuse_restricted("`demo`")?;
    context.check_data_output()?;
    let dir = make_dir(context, args.dir.as_deref())?;
    private_file::write_new(&dir.join("config.toml"), 0o600, CONFIG.as_bytes())?;
    private_file::write_new(&dir.join("users.csv"), 0o600, USERS.as_bytes())?;
    let config = dir.join("config.toml");
    context.output.line(&format!("# A sample organization, in {}", dir.display()))?;
    context.output.line(&format!("$ export CXME_ADMIN_CONFIG={}", config.display()))?;
    let mut stage = Stage { context, config };

    stage.say("Create the store and import a dozen users from a file.")?;
    stage.run(&["init", "--yes"], 0)?;
    stage.run(&["users", "import", &dir.join("users.csv").display().to_string()], 0)?;
    stage.run(&["users", "list"], 0)?;

    stage.say("The organization's password requirements.")?;
    stage.run(&["policy", "show"], 0)?;

    stage.say("Set a password; here a generated one, because nobody can answer a prompt.")?;
    let password = stage.run(&["users", "set-password", "alice", "--generate"], 0)?;
    let password = password.trim_end();

    stage.say("It works for login immediately.")?;
    stage.pipe("\"$PASSWORD\"", password, &["users", "verify-password", "alice", "--stdin"], 0)?;
    stage.say("A wrong password is refused: exit code 1, without a reason.")?;
    stage.pipe("'a wrong password'", "a wrong password", &["users", "verify-password", "alice", "--stdin"], 1)?;

    stage.say("Or let the user choose, with a link by mail. Here mails are written to files instead of being sent.")?;
    stage.run(&["users", "send-reset", "karin"], 0)?;
    let mail = newest_mail(&dir.join("mails"))?;
    stage.show_text(&mail)?;
    stage.say("With the code from the mail, the user sets a password, once. A web page would run this.")?;
    let code = code_in(&mail)?;
    let chosen = "en mening som bara Karin kan";
    let lines = format!("{code}\n{chosen}");
    stage.pipe("\"$CODE\" \"$PASSWORD\"", &lines, &["resets", "redeem", "--stdin"], 0)?;
    stage.pipe("\"$PASSWORD\"", chosen, &["users", "verify-password", "karin", "--stdin"], 0)?;
    stage.pipe("\"$CODE\" \"$PASSWORD\"", &lines, &["resets", "redeem", "--stdin"], 65)?;
    stage.run(&["resets", "list"], 0)?;

    if may_execute(&dir)? {
        show_job(&mut stage, &dir)?;
    }

    stage.say("A password that breaks rules is refused, with every rule that it breaks.")?;
    stage.pipe("bob", "bob", &["users", "set-password", "bob", "--stdin"], 65)?;

    stage.say("A user of the SAML identity provider has no password here.")?;
    stage.run(&["users", "set-password", "sam", "--generate"], 65)?;

    stage.say("Lock a user for two hours, and show the user.")?;
    stage.run(&["users", "lock", "bob", "--for", "2h", "--reason", "lost laptop"], 0)?;
    stage.run(&["users", "show", "bob"], 0)?;

    stage.say("Every action and every refusal is an event, chained to the one before.")?;
    stage.run(&["audit", "list"], 0)?;
    stage.run(&["audit", "verify"], 0)?;

    let config = crate::cli::as_typed(&[stage.config.clone().into()]);
    let words = [
        String::new(),
        "# The directory is kept. Try, for example:".to_owned(),
        format!("cxme-admin -c {config} users set-password bob"),
        format!("cxme-admin -c {config} users list --no-password -o csv"),
        format!("cxme-admin -c {config} users --help"),
        format!("# To remove it: {}", crate::cli::as_typed(&["rm".into(), "-r".into(), dir.into()])),
    ];
    for line in words {
        context.output.line(&line)?;
    }
    Ok(())
}

/// A job with one address that is refused, interrupted and gone on with.
fn show_job(stage: &mut Stage<'_>, dir: &Path) -> anyhow::Result<()> {
    let config = CONFIG.replace("transport = \"file\"", "transport = \"sendmail\"");
    private_file::write_new(&dir.join("sendmail.sh"), 0o700, SENDMAIL.as_bytes())?;
    private_file::replace(&dir.join("config.toml"), 0o600, config.as_bytes())?;
    stage.say("Mailing many users creates a job. For this one, a program takes the mails and refuses one address.")?;
    stage.run(&["users", "send-reset", "--no-password", "--dry-run"], 0)?;
    stage.say("It is slow here and stops early, as if it had been interrupted.")?;
    let words = ["users", "send-reset", "--no-password", "--rate", "5/s", "--max-runtime", "1s", "--yes"];
    stage.run(&words, 75)?;
    stage
        .say("The next run continues where it stopped; cron starts one every minute. Nobody is lost, and nobody is mailed twice.")?;
    stage.run(&["jobs", "run", "1"], 3)?;
    stage.run(&["jobs", "show", "1"], 0)?;
    Ok(())
}

/// Whether programs may be started from this directory: some systems forbid it below /tmp.
fn may_execute(dir: &Path) -> anyhow::Result<bool> {
    use nix::sys::statvfs::FsFlags;
    Ok(!nix::sys::statvfs::statvfs(dir)?.flags().contains(FsFlags::ST_NOEXEC))
}

/// The mail that became a file last.
fn newest_mail(directory: &Path) -> anyhow::Result<String> {
    let mut newest = None;
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.split('.').next()?.parse::<i64>().ok());
        newest = newest.max(number.map(|number| (number, path)));
    }
    let (_, path) = newest.ok_or_else(|| anyhow::anyhow!("{}: holds no mail", directory.display()))?;
    Ok(std::fs::read_to_string(path)?)
}

/// The code behind the `#` of the link.
fn code_in(mail: &str) -> anyhow::Result<&str> {
    let place = mail.find(LINK).ok_or_else(|| anyhow::anyhow!("the mail holds no link"))? + LINK.len();
    mail.get(place..place + 26).ok_or_else(|| anyhow::anyhow!("the mail holds no code"))
}

/// Makes the directory, or takes an empty one, in which a store can be created.
fn make_dir(context: &Context, given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let was_there = given.is_some_and(Path::is_dir);
    let dir = any_dir(context, given)?;
    Store::check_place(&dir.join("store.db"), 0o600).inspect_err(|_| {
        if !was_there {
            let _ = std::fs::remove_dir(&dir);
        }
    })?;
    Ok(dir)
}

fn any_dir(context: &Context, given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let Some(dir) = given else {
        let directory = context.process.variable("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
        return Ok(nix::unistd::mkdtemp(&directory.join("cxme-admin-demo-XXXXXX"))?);
    };
    let dir = std::path::absolute(dir)?;
    match std::fs::read_dir(&dir).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(dir),
        Ok(false) => Err(CliError::Data(format!("{}: the directory is not empty", dir.display())).into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            private_file::create_directory(&dir, 0o700)?;
            Ok(dir)
        }
        Err(error) => Err(error.into()),
    }
}

/// Where commands are run and shown.
struct Stage<'a> {
    context: &'a mut Context,
    config: PathBuf,
}

impl Stage<'_> {
    fn say(&mut self, words: &str) -> std::io::Result<()> {
        self.context.output.line("")?;
        self.context.output.line(&format!("# {words}"))
    }

    /// Shows the text part of a mail, and the headers that a reader sees.
    fn show_text(&mut self, mail: &str) -> std::io::Result<()> {
        let is_shown = |line: &&str| ["From: ", "To: ", "Subject: "].iter().any(|name| line.starts_with(name));
        let (headers, parts) = mail.split_once("\r\n\r\n").unwrap_or((mail, ""));
        let (_, text) = parts.split_once("\r\n\r\n").unwrap_or_default();
        let (text, _) = text.split_once("\r\n--").unwrap_or((text, ""));
        for line in headers.lines().filter(is_shown).chain([""]).chain(text.lines()) {
            self.context.output.line(format!("| {line}").trim_end())?;
        }
        Ok(())
    }

    /// Runs a command and shows it; gives what it wrote to standard output.
    fn run(&mut self, words: &[&str], expected: u8) -> anyhow::Result<String> {
        self.act("", "", words, expected)
    }

    /// The same with a line on standard input, which is shown as `shown`.
    fn pipe(&mut self, shown: &str, line: &str, words: &[&str], expected: u8) -> anyhow::Result<String> {
        self.act(&format!("printf '%s\\n' {shown} | "), &format!("{line}\n"), words, expected)
    }

    fn act(&mut self, before: &str, stdin: &str, words: &[&str], expected: u8) -> anyhow::Result<String> {
        let mut arguments = vec![OsString::from("cxme-admin")];
        arguments.extend(words.iter().map(OsString::from));
        let output = &mut self.context.output;
        output.line(&format!("$ {before}{}", crate::cli::as_typed(&arguments)))?;
        let (both, data) = (SharedBuffer::default(), SharedBuffer::default());
        let mut environment = vec![(OsString::from("CXME_ADMIN_CONFIG"), self.config.clone().into_os_string())];
        // What is shown of it is shown here.
        for name in ["TERM", "LC_ALL", "LC_CTYPE", "LANG"] {
            let value = self.context.process.variable(name).map(OsString::from);
            environment.extend(value.map(|value| (OsString::from(name), value)));
        }
        if !output.colour_out {
            environment.push((OsString::from("NO_COLOR"), OsString::from("1")));
        }
        let process = self.context.process.inner(arguments, environment, stdin.into(), output.columns, &data, &both);
        let status = crate::cli::run(process, Arc::new(SystemClock), Arc::new(SystemRandom));
        // Both streams, in the order in which they were written; all of it was made visible by the command itself.
        output.data().write_all(&both.bytes())?;
        if status != 0 {
            output.line(&format!("(status {status})"))?;
        }
        output.flush()?;
        if status != expected {
            anyhow::bail!("a command of the demonstration ended with status {status}, not {expected}");
        }
        Ok(String::from_utf8_lossy(&data.bytes()).into_owned())
    }
}
