//! Calls of WeChat Pay that lead to a notice.

use crate::api_client::{Asked, failed};
use crate::caller::Caller;
use crate::compose::ComposeError;
use kaipiao_domain::payment::payments::SignType;
use kaipiao_wire::payment::pay_answer::Fields;
use kaipiao_wire::payment::pay_request::PayRequest;

/// The sandbox's pay merchant, who takes payments for an account.
pub(super) struct PayMerchant<'a> {
    pub(super) caller: &'a Caller,
    pub(super) mch_id: &'a str,
    pub(super) key: &'a str,
}

impl PayMerchant<'_> {
    /// A signed call: the answer, which says SUCCESS.
    pub(super) fn call(
        &self,
        path: &str,
        parameters: &[(&'static str, &str)],
    ) -> Result<PayRequest, ComposeError> {
        let always =
            [("appid", &*self.caller.appid), ("mch_id", self.mch_id), ("nonce_str", "trigger")];
        let all = always.iter().chain(parameters);
        let fields =
            all.fold(Fields::default(), |fields, (name, value)| fields.text(*name, *value));
        let body = fields.signed(self.key, SignType::Md5).into_bytes();
        let body = Some(("text/xml".to_owned(), body));
        let answer =
            self.caller.client.send(Asked { method: "POST", body, ..Asked::get(path, &[]) })?;
        let text = String::from_utf8_lossy(&answer.body);
        let read = PayRequest::read(&answer.body)
            .map_err(|why| failed(format!("{path} was answered {why}: {text}")))?;
        let is_done = read.get("result_code") == "SUCCESS";
        is_done.then_some(read).ok_or_else(|| failed(format!("{path} was answered: {text}")))
    }
}
