//! A turn: all workers that ask are answered in one transaction of the store.

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
    /// Answers those who wait, in one transaction: these, and the `rest`, which may come meanwhile. How long it was at
    /// work.
    pub(super) fn turn(&mut self, requests: Vec<Numbered>, rest: &RequestQueue) -> Result<Duration> {
        let began = Instant::now();
        let writing = self.begin_turn()?;
        let now = self.surroundings.clock.now();
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
        self.answer_these(&turn, requests, &mut answers, now)?;
        let waits_since = Instant::now();
        let others = rest.take_rest();
        let waited = waits_since.elapsed();
        if !others.is_empty() {
            self.heard.note(&others);
            self.answer_these(&turn, others, &mut answers, now)?;
        }
        let is_through = !self.message_source.is_anything_left(turn.store()?, now)?;
        if is_through && self.in_flight() == 0 && !self.is_stopping {
            self.conclude(&turn, now)?;
        }
        let is_over = self.is_stopping || is_through;
        turn.commit()?;
        for (number, answer) in answers {
            let answer =
                if is_over && !matches!(answer, WorkerResponse::Send { .. }) { WorkerResponse::End } else { answer };
            self.answer(number, answer);
        }
        if is_over {
            self.dismiss_the_free();
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

    /// Settles what these workers had, and finds what each of them is to be answered.
    fn answer_these(
        &mut self,
        turn: &StoreTurn<'_>,
        requests: Vec<Numbered>,
        answers: &mut Vec<(usize, WorkerResponse)>,
        now: Timestamp,
    ) -> Result<()> {
        let mut wishes = Vec::with_capacity(requests.len());
        for (number, request) in requests {
            let wish = self.note(turn, number, request, now)?;
            // A worker that was told to end meanwhile is not waiting for an answer.
            if !self.workers[number].has_ended {
                wishes.push((number, wish));
            }
        }
        self.quotas.look_again(turn.store()?, self.in_flight() as u64, now)?;
        let asides = wishes.iter().filter_map(|(number, _)| self.workers[*number].reserved.as_ref());
        self.message_source.read_reserved(turn, asides)?;
        for (number, wish) in wishes {
            let answer = self.grant(turn, number, wish, now)?;
            answers.extend(answer.map(|answer| (number, answer)));
        }
        Ok(())
    }

    /// The answer to what a worker asks for, if there is one now.
    fn grant(
        &mut self,
        turn: &StoreTurn<'_>,
        number: usize,
        wish: WorkerNeed,
        now: Timestamp,
    ) -> Result<Option<WorkerResponse>> {
        // The probe is the one that says when the others continue.
        let is_one_too_many = self.probe.is_none() && self.open_connections() > self.connections.allowed();
        Ok(match wish {
            WorkerNeed::Message { .. } if is_one_too_many => {
                let reserved = self.workers[number].reserved.take();
                reserved.into_iter().for_each(|reserved| self.message_source.give_back(reserved.id(), false));
                self.idle.push(number);
                Some(WorkerResponse::Rest)
            }
            WorkerNeed::Message { can_ride } => Some(self.next(turn, number, can_ride, now)?),
            WorkerNeed::Connection if is_one_too_many => {
                self.idle.push(number);
                None
            }
            WorkerNeed::Connection => Some(WorkerResponse::Open(Duration::ZERO)),
            WorkerNeed::Patience(trouble) => self.bear_with(number, trouble),
        })
    }
}
