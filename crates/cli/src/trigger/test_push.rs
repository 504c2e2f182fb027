//! A signed push to an address, without any server.

use crate::api_client::failed;
use crate::compose::ComposeError;
use crate::settings::Settings;
use crate::tls;
use crate::trigger::made::Made;
use crate::trigger::sample::{Body, Sample};
use clap::Args;
use core::time::Duration;
use kaipiao_domain::delivery::push::PushMode;
use kaipiao_domain::delivery::push_format::PushFormat;
use kaipiao_ports::entropy::{OsEntropy, random};
use kaipiao_wire::delivery::push_crypto::EncodingAesKey;
use kaipiao_wire::delivery::push_request::{Freshness, PushRequest, Signing, compose};
use kaipiao_wire::payment::notice;

/// The published service waits 5 s; a program that is being debugged may take longer.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Where a test push goes, and how it is signed.
#[derive(Clone, Args)]
pub(super) struct TestPush {
    /// Send a signed test push to this address instead; no server is needed.
    #[arg(long, value_name = "URL")]
    pub(super) to: Option<String>,
    /// The callback token of the test push.
    #[arg(long, env = "KAIPIAO_CALLBACK_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Its EncodingAESKey, for compat and safe.
    #[arg(long, env = "KAIPIAO_AES_KEY", hide_env_values = true)]
    aes_key: Option<String>,
    /// How it is sent: plain, compat or safe [default: safe with an EncodingAESKey, plain without]
    #[arg(long, requires = "to", value_parser = PushMode::ALL.map(PushMode::name))]
    mode: Option<String>,
    /// How the event is written.
    #[arg(long, requires = "to", default_value = "xml", value_parser = ["xml", "json"])]
    format: String,
}

impl TestPush {
    /// Sends it: what was sent, and what was answered.
    pub(super) fn send(
        &self,
        settings: &Settings,
        url: &str,
        sample: &Sample,
        body: Body,
    ) -> Result<Made, ComposeError> {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(failed(format!("--to {url} must be an http or https address")));
        }
        let is_notice = matches!(body, Body::Notice(_));
        let request = match body {
            Body::Event(xml) => self.signed(url, sample, &xml)?,
            Body::Notice(body) => {
                PushRequest { url: url.to_owned(), content_type: "text/xml", body }
            }
        };
        let (status, answer) = post(settings, &request)?;
        let is_taken =
            (200..300).contains(&status) && (!is_notice || notice::is_acknowledged(&answer));
        let mut made = Made::default();
        made.add("sent", request.body);
        made.add("to", request.url);
        made.add("status", status);
        made.add("answer", String::from_utf8_lossy(&answer));
        made.add("taken", is_taken);
        if !is_taken {
            made.unwell();
        }
        Ok(made)
    }

    fn signed(&self, url: &str, sample: &Sample, xml: &str) -> Result<PushRequest, ComposeError> {
        let token = self.token.clone().ok_or_else(|| failed("--token signs a test push"))?;
        let aes_key = self.aes_key.as_deref().map(EncodingAesKey::parse).transpose();
        let aes_key =
            aes_key.map_err(|refusal| failed(format!("--aes-key: {}", refusal.detail)))?;
        let default = if aes_key.is_some() { PushMode::Safe } else { PushMode::Plain };
        let mode = self.mode.as_deref().and_then(PushMode::from_name).unwrap_or(default);
        if mode.encrypts() && aes_key.is_none() {
            return Err(failed(format!("--mode {} needs --aes-key", mode.name())));
        }
        let format = PushFormat::from_name(&self.format).unwrap_or(PushFormat::Xml);
        let signing = Signing { token, mode, format, aes_key };
        let fresh = Freshness {
            timestamp: sample.now.unix_seconds(),
            nonce: u32::from_be_bytes(random(&OsEntropy)),
            random: random(&OsEntropy),
        };
        Ok(compose(url, &signing, sample.appid.as_str(), sample.openid(), xml, &fresh))
    }
}

fn post(settings: &Settings, request: &PushRequest) -> Result<(u16, Vec<u8>), ComposeError> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(TIME_LIMIT));
    if request.url.starts_with("https://") {
        config = config.tls_config(tls::client_config(settings)?);
    } else {
        // A proxy would read it, and knows nothing of this machine.
        config = config.proxy(None);
    }
    let agent: ureq::Agent = config.build().into();
    let no_answer = |error: ureq::Error| failed(format!("no answer from {}: {error}", request.url));
    let sent = agent.post(&request.url).content_type(request.content_type).send(&*request.body);
    let mut answer = sent.map_err(no_answer)?;
    let body = answer.body_mut().read_to_vec().map_err(no_answer)?;
    Ok((answer.status().as_u16(), body))
}
