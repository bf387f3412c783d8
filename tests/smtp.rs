//! Handing mails over by SMTP, to a scripted relay on this machine.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by a panic")]

#[path = "smtp/addresses.rs"]
mod addresses;
#[path = "smtp/certificates.rs"]
mod certificates;
#[path = "smtp/client_certificate.rs"]
mod client_certificate;
#[path = "smtp/fuzz.rs"]
mod fuzz;
#[path = "smtp/hostile.rs"]
mod hostile;
#[path = "smtp/login.rs"]
mod login;
#[path = "smtp/named.rs"]
mod named;
#[path = "smtp/pace.rs"]
mod pace;
#[path = "smtp/pipelined.rs"]
mod pipelined;
mod relay;
#[path = "smtp/renewal.rs"]
mod renewal;
#[path = "smtp/replies.rs"]
mod replies;
#[path = "smtp/tls.rs"]
mod tls;
#[path = "smtp/wire.rs"]
mod wire;
#[path = "smtp/world.rs"]
mod world;
