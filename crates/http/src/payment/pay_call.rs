//! A pay merchant's call: from the bytes to the signed answer (wire_facts 5.1).

use crate::answer::{Failed, panic_failure};
use crate::body::{Received, Sender};
use crate::payment::pay_failed::{PayFailed, PayXml, Signer};
use crate::server::Server;
use crate::struck::{Strikes, strike_pay};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use core::any::Any;
use kaipiao_app::payment::names::new_nonce_str;
use kaipiao_app::payment::pay_caller::{PayCaller, authenticate, check_appid};
use kaipiao_app::payment::pay_failure::PayFailure;
use kaipiao_app::under_way::UnderWay;
use kaipiao_app::{App, Failure};
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::{PayKey, Payment};
use kaipiao_wire::payment::order_query::sub_merchant_fields;
use kaipiao_wire::payment::pay_answer::{Fields, done};
use kaipiao_wire::payment::pay_request::PayRequest;
use std::sync::Arc;

/// A call whose sender is known.
pub(crate) struct PayCall {
    /// Who calls.
    pub(crate) caller: PayCaller,
    /// What they sent.
    pub(crate) request: PayRequest,
    signer: Signer,
}

impl FromRequest<Server> for PayCall {
    type Rejection = PayFailed;

    async fn from_request(request: Request, server: &Server) -> Result<Self, PayFailed> {
        let key = request.extensions().get().copied().unwrap_or(PayKey::Own);
        let strikes = request.extensions().get::<Strikes>().cloned();
        let under_way = request.extensions().get::<Arc<UnderWay>>().cloned();
        let request = receive(request, server).await?;
        let caller = authenticate(&server.app, &request, key).await?;
        if let Some(under_way) = under_way {
            under_way.is_of(caller.pay_merchant.mchid.as_str());
        }
        let signer = Signer {
            appid: request.get("appid").to_owned(),
            mch_id: caller.pay_merchant.mchid.to_string(),
            nonce_str: new_nonce_str(&server.app),
            secret: caller.secret().to_owned(),
            sign_type: caller.sign_type,
        };
        if let Err(refusal) = strike_pay(strikes, &signer.mch_id, &signer.appid).await {
            return Err(PayFailed { failure: refusal.into(), signer: Some(Box::new(signer)) });
        }
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
    /// LACK_PARAMS for a call of the partner form that does not say for whom it is.
    pub(crate) fn require_sub_merchant(&self) -> Result<(), PayRefusal> {
        self.request.required("sub_mch_id", 32).map(drop)
    }

    /// The answer of a call that was understood: signed, whatever became of it. What is `answered` is a payment, and what
    /// the call says of it.
    pub(crate) async fn answer(
        &self,
        app: &App,
        answered: impl Future<Output = Result<(Payment, Fields), PayFailure>>,
    ) -> Result<PayXml, PayFailed> {
        let checked = async {
            check_appid(app, &self.caller, &self.request).await?;
            answered.await
        };
        match checked.await {
            Ok((payment, own)) => {
                let fields = done().and(sub_merchant_fields(&payment)).and(own);
                Ok(PayXml(self.signer.signed(fields)))
            }
            Err(failure) => Err(PayFailed { failure, signer: Some(Box::new(self.signer.clone())) }),
        }
    }
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
    PayFailed::from(PayFailure::from(panic_failure())).into_response()
}
