//! `kaipiao decrypt`: a push in clear, or exactly what is wrong with it.

use crate::api_client::failed;
use crate::compose::ComposeError;
use crate::outcome::Outcome;
use clap::Args;
use kaipiao_wire::delivery::push_crypto::EncodingAesKey;
use kaipiao_wire::delivery::read_push::{NotRead, PushQuery, Receiver, members};
use std::io::Read;
use std::path::PathBuf;

/// A push is far below this.
const MOST_BYTES: u64 = 1 << 20;

/// The command's options.
#[derive(Clone, Args)]
pub struct DecryptAsk {
    /// The push's body, or the text of its Encrypt alone [default: stdin]
    file: Option<PathBuf>,
    /// The callback token, with which signatures are checked.
    #[arg(long, env = "KAIPIAO_CALLBACK_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The EncodingAESKey: 43 characters.
    #[arg(long, env = "KAIPIAO_AES_KEY", hide_env_values = true)]
    aes_key: Option<String>,
    /// The account that it must have been encrypted for.
    #[arg(long, env = "KAIPIAO_APPID")]
    appid: Option<String>,
    /// The address that it came to, or its query: the three options below out of one.
    #[arg(long, value_name = "URL", conflicts_with_all = ["msg_signature", "timestamp", "nonce"])]
    url: Option<String>,
    /// `msg_signature` of the query (`signature` of a push in clear). Without it the signature is not checked.
    #[arg(long, requires_all = ["timestamp", "nonce"])]
    msg_signature: Option<String>,
    /// `timestamp` of the query.
    #[arg(long, requires = "msg_signature")]
    timestamp: Option<String>,
    /// `nonce` of the query.
    #[arg(long, requires = "msg_signature")]
    nonce: Option<String>,
    /// Print JSON: the event's text, its fields, and whether the signature was checked.
    #[arg(long)]
    json: bool,
}

/// Reads, verifies and decrypts.
pub fn run(ask: &DecryptAsk) -> Result<Outcome, ComposeError> {
    let body = ask.body()?;
    let body = body.trim();
    if body.is_empty() {
        return Err(failed(format!("{}: there is no push in it", ask.place())));
    }
    if ask.token.is_none() && ask.query().is_some() {
        return Err(failed("--token checks the signature"));
    }
    let aes_key = ask.aes_key.as_deref().map(EncodingAesKey::parse).transpose();
    let aes_key = aes_key.map_err(|refusal| failed(format!("--aes-key: {}", refusal.detail)))?;
    let appid = ask.appid.clone().unwrap_or_default();
    let receiver = Receiver { token: ask.token.clone().unwrap_or_default(), aes_key, appid };
    let read = ask.read(&receiver, body).map_err(|why| failed(why.to_string()))?;
    let printed = if ask.json { ask.object(&read)?.to_string() } else { read };
    let mut outcome = Outcome::well(printed + "\n");
    if ask.query().is_none() {
        let note =
            "the signature was not checked: --url, or --msg-signature, --timestamp and --nonce";
        outcome.notes.push(note.to_owned());
    }
    Ok(outcome)
}

impl DecryptAsk {
    fn body(&self) -> Result<String, ComposeError> {
        let mut body = String::new();
        let read = match &self.file {
            Some(path) => std::fs::File::open(path)
                .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut body)),
            None => std::io::stdin().take(MOST_BYTES).read_to_string(&mut body),
        };
        read.map_err(|error| failed(format!("{}: {error}", self.place())))?;
        Ok(body)
    }

    /// Where the push is read.
    fn place(&self) -> String {
        self.file.as_ref().map_or("stdin".to_owned(), |path| path.display().to_string())
    }

    /// What the address holds; None: nothing was said of it.
    fn query(&self) -> Option<PushQuery> {
        if let Some(url) = &self.url {
            let query = url.split_once('?').map_or(&**url, |(_, query)| query);
            return Some(PushQuery::read(query.split('#').next().unwrap_or(query)));
        }
        let given = self.msg_signature.clone()?;
        Some(PushQuery {
            signature: String::new(),
            msg_signature: given,
            timestamp: self.timestamp.clone().unwrap_or_default(),
            nonce: self.nonce.clone().unwrap_or_default(),
        })
    }

    fn object(&self, event: &str) -> Result<serde_json::Value, ComposeError> {
        let fields = members(event).map_err(failed)?.into_iter();
        let fields: serde_json::Map<_, _> =
            fields.map(|(name, value)| (name, value.into())).collect();
        let is_checked = self.query().is_some();
        Ok(serde_json::json!({"text": event, "fields": fields, "signature_checked": is_checked}))
    }

    fn read(&self, receiver: &Receiver, body: &str) -> Result<String, NotRead> {
        let is_event = body.starts_with(['<', '{', '\u{feff}']);
        let members = if is_event { members(body).map_err(NotRead::Shape)? } else { Vec::new() };
        let encrypted = if is_event {
            members.iter().find(|(name, _)| name == "Encrypt").map(|(_, value)| &**value)
        } else {
            Some(body)
        };
        let query = self.query();
        match (encrypted, query) {
            (Some(encrypted), Some(query)) => {
                receiver.check_msg_signature(&query, encrypted)?;
                receiver.decrypt(encrypted)
            }
            (Some(encrypted), None) => receiver.decrypt(encrypted),
            (None, Some(mut query)) => {
                // The option is called after the signature that encrypted pushes have.
                if query.signature.is_empty() {
                    query.signature.clone_from(&query.msg_signature);
                }
                receiver.check_signature(&query).map(|()| body.to_owned())
            }
            (None, None) => Ok(body.to_owned()),
        }
    }
}
