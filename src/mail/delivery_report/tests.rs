//! Reports as servers write them. Each sample names where its form comes from; names, addresses and ids are ours.

use super::*;
use ReportedResult::*;

const ID: &str = "42.ABCDEF@example.com";

/// A multipart/report of these parts.
fn report(status: &str, returned_type: &str, returned: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: passwords@example.com\nDate: Tue, 24 Nov 2026 08:00:00 +0000\n\
         Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"A5F1/mx.example.net\"\n\n\
         This is a MIME-encapsulated message.\n\n--A5F1/mx.example.net\nContent-Type: text/plain; charset=us-ascii\n\n\
         Your mail could not be delivered.\n\n--A5F1/mx.example.net\nContent-Type: message/delivery-status\n\n{status}\n\
         --A5F1/mx.example.net\nContent-Type: {returned_type}\n\n{returned}\n--A5F1/mx.example.net--\n"
    )
}

fn headers() -> String {
    format!("From: passwords@example.com\nTo: alice@example.com\nMessage-ID: <{ID}>\nSubject: Your password\n")
}

fn one(message: impl AsRef<[u8]>) -> (DeliveryReport, ReportedRecipient) {
    let report = DeliveryReport::parse(message.as_ref()).expect("it is a report");
    assert_eq!(report.recipients.len(), 1, "{report:?}");
    let recipient = report.recipients[0].clone();
    (report, recipient)
}

#[track_caller]
fn assert_reported(message: impl AsRef<[u8]>, addresses: &[&str], result: ReportedResult, reply: &str) {
    let (report, recipient) = one(message);
    assert_eq!(report.message_ids.first().map(String::as_str), Some(ID), "{report:?}");
    assert_eq!((recipient.addresses.as_slice(), recipient.result), (addresses.map_owned().as_slice(), result));
    assert_eq!(recipient.reply, reply);
}

trait MapOwned {
    fn map_owned(&self) -> Vec<String>;
}

impl MapOwned for [&str] {
    fn map_owned(&self) -> Vec<String> {
        self.iter().map(|text| (*text).to_owned()).collect()
    }
}

/// In the form of Postfix 3.7, bounce(8).
#[test]
fn postfix() {
    let status = "Reporting-MTA: dns; mx.example.net\nX-Postfix-Queue-ID: 3C0C742807\n\
                  X-Postfix-Sender: rfc822; passwords@example.com\nArrival-Date: Tue, 24 Nov 2026 08:00:00 +0000 (UTC)\n\n\
                  Final-Recipient: rfc822; alice@example.com\nOriginal-Recipient: rfc822;alice@example.com\nAction: failed\n\
                  Status: 5.1.1\nRemote-MTA: dns; mail.example.com\n\
                  Diagnostic-Code: smtp; 550 5.1.1 <alice@example.com>: Recipient address\n    rejected: User unknown\n";
    let message = report(status, "text/rfc822-headers", &headers());
    let addresses = ["alice@example.com", "alice@example.com"];
    let reply = "550 5.1.1 <alice@example.com>: Recipient address rejected: User unknown";
    assert_reported(&message, &addresses, AddressFails, reply);
    assert_eq!(one(&message).0.written_at, Some(1_795_507_200));
    // The same with the line ends of SMTP, and cut off behind the headers of the returned mail.
    assert_reported(message.replace('\n', "\r\n"), &addresses, AddressFails, reply);
    assert_reported(message.split("Subject: Your").next().unwrap(), &addresses, AddressFails, reply);
    let own = status.replace(
        "smtp; 550 5.1.1 <alice@example.com>: Recipient address\n    rejected: User unknown",
        "X-Postfix; unknown user: \"alice\"",
    );
    assert_reported(
        report(&own, "message/rfc822", &headers()),
        &addresses,
        AddressFails,
        "5.1.1 unknown user: \"alice\"",
    );
    let delayed = status.replace("Action: failed", "Action: delayed").replace("Status: 5.1.1", "Status: 4.4.1");
    assert_eq!(one(report(&delayed, "text/rfc822-headers", &headers())).1.result, Temporary);
}

/// In the form of Exim 4.96, which does not repeat the status of a remote server.
#[test]
fn exim() {
    let status = "Reporting-MTA: dns; mx.example.net\n\nAction: failed\nFinal-Recipient: rfc822;alice@example.com\n\
                  Status: 5.0.0\nRemote-MTA: dns; mail.example.com\nDiagnostic-Code: smtp; 550 5.1.1 unknown user\n";
    assert_reported(
        report(status, "message/rfc822", &format!("{}\nHello\n", headers())),
        &["alice@example.com"],
        AddressFails,
        "550 5.1.1 unknown user",
    );
    let unroutable =
        status.replace("Remote-MTA: dns; mail.example.com\nDiagnostic-Code: smtp; 550 5.1.1 unknown user\n", "");
    assert_reported(report(&unroutable, "message/rfc822", &headers()), &["alice@example.com"], AddressFails, "5.0.0");
}

/// Exchange Online: <https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online>.
#[test]
fn exchange() {
    let status = "Reporting-MTA: dns;HK2APC01HT230.mail.protection.outlook.com\nReceived-From-MTA: dns;mx.example.com\n\
                  Arrival-Date: Tue, 24 Nov 2026 08:00:00 +0000\n\nOriginal-Recipient: rfc822;alice@example.com\n\
                  Final-Recipient: rfc822;alice@tenant.onmicrosoft.com\nAction: failed\nStatus: 5.1.10\n\
                  Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\n\
                  X-Display-Name: Alice\n";
    assert_reported(
        report(status, "message/rfc822", &headers()),
        &["alice@example.com", "alice@tenant.onmicrosoft.com"],
        AddressFails,
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    );
    let expired = status.replace("5.1.10", "4.4.7");
    assert_eq!(one(report(&expired, "message/rfc822", &headers())).1.result, Temporary);
    let blocked = status.replace("5.1.10", "5.7.1");
    assert_eq!(one(report(&blocked, "message/rfc822", &headers())).1.result, MailFails);
}

/// In the form of Gmail, which repeats the code in each line of the reply.
#[test]
fn gmail() {
    let status = "Reporting-MTA: dns; googlemail.com\nArrival-Date: Tue, 24 Nov 2026 00:00:00 -0800 (PST)\n\
                  X-Original-Message-ID: <42.ABCDEF@example.com>\n\nFinal-Recipient: rfc822; alice@example.com\nAction: failed\n\
                  Status: 5.1.1\nRemote-MTA: dns; gmail-smtp-in.l.google.com. (2a00::1, the server for the domain.)\n\
                  Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try\n \
                  550-5.1.1 double-checking the recipient's email address for typos or\n 550 5.1.1 unnecessary spaces.\n\
                  Last-Attempt-Date: Tue, 24 Nov 2026 00:00:00 -0800 (PST)\n";
    let message = report(status, "message/rfc822", &headers());
    assert_reported(
        &message,
        &["alice@example.com"],
        AddressFails,
        "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email \
         address for typos or unnecessary spaces.",
    );
    // Where the mail is not returned, the report is a reply to it.
    let replying = report(status, "text/plain", "nothing").replacen(
        "Subject:",
        &format!("References: <other@x> <{ID}>\nSubject:"),
        1,
    );
    let (report, _) = one(replying);
    assert_eq!(report.message_ids, [ID, "other@x"]);
}

/// Amazon SES: <https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html>, with the bounce simulator.
#[test]
fn amazon_ses() {
    let status = "Reporting-MTA: dns; a8-31.smtp-out.amazonses.com\n\nAction: failed\n\
                  Final-Recipient: rfc822; alice@example.com\n\
                  Diagnostic-Code: smtp; 550 5.1.1 user unknown\nStatus: 5.1.1\n";
    assert_reported(
        report(status, "message/rfc822", &headers()),
        &["alice@example.com"],
        AddressFails,
        "550 5.1.1 user unknown",
    );
}

/// qmail 1.03: <https://cr.yp.to/proto/qsbmf.txt>.
#[test]
fn qmail() {
    let message = |paragraph: &str| {
        format!(
            "From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.example.net.\n\
             I'm afraid I wasn't able to deliver your message to the following addresses.\n\
             This is a permanent error; I've given up. Sorry it didn't work out.\n\n{paragraph}\n\n\
             --- Below this line is a copy of the message.\n\nReturn-Path: <passwords@example.com>\n{}\nHello\n",
            headers()
        )
    };
    assert_reported(
        message("<alice@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)"),
        &["alice@example.com"],
        AddressFails,
        "5.1.1 Sorry, no mailbox here by that name. (#5.1.1)",
    );
    assert_reported(
        message(
            "<alice@example.com>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 unknown\nGiving up on 192.0.2.1.",
        ),
        &["alice@example.com"],
        AddressFails,
        "550 5.1.1 unknown Giving up on 192.0.2.1.",
    );
    let late = message(
        "<alice@example.com>:\nI'm not going to try again; this message has been in the queue too long. (#4.4.1)",
    );
    assert_eq!(one(late).1.result, Temporary);
}

/// RFC 6533: internationalized addresses, in message/global-delivery-status and as text of the type utf-8.
#[test]
fn international() {
    let status = "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: utf-8; jürgen@bücher.example\n\
                  Original-Recipient: utf-8; j\\x{FC}rgen@b\\x{FC}cher.example\nAction: failed\nStatus: 5.1.1\n\
                  Diagnostic-Code: smtp; 550 5.1.1 Empfänger unbekannt\n";
    let message = report(status, "message/global-headers", &headers())
        .replace("message/delivery-status", "message/global-delivery-status");
    let addresses = ["j\\x{FC}rgen@b\\x{FC}cher.example", "jürgen@bücher.example", "jürgen@bücher.example"];
    assert_reported(message, &addresses, AddressFails, "550 5.1.1 Empfänger unbekannt");
    // RFC 3461, 4: `+` as xtext.
    let status = "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; alice+2Btag@example.com\nAction: failed\nStatus: 5.1.1\n";
    let addresses = ["alice+2Btag@example.com", "alice+tag@example.com"];
    assert_reported(report(status, "text/rfc822-headers", &headers()), &addresses, AddressFails, "5.1.1");
}

#[test]
fn a_status_in_base64_or_in_another_character_set_is_read() {
    let status = "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.1.1\n";
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, status);
    let message = report(&base64, "text/rfc822-headers", &headers()).replace(
        "Content-Type: message/delivery-status",
        "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64",
    );
    assert_reported(message, &["alice@example.com"], AddressFails, "5.1.1");
    let latin = status.to_owned() + "Diagnostic-Code: smtp; 550 5.1.1 Empf\u{e4}nger\n";
    let bytes: Vec<u8> = report(&latin, "text/rfc822-headers", &headers())
        .replace("message/delivery-status", "message/delivery-status; charset=x-unknown")
        .chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap())
        .collect();
    assert!(one(bytes).1.reply.starts_with("550 5.1.1 Empf"));
}

#[test]
fn what_is_no_report_is_none() {
    for message in [
        "",
        "\n",
        "Subject: hello\n\nHow are you?\n",
        "Subject: about message/delivery-status\n\nA text.\n",
        "Subject: x\n\nHi. This is the end.\n",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n",
        "\u{feff}delivery-status\u{0}\u{0}",
        ":\n:\ndelivery-status:\n \n",
    ] {
        assert_eq!(DeliveryReport::parse(message.as_bytes()), None, "{message}");
    }
    // A report that somebody forwards is not one that a server wrote to us.
    let forwarded = format!(
        "Content-Type: multipart/mixed; boundary=F\n\n--F\nContent-Type: message/rfc822\n\n{}\n--F--\n",
        report(
            "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.c\nAction: failed\nStatus: 5.1.1\n",
            "message/rfc822",
            &headers()
        )
    );
    assert_eq!(DeliveryReport::parse(forwarded.as_bytes()), None);
}

#[test]
fn a_hostile_report_is_bounded() {
    // Parts in parts, and mails in mails.
    let mut nested = String::new();
    for depth in 0..20_000 {
        nested += &format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n");
    }
    nested += "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n";
    assert_eq!(DeliveryReport::parse(nested.as_bytes()), None);
    let mails = "Content-Type: message/rfc822\n\n".repeat(9_000) + "delivery-status";
    assert_eq!(DeliveryReport::parse(mails.as_bytes()), None);
    // Recipients and ids without end.
    let group = "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.1.1\n\n".repeat(2_000);
    let ids: String = (0..2_000).map(|number| format!(" <{number}.x@example.com>\n")).collect();
    let many = report(&format!("Reporting-MTA: dns; x\n\n{group}"), "text/plain", "x").replacen(
        "Subject:",
        &format!("References:{ids}Subject:"),
        1,
    );
    let found = DeliveryReport::parse(many.as_bytes()).unwrap();
    assert_eq!((found.recipients.len(), found.message_ids.len()), (MAX_RECIPIENTS, MAX_IDS));
    // Words that are long, drive a terminal, or hold a code.
    let code = "MXSXY0FZXMB264D4ZRK80R234D";
    let words = format!("550 5.7.1 \u{1b}[2J spam: https://reset.example.com/#{code} {}", "x".repeat(100_000));
    let status = format!(
        "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; {words}\n"
    );
    let returned = format!("{}\nhttps://reset.example.com/#{code}\n", headers());
    for returned in [returned.as_str(), "Subject: nothing\n"] {
        let (_, recipient) = one(report(&status, "message/rfc822", returned));
        assert!(recipient.reply.chars().count() <= MAX_REPLY + 20, "{}", recipient.reply);
        assert!(!recipient.reply.contains("XMB264D") && !recipient.reply.contains('\u{1b}'), "{}", recipient.reply);
        assert!(recipient.reply.starts_with("550 5.7.1 ") && recipient.reply.contains("****"), "{}", recipient.reply);
    }
}
