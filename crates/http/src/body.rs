//! What a caller sent: the query, and the body with its limits of size and time.

mod encoding;

use crate::answer::Failed;
use crate::budget::{BodyBudget, FREE_BYTES, Reservation, UPLOAD_BYTES};
use crate::long_request;
use crate::server::Server;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use encoding::encoding;
use http_body_util::BodyExt;
use kaipiao_app::Failure;
use kaipiao_app::platform::pdfs;
use kaipiao_app::under_way::UnderWay;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::object::Object;
use std::sync::Arc;

/// The query's parameters read like a body's members.
pub(crate) fn query_object(uri: &Uri) -> Result<Object<'static>, Refusal> {
    let query = uri.query().unwrap_or("");
    if query.is_empty() {
        return Object::read(b"{}", None);
    }
    // A leading `&` keeps a parameter that begins like JSON from being taken for JSON.
    Object::read(format!("&{query}").as_bytes(), Some("application/x-www-form-urlencoded"))
}

/// Who sends a body: it decides how much may come, and whose share of the memory it takes.
pub(crate) enum Sender {
    /// An account with a token that works.
    Account(AppId),
    /// The same, with a file.
    Upload(AppId),
    /// An operator, or whoever has the sandbox's controls.
    Operator,
    /// Somebody whom the body itself has to name: a body as small as that.
    Unknown,
    /// A pay merchant, whom the body itself has to name: the goods' details make it longer.
    PayMerchant,
}

/// A pay merchant's body, at most: 6,144 characters of details, and the rest.
const PAY_BYTES: usize = 64 << 10;

/// How long a body may be, whose share of which memory it takes, and what is answered to a longer one.
struct Bounds {
    caller: Option<AppId>,
    limit: usize,
    budget: Arc<BodyBudget>,
    too_long: fn(usize) -> Refusal,
}

impl Bounds {
    fn of(from: Sender, server: &Server) -> Self {
        let largest = server.settings.body_limit_bytes;
        let (caller, limit) = match from {
            Sender::Upload(appid) => {
                return Self {
                    caller: Some(appid),
                    limit: UPLOAD_BYTES,
                    budget: Arc::clone(&server.uploads),
                    too_long: |_| pdfs::too_long("the body is longer than the file may be"),
                };
            }
            Sender::Account(appid) => (Some(appid), largest),
            Sender::Operator => (None, largest),
            Sender::Unknown => (None, largest.min(FREE_BYTES)),
            Sender::PayMerchant => (None, largest.min(PAY_BYTES)),
        };
        Self { caller, limit, budget: Arc::clone(&server.bodies), too_long }
    }
}

/// The bytes of a body, whole, and unpacked.
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    memory: Reservation,
}

/// The members that a call takes; one that has no list of them reads leniently.
#[derive(Clone, Copy)]
pub(crate) struct KnownMembers(pub(crate) &'static [String]);

/// A body, whole.
pub(crate) struct RequestBody {
    content: Content,
    len: usize,
    known: Option<KnownMembers>,
    _memory: Reservation,
}

/// What a body holds.
enum Content {
    Unread {
        bytes: Bytes,
        content_type: Option<String>,
    },
    /// A large body was read already, where it holds up nobody.
    Read(Result<Object<'static>, Refusal>),
}

impl RequestBody {
    /// The object within: 44002 empty, 47001 not JSON, 72031 a member that the call does not take.
    pub(crate) fn object(&self) -> Result<Object<'_>, Refusal> {
        let object = match &self.content {
            Content::Unread { bytes, content_type } => {
                Object::read(bytes, content_type.as_deref())?
            }
            Content::Read(object) => object.as_ref().map(Object::borrowed).map_err(Clone::clone)?,
        };
        if let Some(KnownMembers(known)) = self.known {
            object.check_known("member", known, None)?;
        }
        Ok(object)
    }

    /// How long the body is, in bytes.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether the body is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads a body as [`Received::receive`] does.
    pub(crate) async fn receive(
        server: &Server,
        parts: &Parts,
        body: Body,
        from: Sender,
    ) -> Result<Self, Failed> {
        let Received { bytes, memory } = Received::receive(server, parts, body, from).await?;
        let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        let len = bytes.len();
        let known = parts.extensions.get().copied();
        Ok(Self { content: content(bytes, content_type).await?, len, known, _memory: memory })
    }
}

impl Received {
    /// Reads a body within the server's limits. Too long is 72031 naming the limit; too slow or
    /// cut off is 47001: what arrived cannot be the JSON that was meant; -1 when the bodies under
    /// way take all the memory that they may.
    pub(crate) async fn receive(
        server: &Server,
        parts: &Parts,
        body: Body,
        from: Sender,
    ) -> Result<Self, Failed> {
        let Bounds { caller, limit, budget, too_long } = Bounds::of(from, server);
        let encoding = encoding(&parts.headers)?;
        let mut memory = Reservation::new(budget, caller);
        let collected = collect(body, limit, too_long, &mut memory);
        let Ok(collected) = tokio::time::timeout(server.settings.body_timeout, collected).await
        else {
            return Err(incomplete("the body did not arrive in time"));
        };
        let mut bytes = collected?;
        if let (Some(encoding), false) = (encoding, bytes.is_empty()) {
            bytes = encoding.unpack(&bytes, limit)?.ok_or_else(|| too_long(limit))?;
            reserve(&mut memory, bytes.len())?;
            if let Some(under_way) = parts.extensions.get::<Arc<UnderWay>>() {
                under_way.unpacked(&bytes);
            }
        }
        Ok(Self { bytes, memory })
    }
}

async fn collect(
    mut body: Body,
    limit: usize,
    too_long: fn(usize) -> Refusal,
    memory: &mut Reservation,
) -> Result<Bytes, Failed> {
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_long(limit).into());
    }
    let mut collected = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| incomplete("the connection ended before the body did"))?;
        let Ok(data) = frame.into_data() else { continue };
        let bytes = collected.len() + data.len();
        if bytes > limit {
            return Err(too_long(limit).into());
        }
        reserve(memory, bytes)?;
        if collected.is_empty() && body.is_end_stream() {
            return Ok(data);
        }
        // A copy lets go of the connection's buffer, which is larger than what arrived.
        collected.extend_from_slice(&data);
    }
    Ok(collected.into())
}

async fn content(bytes: Bytes, content_type: Option<String>) -> Result<Content, Failed> {
    if !long_request::is_long(bytes.len()) {
        return Ok(Content::Unread { bytes, content_type });
    }
    let read = async move { Ok(Object::read(&bytes, content_type.as_deref())) };
    Ok(Content::Read(long_request::run(read).await?))
}

fn reserve(memory: &mut Reservation, bytes: usize) -> Result<(), Failure> {
    if memory.grow_to(bytes) {
        return Ok(());
    }
    Err(Failure::Overloaded("the bodies under way take all the memory that they may".to_owned()))
}

fn too_long(limit: usize) -> Refusal {
    Refusal::invalid("the body", format!("is longer than {limit} bytes"))
}

fn incomplete(why: &str) -> Failed {
    Refusal::new(ErrorCode::DataFormatError, why).into()
}

impl FromRequest<Server> for RequestBody {
    type Rejection = Failed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Failed> {
        let (parts, body) = request.into_parts();
        Self::receive(server, &parts, body, Sender::Operator).await
    }
}
