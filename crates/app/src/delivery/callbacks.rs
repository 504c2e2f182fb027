//! Where an account receives its pushes: set by an operator, verified as the published service
//! verifies it (wire_facts 3.1).

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::signed::{EncodingAesKey, Freshness, Signing, verification_url};
use crate::store_access::{Decision, FirstTry, decide, get};
use kaipiao_domain::access::account::{Account, AppId, Role};
use kaipiao_domain::delivery::push::{Callback, PushMode, Sealed, check_token};
use kaipiao_domain::delivery::push_format::PushFormat;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::delivery::sender::Outgoing;
use kaipiao_ports::record::Save;
use kaipiao_records::delivery::callback::callback_key;
use kaipiao_records::record::{self, Versioned};

/// A callback as an operator writes it.
#[derive(Clone, Default)]
pub struct CallbackSpec {
    /// The address; empty: nothing is received any more.
    pub url: String,
    /// 3 to 32 letters and digits.
    pub token: String,
    /// 43 characters; needed in compat and safe mode.
    pub encoding_aes_key: String,
    /// "plain" (also when empty), "compat" or "safe".
    pub mode: String,
    /// "xml" (also when empty) or "json".
    pub format: String,
    /// Whether the callback before it is put back later (`put_back`).
    pub stands_in: bool,
}

/// A callback ready for use: nothing in it is sealed. Never printed.
#[derive(PartialEq, Eq)]
pub struct OpenCallback {
    /// The address.
    pub url: String,
    /// How to sign and encrypt.
    pub signing: Signing,
}

impl OpenCallback {
    /// What an account without a callback has.
    fn none() -> Self {
        let (mode, format) = (PushMode::Plain, PushFormat::Xml);
        let signing = Signing { token: String::new(), mode, format, aes_key: None };
        Self { url: String::new(), signing }
    }
}

/// Why a callback was not set.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// A value, or an account that does not exist.
    #[error("{0}")]
    Failed(#[from] Failure),
    /// The address did not prove that it is the merchant's: what came back.
    #[error("{0}")]
    NotVerified(String),
    /// There is nothing to put back, or another callback is in place.
    #[error("{0}")]
    NotInPlace(&'static str),
}

impl From<Refusal> for CallbackError {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.into())
    }
}

/// Sets an account's callback once its address has answered a verification with the echostr.
pub async fn set(app: &App, appid: &AppId, spec: &CallbackSpec) -> Result<Callback, CallbackError> {
    let account = account(app, appid).await?;
    let opened = check(&account, spec)?;
    if !opened.url.is_empty() {
        verify(app, &opened).await.map_err(CallbackError::NotVerified)?;
    }
    Ok(store(app, appid, opened, spec.stands_in).await?)
}

async fn account(app: &App, appid: &AppId) -> Result<Account, CallbackError> {
    let unknown = || Refusal::new(ErrorCode::InvalidAppid, "no account has this appid");
    Ok(accounts::find(app, appid).await?.ok_or_else(unknown)?)
}

/// Puts back the callback that the one at `url` stands in for. It was verified when it was set.
pub async fn put_back(app: &App, appid: &AppId, url: &str) -> Result<Callback, CallbackError> {
    account(app, appid).await?;
    decide(app, callback_key(appid), FirstTry::Reads, |found: Option<Callback>| {
        let found = found.ok_or(CallbackError::NotInPlace("the account has no callback"))?;
        let (in_place, before) = (found.url, found.stands_in_for);
        let before = before.ok_or(CallbackError::NotInPlace("the callback stands in for none"))?;
        if in_place != url {
            return Err(CallbackError::NotInPlace("another callback is in place"));
        }
        Ok(Decision::alone(Some((*before).clone()), *before))
    })
    .await
}

/// What saves a callback as it stands in the config file, whatever stood there before; None: it
/// stands there already. The merchant's server need not run yet.
pub(crate) async fn unverified(
    app: &App,
    account: &Account,
    spec: &CallbackSpec,
) -> Result<Option<Save>, Failure> {
    let opened = check(account, spec)?;
    let (appid, key) = (&account.appid, callback_key(&account.appid));
    let before = record::get_fresh::<Callback>(&*app.store, &key).await?;
    let expect = Versioned::expect(before.as_ref());
    if is_same(app, appid, before.map(|before| before.value), &opened) {
        return Ok(None);
    }
    Ok(Some(record::save(key, expect, &seal(app, appid, &opened))))
}

/// The account's callback, if it has one that can be used.
pub async fn open_callback(app: &App, appid: &AppId) -> Result<Option<OpenCallback>, Failure> {
    let stored = find(app, appid).await?;
    stored.map(|stored| open(app, appid, stored)).transpose()
}

fn open(app: &App, appid: &AppId, stored: Callback) -> Result<OpenCallback, Failure> {
    let unseal = |sealed: &Sealed| {
        app.keys.unseal(appid.as_str(), &sealed.0).ok_or_else(|| {
            Failure::Damaged(format!("the callback of {appid} was sealed by another key"))
        })
    };
    let aes_key = stored.aes_key.as_ref().map(unseal).transpose()?;
    let aes_key = aes_key.map(|text| EncodingAesKey::parse(&text)).transpose()?;
    let (mode, format) = (stored.mode, stored.format);
    let signing = Signing { token: unseal(&stored.token)?, mode, format, aes_key };
    Ok(OpenCallback { url: stored.url, signing })
}

/// A new token and a new EncodingAESKey, for a callback that is being set.
pub fn new_secrets(app: &App) -> (String, String) {
    let token = base16ct::lower::encode_string(&app.random::<16>());
    (token, EncodingAesKey::of_random(app.random()).as_str().to_owned())
}

/// The account's callback as an operator may see it: address and mode.
pub async fn find(app: &App, appid: &AppId) -> Result<Option<Callback>, Failure> {
    let stored: Option<Callback> = get(app, &callback_key(appid)).await?;
    Ok(stored.filter(|callback| !callback.url.is_empty()))
}

fn check(account: &Account, spec: &CallbackSpec) -> Result<OpenCallback, Failure> {
    if account.role == Role::MobileApp && !spec.url.is_empty() {
        let problem = format!("belongs to {}: a mobile app's pushes go there", account.merchant());
        return Err(Refusal::invalid("url", problem).into());
    }
    let mode = match spec.mode.as_str() {
        "" => PushMode::Plain,
        name => PushMode::from_name(name).ok_or_else(|| {
            let names = PushMode::ALL.map(PushMode::name).join(", ");
            let problem = format!("must be one of {names}, not {}", text::quoted(name));
            Refusal::invalid("mode", problem)
        })?,
    };
    let format = match spec.format.as_str() {
        "" => PushFormat::Xml,
        name => PushFormat::from_name(name).ok_or_else(|| {
            let names = PushFormat::ALL.map(PushFormat::name).join(" or ");
            let problem = format!("must be {names}, not {}", text::quoted(name));
            Refusal::invalid("format", problem)
        })?,
    };
    if !spec.url.is_empty() {
        text::web_link("url", &spec.url)?;
        text::without_user_name("url", &spec.url)?;
        check_token(&spec.token)?;
    }
    let aes_key = match spec.encoding_aes_key.as_str() {
        "" if mode.encrypts() => {
            let problem = format!("is empty, {} mode needs one", mode.name());
            return Err(Refusal::invalid("encoding_aes_key", problem).into());
        }
        "" => None,
        text => Some(EncodingAesKey::parse(text)?),
    };
    let signing = Signing { token: spec.token.clone(), mode, format, aes_key };
    Ok(OpenCallback { url: spec.url.clone(), signing })
}

async fn store(
    app: &App,
    appid: &AppId,
    opened: OpenCallback,
    stands_in: bool,
) -> Result<Callback, Failure> {
    let callback = seal(app, appid, &opened);
    decide(app, callback_key(appid), FirstTry::Reads, |before: Option<Callback>| {
        let next = if stands_in {
            let before = before.unwrap_or_else(|| seal(app, appid, &OpenCallback::none()));
            Some(Callback { stands_in_for: Some(before.to_put_back()), ..callback.clone() })
        } else {
            (!is_same(app, appid, before, &opened)).then(|| callback.clone())
        };
        let stored = next.clone().unwrap_or_else(|| callback.clone());
        Ok::<_, Failure>(Decision::alone(next, stored))
    })
    .await
}

fn seal(app: &App, appid: &AppId, opened: &OpenCallback) -> Callback {
    let seal = |text: &str| Sealed(app.keys.seal(appid.as_str(), text, app.random()));
    Callback {
        url: opened.url.clone(),
        mode: opened.signing.mode,
        format: opened.signing.format,
        token: seal(&opened.signing.token),
        aes_key: opened.signing.aes_key.as_ref().map(|key| seal(key.as_str())),
        stands_in_for: None,
    }
}

/// Sealing is random, so the same callback again is compared opened, and not saved again.
fn is_same(app: &App, appid: &AppId, before: Option<Callback>, opened: &OpenCallback) -> bool {
    let stays = before.filter(|before| before.stands_in_for.is_none());
    stays.is_some_and(|before| open(app, appid, before).is_ok_and(|before| before == *opened))
}

/// The signed GET by which an address is verified, and the echostr that it must answer.
pub(crate) fn verification(app: &App, callback: &OpenCallback) -> (Outgoing, String) {
    let echostr = u64::from_be_bytes(app.random()).to_string();
    let fresh = freshness(app);
    let asked = Outgoing {
        url: verification_url(&callback.url, &callback.signing.token, &echostr, &fresh),
        headers: Vec::new(),
        content: None,
        time_limit: app.settings.push.concurrency.time_limit,
        most_answer_bytes: Outgoing::MOST_ANSWER_BYTES,
    };
    (asked, echostr)
}

/// The address must answer a signed GET with the echostr, and nothing else.
async fn verify(app: &App, callback: &OpenCallback) -> Result<(), String> {
    let (asked, echostr) = verification(app, callback);
    let answer = app.sender.send(asked).await;
    let answer = answer.map_err(|error| format!("url was not verified: {error}"))?;
    let body = String::from_utf8_lossy(&answer.body);
    if answer.status == 200 && body.trim() == echostr {
        return Ok(());
    }
    Err(format!(
        "url was not verified: it must answer GET with status 200 and the echostr {echostr}; it answered {} and {}",
        answer.status,
        text::quoted(&body)
    ))
}

/// What differs from request to request.
pub(crate) fn freshness(app: &App) -> Freshness {
    Freshness {
        timestamp: app.now().unix_seconds(),
        nonce: u32::from_be_bytes(app.random()),
        random: app.random(),
    }
}
