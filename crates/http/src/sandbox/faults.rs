//! `/sandbox/v1/faults`: what is to go wrong, what is left of it, and what was played (D-256 to D-259).

use crate::admin::error::{ErrorJson, SandboxRefusals, failed, refuse};
use crate::answer::json;
use crate::body::{RequestBody, query_object};
use crate::server::Server;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::asked_faults::{
    Asked, DOCUMENT, ISSUER, PLATFORM, PUSH, QUOTA, TOKEN, read_asked, read_which,
};
use kaipiao_app::faults::{
    CallFault, Calls, DocumentFault, Fault, IssuerFault, Planned, Played, PushFault,
};
use kaipiao_wire::answer::bare;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What is to go wrong, how often and for whom.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
#[serde(deny_unknown_fields)]
struct FaultBody {
    /// `issuer`, `token`, `quota`, `platform`, `document`, `push`, or the path of a call.
    #[schema(pattern = "^(issuer|token|quota|platform|document|push|/.+)$")]
    target: String,
    /// An account or a pay merchant; all of them unless it is said.
    appid: Option<String>,
    /// How many times; 1 unless it is said. 0 forgets what is planned of the target.
    #[schema(minimum = 0, maximum = 10000)]
    n: Option<i64>,
    /// In how many of a hundred cases; alone, until it is forgotten.
    #[schema(minimum = 1, maximum = 100)]
    percent: Option<i64>,
    /// Of a quota: its path; every one unless it is said.
    path: Option<String>,
    /// A number of the catalogue; at a pay merchant's call the name of its code.
    errcode: Option<Value>,
    /// Milliseconds: of real time for calls and documents, else of the sandbox's clock.
    #[schema(minimum = 1, maximum = 86400000)]
    delay_ms: Option<i64>,
    /// `"before"` (or true) the work, `"after"` it; of an issuer true: it never answers.
    drop: Option<Value>,
    /// Whether a document cannot be had now.
    missing: Option<bool>,
    /// Whether a document is another one.
    wrong: Option<bool>,
    /// Whether a push is sent twice.
    duplicate: Option<bool>,
    /// Whether a push waits for the order's next one.
    reorder: Option<bool>,
    /// How long it waits for that, in milliseconds of the sandbox's clock.
    #[schema(minimum = 1, maximum = 86400000)]
    within_ms: Option<i64>,
    /// Whether a push counts as delivered and is not sent.
    lose: Option<bool>,
}

/// A fault as it is asked for.
#[derive(Default, Serialize, ToSchema)]
struct FaultJson {
    target: String,
    /// Of a quota: its path; left out: every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'static str>,
    /// A number, or the name of a pay merchant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    errcode: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drop: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reorder: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within_ms: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lose: Option<bool>,
}

impl From<&Fault> for FaultJson {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::Calls(calls, fault) => {
                let (target, path) = match calls {
                    Calls::At(path) => (*path, None),
                    Calls::WithToken => (TOKEN, None),
                    Calls::OverQuota(path) => (QUOTA, *path),
                    Calls::OfPlatforms => (PLATFORM, None),
                };
                Self { path, ..Self::of_call(target, *fault) }
            }
            Fault::Issuer(fault) => Self::of_issuer(*fault),
            Fault::Document(fault) => Self::of_document(*fault),
            Fault::Push(fault) => Self::of_push(*fault),
        }
    }
}

impl FaultJson {
    fn at(target: &str) -> Self {
        Self { target: target.to_owned(), ..Self::default() }
    }

    fn of_call(target: &str, fault: CallFault) -> Self {
        let at = Self::at(target);
        match fault {
            CallFault::Refused(code) => Self { errcode: Some(code.number().into()), ..at },
            CallFault::PayRefused(code) => Self { errcode: Some(code.name().into()), ..at },
            CallFault::IsLate(delay) => Self { delay_ms: Some(delay.as_millis()), ..at },
            CallFault::DroppedBefore => Self { drop: Some("before".into()), ..at },
            CallFault::DroppedAfter => Self { drop: Some("after".into()), ..at },
        }
    }

    fn of_issuer(fault: IssuerFault) -> Self {
        let at = Self::at(ISSUER);
        let errcode = |number: i32| Some(number.into());
        match fault {
            IssuerFault::Refuses => Self { errcode: errcode(73000), ..at },
            IssuerFault::IsUnreachable => Self { errcode: errcode(73100), ..at },
            IssuerFault::TalksNonsense => Self { errcode: errcode(73102), ..at },
            IssuerFault::WasSilent => Self { errcode: errcode(73105), ..at },
            IssuerFault::NeverAnswers => Self { drop: Some(true.into()), ..at },
            IssuerFault::IsLate(delay) => Self { delay_ms: Some(delay.as_millis()), ..at },
        }
    }

    fn of_document(fault: DocumentFault) -> Self {
        let at = Self::at(DOCUMENT);
        match fault {
            DocumentFault::IsMissing => Self { missing: Some(true), ..at },
            DocumentFault::IsWrong => Self { wrong: Some(true), ..at },
            DocumentFault::IsLate(delay) => Self { delay_ms: Some(delay.as_millis()), ..at },
        }
    }

    fn of_push(fault: PushFault) -> Self {
        let at = Self::at(PUSH);
        match fault {
            PushFault::IsDuplicated => Self { duplicate: Some(true), ..at },
            PushFault::IsOvertaken(within) => {
                Self { reorder: Some(true), within_ms: Some(within.as_millis()), ..at }
            }
            PushFault::IsLate(delay) => Self { delay_ms: Some(delay.as_millis()), ..at },
            PushFault::IsLost => Self { lose: Some(true), ..at },
        }
    }
}

/// A plan, and what is left of it.
#[derive(Serialize, ToSchema)]
struct PlannedJson {
    /// Names the plan; left out: what was planned is forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// An account's or a pay merchant's; left out: of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    appid: Option<String>,
    /// Left out: every case.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
    /// How many times still; null: until it is forgotten.
    left: Option<usize>,
    #[serde(flatten)]
    fault: FaultJson,
}

impl From<Planned> for PlannedJson {
    fn from(Planned { id, plan, left, .. }: Planned) -> Self {
        let fault = FaultJson::from(&plan.fault);
        Self { id: Some(id), appid: plan.account, percent: plan.percent, left, fault }
    }
}

impl PlannedJson {
    /// Nothing is planned of this target any more.
    fn forgotten(target: &str) -> Self {
        let fault = FaultJson::at(target);
        Self { id: None, appid: None, percent: None, left: Some(0), fault }
    }
}

/// A fault that was played.
#[derive(Serialize, ToSchema)]
struct PlayedJson {
    /// The plan's, which may be over.
    id: u64,
    /// Unix milliseconds of the server's clock.
    at_ms: i64,
    /// Whose; empty: nobody's is known there.
    appid: String,
    /// The path, the serial or the push.
    to: String,
    #[serde(flatten)]
    fault: FaultJson,
}

impl From<Played> for PlayedJson {
    fn from(Played { id, fault, account, to, at }: Played) -> Self {
        let fault = FaultJson::from(&fault);
        Self { id, at_ms: at.unix_millis(), appid: account, to, fault }
    }
}

/// `POST`: plans a fault; with `"n": 0` forgets those of the same target and account.
#[utoipa::path(
    post,
    path = "/sandbox/v1/faults",
    tag = "sandbox",
    operation_id = "planFault",
    description = "Which members go with which target docs/faults.md says. The plan that was made first is played first, and a call meets one; n 0 forgets those of the target and account.",
    request_body(content = FaultBody, example = json!({"target": "issuer", "errcode": 73100, "n": 1})),
    responses(
        (status = 200, description = "The plan, or that nothing is planned of this target any more.", body = PlannedJson),
        SandboxRefusals,
    ),
)]
pub(crate) async fn plan_fault(State(server): State<Server>, body: RequestBody) -> Response {
    let faults = &server.sandbox().faults;
    let asked = async {
        let object = body.object()?;
        read_asked(&server.app, &object, faults).await
    };
    let planned = match asked.await {
        Ok(Asked::Forget { target, account }) => {
            faults.forget(|planned| is_of(planned, Some(&target), account.as_deref()));
            return json(StatusCode::OK, bare(&PlannedJson::forgotten(&target)));
        }
        Ok(Asked::Plan(plan)) => faults.plan(plan),
        Err(failure) => return failed(failure),
    };
    match planned {
        Ok(planned) => json(StatusCode::OK, bare(&PlannedJson::from(planned))),
        Err(refusal) => failed(refusal.into()),
    }
}

/// Whether a plan is of this target and this account; None: of whichever.
fn is_of(planned: &Planned, target: Option<&str>, account: Option<&str>) -> bool {
    target.is_none_or(|target| FaultJson::from(&planned.plan.fault).target == target)
        && account.is_none_or(|account| planned.plan.account.as_deref() == Some(account))
}

/// What is planned and what was played; beside them what the issuer does to all merchants' requests.
#[derive(Serialize, ToSchema)]
struct FaultsJson {
    #[serde(flatten)]
    issuer: FaultJson,
    /// For how many requests the issuer does it; null: until it is forgotten.
    left: Option<usize>,
    faults: Vec<PlannedJson>,
    /// The newest 200.
    played: Vec<PlayedJson>,
}

/// `GET`: what is planned, the newest that were played, and beside them what the issuer does to all merchants' requests.
#[utoipa::path(
    get,
    path = "/sandbox/v1/faults",
    tag = "sandbox",
    operation_id = "getFaults",
    responses(
        (status = 200, description = "What is planned, what is left of it, and the newest that were played.", body = FaultsJson),
        SandboxRefusals,
    ),
)]
pub(crate) async fn faults(State(server): State<Server>) -> Response {
    let faults = &server.sandbox().faults;
    let planned = faults.planned();
    let is_all_merchants =
        |planned: &&Planned| is_of(planned, Some(ISSUER), None) && planned.plan.account.is_none();
    let (issuer, left) = match planned.iter().find(is_all_merchants) {
        Some(planned) => (FaultJson::from(&planned.plan.fault), planned.left),
        None => (FaultJson::at(ISSUER), Some(0)),
    };
    let played = faults.played().into_iter().map(PlayedJson::from).collect();
    let faults = planned.into_iter().map(PlannedJson::from).collect();
    json(StatusCode::OK, bare(&FaultsJson { issuer, left, faults, played }))
}

/// How many plans are forgotten.
#[derive(Serialize, ToSchema)]
struct ForgottenJson {
    forgotten: usize,
}

/// `DELETE …?id=&target=&appid=`: forgets what is planned, all of it or what is named. 404: no plan has this id.
#[utoipa::path(
    delete,
    path = "/sandbox/v1/faults",
    tag = "sandbox",
    operation_id = "forgetFaults",
    description = "All that is planned, or what fits all that is given.",
    params(
        ("id" = Option<u64>, Query, minimum = 1, description = "The plan."),
        ("target" = Option<String>, Query, description = "The target of the plans."),
        ("appid" = Option<String>, Query, description = "The account or pay merchant of the plans."),
    ),
    responses(
        (status = 200, description = "So many are forgotten.", body = ForgottenJson),
        (status = 404, description = "No plan has this id.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn forget_faults(State(server): State<Server>, uri: Uri) -> Response {
    let which = match query_object(&uri).and_then(|query| read_which(&query)) {
        Ok(which) => which,
        Err(refusal) => return failed(refusal.into()),
    };
    let forgotten = server.sandbox().faults.forget(|planned| {
        which.id.is_none_or(|id| planned.id == id)
            && is_of(planned, which.target.as_deref(), which.account.as_deref())
    });
    if which.id.is_some() && forgotten == 0 {
        return refuse(StatusCode::NOT_FOUND, "no plan has this id; GET lists them");
    }
    json(StatusCode::OK, bare(&ForgottenJson { forgotten }))
}
