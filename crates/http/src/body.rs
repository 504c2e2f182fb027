//! What a caller sent: the query, and the body with its limits of size and time.

use crate::answer::Failed;
use crate::server::Server;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kaipiao_domain::Refusal;
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::object::Object;

/// A parameter of the query; empty when absent. The last one counts when it stands twice.
pub(crate) fn query_value(uri: &Uri, name: &str) -> String {
    let query = uri.query().unwrap_or("").as_bytes();
    let found = form_urlencoded::parse(query).filter(|(key, _)| key == name).last();
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The query's parameters read like a body's members.
pub(crate) fn query_object(uri: &Uri) -> Result<Object<'static>, Refusal> {
    let query = uri.query().unwrap_or("");
    if query.is_empty() {
        return Object::read(b"{}", None);
    }
    // A leading `&` keeps a parameter that begins like JSON from being taken for JSON.
    Object::read(format!("&{query}").as_bytes(), Some("application/x-www-form-urlencoded"))
}

/// A body, whole.
pub(crate) struct RequestBody {
    bytes: Bytes,
    content_type: Option<String>,
}

impl RequestBody {
    /// The object within: 44002 empty, 47001 not JSON.
    pub(crate) fn object(&self) -> Result<Object<'static>, Refusal> {
        Object::read(&self.bytes, self.content_type.as_deref())
    }

    /// How long the body is, in bytes.
    pub(crate) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the body is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Reads a body within the server's limits. Too long is 72031 naming the limit; too slow or
    /// cut off is 47001: what arrived cannot be the JSON that was meant.
    pub(crate) async fn receive(
        server: &Server,
        parts: &Parts,
        body: Body,
    ) -> Result<Self, Failed> {
        let limit = server.settings.body_limit_bytes;
        let collected = Limited::new(body, limit).collect();
        let bytes = match tokio::time::timeout(server.settings.body_timeout, collected).await {
            Ok(Ok(collected)) => collected.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                let problem = format!("is longer than {limit} bytes");
                return Err(Refusal::invalid("the body", problem).into());
            }
            Ok(Err(_)) => return Err(incomplete("the connection ended before the body did")),
            Err(_) => return Err(incomplete("the body did not arrive in time")),
        };
        let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Self { bytes, content_type: content_type.map(str::to_owned) })
    }
}

/// Reads a body and forgets it, within the same limits. A refusal before the body was read would
/// else close the connection under the client's next request.
pub(crate) async fn discard(server: &Server, body: Body) {
    let read = async {
        let mut body = Limited::new(body, server.settings.body_limit_bytes);
        while let Some(Ok(_)) = body.frame().await {}
    };
    // A client that is slower than the limit loses its connection, which is what it is for.
    let _ = tokio::time::timeout(server.settings.body_timeout, read).await;
}

fn incomplete(why: &str) -> Failed {
    Refusal::new(ErrorCode::DataFormatError, why).into()
}

impl FromRequest<Server> for RequestBody {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        let (parts, body) = request.into_parts();
        Self::receive(server, &parts, body).await
    }
}
