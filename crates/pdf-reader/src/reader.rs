//! The parent's side: starts a child for each PDF, and hears what it has found.

use crate::text::MOST_TEXT_BYTES;
use crate::{HAS_TEXT, REFUSED};
use async_trait::async_trait;
use bytes::Bytes;
use core::time::Duration;
use kaipiao_ports::platform::pdf_reader::{PdfReader, UnreadablePdf};
use rustix::process::Signal;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// The real time that a child may take. It is many times its processor time, which it has to itself but seldom: only on
/// a machine that does not get on does it take so long.
const TIME_LIMIT: Duration = Duration::from_secs(60);

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
    time_limit: Duration,
}

impl ChildReader {
    /// A reader whose children are of this program.
    pub fn new(program: Program) -> Self {
        Self { program, time_limit: TIME_LIMIT }
    }

    /// The same with another limit of real time.
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    /// The child's end, and what it has written.
    async fn hear(&self, pdf: &[u8]) -> io::Result<(ExitStatus, Vec<u8>)> {
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

/// What a child's end before it has said anything says of the PDF.
fn ended_early(status: ExitStatus) -> UnreadablePdf {
    let Some(signal) = status.signal() else {
        return UnreadablePdf::Away(format!("its reader ended with {status}"));
    };
    match Signal::from_named_raw(signal) {
        // A limit of its own that the PDF has made it reach, or its own fault over what it read.
        Some(Signal::XCPU | Signal::ABORT | Signal::SEGV | Signal::BUS | Signal::ILL) => {
            let why = "it takes more memory or time to read than is allowed";
            UnreadablePdf::Refused(why.to_owned())
        }
        // Whoever is short of memory, or wants the process gone.
        _ => UnreadablePdf::Overloaded(format!("the PDF's reader was ended: {status}")),
    }
}

#[async_trait]
impl PdfReader for ChildReader {
    async fn text(&self, pdf: Bytes) -> Result<String, UnreadablePdf> {
        let heard = tokio::time::timeout(self.time_limit, self.hear(&pdf)).await;
        let (status, heard) = match heard {
            Ok(heard) => heard.map_err(|error| UnreadablePdf::Away(error.to_string()))?,
            // The child is killed as its handle is dropped.
            Err(_) => {
                let limit_s = self.time_limit.as_secs();
                let why = format!("a PDF was not read within {limit_s} s");
                return Err(UnreadablePdf::Overloaded(why));
            }
        };
        match (status.success(), heard.split_first()) {
            (true, Some((&HAS_TEXT, text))) => Ok(String::from_utf8_lossy(text).into_owned()),
            (true, Some((&REFUSED, why))) => {
                Err(UnreadablePdf::Refused(String::from_utf8_lossy(why).into_owned()))
            }
            _ => Err(ended_early(status)),
        }
    }
}
