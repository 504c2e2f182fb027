//! What the child does: reads a PDF from its input, and writes what it found.

use crate::text::text_of;
use crate::{HAS_TEXT, REFUSED};
use rlimit::Resource;
use std::io::{self, Read, Write};
use std::panic::catch_unwind;
use std::process::ExitCode;

/// The memory that it may take besides what it has at its start.
const MEMORY_BYTES: u64 = 256 << 20;
/// The processor time that it may take.
const PROCESSOR_S: u64 = 5;

/// The child's main function: a PDF comes in, `T` and its text or `R` and a reason go out. An exit code other than 0
/// means that it could not even begin.
pub fn child() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn run() -> io::Result<()> {
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

/// Before it reads anything: a limit on all that it could take from others.
fn limit_itself() -> io::Result<()> {
    let memory = address_space()?.saturating_add(MEMORY_BYTES);
    let limits = [
        (Resource::AS, memory),
        (Resource::CPU, PROCESSOR_S),
        (Resource::CORE, 0),
        // It writes no file, only what it has found into the pipe.
        (Resource::FSIZE, 0),
    ];
    for (resource, most) in limits {
        let (_, hard) = resource.get()?;
        let most = most.min(hard);
        resource.set(most, most)?;
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
