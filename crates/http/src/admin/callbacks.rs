//! Where an account receives its pushes: `/admin/v1/accounts/{appid}/callback`.

use crate::admin::error::{ErrorJson, Refusals, failed, refuse};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::RequestBody;
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::delivery::callbacks::{self, CallbackError, CallbackSpec};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::delivery::push::Callback;
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;
use utoipa::ToSchema;

/// A callback as an operator may see it: without its secrets.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallbackJson {
    url: String,
    mode: &'static str,
    format: &'static str,
    /// The address of the callback that is put back after this one, which stands in for it; empty: there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    stands_in_for: Option<String>,
}

impl From<Callback> for CallbackJson {
    fn from(callback: Callback) -> Self {
        Self {
            url: callback.url,
            mode: callback.mode.name(),
            format: callback.format.name(),
            stands_in_for: callback.stands_in_for.map(|before| before.url),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct CallbackReply {
    appid: String,
    callback: Option<CallbackJson>,
}

/// Where an account receives its pushes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
struct CallbackBody {
    /// Empty: the account's pushes end.
    #[schema(max_length = 2048)]
    url: String,
    /// 3 to 32 letters and digits.
    #[schema(pattern = "^[A-Za-z0-9]{3,32}$")]
    token: Option<String>,
    /// 43 characters, of mode `compat` and `safe`.
    encoding_aes_key: Option<String>,
    /// `plain`, `compat` or `safe`.
    mode: Option<String>,
    /// `xml`, unless it is said, or `json`.
    format: Option<String>,
    /// Whether the callback before it is kept, for put-back.
    stands_in: Option<bool>,
}

/// Which callback goes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
struct PutBackBody {
    /// The address of the one that stands in.
    #[schema(min_length = 1)]
    url: String,
}

/// `PUT …/callback {"url","token","encoding_aes_key","mode","format","stands_in"}`: 200 once the address is
/// verified, 409 with what came back when it is not. An empty url ends the account's pushes.
#[utoipa::path(
    put,
    path = "/admin/v1/accounts/{appid}/callback",
    tag = "admin",
    operation_id = "putCallback",
    description = "Calls the address with a signed GET, which it must answer with its echostr.",
    params(
        ("appid" = String, Path, description = "The account."),
    ),
    request_body = CallbackBody,
    responses(
        (status = 200, description = "The address was verified, or the account receives no pushes any more.", body = CallbackReply),
        (status = 404, description = "No such account.", body = ErrorJson<'static>),
        (status = 409, description = "The address did not answer the verification: what came back.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn put_callback(
    _: Operator,
    State(server): State<Server>,
    PathName(appid): PathName,
    body: RequestBody,
) -> Response {
    let Some(appid) = AppId::parse(&appid) else {
        return refuse(StatusCode::NOT_FOUND, "no account has this appid");
    };
    let spec = match body.object().and_then(|object| read_callback(&object)) {
        Ok(spec) => spec,
        Err(refusal) => return failed(refusal.into()),
    };
    answer(&appid, callbacks::set(&server.app, &appid, &spec).await)
}

/// `POST …/callback/put-back {"url"}`: the callback that the one at this address stands in for is the account's again.
/// 409: another one is in place, or it stands in for none.
#[utoipa::path(
    post,
    path = "/admin/v1/accounts/{appid}/callback/put-back",
    tag = "admin",
    operation_id = "putCallbackBack",
    params(("appid" = String, Path, description = "The account.")),
    request_body = PutBackBody,
    responses(
        (status = 200, description = "The callback that was kept is the account's again.", body = CallbackReply),
        (status = 404, description = "No such account.", body = ErrorJson<'static>),
        (status = 409, description = "Another callback is in place, or it stands in for none.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn put_callback_back(
    _: Operator,
    State(server): State<Server>,
    PathName(appid): PathName,
    body: RequestBody,
) -> Response {
    let Some(appid) = AppId::parse(&appid) else {
        return refuse(StatusCode::NOT_FOUND, "no account has this appid");
    };
    let url = body.object().and_then(|object| Ok(object.required_text("url")?.into_owned()));
    match url {
        Ok(url) => answer(&appid, callbacks::put_back(&server.app, &appid, &url).await),
        Err(refusal) => failed(refusal.into()),
    }
}

fn answer(appid: &AppId, done: Result<Callback, CallbackError>) -> Response {
    match done {
        Ok(callback) => {
            let callback = Some(callback).filter(|callback| !callback.url.is_empty());
            let callback = callback.map(CallbackJson::from);
            json(StatusCode::OK, bare(&CallbackReply { appid: appid.to_string(), callback }))
        }
        Err(CallbackError::NotInPlace(why)) => refuse(StatusCode::CONFLICT, why),
        Err(CallbackError::NotVerified(why)) => refuse(StatusCode::CONFLICT, &why),
        Err(CallbackError::Failed(Failure::Refused(refusal)))
            if refusal.code == ErrorCode::InvalidAppid =>
        {
            refuse(StatusCode::NOT_FOUND, &refusal.detail)
        }
        Err(CallbackError::Failed(failure)) => failed(failure),
    }
}

/// Only an url that is there and empty ends an account's pushes, not one that was forgotten.
fn read_callback(object: &Object) -> Result<CallbackSpec, Refusal> {
    if !object.has("url") {
        let problem = "is missing; an empty one ends the account's pushes";
        return Err(Refusal::invalid("url", problem));
    }
    Ok(CallbackSpec {
        url: object.text("url")?.into_owned(),
        token: object.text("token")?.into_owned(),
        encoding_aes_key: object.text("encoding_aes_key")?.into_owned(),
        mode: object.text("mode")?.into_owned(),
        format: object.text("format")?.into_owned(),
        stands_in: object.flag("stands_in")?,
    })
}
