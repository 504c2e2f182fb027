//! Who works with the console: `/admin/v1/console-users`.

use crate::admin::damaged::DamagedJson;
use crate::admin::error::{ErrorJson, Refusals, failed, refuse};
use crate::admin::operator::Operator;
use crate::answer::json;
use crate::body::{RequestBody, query_object};
use crate::paging::{Page, after, page_size};
use crate::server::Server;
use crate::wrong_call::PathName;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kaipiao_app::access::console_users::{self, ConsoleUserSpec};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::console_user::ConsoleUser;
use kaipiao_wire::answer::bare;
use kaipiao_wire::object::Object;
use serde::Serialize;
use utoipa::ToSchema;

/// Never with the password's hash.
#[derive(Serialize, ToSchema)]
struct ConsoleUserJson {
    name: String,
    role: &'static str,
    /// A developer's; an operator has none, and sees all.
    accounts: Vec<String>,
    disabled: bool,
}

impl From<ConsoleUser> for ConsoleUserJson {
    fn from(user: ConsoleUser) -> Self {
        let accounts = user.role.bound_to().into_iter().flatten().map(AppId::to_string);
        Self {
            accounts: accounts.collect(),
            role: user.role.name(),
            name: user.name.to_string(),
            disabled: user.is_disabled,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ConsoleUsersJson {
    console_users: Vec<ConsoleUserJson>,
    /// Records that cannot be read; left out: there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedJson>,
    /// `after` of the next page; left out: this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A console user, as far as it is said.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
struct ConsoleUserBody {
    /// `operator` or `developer`; needed for a new user.
    #[schema(pattern = "^(operator|developer)$")]
    role: Option<String>,
    /// The accounts of a developer.
    accounts: Option<Vec<String>>,
    /// Needed for a new user; a new one ends all sessions.
    #[schema(min_length = 12, max_length = 128)]
    password: Option<String>,
    disabled: Option<bool>,
}

/// `GET /admin/v1/console-users?limit=&after=`: by name.
#[utoipa::path(
    get,
    path = "/admin/v1/console-users",
    tag = "admin",
    operation_id = "listConsoleUsers",
    params(Page),
    responses(
        (status = 200, description = "Console users by name.", body = ConsoleUsersJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn list_users(_: Operator, State(server): State<Server>, uri: Uri) -> Response {
    let listed = async {
        let query = query_object(&uri)?;
        let after = after(&query)?;
        let page = console_users::list(&server.app, after.as_deref(), page_size(&query)?).await?;
        let console_users = page.items.into_iter().map(ConsoleUserJson::from).collect();
        let damaged = DamagedJson::all(page.damaged);
        Ok(bare(&ConsoleUsersJson { console_users, damaged, next: page.next }))
    };
    listed.await.map_or_else(failed, |text| json(StatusCode::OK, text))
}

/// `PUT /admin/v1/console-users/{name}`: adds or changes one.
#[utoipa::path(
    put,
    path = "/admin/v1/console-users/{name}",
    tag = "admin",
    operation_id = "putConsoleUser",
    description = "What is left out keeps its value.",
    params(
        ("name" = String, Path, description = "The user's name.", pattern = "^[A-Za-z0-9_.@-]{1,64}$"),
    ),
    request_body = ConsoleUserBody,
    responses(
        (status = 200, description = "It was changed, or is as it was.", body = ConsoleUserJson),
        (status = 201, description = "It is new.", body = ConsoleUserJson),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn put_user(
    _: Operator,
    State(server): State<Server>,
    PathName(name): PathName,
    body: RequestBody,
) -> Response {
    let spec = match body.object().and_then(|object| read_spec(name, &object)) {
        Ok(spec) => spec,
        Err(refusal) => return failed(refusal.into()),
    };
    match console_users::save(&server.app, &spec).await {
        Ok(saved) => {
            let status = if saved.is_new { StatusCode::CREATED } else { StatusCode::OK };
            json(status, bare(&ConsoleUserJson::from(saved.user)))
        }
        Err(failure) => failed(failure),
    }
}

/// `DELETE /admin/v1/console-users/{name}`
#[utoipa::path(
    delete,
    path = "/admin/v1/console-users/{name}",
    tag = "admin",
    operation_id = "removeConsoleUser",
    params(
        ("name" = String, Path, description = "The user's name.", pattern = "^[A-Za-z0-9_.@-]{1,64}$"),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "No such user.", body = ErrorJson<'static>),
        Refusals,
    ),
    security(("AdminToken" = [])),
)]
pub(crate) async fn remove_user(
    _: Operator,
    State(server): State<Server>,
    PathName(name): PathName,
) -> Response {
    match console_users::remove(&server.app, &name).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => refuse(StatusCode::NOT_FOUND, "no console user has this name"),
        Err(failure) => failed(failure),
    }
}

fn read_spec(name: String, object: &Object) -> Result<ConsoleUserSpec, Refusal> {
    let is_disabled = if object.has("disabled") { Some(object.flag("disabled")?) } else { None };
    Ok(ConsoleUserSpec {
        name,
        role: object.optional_text("role")?,
        accounts: object.texts("accounts")?,
        password: object.optional_text("password")?,
        is_disabled,
    })
}
