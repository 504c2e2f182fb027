//! How the clock of a store begins that got other contents. It is said beside the store until the clock has begun so:
//! whatever ends the process before, the next start goes on from there.

use crate::exchange::CLOCK;
use kaipiao_app::sandbox_clock::ClockFace;
use kaipiao_domain::Timestamp;
use kaipiao_domain::clock_course::{ClockCourse, ClockRate};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// What a clock shows when it begins, and how it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClockBegins {
    shown_ms: i64,
    rate_thousandths: u32,
}

impl ClockBegins {
    /// With what a clock shows now.
    pub(crate) fn of(face: ClockFace) -> Self {
        let (shown_ms, rate_thousandths) = (face.now.unix_millis(), face.rate.thousandths());
        Self { shown_ms, rate_thousandths }
    }

    /// What it shows then.
    pub(crate) fn shown(self) -> Timestamp {
        Timestamp::from_unix_millis(self.shown_ms)
    }

    /// How a clock goes that begins at this real moment.
    pub(crate) fn course(self, real: Timestamp) -> ClockCourse {
        let rate = ClockRate::from_thousandths(self.rate_thousandths).unwrap_or(ClockRate::REAL);
        ClockCourse { shown: self.shown(), real, rate }
    }
}

/// Says it in a file, on the disk; None: the clock begins as in a new store.
pub(crate) fn write(path: &Path, begins: Option<ClockBegins>) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&serde_json::to_vec(&begins)?)?;
    file.sync_all()
}

/// How the clock of the store in `data` begins; None: as the store says.
pub(crate) fn read(data: &Path) -> io::Result<Option<ClockBegins>> {
    match std::fs::read(data.join(CLOCK)) {
        Ok(text) => Ok(serde_json::from_slice(&text)?),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// It has begun so.
pub(crate) fn forget(data: &Path) -> io::Result<()> {
    match std::fs::remove_file(data.join(CLOCK)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
