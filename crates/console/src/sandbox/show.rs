//! The page: what the clock shows, the snapshots of this name space, and the name spaces beside it.

use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Flash, Tone};
use crate::seat::Seat;
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::name_spaces::{DEFAULT_NAME_SPACE, Keeping, NameSpace, NotDone, Snapshot};
use kaipiao_domain::Timestamp;
use kaipiao_domain::clock_course::ClockRate;
use kaipiao_pages::{Form, encoded, see_other, told};

/// Where it is.
pub(crate) const PATH: &str = "/console/sandbox";

#[derive(Template)]
#[template(path = "sandbox.html")]
struct SandboxPage<'a> {
    frame: &'a Frame,
    path: &'static str,
    flash: Option<Flash>,
    /// What was typed, where it could not be taken.
    typed: &'a Form,
    clock: Clock,
    /// The name of this name space.
    here: &'a str,
    has_snapshots: bool,
    has_name_spaces: bool,
    /// Why something cannot be had here.
    lack: Option<Flash>,
    snapshots: Vec<Saved>,
    spaces: Vec<Space>,
    /// How long a new one may stay: seconds, and their words.
    lives: &'static [(&'static str, (&'static str, &'static str))],
}

const LIVES: [(&str, (&str, &str)); 4] = [
    ("", ("直到手动删除", "until somebody removes it")),
    ("3600", ("1 小时", "for an hour")),
    ("86400", ("1 天", "for a day")),
    ("604800", ("7 天", "for a week")),
];

/// What the clock shows, in words.
struct Clock {
    moment: String,
    ahead: String,
    rate: (String, Tone),
    /// As a field of a date and a time has it.
    field: String,
    is_real: bool,
}

struct Saved {
    name: String,
    taken: String,
    shown: String,
    /// Why it cannot be restored; empty: it can.
    problem: String,
}

struct Space {
    name: String,
    seed: String,
    base_url: String,
    /// When it was made, is removed and was last called; empty: not known, or never.
    made: String,
    ends: String,
    last_called: String,
    problem: String,
    /// Of one that cannot be opened: what it can be restored to.
    snapshots: Vec<String>,
    is_here: bool,
    is_default: bool,
    address: String,
}

/// `GET /console/sandbox`
pub(crate) async fn show(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let frame = &seat.frame;
    let said = match seat.query.get("said") {
        "clock" => ("时钟已修改。", "The clock is changed."),
        "saved" => ("快照已保存。", "The snapshot is saved."),
        "restored" => (
            "已恢复到快照时的状态，时钟从当时继续。",
            "Everything is as it was saved, and the clock goes on from there.",
        ),
        "forgotten" => ("快照已删除。", "The snapshot is removed."),
        "reset" => ("已重置为初次启动时的状态。", "Everything is as at the first start."),
        "account" => ("账号已重置。", "The account is as it was made."),
        "made" => ("命名空间已创建。", "The name space is made."),
        "removed" => ("命名空间已删除。", "The name space is removed."),
        _ => ("", ""),
    };
    let said = frame.t(said.0, said.1);
    let flash = (!said.is_empty()).then(|| Flash::new(Tone::Good, said));
    page(&console, &seat, StatusCode::OK, flash).await
}

/// On to the page by GET, which says what was done.
pub(crate) fn done(said: &str) -> Response {
    see_other(&format!("{PATH}?said={said}"))
}

/// What became of a change of something: the page says so, and the log who has made it.
pub(crate) async fn ended(
    console: &Console,
    seat: &Seat,
    (what, of): (&str, &str),
    outcome: Result<(), NotDone>,
) -> Result<Response, Response> {
    match outcome {
        Ok(()) => {
            tracing::info!(what, of, by = seat.name(), "the sandbox was changed by the console");
            Ok(done(what))
        }
        Err(why) => not_done(console, seat, &why).await,
    }
}

/// The page again, with why nothing was done and what was typed.
pub(crate) async fn refused(
    console: &Console,
    seat: &Seat,
    why: Failure,
) -> Result<Response, Response> {
    let Failure::Refused(refusal) = why else { return Err(seat.failed(&why)) };
    let flash = Flash::new(Tone::Bad, kaipiao_pages::refused(seat.frame.lang, &refusal));
    page(console, seat, StatusCode::UNPROCESSABLE_ENTITY, Some(flash)).await
}

/// The same where it is the state that does not allow it, or this side could not.
pub(crate) async fn not_done(
    console: &Console,
    seat: &Seat,
    why: &NotDone,
) -> Result<Response, Response> {
    let (status, words) = match why {
        NotDone::Unknown(why) => (StatusCode::NOT_FOUND, told(seat.frame.lang, why)),
        NotDone::Conflict(why) => (StatusCode::CONFLICT, told(seat.frame.lang, why)),
        NotDone::Failed(why) => {
            tracing::error!(why, "a name space was not changed by the console");
            let words = seat.frame.t(
                "服务器内部错误，详情见服务日志。",
                "A fault of this server; its log says more.",
            );
            (StatusCode::INTERNAL_SERVER_ERROR, words.to_owned())
        }
    };
    page(console, seat, status, Some(Flash::new(Tone::Bad, words))).await
}

async fn page(
    console: &Console,
    seat: &Seat,
    status: StatusCode,
    flash: Option<Flash>,
) -> Result<Response, Response> {
    let sandbox = seat.sandbox(console)?;
    let (frame, here) = (&seat.frame, &*sandbox.name_space);
    let keeping = sandbox.name_spaces.keeping(here);
    let has_snapshots = keeping == Keeping::OwnFolder;
    let (snapshots, unread) = match sandbox.name_spaces.snapshots(here).await {
        _ if !has_snapshots => (Vec::new(), None),
        Ok(found) => (found, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let unread = unread.map(|why| {
        tracing::error!(%why, "the snapshots could not be listed");
        let words = frame.t(
            "快照无法列出，详情见服务日志。",
            "The snapshots cannot be listed; the server's log says why.",
        );
        Flash::new(Tone::Bad, words)
    });
    let mut spaces = Vec::new();
    for space in sandbox.name_spaces.list() {
        let is_broken = space.problem.is_some();
        let snapshots = match is_broken {
            // What cannot be listed cannot be restored; a reset can still be had.
            true => sandbox.name_spaces.snapshots(&space.name).await.unwrap_or_default(),
            false => Vec::new(),
        };
        spaces.push(listed(space, snapshots, here));
    }
    let page = SandboxPage {
        frame,
        path: PATH,
        flash,
        typed: &seat.form,
        clock: clock(console, seat)?,
        here,
        has_snapshots,
        has_name_spaces: keeping != Keeping::SharedDatabase,
        lack: lack(frame, keeping).or(unread),
        snapshots: snapshots.into_iter().map(saved).collect(),
        spaces,
        lives: &LIVES,
    };
    Ok(html(status, &page))
}

fn clock(console: &Console, seat: &Seat) -> Result<Clock, Response> {
    let face = seat.sandbox(console)?.clock.face(&console.app);
    let frame = &seat.frame;
    let moment = words::moment(face.now.unix_millis());
    let span = words::span(frame, face.ahead_s.saturating_abs().saturating_mul(1000));
    let ahead = match face.ahead_s {
        0 => frame.t("与真实时间一致", "as real time").to_owned(),
        1.. => format!("{} {span}", frame.t("比真实时间快", "ahead of real time by")),
        _ => format!("{} {span}", frame.t("比真实时间慢", "behind real time by")),
    };
    let rate = match face.rate {
        ClockRate::REAL => (frame.t("按真实速度走", "goes with real time").to_owned(), Tone::Good),
        ClockRate::STOPPED => (frame.t("已停住", "stands still").to_owned(), Tone::Wait),
        rate => {
            let times = f64::from(rate.thousandths()) / 1000.0;
            (format!("{} {times} ×", frame.t("走速", "goes at")), Tone::Wait)
        }
    };
    let field = moment.replace(' ', "T");
    Ok(Clock { moment, ahead, rate, field, is_real: face.rate == ClockRate::REAL })
}

/// Why something cannot be had, by where the name space keeps what it has.
fn lack(frame: &Frame, keeping: Keeping) -> Option<Flash> {
    let words = match keeping {
        Keeping::OwnFolder => return None,
        Keeping::FilesElsewhere => frame.t(
            "设置了 files.directory，文件不在数据目录中，因此不能使用快照和重置。",
            "files.directory is set, so the files are not in the data directory: there are no snapshots and no reset.",
        ),
        Keeping::SharedDatabase => frame.t(
            "数据保存在 PostgreSQL 中，由各节点共用，因此没有命名空间、快照和重置；时钟可以修改。",
            "The store is PostgreSQL, which other nodes share: there are no name spaces, snapshots and reset. The clock can be changed.",
        ),
    };
    Some(Flash::new(Tone::Quiet, words))
}

fn saved(snapshot: Snapshot) -> Saved {
    Saved {
        taken: words::moment(snapshot.taken.unix_millis()),
        shown: words::moment(snapshot.shown.unix_millis()),
        name: snapshot.name,
        problem: snapshot.problem.unwrap_or_default(),
    }
}

fn listed(space: NameSpace, snapshots: Vec<Snapshot>, here: &str) -> Space {
    let NameSpace { name, base_url, seed, made, life, last_called, problem } = space;
    let shown =
        |at: Option<Timestamp>| at.map(|at| words::moment(at.unix_millis())).unwrap_or_default();
    let is_here = name == here;
    Space {
        is_here,
        is_default: name == DEFAULT_NAME_SPACE,
        // Another one is entered: the browser's cookie is changed for it, or taken back.
        address: if is_here { String::new() } else { format!("/ns/{}", encoded(&name)) },
        seed: seed.unwrap_or_default(),
        made: shown(made),
        ends: shown(made.zip(life).map(|(made, life)| made + life)),
        last_called: shown(last_called),
        problem: problem.unwrap_or_default(),
        snapshots: snapshots
            .into_iter()
            .filter(|snapshot| snapshot.problem.is_none())
            .map(|snapshot| snapshot.name)
            .collect(),
        base_url,
        name,
    }
}
