//! `mail test`.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::actions::mail::test;
use crate::cli::acting_args::ActingArgs;
use crate::cli::context::Context;
use crate::cli::failure::CliError;
use crate::cli::failure::MailFailure;
use crate::cli::mail::fault_of;
use crate::cli::plan;
use crate::cli::plan::PlanStep;
use crate::cli::value::Value;
use crate::domain::action::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::message::MessageState;
use crate::domain::rate::Rates;
use crate::domain::refusal::Refusal;
use crate::domain::text;
use crate::mail::smtp::Side;
use crate::mail::smtp::Transcript;
use crate::mail::transport::Transport;
use crate::outbox::SendOptions;
use crate::outbox::StopReason;

/// Send one test mail
///
/// With `-v`, shows the dialogue with the relay and, marked with `*`, the address, the TLS parameters and the SHA-256
/// of the relay's certificate; the login is masked. A test mail that is not accepted now is not retried.
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    /// Email address
    #[arg(value_name = "ADDRESS")]
    address: String,
    #[command(flatten)]
    acting: ActingArgs,
}

/// How long the whole test may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// Runs the command.
///
/// # Errors
/// When the relay does not take the mail, or the operator may not.
pub fn run(context: &mut Context, args: &TestArgs) -> anyhow::Result<()> {
    let app = context.app(Action::MailTest)?;
    let address: EmailAddress =
        args.address.parse().map_err(|fault| crate::app::ActionError::Refused(Refusal::Email(fault)))?;
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&lines);
    let transcript = Transcript::new(move |side, line| {
        heard.lock().unwrap_or_else(PoisonError::into_inner).push((side, line.to_owned()));
    });
    let is_told = context.global.verbose;
    let mailer = context.mailer_without_links(&app, Some(transcript))?;
    let has_dialogue = matches!(*mailer.transport, Transport::Smtp(_));
    // Whether mail works is not asked at a certain rate.
    let rates = Rates::default();
    let send_options = SendOptions { deadline: Some(Instant::now() + DEADLINE), rates, ..app.send_options() };
    let tested = test::test(&app, &mailer, send_options, &address, &args.acting.change_options());
    for (side, line) in lines.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let mark = match side {
            Side::Ours => ">",
            Side::Relay => "<",
            Side::Note => "*",
            Side::Advice => {
                context.output.warn(line);
                continue;
            }
        };
        if is_told {
            context.output.say(&format!("{mark} {line}"));
        }
    }
    let Some((message, report)) = tested? else {
        let step = PlanStep::new(Action::MailTest, format!("Would send a test mail to {address}."));
        let step = step.field("address", Value::text(address.as_str()));
        return plan::print(&mut context.output, app.now(), &[step]);
    };
    let reply = message.reply.as_deref().unwrap_or_default();
    let complaint = |fault, words| CliError::NotSent { fault, words, hint: hint(has_dialogue && !is_told) };
    match (&report.transport_error, message.state) {
        (_, MessageState::Accepted) => {
            let accepted = mailer.transport.accepted(&format!("the test mail for {address}"));
            context.output.say(&format!("{}: {reply}", text::capitalized(&accepted)));
            Ok(())
        }
        _ if report.stop_reason == Some(StopReason::OutOfTime) => {
            let config = context.config()?;
            let smtp = &config.mail.smtp;
            let relay = smtp.host.as_deref().map(|host| format!(" {host}:{}", smtp.port)).unwrap_or_default();
            let words = format!("the relay{relay} did not answer within {} seconds", DEADLINE.as_secs());
            Err(complaint(MailFailure::Later, words).into())
        }
        (Some(transport_error), _) => Err(complaint(fault_of(transport_error), transport_error.message.clone()).into()),
        (None, MessageState::Failed) => {
            let fault = if report.bug { MailFailure::Bug } else { MailFailure::Refused };
            Err(complaint(fault, format!("the mail for {address} was refused: {reply}")).into())
        }
        (None, state) => {
            Err(complaint(MailFailure::Later, format!("the mail for {address} is {state}: {reply}")).into())
        }
    }
}

fn hint(has_dialogue: bool) -> String {
    if has_dialogue { "`-v` shows the dialogue with the relay".to_owned() } else { String::new() }
}
