//! Pages that answer programs in JSON: the crate of pages serves them, and the document says what they answer.
#![expect(dead_code, reason = "the crate of pages answers so; this says what there is")]

use crate::admin::error::ErrorJson;
use crate::admin::requests::RequestDetailJson;
use utoipa::{OpenApi, ToSchema};

/// A page that programs get as JSON, where they do not accept `text/html`.
#[derive(Clone, Copy, Debug)]
pub struct JsonPage {
    /// The path; its method is GET.
    pub path: &'static str,
    /// Its purpose.
    pub what: &'static str,
    /// The same in Chinese.
    pub what_zh: &'static str,
}

/// All of them.
pub const JSON_PAGES: &[JsonPage] = &[
    JsonPage {
        path: "/errors/{code}",
        what: "What an error code means, and what to do about it",
        what_zh: "错误码的含义与处理办法",
    },
    JsonPage {
        path: "/errors/rid/{rid}",
        what: "The request behind an errmsg's rid, and why it was refused",
        what_zh: "errmsg 中的 rid 对应的请求及其被拒绝的原因",
    },
];

/// What a code means, in the language that Accept-Language prefers.
#[derive(ToSchema)]
struct AdviceBody {
    errcode: i32,
    /// The table's text.
    message: String,
    /// What happened.
    meaning: String,
    /// What whoever called does about it.
    integrator: String,
    /// What whoever runs the server does about it.
    operator: String,
}

/// A request that is answered with a code.
#[derive(ToSchema)]
struct ShownBody {
    method: String,
    /// Path and query; credentials stand by their names.
    path: String,
    /// Empty: none.
    body: String,
    /// The errmsg without its rid.
    answer: String,
}

#[derive(ToSchema)]
struct ErrorCodeBody {
    #[schema(inline)]
    #[serde(flatten)]
    advice: AdviceBody,
    /// A request that is answered with it; null: success.
    shown: Option<ShownBody>,
}

#[derive(ToSchema)]
struct ExplainedBody {
    /// null: its answer has no errcode.
    advice: Option<AdviceBody>,
    request: RequestDetailJson,
}

#[utoipa::path(
    get,
    path = "/errors/{code}",
    tag = "utilities",
    operation_id = "explainCode",
    params(("code" = String, Path, description = "An errcode.")),
    responses(
        (status = 200, description = "What it means; a page where `text/html` is accepted.", content(
            (ErrorCodeBody = "application/json"),
            (String = "text/html"),
        )),
        (status = 404, description = "This server never answers with it.", content(
            (ErrorJson<'static> = "application/json"),
            (String = "text/html"),
        )),
    ),
)]
fn explain_code() {}

#[utoipa::path(
    get,
    path = "/errors/rid/{rid}",
    tag = "utilities",
    operation_id = "explainRequest",
    description = "In the sandbox open to everybody, in production to whoever sends the admin token as `Authorization: Bearer`, or is logged in to the console: a developer sees the requests of their accounts.",
    params(("rid" = String, Path, description = "The rid at the end of an errmsg.")),
    responses(
        (status = 200, description = "The request, and what its code means; a page where `text/html` is accepted.", content(
            (ExplainedBody = "application/json"),
            (String = "text/html"),
        )),
        (status = 404, description = "No request of this rid may be seen.", content(
            (ErrorJson<'static> = "application/json"),
            (String = "text/html"),
        )),
        (status = 503, description = "The store is away.", content(
            (ErrorJson<'static> = "application/json"),
            (String = "text/html"),
        )),
    ),
)]
fn explain_request() {}

#[derive(OpenApi)]
#[openapi(paths(explain_code, explain_request), components(schemas(ErrorJson<'static>)))]
pub(super) struct JsonPages;
