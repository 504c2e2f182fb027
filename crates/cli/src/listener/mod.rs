//! `kaipiao listen`: an account's pushes on the terminal, as they arrive, and at a local address.
//! Not to be mixed up with the server's own listening socket (`listen`).

mod forward;
mod printed;
mod receiver;
mod stand_in;

use crate::api_client::{ApiClient, TIME_LIMIT, Way, failed};
use crate::compose::ComposeError;
use crate::settings::Settings;
use clap::Args;
use core::time::Duration;
use forward::Forward;
use kaipiao_app::sandbox::{DEMO_MCH_KEY, DEMO_MERCHANT};
use kaipiao_domain::delivery::push::PushMode;
use kaipiao_ports::entropy::{OsEntropy, random};
use kaipiao_wire::authorization::s06_auth_push;
use kaipiao_wire::delivery::push_crypto::EncodingAesKey;
use kaipiao_wire::delivery::{read_push, test_event};
use kaipiao_wire::invoicing::s19_result_push;
use kaipiao_wire::people::title_link;
use kaipiao_wire::reimbursement::status_push;
use printed::{PAYMENT_NOTICE, Printer, REFUND_NOTICE};
use receiver::{Handling, Receiver};
use stand_in::StandIn;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// How often it is looked at whether the callback is still in place.
const LOOK: Duration = Duration::from_secs(2);

/// The events that a server sends, the notices by the names that `trigger` has for them.
const EVENTS: [&str; 7] = [
    s06_auth_push::EVENT,
    s19_result_push::EVENT,
    status_push::EVENT,
    title_link::EVENT,
    test_event::EVENT,
    PAYMENT_NOTICE,
    REFUND_NOTICE,
];

/// The command's options.
#[derive(Clone, Args)]
pub struct ListenAsk {
    /// The server's address [default: where the settings listen]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The account whose pushes are listened to.
    #[arg(long, env = "KAIPIAO_APPID", default_value = DEMO_MERCHANT)]
    appid: String,
    /// Send every push on to this address, as it came; what it answers is answered to the server.
    #[arg(long, value_name = "URL")]
    forward: Option<String>,
    /// Only these events; others are acknowledged and forgotten.
    #[arg(long, value_delimiter = ',', value_name = "EVENT,…", value_parser = EVENTS)]
    events: Vec<String>,
    /// How pushes come: plain, compat or safe.
    #[arg(long, default_value = "safe", value_parser = PushMode::ALL.map(PushMode::name))]
    mode: String,
    /// How events are written: xml or json.
    #[arg(long, default_value = "xml", value_parser = ["xml", "json"])]
    format: String,
    /// The callback token that your program knows [default: a new one, which is printed]
    #[arg(long, env = "KAIPIAO_CALLBACK_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The EncodingAESKey that your program knows [default: a new one, which is printed]
    #[arg(long, env = "KAIPIAO_AES_KEY", hide_env_values = true)]
    aes_key: Option<String>,
    /// The pay merchant's key, which signs payment notices [default: the demo's]
    #[arg(long, env = "KAIPIAO_MCH_KEY", hide_env_values = true, hide_default_value = true, default_value = DEMO_MCH_KEY)]
    mch_key: String,
    /// The port to listen on [default: a free one]
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The address to listen on. What arrives is believed only if it is signed.
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// Where the server reaches this command, if not at the address that it listens on: http://192.0.2.7:9000
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Print a line of JSON for each push, for programs.
    #[arg(long)]
    json: bool,
    /// Put back the callback that a listener has left in place which was killed, and end.
    #[arg(long, conflicts_with = "forward")]
    put_back: bool,
}

/// Listens until `stop` resolves. Each line is printed as it is known.
pub async fn run(
    settings: &Settings,
    ask: &ListenAsk,
    stop: impl Future<Output = ()>,
) -> Result<(), ComposeError> {
    let printer = Arc::new(Printer::new(ask.json));
    let stand_in = StandIn::new(settings, ask.server.as_deref(), &ask.appid)?;
    let (stand_in, left) = blocking(move || {
        let left = stand_in.left()?;
        Ok((stand_in, left))
    })
    .await?;
    if ask.put_back {
        let left = left.ok_or_else(|| failed("no listener has left a callback in place"))?;
        let before = blocking(move || stand_in.put_back(&left.url)).await?;
        printer.note(&before);
        return Ok(());
    }
    if let Some(left) = left {
        printer.note(&left.told()?);
    }
    ask.check_address(settings)?;
    let secrets = Secrets::of(ask)?;
    let forward = ask.forward.as_deref().map(|url| Forward::to(settings, url)).transpose()?;
    let handling = Handling {
        reads: secrets.receiver.clone(),
        events: (!ask.events.is_empty()).then(|| ask.events.clone()),
        mch_key: ask.mch_key.clone(),
        forward,
        printer: Arc::clone(&printer),
    };
    let receiver = Receiver::start(SocketAddr::new(ask.bind, ask.port), handling)?;
    let own = ask.own_address(&receiver);
    let url = format!("{own}/callback");
    let callback = secrets.callback(&url, ask);
    let kept = Arc::new(Kept { stand_in, callback, url });
    let setting = Arc::clone(&kept);
    blocking(move || setting.stand_in.set(&setting.callback)).await?;
    printer.note(&secrets.greeting(ask, &own));
    keep_until(stop, &kept, &printer).await;
    let before = blocking(move || kept.stand_in.end(&kept.url)).await?;
    printer.note(&before);
    Ok(())
}

/// The callback that stays in place while somebody listens.
struct Kept {
    stand_in: StandIn,
    callback: serde_json::Value,
    url: String,
}

/// Sets the callback again whenever it has gone: a sandbox's reset and restore take it away without a word.
async fn keep_until(stop: impl Future<Output = ()>, kept: &Arc<Kept>, printer: &Printer) {
    let mut stop = std::pin::pin!(stop);
    let mut looks = tokio::time::interval(LOOK);
    let mut problem = String::new();
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = looks.tick() => {}
        }
        let looking = Arc::clone(kept);
        // To its end, also when it is time to stop: what it sets is put back afterwards.
        let looked = blocking(move || looking.stand_in.keep(&looking.callback, &looking.url)).await;
        let found = looked.as_ref().map_or_else(ToString::to_string, Clone::clone);
        let is_new = looked.is_ok() || found != problem;
        if is_new && !found.is_empty() {
            printer.note(&found);
        }
        problem = if looked.is_err() { found } else { String::new() };
    }
}

impl ListenAsk {
    /// The address by which the server reaches this command, without a slash at its end.
    fn own_address(&self, receiver: &Receiver) -> String {
        let bound = || format!("http://{}", receiver.address);
        self.url.as_ref().map_or_else(bound, |url| url.trim_end_matches('/').to_owned())
    }

    /// A server elsewhere does not reach this machine's loopback, and nobody reaches 0.0.0.0.
    fn check_address(&self, settings: &Settings) -> Result<(), ComposeError> {
        let client = ApiClient::new(settings, self.server.as_deref(), Way::Direct, TIME_LIMIT)?;
        let is_reached = client.is_local() || !self.bind.is_loopback();
        if self.url.is_some() || (is_reached && !self.bind.is_unspecified()) {
            return Ok(());
        }
        Err(failed(format!(
            "{} does not reach {}: --url names this machine as that server reaches it, --bind 0.0.0.0 opens the port to it",
            client.base(),
            self.bind
        )))
    }
}

/// What asks a server blocks its thread.
async fn blocking<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, ComposeError> + Send + 'static,
) -> Result<T, ComposeError> {
    tokio::task::spawn_blocking(ask).await.map_err(|error| failed(error.to_string()))?
}

/// The callback's secrets: those that were given, or new ones.
struct Secrets {
    receiver: read_push::Receiver,
    aes_key: String,
}

impl Secrets {
    fn of(ask: &ListenAsk) -> Result<Self, ComposeError> {
        let hex = || base16ct::lower::encode_string(&random::<16>(&OsEntropy));
        let token = ask.token.clone().unwrap_or_else(hex);
        // 43 letters and digits: hexadecimal digits are base64 too.
        let aes_key = ask.aes_key.clone().unwrap_or_else(|| (hex() + &hex())[..43].to_owned());
        let key = EncodingAesKey::parse(&aes_key)
            .map_err(|refusal| failed(format!("--aes-key: {}", refusal.detail)))?;
        let appid = ask.appid.clone();
        Ok(Self { receiver: read_push::Receiver { token, aes_key: Some(key), appid }, aes_key })
    }

    fn callback(&self, url: &str, ask: &ListenAsk) -> serde_json::Value {
        serde_json::json!({
            "url": url, "token": self.receiver.token, "encoding_aes_key": self.aes_key,
            "mode": ask.mode, "format": ask.format, "stands_in": true,
        })
    }

    fn greeting(&self, ask: &ListenAsk, own: &str) -> String {
        let mut text = format!("listening to the pushes of {} at {own}/callback", ask.appid);
        if ask.token.is_none() {
            text += &format!("\n  token           {}", self.receiver.token);
        }
        if ask.aes_key.is_none() && ask.mode != PushMode::Plain.name() {
            text += &format!("\n  EncodingAESKey  {}", self.aes_key);
        }
        text += &format!(
            "\n  notify_url      {own}/notify for payments\nCtrl-C ends it and puts the account's callback back"
        );
        text
    }
}
