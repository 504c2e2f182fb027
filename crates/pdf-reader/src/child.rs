//! What the child does: reads a PDF from its input, and writes what it found.

use crate::text::text_of;
use crate::{HAS_TEXT, REFUSED};
use rlimit::Resource;
use std::io::{self, Read, Write};
use std::panic::catch_unwind;
use std::process::ExitCode;

/// The memory that it may take besides what it has at its start.
const MEMORY_BYTES: u64 = 256 << 20;
/// The processor time that it may take: then SIGXCPU ends it, which nothing else sends.
const PROCESSOR_S: u64 = 5;
/// And if it does not heed that: then SIGKILL, which says nothing of whose fault it is.
const PROCESSOR_AT_MOST_S: u64 = PROCESSOR_S + 2;

/// The child's main function: a PDF comes in, `T` and its text or `R` and a reason go out. An exit code other than 0
/// means that it could not even begin.
pub fn child() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run() -> io::Result<()> {
    offer_itself();
    limit_itself()?;
    let mut pdf = Vec::new();
    io::stdin().lock().read_to_end(&mut pdf)?;
    let found = catch_unwind(|| text_of(&pdf));
    let found = found.unwrap_or_else(|_| Err("it is broken: its reader gave up".to_owned()));
    let (first, text) = match found {
        Ok(text) => (HAS_TEXT, text),
        Err(why) => (REFUSED, why),
    };
    let mut out = io::stdout().lock();
    out.write_all(&[first])?;
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Where memory is short the system shall end this process, whose PDF can be sent again, and not the server. Where that
/// cannot be said, it chooses by itself.
fn offer_itself() {
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
}

/// Before it reads anything: a limit on all that it could take from others.
fn limit_itself() -> io::Result<()> {
    let memory = address_space()?.saturating_add(MEMORY_BYTES);
    let limits = [
        (Resource::AS, memory, memory),
        (Resource::CPU, PROCESSOR_S, PROCESSOR_AT_MOST_S),
        (Resource::CORE, 0, 0),
        // It writes no file, only what it has found into the pipe.
        (Resource::FSIZE, 0, 0),
    ];
    for (resource, soft, hard) in limits {
        let (_, most) = resource.get()?;
        resource.set(soft.min(most), hard.min(most))?;
    }
    Ok(())
}

/// What the process has mapped so far, in bytes: an allocator may have reserved much of it for later.
fn address_space() -> io::Result<u64> {
    let wrong = || io::Error::other("/proc/self/status does not say VmSize");
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).ok_or_else(wrong)?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| wrong())?;
    Ok(kib * 1024)
}
