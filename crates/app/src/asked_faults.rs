//! What is asked for of the sandbox's faults, by its members: those of `POST /sandbox/v1/faults`, which the console's form
//! has too.

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::faults::{
    CallFault, CallPath, Calls, DocumentFault, Fault, Faults, IssuerFault, MOST_TIMES, Plan,
    PushFault, Whose,
};
use crate::payment::pay_merchants;
use core::time::Duration;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::pay_refusal::PayErrorCode;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::invoicing::issuer::DOCUMENT_TIME_LIMIT;
use kaipiao_wire::object::Object;

/// What a fault is planned for, besides the path of a call: what the issuer does.
pub const ISSUER: &str = "issuer";
/// Calls with a token.
pub const TOKEN: &str = "token";
/// Quotas.
pub const QUOTA: &str = "quota";
/// The calls of invoicing platforms.
pub const PLATFORM: &str = "platform";
/// Documents of outside issuers.
pub const DOCUMENT: &str = "document";
/// Pushes.
pub const PUSH: &str = "push";

/// A day by the server's clock: what is later than that never comes.
const MAX_DELAY_MS: u64 = 86_400_000;
/// Five minutes of real time: no client waits longer.
const MAX_CALL_DELAY_MS: u64 = 300_000;
/// How long a push waits for the one that is to overtake it, unless it is said.
const WITHIN_MS: u64 = 60_000;
/// With what calls with a token are refused.
pub const TOKEN_CODES: [ErrorCode; 5] = [
    ErrorCode::InvalidCredential,
    ErrorCode::InvalidAccessToken,
    ErrorCode::AccessTokenExpired,
    ErrorCode::DailyQuotaReached,
    ErrorCode::SystemError,
];

/// What is asked for.
pub enum Asked {
    /// To plan this.
    Plan(Plan),
    /// To forget what is planned of a target, and where it says so, of an account.
    Forget {
        /// The target, as it was given.
        target: String,
        /// The account or pay merchant; None: whichever.
        account: Option<String>,
    },
}

/// Which plans are to be forgotten: those that fit all that is given.
pub struct Which {
    /// The plan's.
    pub id: Option<u64>,
    /// What it is planned for.
    pub target: Option<String>,
    /// Of which account or pay merchant.
    pub account: Option<String>,
}

/// Reads `id`, `target` and `appid`, which may all be absent.
pub fn read_which(query: &Object) -> Result<Which, Refusal> {
    let given = |name: &str| -> Result<Option<String>, Refusal> {
        Ok(query.optional_text(name)?.filter(|text| !text.is_empty()))
    };
    let id = read_bounded(query, "id", 1, u64::MAX)?;
    Ok(Which { id, target: given("target")?, account: given("appid")? })
}

/// Reads what is asked for, and looks whether there is the account that it names. 72031 names the member and what it may be.
pub async fn read_asked(app: &App, object: &Object<'_>, faults: &Faults) -> Result<Asked, Failure> {
    let target = read_target(object, faults)?;
    let times = read_times(object)?;
    let percent = read_bounded(object, "percent", 1, 100)?.and_then(|n| u8::try_from(n).ok());
    let account = read_account(app, object).await?;
    if times == Some(0) {
        let target = object.required_text("target")?.into_owned();
        return Ok(Asked::Forget { target, account });
    }
    let fault = target.fault(object)?;
    let lasts = percent.is_some() || matches!(target, Target::Quota(_));
    let times = times.or((!lasts).then_some(1));
    Ok(Asked::Plan(Plan { fault, account, percent, times }))
}

fn read_times(object: &Object) -> Result<Option<usize>, Refusal> {
    let most = u64::try_from(MOST_TIMES).unwrap_or(u64::MAX);
    Ok(read_bounded(object, "n", 0, most)?.and_then(|n| usize::try_from(n).ok()))
}

/// A number within bounds; None: it is not there.
fn read_bounded(
    object: &Object,
    name: &'static str,
    least: u64,
    most: u64,
) -> Result<Option<u64>, Refusal> {
    let Some(number) = object.integer(name)? else { return Ok(None) };
    let bounded = u64::try_from(number).ok().filter(|number| (least..=most).contains(number));
    let problem = || format!("must be {least} to {most}, not {}", object.shown(name));
    bounded.map(Some).ok_or_else(|| Refusal::invalid(name, problem()))
}

/// Whose it is to be: an account or a pay merchant that there is.
async fn read_account(app: &App, object: &Object<'_>) -> Result<Option<String>, Failure> {
    let Some(id) = object.optional_text("appid")?.filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let is_there = match (AppId::parse(&id), MchId::parse(&id)) {
        (Some(appid), _) => accounts::find(app, &appid).await?.is_some(),
        (None, Some(mchid)) => pay_merchants::find(app, &mchid).await?.is_some(),
        (None, None) => false,
    };
    if is_there {
        return Ok(Some(id));
    }
    let problem = format!("{} is no account's, and no pay merchant has it", text::quoted(&id));
    Err(Refusal::invalid("appid", problem).into())
}

/// Where something goes wrong.
enum Target {
    Path(CallPath),
    Token,
    Quota(Option<&'static str>),
    Platform,
    Issuer,
    Document,
    Push,
}

fn read_target(object: &Object, faults: &Faults) -> Result<Target, Refusal> {
    let target = object.required_text("target")?;
    Ok(match &*target {
        ISSUER => Target::Issuer,
        TOKEN => Target::Token,
        QUOTA => Target::Quota(read_quota_path(object, faults)?),
        PLATFORM => Target::Platform,
        DOCUMENT => Target::Document,
        PUSH => Target::Push,
        path => Target::Path(listed(faults, path).ok_or_else(|| {
            let problem = format!(
                "must be \"{ISSUER}\", \"{TOKEN}\", \"{QUOTA}\", \"{PLATFORM}\", \"{DOCUMENT}\", \"{PUSH}\", or the path of a call as the home page lists it, not {}",
                text::quoted(path)
            );
            Refusal::invalid("target", problem)
        })?),
    })
}

/// The path of a call, as the API lists it.
fn listed(faults: &Faults, path: &str) -> Option<CallPath> {
    faults.path_of(path).filter(|listed| listed.path == path)
}

fn read_quota_path(object: &Object, faults: &Faults) -> Result<Option<&'static str>, Refusal> {
    let path = object.text("path")?;
    if path.is_empty() {
        return Ok(None);
    }
    let has_quota = |listed: &CallPath| matches!(listed.whose, Whose::Accounts | Whose::Platforms);
    let found = listed(faults, &path).filter(has_quota);
    let problem = || format!("must be the path of an account's call, not {}", text::quoted(&path));
    found.map(|listed| Some(listed.path)).ok_or_else(|| Refusal::invalid("path", problem()))
}

/// Members that say what goes wrong, of which one is given.
const EFFECTS: [&str; 8] =
    ["errcode", "delay_ms", "drop", "missing", "wrong", "duplicate", "reorder", "lose"];

impl Target {
    fn fault(&self, object: &Object) -> Result<Fault, Refusal> {
        let mut given = Vec::new();
        for name in EFFECTS {
            if is_given(object, name)? {
                given.push(name);
            }
        }
        let effect = match &given[..] {
            [] => "",
            [one] => one,
            _ => "several",
        };
        let fault = match self {
            Self::Path(listed) => of_path(*listed, effect, object)?,
            Self::Token => of_calls(Calls::WithToken, effect, object, &TOKEN_CODES)?,
            Self::Quota(path) => of_quota(*path, effect, object)?,
            Self::Platform => of_calls(Calls::OfPlatforms, effect, object, ErrorCode::ALL)?,
            Self::Issuer => of_issuer(effect, object)?,
            Self::Document => of_document(effect, object)?,
            Self::Push => of_push(effect, object)?,
        };
        fault.ok_or_else(|| Refusal::invalid("fault:", format!("give one of {}", self.effects())))
    }

    /// What can be given, in words.
    fn effects(&self) -> String {
        let drop = "drop (true, \"before\" or \"after\")";
        match self {
            Self::Path(CallPath { whose: Whose::Anybody, .. }) => {
                format!("delay_ms (1 to {MAX_CALL_DELAY_MS}) and {drop}")
            }
            Self::Path(_) | Self::Token | Self::Platform => {
                format!("errcode, delay_ms (1 to {MAX_CALL_DELAY_MS}) and {drop}")
            }
            Self::Quota(_) => "errcode (45009), or nothing".to_owned(),
            Self::Issuer => format!(
                "errcode (73000, 73100, 73102, 73105), delay_ms (1 to {MAX_DELAY_MS}) and drop (true)"
            ),
            Self::Document => {
                let most_ms = DOCUMENT_TIME_LIMIT.as_millis();
                format!("missing (true), wrong (true) and delay_ms (1 to {most_ms})")
            }
            Self::Push => format!(
                "duplicate (true), reorder (true), delay_ms (1 to {MAX_DELAY_MS}) and lose (true)"
            ),
        }
    }
}

/// Whether a member says that something goes wrong: false is as if it were not there.
fn is_given(object: &Object, name: &str) -> Result<bool, Refusal> {
    match name {
        "errcode" | "delay_ms" => Ok(object.has(name)),
        "drop" => Ok(read_drop(object)?.is_some()),
        _ => object.flag(name),
    }
}

fn read_drop(object: &Object) -> Result<Option<CallFault>, Refusal> {
    match object.text("drop").as_deref() {
        Ok("before") => Ok(Some(CallFault::DroppedBefore)),
        Ok("after") => Ok(Some(CallFault::DroppedAfter)),
        _ => match object.flag("drop") {
            Ok(is_dropped) => Ok(is_dropped.then_some(CallFault::DroppedBefore)),
            Err(_) => {
                let shown = object.shown("drop");
                let problem = format!("must be true, \"before\" or \"after\", not {shown}");
                Err(Refusal::invalid("drop", problem))
            }
        },
    }
}

/// The delay; None: it has not the bounds.
fn delay(object: &Object, most_ms: u64) -> Result<Option<Duration>, Refusal> {
    let ms = object.integer("delay_ms")?.and_then(|ms| u64::try_from(ms).ok());
    Ok(ms.filter(|ms| (1..=most_ms).contains(ms)).map(Duration::from_millis))
}

fn of_path(listed: CallPath, effect: &str, object: &Object) -> Result<Option<Fault>, Refusal> {
    let at = Calls::At(listed.path);
    match (listed.whose, effect) {
        (Whose::Anybody, "errcode") => Ok(None),
        (Whose::PayMerchants, "errcode") => {
            let code = CallFault::PayRefused(read_pay_code(object)?);
            Ok(Some(Fault::Calls(at, code)))
        }
        _ => of_calls(at, effect, object, ErrorCode::ALL),
    }
}

fn of_calls(
    calls: Calls,
    effect: &str,
    object: &Object,
    codes: &[ErrorCode],
) -> Result<Option<Fault>, Refusal> {
    let fault = match effect {
        "errcode" => Some(CallFault::Refused(read_code(object, codes)?)),
        "delay_ms" => delay(object, MAX_CALL_DELAY_MS)?.map(CallFault::IsLate),
        "drop" => read_drop(object)?,
        _ => None,
    };
    Ok(fault.map(|fault| Fault::Calls(calls, fault)))
}

fn read_code(object: &Object, known: &[ErrorCode]) -> Result<ErrorCode, Refusal> {
    let number = object.integer("errcode")?.and_then(|number| i32::try_from(number).ok());
    let known = known.iter().copied().filter(|code| *code != ErrorCode::Ok);
    let found = number.and_then(|number| known.clone().find(|code| code.number() == number));
    found.ok_or_else(|| {
        let numbers: Vec<_> = known.map(|code| code.number().to_string()).collect();
        let problem =
            format!("must be one of {}, not {}", numbers.join(", "), object.shown("errcode"));
        Refusal::invalid("errcode", problem)
    })
}

fn read_pay_code(object: &Object) -> Result<PayErrorCode, Refusal> {
    PayErrorCode::from_name(&object.text("errcode")?).ok_or_else(|| {
        let names: Vec<_> = PayErrorCode::ALL.into_iter().map(PayErrorCode::name).collect();
        let problem =
            format!("must be one of {}, not {}", names.join(", "), object.shown("errcode"));
        Refusal::invalid("errcode", problem)
    })
}

fn of_quota(
    path: Option<&'static str>,
    effect: &str,
    object: &Object,
) -> Result<Option<Fault>, Refusal> {
    let code = match effect {
        "" => ErrorCode::DailyQuotaReached,
        "errcode" => read_code(object, &[ErrorCode::DailyQuotaReached])?,
        _ => return Ok(None),
    };
    Ok(Some(Fault::Calls(Calls::OverQuota(path), CallFault::Refused(code))))
}

fn of_issuer(effect: &str, object: &Object) -> Result<Option<Fault>, Refusal> {
    let fault = match effect {
        "errcode" => match object.integer("errcode")? {
            Some(73000) => Some(IssuerFault::Refuses),
            Some(73100) => Some(IssuerFault::IsUnreachable),
            Some(73102) => Some(IssuerFault::TalksNonsense),
            Some(73105) => Some(IssuerFault::WasSilent),
            _ => None,
        },
        "delay_ms" => delay(object, MAX_DELAY_MS)?.map(IssuerFault::IsLate),
        "drop" if object.flag("drop")? => Some(IssuerFault::NeverAnswers),
        _ => None,
    };
    Ok(fault.map(Fault::Issuer))
}

fn of_document(effect: &str, object: &Object) -> Result<Option<Fault>, Refusal> {
    let most_ms = u64::try_from(DOCUMENT_TIME_LIMIT.as_millis()).unwrap_or(u64::MAX);
    let fault = match effect {
        "missing" => Some(DocumentFault::IsMissing),
        "wrong" => Some(DocumentFault::IsWrong),
        "delay_ms" => delay(object, most_ms)?.map(DocumentFault::IsLate),
        _ => None,
    };
    Ok(fault.map(Fault::Document))
}

fn of_push(effect: &str, object: &Object) -> Result<Option<Fault>, Refusal> {
    let fault = match effect {
        "duplicate" => Some(PushFault::IsDuplicated),
        "reorder" => Some(PushFault::IsOvertaken(read_within(object)?)),
        "delay_ms" => delay(object, MAX_DELAY_MS)?.map(PushFault::IsLate),
        "lose" => Some(PushFault::IsLost),
        _ => None,
    };
    Ok(fault.map(Fault::Push))
}

fn read_within(object: &Object) -> Result<Duration, Refusal> {
    let ms = read_bounded(object, "within_ms", 1, MAX_DELAY_MS)?;
    Ok(Duration::from_millis(ms.unwrap_or(WITHIN_MS)))
}
