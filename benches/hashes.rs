//! Prints the milliseconds for one of N hashes with the default parameters, computed one after the other in one
//! process. `benches/speed.py` compares it with Debian's Argon2: `hashes N`.

use std::io::Write as _;
use std::time::Instant;

use cxme_admin::secrets::hasher::Hasher;
use cxme_admin::secrets::password::Password;
use cxme_admin::secrets::password_hash::HashParameters;
use zeroize::Zeroizing;

fn main() -> anyhow::Result<()> {
    let count: u32 = std::env::args().nth(1).as_deref().unwrap_or("1").parse()?;
    let password = Password::new(Zeroizing::new("lamp river stone".to_owned()))?;
    let mut hasher = Hasher::new(HashParameters::default());
    let start = Instant::now();
    for _ in 0..count {
        hasher.verify_nobody(&password);
    }
    let each = start.elapsed() / count.max(1);
    writeln!(std::io::stdout(), "{:.3}", each.as_secs_f64() * 1e3)?;
    Ok(())
}
