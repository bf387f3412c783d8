//! `policy blocklist info`.

use std::path::Path;
use std::path::PathBuf;

use super::open_filter;
use super::unusable;
use crate::blocklist::FilterHeader;
use crate::blocklist::header::VERSION;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::output::Format;
use crate::cli::value::Heading;
use crate::cli::value::Value;
use crate::domain::text;

/// How often a password that is on no list is taken for one that is: 2^-16.
const FALSE_POSITIVES: &str = "1 in 65,536 (0.0015%)";

/// Show what a blocklist file has
///
/// Checks its length and its header, and with `--verify` every byte. FALSE POSITIVES is how many passwords that are on no
/// list are refused all the same; of a file with several kinds of lists, it holds for each kind.
#[derive(Debug, clap::Args)]
pub struct InfoArgs {
    /// File that `policy blocklist build` created
    #[arg(value_name = "FILE")]
    filter: PathBuf,
    /// Read and check all of it
    #[arg(long)]
    verify: bool,
}

const HEADS: [Heading; 8] = [
    Heading { name: "file", title: "File" },
    Heading { name: "version", title: "Version" },
    Heading { name: "lists", title: "Lists" },
    Heading { name: "entries", title: "Different entries" },
    Heading { name: "bytes", title: "Size" },
    Heading { name: "false_positive_rate", title: "False positives" },
    Heading { name: "digest", title: "Digest" },
    Heading { name: "verified", title: "Verified" },
];

/// Runs the command.
///
/// # Errors
/// When the file is no filter, or is damaged.
pub fn run(context: &mut Context, args: &InfoArgs) -> anyhow::Result<()> {
    let filter = open_filter(&args.filter)?;
    if args.verify {
        filter.verify().map_err(|error| unusable(&args.filter, &error))?;
    }
    print(context, &args.filter, filter.header(), args.verify)
}

/// Prints what a header says.
pub(super) fn print(context: &mut Context, path: &Path, header: &FilterHeader, verified: bool) -> anyhow::Result<()> {
    let is_table = context.output.format == Format::Table;
    let digest: String = header.digest().iter().map(|byte| format!("{byte:02x}")).collect();
    let rate = if is_table {
        Value::text(FALSE_POSITIVES)
    } else {
        Value::Json(format!("{}", 1.0 / f64::from(1_u32 << 16)).into())
    };
    let cells = [
        Value::text(path.display().to_string()),
        Value::Number(VERSION.into()),
        Value::List(header.spellings.names()),
        match is_table {
            true => Value::text(text::grouped(header.entries, ',')),
            false => Value::count(header.entries),
        },
        if is_table { Value::text(text::bytes(header.length)) } else { Value::count(header.length) },
        rate,
        Value::text(digest),
        match verified {
            true => Value::Flag(true),
            false => Value::Nothing("only the header; `--verify` reads all of it"),
        },
    ];
    let now = context.now();
    Ok(data::record(&mut context.output, &HEADS, &cells, now)?)
}
