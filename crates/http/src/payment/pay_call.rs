//! A pay merchant's call: from the bytes to the signed answer (wire_facts 5.1).

use crate::answer::Failed;
use crate::body::{Received, Sender};
use crate::server::Server;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use core::any::Any;
use kaipiao_app::Failure;
use kaipiao_app::payment::pay_caller::{PayCaller, authenticate};
use kaipiao_app::payment::pay_failure::PayFailure;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::{PayKey, SignType};
use kaipiao_wire::payment::pay_answer::{
    CONTENT_TYPE, Fields, done, not_understood, refused, understood,
};
use kaipiao_wire::payment::pay_request::PayRequest;

/// A call whose sender is known.
pub(crate) struct PayCall {
    /// Who calls.
    pub(crate) caller: PayCaller,
    /// What they sent.
    pub(crate) request: PayRequest,
    signer: Signer,
}

/// What an answer is signed with, and what it repeats of the request.
#[derive(Clone)]
struct Signer {
    appid: String,
    mch_id: String,
    nonce_str: String,
    secret: String,
    sign_type: SignType,
}

/// A call that was refused or failed. Without a signer nobody is known to answer to: return_code FAIL.
#[derive(Clone)]
pub(crate) struct PayFailed {
    pub(crate) failure: PayFailure,
    signer: Option<Box<Signer>>,
}

impl From<PayFailure> for PayFailed {
    fn from(failure: PayFailure) -> Self {
        Self { failure, signer: None }
    }
}

impl From<PayRefusal> for PayFailed {
    fn from(refusal: PayRefusal) -> Self {
        PayFailure::from(refusal).into()
    }
}

impl PayFailed {
    /// The answer, with the rid that the log has.
    pub(crate) fn written(&self, rid: &str) -> Response {
        let refusal = match &self.failure {
            PayFailure::Refused(PayRefusal { code, detail }) => {
                PayRefusal::new(*code, format!("{detail} rid: {rid}"))
            }
            PayFailure::Failed(_) => {
                let detail =
                    format!("the server is busy or away, query before trying again rid: {rid}");
                PayRefusal::new(PayErrorCode::SystemError, detail)
            }
        };
        xml(match &self.signer {
            None => not_understood(&refusal),
            Some(signer) => signer.signed(refused(&refusal)),
        })
    }
}

impl Signer {
    fn signed(&self, fields: Fields) -> String {
        let begin = understood(&self.appid, &self.mch_id, &self.nonce_str);
        begin.and(fields).signed(&self.secret, self.sign_type)
    }
}

impl FromRequest<Server> for PayCall {
    type Rejection = PayFailed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, PayFailed> {
        let key = request.extensions().get().copied().unwrap_or(PayKey::Own);
        let request = receive(request, server).await?;
        let caller = authenticate(&server.app, &request, key).await?;
        let signer = Signer {
            appid: request.get("appid").to_owned(),
            mch_id: caller.pay_merchant.mchid.to_string(),
            nonce_str: kaipiao_app::payment::names::new_nonce_str(&server.app),
            secret: caller.secret().to_owned(),
            sign_type: caller.sign_type,
        };
        Ok(Self { caller, request, signer })
    }
}

async fn receive(request: Request, server: &Server) -> Result<PayRequest, PayFailed> {
    let (parts, body) = request.into_parts();
    let received = Received::receive(server, &parts, body, Sender::PayMerchant).await;
    let received = received.map_err(|Failed(failure)| match failure {
        Failure::Refused(refusal) => {
            PayFailed::from(PayRefusal::new(PayErrorCode::XmlFormatError, refusal.detail))
        }
        failure => PayFailure::from(failure).into(),
    })?;
    Ok(PayRequest::read(&received.bytes)?)
}

impl PayCall {
    /// The answer of a call that was understood: signed, whatever became of it.
    pub(crate) fn answer(&self, result: Result<Fields, PayFailure>) -> Result<PayXml, PayFailed> {
        match result {
            Ok(fields) => Ok(PayXml(self.signer.signed(done().and(fields)))),
            Err(failure) => Err(PayFailed { failure, signer: Some(Box::new(self.signer.clone())) }),
        }
    }
}

/// An answer in XML.
pub(crate) struct PayXml(pub(crate) String);

impl IntoResponse for PayXml {
    fn into_response(self) -> Response {
        xml(self.0)
    }
}

fn xml(text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    let content_type = HeaderValue::from_static(CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// REQUIRE_POST_METHOD: the call wants POST.
pub(crate) async fn require_post() -> PayFailed {
    PayRefusal::new(PayErrorCode::RequirePostMethod, "call it with POST").into()
}

/// There is no such call.
pub(crate) async fn unknown_call(request: Request) -> PayFailed {
    let detail = format!("there is no call {}", request.uri().path());
    PayRefusal::new(PayErrorCode::InvalidRequest, detail).into()
}

/// A panic is a fault of ours: SYSTEMERROR, and the server goes on.
pub(crate) fn panicked(_: Box<dyn Any + Send>) -> Response {
    let failure = Failure::Damaged("panic".to_owned());
    PayFailed::from(PayFailure::from(failure)).into_response()
}
