//! Helpers for the tests of the local transports, and tests of both through their common interface.

use std::future::Future;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use super::Envelope;
use super::Mail;
use super::file::MailDirectory;
use super::outcome::DeliveryOutcome;
use super::sendmail::Sendmail;
use super::transport::Transport;
use crate::secrets::zeroizing::ZeroizingBuf;

/// A small mail.
pub(super) fn mail(message_id: &str) -> Mail {
    Mail {
        envelope: Envelope {
            sender: "bounces@example.com".parse().unwrap(),
            recipient: "alice@example.com".parse().unwrap(),
        },
        message_id: message_id.to_owned(),
        content: ZeroizingBuf::new(b"Subject: hello\r\n\r\nA link.\r\n".to_vec()),
    }
}

/// Waits for a future in a runtime like that of the commands.
pub(super) fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Writes a shell script. Another process writes it: if this process had it open for writing, a program that another
/// test starts meanwhile could inherit that descriptor, and executing the script would fail ("text file busy").
pub(super) fn script(directory: &Path, body: &str) -> PathBuf {
    let path = directory.join("program");
    let status = Command::new("sh")
        .args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$2\" >\"$1\" && chmod 700 \"$1\"", "sh"])
        .args([path.as_os_str(), body.as_ref()])
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    path
}

#[test]
fn both_local_transports_are_opened_used_and_closed_like_any_other() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("mails");
    let program = script(scratch.path(), "cat >/dev/null");
    for transport in
        [Transport::Directory(MailDirectory::new(directory.clone())), Transport::Sendmail(Sendmail::new(program))]
    {
        wait(async {
            let mut connection = transport.open().await.unwrap();
            let (first, second) = (mail("1@example.com"), mail("2@example.com"));
            for (mail, next) in [(&first, Some(&second.envelope)), (&second, None)] {
                let outcome = connection.deliver(mail, next).await;
                assert!(matches!(outcome, DeliveryOutcome::Accepted { .. }) && connection.is_open(), "{outcome:?}");
            }
            connection.close().await;
        });
    }
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 2);
}
