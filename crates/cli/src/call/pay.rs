//! Calls of WeChat Pay: XML with a signature, both ways.

use crate::api_client::{Answer, failed};
use crate::caller::Caller;
use crate::compose::ComposeError;
use crate::outcome::Outcome;
use clap::Args;
use kaipiao_app::sandbox::{DEMO_MCH_KEY, DEMO_MCHID};
use kaipiao_domain::payment::payments::SignType;
use kaipiao_ports::entropy::{OsEntropy, random};
use kaipiao_wire::delivery::read_push::members;
use kaipiao_wire::payment::pay_answer::Fields;
use kaipiao_wire::payment::pay_request::PayRequest;
use serde_json::Value;
use std::fmt::Write;

/// The pay merchant of WeChat Pay's calls.
#[derive(Clone, Args)]
pub(super) struct PayArgs {
    /// The pay merchant of WeChat Pay's calls [default: the demo's, where the server is on this machine]
    #[arg(long, env = "KAIPIAO_MCH_ID", value_name = "MCHID")]
    mch_id: Option<String>,
    /// Its key, which signs.
    #[arg(long, env = "KAIPIAO_MCH_KEY", hide_env_values = true, value_name = "KEY")]
    mch_key: Option<String>,
}

impl PayArgs {
    /// The signed XML of these parameters, with what every call names.
    pub(super) fn body(
        &self,
        caller: &Caller,
        json: Option<&str>,
    ) -> Result<(String, Vec<u8>), ComposeError> {
        let Ok(Value::Object(mut parameters)) = serde_json::from_str(json.unwrap_or("{}")) else {
            return Err(failed("--json must be an object of the call's parameters"));
        };
        let is_demo = caller.client.is_local();
        let mch_id = self.mch_id.clone().or_else(|| is_demo.then(|| DEMO_MCHID.to_owned()));
        let nonce = base16ct::lower::encode_string(&random::<16>(&OsEntropy));
        for (name, value) in
            [("appid", Some(caller.appid.clone())), ("mch_id", mch_id), ("nonce_str", Some(nonce))]
        {
            let value = value.ok_or_else(|| failed("--mch-id names the pay merchant"))?;
            parameters.entry(name).or_insert(value.into());
        }
        let sign_type = match parameters.get("sign_type").and_then(Value::as_str) {
            None => SignType::Md5,
            Some(name) => SignType::parse(name)
                .ok_or_else(|| failed("sign_type must be MD5 or HMAC-SHA256"))?,
        };
        let fields = parameters.into_iter().fold(Fields::default(), |fields, (name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            fields.text(name, value)
        });
        let xml = fields.signed(&self.key(caller)?, sign_type);
        Ok(("text/xml".to_owned(), xml.into_bytes()))
    }

    fn key(&self, caller: &Caller) -> Result<String, ComposeError> {
        let demo = || caller.client.is_local().then(|| DEMO_MCH_KEY.to_owned());
        let key = self.mch_key.clone().or_else(demo);
        key.ok_or_else(|| failed("KAIPIAO_MCH_KEY or --mch-key is the pay merchant's key"))
    }

    /// What was answered: a line for each parameter, and whether it is signed by the key.
    pub(super) fn outcome(
        &self,
        caller: &Caller,
        answer: &Answer,
        raw: bool,
    ) -> Result<Outcome, ComposeError> {
        let text = String::from_utf8_lossy(&answer.body);
        let read = PayRequest::read(&answer.body).map_err(|why| {
            failed(format!("the answer is no XML of WeChat Pay's: {why}: {text}"))
        })?;
        let is_signed = !read.get("sign").is_empty();
        let sign_type = [SignType::Md5, SignType::HmacSha256];
        let key = self.key(caller)?;
        let is_right = sign_type.into_iter().any(|sign_type| read.is_signed_by(&key, sign_type));
        let is_well = ["return_code", "result_code"].iter().all(|name| read.get(name) == "SUCCESS");
        let mut shown = text.clone().into_owned();
        if !raw {
            shown.clear();
            for (name, value) in members(&text).unwrap_or_default() {
                let _ = writeln!(shown, "{name}: {value}");
            }
        }
        let note = match (is_signed, is_right) {
            (true, true) => "its signature is right",
            (true, false) => "its signature is WRONG: the key is another one, or it was changed",
            (false, _) => "it is not signed",
        };
        let is_well = is_well && is_right;
        Ok(Outcome { output: shown.into_bytes(), notes: vec![note.to_owned()], is_well })
    }
}
