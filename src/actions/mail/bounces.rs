//! `mail bounces`: what delivery reports say is recorded of the messages and the addresses that they are about.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::app::App;
use crate::app::Change;
use crate::app::ChangeOptions;
use crate::app::EventDetails;
use crate::app::Result;
use crate::app::Transaction;
use crate::domain::action::Action;
use crate::domain::bounce::Bounce;
use crate::domain::bounce::ReportedResult;
use crate::domain::email_address;
use crate::domain::message::MessageId;
use crate::mail::delivery_report::DeliveryReport;
use crate::mail::delivery_report::ReportedRecipient;
use crate::store::bounces::SentMessage;

/// How many reports are recorded in one change: a mailbox of a million keeps no other writer waiting, and takes no memory.
const BATCH: usize = 500;

/// What was read, and what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BounceCounts {
    /// Messages that were read.
    pub read: u64,
    /// Messages whose bounce was recorded.
    pub bounced: u64,
    /// Users whose address was marked as failing.
    pub users: u64,
    /// Reports of bounces that were recorded before.
    pub known: u64,
    /// Reports of a delay, or of an error that may pass.
    pub temporary: u64,
    /// Reports of no mail that was sent from this store to that address.
    pub unmatched: u64,
    /// Reports about users on whom the operator may not act: they change nothing.
    pub not_permitted: u64,
    /// Messages that report no failure: most are no delivery reports.
    pub others: u64,
}

/// Takes messages and records what those say that are delivery reports.
pub struct BounceRecorder<'app> {
    app: &'app App,
    change_options: ChangeOptions,
    pending: Vec<DeliveryReport>,
    counts: BounceCounts,
    /// In a dry run, which forgets each change: what would have been recorded.
    would_bounce: HashSet<MessageId>,
}

/// What a report is about.
enum Verdict<'report> {
    New(SentMessage, &'report ReportedRecipient),
    Known,
    Temporary,
    Unmatched,
    NotPermitted,
    Other,
}

impl<'app> BounceRecorder<'app> {
    /// A recorder.
    pub fn new(app: &'app App, change_options: ChangeOptions) -> Self {
        let (pending, counts, would_bounce) = (Vec::new(), BounceCounts::default(), HashSet::new());
        Self { app, change_options, pending, counts, would_bounce }
    }

    /// Takes a message, or the beginning of one.
    ///
    /// # Errors
    /// When the operator may not, or the store fails.
    pub fn add(&mut self, message: &[u8]) -> Result<()> {
        self.counts.read += 1;
        match DeliveryReport::parse(message) {
            Some(report) => self.pending.push(report),
            None => self.counts.others += 1,
        }
        if self.pending.len() >= BATCH { self.record() } else { Ok(()) }
    }

    /// Records the rest.
    ///
    /// # Errors
    /// When the operator may not, or the store fails.
    pub fn finish(mut self) -> Result<BounceCounts> {
        self.record()?;
        Ok(self.counts)
    }

    fn record(&mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        // Most were read before, and a change waits for other writers.
        let has_news = self.app.view(Action::MailBounces, |view| {
            for report in &pending {
                if matches!(verdict(view, report)?, Verdict::New(..)) {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        let mut counts = self.counts;
        if has_news {
            let (options, would_bounce) = (self.change_options.clone(), &mut self.would_bounce);
            counts = self.app.change(Action::MailBounces, &options, |change| {
                let mut counts = counts;
                for report in &pending {
                    record(change, report, &mut counts, would_bounce, options.dry_run)?;
                }
                let mut details = EventDetails::default();
                details.note("bounced", counts.bounced - self.counts.bounced);
                details.note("users", counts.users - self.counts.users);
                details.is_unchanged = counts.bounced == self.counts.bounced;
                Ok((details, counts))
            })?;
        } else {
            self.app.view(Action::MailBounces, |view| {
                for report in &pending {
                    count(&verdict(view, report)?, &mut counts);
                }
                Ok(())
            })?;
        }
        self.counts = counts;
        Ok(())
    }
}

/// Counts what a report is about; a new bounce is counted where it is recorded.
fn count(verdict: &Verdict<'_>, counts: &mut BounceCounts) {
    match verdict {
        Verdict::New(..) => {}
        Verdict::Known => counts.known += 1,
        Verdict::Temporary => counts.temporary += 1,
        Verdict::Unmatched => counts.unmatched += 1,
        Verdict::NotPermitted => counts.not_permitted += 1,
        Verdict::Other => counts.others += 1,
    }
}

fn record(
    change: &Change<'_>,
    report: &DeliveryReport,
    counts: &mut BounceCounts,
    would_bounce: &mut HashSet<MessageId>,
    is_dry_run: bool,
) -> Result<()> {
    let found = verdict(change, report)?;
    let Verdict::New(sent, recipient) = found else {
        count(&found, counts);
        return Ok(());
    };
    if is_dry_run && !would_bounce.insert(sent.id) {
        counts.known += 1;
        return Ok(());
    }
    let now = change.now();
    change.bounce_message(sent.id, &recipient.reply, now)?;
    counts.bounced += 1;
    if recipient.result != ReportedResult::AddressFails {
        return Ok(());
    }
    // The user may have another address by now, of which nothing is reported.
    let user = sent.user.map(|user| change.user_by_id(user)).transpose()?.flatten();
    if let Some(user) = user.filter(|user| email_address::is_same(user.email.as_str(), &sent.address)) {
        let at = reported_at(report, &sent, now);
        counts.users += u64::from(change.bounce_user(user.id, &Bounce { at, reply: recipient.reply.clone() })?);
    }
    Ok(())
}

/// When the report was written, if it was between the sending of its mail and now; otherwise now.
fn reported_at(report: &DeliveryReport, sent: &SentMessage, now: Timestamp) -> Timestamp {
    let written_at = report.written_at.and_then(|seconds| Timestamp::from_second(seconds).ok());
    written_at.filter(|at| (sent.delivered_at..=now).contains(at)).unwrap_or(now)
}

/// What a report is about. A stranger may have written it: it counts only if it names a Message-ID that was sent, which no stranger
/// can guess, and the address to which that mail went. Operators can see Message-IDs, so a report does nothing to a user on whom the
/// operator who gives it may not act.
fn verdict<'report>(transaction: &impl Transaction, report: &'report DeliveryReport) -> Result<Verdict<'report>> {
    let reading = transaction.reading();
    for id in &report.message_ids {
        // Our own begin with the number of the message.
        let number = id.split('.').next().and_then(|number| number.parse().ok());
        let sent = number.map(|number| reading.sent_message(MessageId(number))).transpose()?.flatten();
        let Some(sent) = sent.filter(|sent| sent.message_id.eq_ignore_ascii_case(id)) else { continue };
        let is_it = |address: &String| email_address::is_same(address, &sent.address);
        let Some(recipient) = report.recipients.iter().find(|recipient| recipient.addresses.iter().any(is_it)) else {
            continue;
        };
        return Ok(match recipient.result {
            ReportedResult::Delivered => Verdict::Other,
            ReportedResult::Temporary => Verdict::Temporary,
            ReportedResult::AddressFails | ReportedResult::MailFails if sent.is_bounced => Verdict::Known,
            ReportedResult::AddressFails | ReportedResult::MailFails if !is_permitted(transaction, &sent)? => {
                Verdict::NotPermitted
            }
            ReportedResult::AddressFails | ReportedResult::MailFails => Verdict::New(sent, recipient),
        });
    }
    let is_failure = |recipient: &ReportedRecipient| recipient.result != ReportedResult::Delivered;
    Ok(if report.recipients.iter().any(is_failure) { Verdict::Unmatched } else { Verdict::Other })
}

/// Whether the operator may act on the user of a message. A mail of `mail test` has none.
fn is_permitted(transaction: &impl Transaction, sent: &SentMessage) -> Result<bool> {
    let user = sent.user.map(|user| transaction.reading().user_by_id(user)).transpose()?.flatten();
    user.map_or(Ok(true), |user| Ok(transaction.may_act_on(&user)?.is_ok()))
}
