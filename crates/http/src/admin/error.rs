//! What the admin API answers when it does not do what was asked: plain HTTP statuses and
//! `{"error":…}`.

use crate::answer::json;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_wire::answer::bare;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::schema::Ref;
use utoipa::openapi::{RefOr, response as documented};
use utoipa::{IntoResponses, ToSchema};

#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorJson<'a> {
    error: &'a str,
}

/// `{"error":…}` with a status.
pub(crate) fn refuse(status: StatusCode, error: &str) -> Response {
    json(status, bare(&ErrorJson { error }))
}

/// A use case's failure in this API's terms; the log has the store's words.
pub(crate) fn failed(failure: Failure) -> Response {
    match &failure {
        Failure::Refused(refusal) => refuse(StatusCode::BAD_REQUEST, &refusal.to_string()),
        Failure::Overloaded(_) | Failure::Away(_) => {
            tracing::error!(why = %failure, "failed");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "the store is away, try again")
        }
        Failure::Unreadable(_) | Failure::Damaged(_) => {
            tracing::error!(why = %failure, "failed");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "a fault of this server; its log says more")
        }
    }
}

/// What every call of the admin API may be refused with.
pub(crate) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<documented::Response>> {
        let unknown = ("401", "The admin token is missing or wrong.");
        COMMON.into_iter().chain([unknown]).map(documented_refusal).collect()
    }
}

/// What every call of the sandbox's controls may be refused with.
pub(crate) struct SandboxRefusals;

impl IntoResponses for SandboxRefusals {
    fn responses() -> BTreeMap<String, RefOr<documented::Response>> {
        COMMON.into_iter().map(documented_refusal).collect()
    }
}

const COMMON: [(&str, &str); 3] = [
    ("400", "What was sent cannot be read or is not allowed: which member, and what was expected."),
    ("500", "A fault of this server; its log says more."),
    ("503", "The store is away: try again."),
];

fn documented_refusal((status, why): (&str, &str)) -> (String, RefOr<documented::Response>) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorJson"))).build();
    let response = documented::ResponseBuilder::new().description(why);
    (status.to_owned(), response.content("application/json", content).build().into())
}
