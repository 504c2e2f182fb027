//! The parent's side: starts a child for each PDF, and hears what it has found.

use crate::text::MOST_TEXT_BYTES;
use crate::{HAS_TEXT, REFUSED};
use async_trait::async_trait;
use bytes::Bytes;
use core::time::Duration;
use kaipiao_ports::platform::pdf_reader::{PdfReader, UnreadablePdf};
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

/// Children at once.
const AT_ONCE: usize = 4;
/// PDFs that are read or wait, at most.
const MOST_WAITING: usize = 64;
/// The real time that a child may take: it may take less of the processor's, and wait for it.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// An allocator that reserves a gigabyte at its start would let the child have all of it: so much at once, in KiB.
const ARENA: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "32768");

/// A program that calls [`crate::child`] when it is started with these arguments.
#[derive(Clone, Debug)]
pub struct Program {
    /// The executable.
    pub path: PathBuf,
    /// What makes it a child.
    pub arguments: Vec<OsString>,
}

/// Reads each PDF in a process of its own.
pub struct ChildReader {
    program: Program,
    /// Whoever has a place may wait.
    waiting: Arc<Semaphore>,
    /// Whoever has a turn may start a child.
    turns: Arc<Semaphore>,
    time_limit: Duration,
}

impl ChildReader {
    /// A reader whose children are of this program.
    pub fn new(program: Program) -> Self {
        Self {
            program,
            waiting: Arc::new(Semaphore::new(MOST_WAITING)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            time_limit: TIME_LIMIT,
        }
    }

    /// The same with another limit of real time.
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    async fn ask(&self, pdf: Bytes) -> Result<String, UnreadablePdf> {
        let heard = tokio::time::timeout(self.time_limit, self.hear(&pdf)).await;
        let (ended, heard) = match heard {
            Ok(heard) => heard.map_err(|error| UnreadablePdf::Away(error.to_string()))?,
            // The child is killed as its handle is dropped.
            Err(_) => return Err(takes_too_much()),
        };
        match (ended.code(), heard.split_first()) {
            (Some(0), Some((&HAS_TEXT, text))) => Ok(String::from_utf8_lossy(text).into_owned()),
            (Some(0), Some((&REFUSED, why))) => {
                Err(UnreadablePdf::Refused(String::from_utf8_lossy(why).into_owned()))
            }
            // A limit has ended it, or its own fault over what it read.
            _ if ended.signal().is_some() => Err(takes_too_much()),
            (code, _) => {
                let what = format!("{} ended with {code:?}", self.program.path.display());
                Err(UnreadablePdf::Away(what))
            }
        }
    }

    /// The child's end, and what it has written.
    async fn hear(&self, pdf: &[u8]) -> io::Result<(std::process::ExitStatus, Vec<u8>)> {
        let mut child = Command::new(&self.program.path)
            .args(&self.program.arguments)
            .env_clear()
            .env(ARENA.0, ARENA.1)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (mut input, output) = (child.stdin.take(), child.stdout.take());
        let write = async {
            if let Some(mut input) = input.take() {
                // One that has ended reads no more; its end says why.
                let _ = input.write_all(pdf).await;
            }
        };
        let read = async {
            let mut heard = Vec::new();
            let most = u64::try_from(MOST_TEXT_BYTES + 1).unwrap_or(u64::MAX);
            if let Some(output) = output {
                output.take(most).read_to_end(&mut heard).await?;
            }
            io::Result::Ok(heard)
        };
        let ((), heard) = tokio::join!(write, read);
        Ok((child.wait().await?, heard?))
    }
}

fn takes_too_much() -> UnreadablePdf {
    let why = "it takes more memory or time to read than is allowed";
    UnreadablePdf::Refused(why.to_owned())
}

#[async_trait]
impl PdfReader for ChildReader {
    async fn text(&self, pdf: Bytes) -> Result<String, UnreadablePdf> {
        let overloaded = |_| UnreadablePdf::Overloaded;
        let _place = Arc::clone(&self.waiting).try_acquire_owned().map_err(overloaded)?;
        let _turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|error| UnreadablePdf::Away(error.to_string()))?;
        self.ask(pdf).await
    }
}
