//! An editor who does not stop writing, and readers who do not stop reading.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::http::Answer;
use crate::system::Account;
use crate::tour::api::{Editor, Reader, Review};
use crate::tour::text::{Text, texts};
use crate::wait::{self, Probe};

const WRITE_EVERY: Duration = Duration::from_millis(50);
const READ_EVERY: Duration = Duration::from_millis(10);
/// Longer than any answer may take, and far longer than a reader would wait.
const READ_LIMIT: Duration = Duration::from_secs(10);
/// What a reader is promised.
pub const PROMISE: Duration = Duration::from_millis(500);
pub const LOCALE: &str = "pt-BR";

/// What is shared with the threads that write and read, and what they have seen.
#[derive(Default)]
pub struct Traffic {
    stop: AtomicBool,
    /// Publications that were answered with a success: their numbers. The nth has the text `take-n`.
    acknowledged: Mutex<Vec<u64>>,
    /// Writes that were refused, or whose answer never came.
    refused: AtomicU64,
    reads: AtomicU64,
    slow_reads: AtomicU64,
    slowest_us: AtomicU64,
    failed: Mutex<Vec<String>>,
}

/// The editor's review: what is written, and what readers read with the other pages.
pub struct Subject {
    pub editor: Editor,
    pub review: Review,
}

impl Subject {
    /// Written, but not published.
    pub fn begin(base: &str, account: &Account) -> Result<Self> {
        let editor = Editor::sign_in(base, account)?;
        let camera = Reader { base }.cameras(1)?.into_iter().next().ok_or_else(|| Error::failed("there is no camera"))?;
        let review = editor.create(&format!("drill-{}", crate::tour::marker()?), &camera, &take(0))?;
        Ok(Self { editor, review })
    }
}

impl Traffic {
    /// Writes until it is stopped. What was refused is tried again, as an editor would.
    pub fn write(&self, subject: &mut Subject) {
        let mut sure = true;
        while !self.stop.load(Ordering::Relaxed) {
            let number = self.acknowledged() + 1;
            let written = if sure { Ok(()) } else { subject.editor.look_again(&mut subject.review) };
            let written = written
                .and_then(|()| subject.editor.save(&mut subject.review, &take(number), None))
                .and_then(|()| subject.editor.transition(&mut subject.review, LOCALE, "publish"));
            sure = written.is_ok();
            match written {
                Ok(seq) => self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(seq),
                Err(_) => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
            }
            thread::sleep(WRITE_EVERY);
        }
    }

    /// Reads these pages at an edge until it is stopped, one after the other.
    pub fn read(&self, base: &str, pages: &[String]) {
        self.read_at(pages, |_| base.to_owned());
    }

    /// The same, each page where `place` says, which is told the answer to the last one.
    pub fn read_at(&self, pages: &[String], mut place: impl FnMut(Option<&Answer>) -> String) {
        let mut last = None;
        for slug in pages.iter().cycle() {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let base = place(last.as_ref());
            let started = wait::now();
            let answer = Reader { base: &base }.review(slug, LOCALE, None, READ_LIMIT);
            let took = started.elapsed();
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.slow_reads.fetch_add(u64::from(took > PROMISE), Ordering::Relaxed);
            self.slowest_us.fetch_max(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            last = match answer.and_then(|answer| answer.expect(200)) {
                Ok(answer) => Some(answer),
                Err(error) => {
                    self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(error.to_string());
                    None
                }
            };
            thread::sleep(READ_EVERY);
        }
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// The numbers of what was acknowledged.
    pub fn numbers(&self) -> Vec<u64> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Which take the publication with this number has in its text; 0 if none was acknowledged.
    pub fn take_of(&self, seq: u64) -> usize {
        self.numbers().iter().position(|found| *found == seq).map_or(0, |place| place + 1)
    }

    /// Waits until so many more publications were acknowledged. Gives the number of the last.
    pub fn writes_go_on(&self, more: usize, limit: Duration) -> Result<u64> {
        let wanted = self.acknowledged() + more;
        wait::until("editors' writes to be accepted", limit, || {
            let numbers = self.numbers();
            Ok(match numbers.last() {
                Some(last) if numbers.len() >= wanted => Probe::Done(*last),
                Some(_) | None => Probe::NotYet(format!("{} of {wanted}, {} refused", numbers.len(), self.refused())),
            })
        })
    }

    /// What readers met: an error if one of them met an error.
    pub fn readers(&self) -> Result<String> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let reads = self.reads.load(Ordering::Relaxed);
        if let Some(first) = failed.first() {
            return Err(Error::failed(format!("{} of {reads} reads failed; the first: {first}", failed.len())));
        }
        let slowest_ms = self.slowest_us.load(Ordering::Relaxed) / 1000;
        let slow = self.slow_reads.load(Ordering::Relaxed);
        Ok(format!("{reads} reads, none failed, {slow} took over {} ms, the slowest {slowest_ms} ms", PROMISE.as_millis()))
    }
}

/// In front of an edit's number, in six digits, in its text.
pub const MARKER: &str = "take-";

pub fn marker(number: usize) -> String {
    format!("{MARKER}{number:06}")
}

fn take(number: usize) -> Text {
    let [first, ..] = texts(&marker(number));
    first
}
