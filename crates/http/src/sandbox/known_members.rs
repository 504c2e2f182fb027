//! What each call of `/sandbox/v1/` takes, as the document says it. Anything else is refused: a misspelled `appid` must
//! not stand for all accounts.

use crate::admin::error::failed;
use crate::body::{KnownMembers, RequestBody, Sender, query_object};
use crate::openapi::from_code::sandbox_document;
use crate::query::TOKEN;
use crate::server::Server;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kaipiao_app::Failure;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What an operation takes: its query's parameters, and its body's members; None: it has no body.
#[derive(Debug, Default)]
struct Takes {
    parameters: Vec<String>,
    members: Option<Vec<String>>,
}

/// By path and lower-case method.
static TAKEN: LazyLock<HashMap<(String, String), Takes>> =
    LazyLock::new(|| taken(&sandbox_document()));

/// Refuses what a call does not take, before anything is done: in the query, and in a body that nobody reads. What it
/// takes in its body goes along with the request: whoever reads the body refuses the rest ([`RequestBody::object`]).
pub(crate) async fn check(
    State(server): State<Server>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(takes) = takes(&request) else { return next.run(request).await };
    // SDKs add their token to whatever they call.
    let checked = query_object(request.uri())
        .and_then(|query| query.check_known("parameter", &takes.parameters, Some(TOKEN)));
    if let Err(refusal) = checked {
        return failed(refusal.into());
    }
    match &takes.members {
        Some(members) => {
            request.extensions_mut().insert(KnownMembers(members));
            next.run(request).await
        }
        None if request.body().is_end_stream() => next.run(request).await,
        None => {
            let (mut parts, body) = request.into_parts();
            parts.extensions.insert(KnownMembers(&[]));
            match RequestBody::receive(&server, &parts, body, Sender::Operator).await {
                Ok(body) if body.is_empty() => {}
                Ok(body) => match body.object() {
                    Ok(_) => {}
                    Err(refusal) => return failed(Failure::from(refusal)),
                },
                Err(refused) => return refused.into_response(),
            }
            next.run(Request::from_parts(parts, Body::empty())).await
        }
    }
}

fn takes(request: &Request) -> Option<&'static Takes> {
    let path = request.extensions().get::<MatchedPath>()?.as_str().to_owned();
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    TAKEN.get(&(path, method.as_str().to_ascii_lowercase()))
}

fn taken(document: &Value) -> HashMap<(String, String), Takes> {
    let mut taken = HashMap::new();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let of_query = parameters.filter(|parameter| parameter["in"] == "query");
            let names = of_query.filter_map(|parameter| parameter["name"].as_str());
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let members = (!schema.is_null()).then(|| members_of(document, schema));
            let takes = Takes { parameters: names.map(str::to_owned).collect(), members };
            taken.insert((path.clone(), method.clone()), takes);
        }
    }
    taken
}

/// The members of a schema's object, also where the schema only names it, or allows null beside it.
fn members_of(document: &Value, schema: &Value) -> Vec<String> {
    if let Some(name) =
        schema["$ref"].as_str().and_then(|at| at.strip_prefix("#/components/schemas/"))
    {
        return members_of(document, &document["components"]["schemas"][name]);
    }
    let one_of = schema["oneOf"].as_array().into_iter().flatten();
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
    own.chain(one_of.flat_map(|schema| members_of(document, schema))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_takes_is_what_the_document_says() {
        let takes = |path: &str, method: &str| &TAKEN[&(path.to_owned(), method.to_owned())];
        let members = |path| takes(path, "post").members.as_ref().unwrap();
        assert_eq!(*members("/sandbox/v1/reset"), ["appid"]);
        assert_eq!(members("/sandbox/v1/namespaces").len(), 6);
        assert_eq!(takes("/sandbox/v1/faults", "delete").parameters, ["id", "target", "appid"]);
        assert_eq!(takes("/sandbox/v1/messages", "get").parameters, ["user", "limit", "after"]);
        assert!(takes("/sandbox/v1/snapshots/{name}/restore", "post").members.is_none());
        // A body whose members are not found would be refused whole.
        let bodies = TAKEN.values().filter_map(|takes| takes.members.as_ref());
        assert!(bodies.clone().count() >= 9 && bodies.clone().all(|members| !members.is_empty()));
    }
}
