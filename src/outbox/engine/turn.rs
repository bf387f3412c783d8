//! A turn: answers all waiting workers in one transaction of the store.

use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

use super::Engine;
use super::WorkerNeed;
use crate::outbox::StopReason;
use crate::outbox::requests::Numbered;
use crate::outbox::requests::RequestQueue;
use crate::outbox::store_turn::StoreTurn;
use crate::outbox::worker::WorkerResponse;
use crate::store::Result;
use crate::store::outbox::Scope;

impl Engine<'_> {
    /// Answers the waiting workers in one transaction: those of `requests`, and those of `rest` that came in
    /// meanwhile. Returns how long it worked.
    pub(super) fn turn(&mut self, requests: Vec<Numbered>, rest: &RequestQueue) -> Result<Duration> {
        let began = Instant::now();
        let writing = self.start_transaction()?;
        let now = self.context.clock.now();
        writing.note_time(now)?;
        self.message_source
            .begin_transaction(requests.len().max(super::group(self.in_flight())), writing.changes_of_others()?);
        if let Scope::Job(job) = self.send_options.scope
            && !writing.is_job_running(job)?
        {
            self.stop(StopReason::Ended);
        }
        let turn = StoreTurn::new(writing, self.lock.number(), now);
        let mut answers = Vec::with_capacity(self.workers.len());
        self.answer_requests(&turn, requests, &mut answers, now)?;
        let waits_since = Instant::now();
        let others = rest.take_rest();
        let waited = waits_since.elapsed();
        if !others.is_empty() {
            self.received.note(&others);
            self.answer_requests(&turn, others, &mut answers, now)?;
        }
        let has_no_more = !self.message_source.has_more(turn.store()?, now)?;
        if has_no_more && self.in_flight() == 0 && !self.is_stopping {
            self.conclude(&turn, now)?;
        }
        let is_over = self.is_stopping || has_no_more;
        turn.commit()?;
        for (number, answer) in answers {
            let answer =
                if is_over && !matches!(answer, WorkerResponse::Send { .. }) { WorkerResponse::End } else { answer };
            self.answer(number, answer);
        }
        if is_over {
            self.end_workers_without_message();
        } else if self.probe.is_none_or(|probe| self.workers[probe].has_ended) {
            while self.open_connections() < self.connections.allowed()
                && let Some(number) = self.idle.pop()
            {
                self.answer(number, WorkerResponse::Open(Duration::ZERO));
            }
        }
        self.send_answers();
        self.observe();
        Ok(began.elapsed().saturating_sub(waited))
    }

    /// Records the results of these workers' last messages, and finds the answer to each of them.
    fn answer_requests(
        &mut self,
        turn: &StoreTurn<'_>,
        requests: Vec<Numbered>,
        answers: &mut Vec<(usize, WorkerResponse)>,
        now: Timestamp,
    ) -> Result<()> {
        let mut needs = Vec::with_capacity(requests.len());
        for (number, request) in requests {
            let need = self.note(turn, number, request, now)?;
            // A worker that was told to end meanwhile does not wait for an answer.
            if !self.workers[number].has_ended {
                needs.push((number, need));
            }
        }
        self.quotas.count_and_update(turn.store()?, self.in_flight() as u64, now)?;
        let reserved = needs.iter().filter_map(|(number, _)| self.workers[*number].reserved.as_ref());
        self.message_source.read_reserved(turn, reserved)?;
        for (number, need) in needs {
            let answer = self.answer_need(turn, number, need, now)?;
            answers.extend(answer.map(|answer| (number, answer)));
        }
        Ok(())
    }

    /// The answer to what a worker needs, if there is one now.
    fn answer_need(
        &mut self,
        turn: &StoreTurn<'_>,
        number: usize,
        need: WorkerNeed,
        now: Timestamp,
    ) -> Result<Option<WorkerResponse>> {
        // With a probe, the probe decides when the others continue.
        let is_one_too_many = self.probe.is_none() && self.open_connections() > self.connections.allowed();
        Ok(match need {
            WorkerNeed::Message { .. } if is_one_too_many => {
                let reserved = self.workers[number].reserved.take();
                reserved.into_iter().for_each(|reserved| self.message_source.give_back(reserved.id(), false));
                self.idle.push(number);
                Some(WorkerResponse::Rest)
            }
            WorkerNeed::Message { can_pipeline } => Some(self.next(turn, number, can_pipeline, now)?),
            WorkerNeed::Connection if is_one_too_many => {
                self.idle.push(number);
                None
            }
            WorkerNeed::Connection => Some(WorkerResponse::Open(Duration::ZERO)),
            WorkerNeed::RelayRetry(transport_error) => self.retry_or_stop(number, transport_error),
        })
    }
}
