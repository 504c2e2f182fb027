//! What a pay merchant gets that was refused: signed, once it is known who asked (wire_facts 5.1).

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use kaipiao_app::payment::pay_failure::PayFailure;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::SignType;
use kaipiao_wire::payment::pay_answer::{
    CONTENT_TYPE, Fields, not_understood, refused, understood,
};

/// What an answer is signed with, and what it repeats of the request.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) appid: String,
    pub(crate) mch_id: String,
    pub(crate) nonce_str: String,
    pub(crate) secret: String,
    pub(crate) sign_type: SignType,
}

/// A call that was refused or failed. Without a signer nobody is known to answer to: return_code FAIL.
#[derive(Clone)]
pub(crate) struct PayFailed {
    pub(crate) failure: PayFailure,
    pub(crate) signer: Option<Box<Signer>>,
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
    pub(crate) fn signed(&self, fields: Fields) -> String {
        let begin = understood(&self.appid, &self.mch_id, &self.nonce_str);
        begin.and(fields).signed(&self.secret, self.sign_type)
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
