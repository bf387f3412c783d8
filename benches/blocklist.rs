//! Prints how many microseconds a look-up in a blocklist file takes: `blocklist FILE COUNT`. The file is opened once, and the look-ups go
//! to blocks all over it. `benches/blocklist.py` runs it.

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use cxme_admin::blocklist::FilterFile;
use cxme_admin::secrets::password::Password;
use zeroize::Zeroizing;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or_else(|| anyhow::anyhow!("name a file"))?);
    let count: u32 = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let start = Instant::now();
    let filter = FilterFile::open(File::open(&path)?, &path)?;
    let opened = start.elapsed();
    let passwords = (0..count)
        .map(|number| Password::new(Zeroizing::new(format!("no such password {number}"))))
        .collect::<Result<Vec<_>, _>>()?;
    let mut listed = 0;
    let start = Instant::now();
    for password in &passwords {
        listed += u32::from(black_box(password).is_listed(&filter)?);
    }
    let each = start.elapsed() / count.max(1);
    let micros = |time: std::time::Duration| time.as_secs_f64() * 1e6;
    writeln!(std::io::stdout(), "{:.3} {:.3} {listed}", micros(each), micros(opened))?;
    Ok(())
}
