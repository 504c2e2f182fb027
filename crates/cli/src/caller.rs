//! Who calls: the account of a command, and its access token.

use crate::api_client::{Answer, ApiClient, Asked, TIME_LIMIT, Way, failed};
use crate::compose::ComposeError;
use crate::settings::Settings;
use crate::token_file::TokenFile;
use clap::Args;
use kaipiao_app::sandbox::DEMO_ACCOUNTS;
use serde_json::{Value, json};

/// The account that calls, and where.
#[derive(Clone, Args)]
pub struct CallerArgs {
    /// The server's base address, https://api.weixin.qq.com too [default: where the settings listen]
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The account [default: the demo account that may call it, where the server is on this machine]
    #[arg(long, env = "KAIPIAO_APPID")]
    pub(crate) appid: Option<String>,
    /// Its secret; better in the environment, since others may read a command's arguments.
    #[arg(long, env = "KAIPIAO_SECRET", hide_env_values = true)]
    pub(crate) secret: Option<String>,
    /// An access token to use in place of one that is asked for.
    #[arg(long, env = "KAIPIAO_ACCESS_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

/// An account at a server.
pub(crate) struct Caller {
    pub(crate) client: ApiClient,
    pub(crate) appid: String,
    secret: Option<String>,
    given_token: Option<String>,
}

impl CallerArgs {
    /// The account; `role` is the demo account's that is taken when none is named.
    pub(crate) fn caller(&self, settings: &Settings, role: &str) -> Result<Caller, ComposeError> {
        let client = ApiClient::new(settings, self.server.as_deref(), Way::Any, TIME_LIMIT)?;
        let demo = DEMO_ACCOUNTS.iter().filter(|_| client.is_local()).find(|demo| {
            self.appid.as_ref().map_or(demo.role == role, |appid| demo.appid == *appid)
        });
        let appid = self.appid.clone().or_else(|| demo.map(|demo| demo.appid.to_owned()));
        let secret = self.secret.clone().or_else(|| demo.map(|demo| demo.secret.to_owned()));
        Ok(Caller {
            client,
            appid: appid.unwrap_or_default(),
            secret,
            given_token: self.token.clone(),
        })
    }
}

impl Caller {
    /// An access token: the one that was given, one that is kept and still good, or a new one.
    fn token(&self) -> Result<String, ComposeError> {
        if let Some(token) = &self.given_token {
            return Ok(token.clone());
        }
        let file = self.token_file();
        match file.as_ref().and_then(TokenFile::read) {
            Some(token) => Ok(token),
            None => self.new_token(file.as_ref()),
        }
    }

    /// Another token in place of one that the server refuses; None: it was given, and there is no other.
    fn renewed_token(&self) -> Result<Option<String>, ComposeError> {
        if self.given_token.is_some() {
            return Ok(None);
        }
        self.new_token(self.token_file().as_ref()).map(Some)
    }

    /// Where its token is kept; None: nothing is kept, or asked for.
    fn token_file(&self) -> Option<TokenFile> {
        TokenFile::of(self.client.base(), &self.appid, self.secret.as_ref()?)
    }

    fn new_token(&self, file: Option<&TokenFile>) -> Result<String, ComposeError> {
        let secret = self.secret.as_ref().filter(|_| !self.appid.is_empty()).ok_or_else(|| {
            failed(format!(
                "{} wants an account: --appid and KAIPIAO_SECRET, or --token",
                self.client.base()
            ))
        })?;
        let body =
            json!({"grant_type": "client_credential", "appid": self.appid, "secret": secret});
        let answer = self.client.ask(Asked::post("/cgi-bin/stable_token", &[], &body))?;
        let token = text(&answer, "access_token")?;
        if let Some(file) = file {
            // Where nothing can be kept, the next call asks again.
            let _ = file.write(&token, answer["expires_in"].as_u64().unwrap_or(0));
        }
        Ok(token)
    }

    /// A call of the API with the token: the answer, whose errcode is 0.
    pub(crate) fn call(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, ComposeError> {
        let mut asked = match body {
            Some(body) => Asked::post(path, query, body),
            None => Asked::get(path, query),
        };
        let answer = self.send(&mut asked)?;
        answer.well(path)
    }

    /// Sends it with the token in its query; once more with another one if the token is refused.
    pub(crate) fn send(&self, asked: &mut Asked) -> Result<Answer, ComposeError> {
        asked.query.push(("access_token".to_owned(), self.token()?));
        let answer = self.client.send(asked.clone())?;
        if !answer.json().as_ref().is_some_and(is_token_refused) {
            return Ok(answer);
        }
        let Some(token) = self.renewed_token()? else { return Ok(answer) };
        asked.query.last_mut().expect("the token is the last").1 = token;
        self.client.send(asked.clone())
    }

    /// A ticket for links of the authorization page.
    pub(crate) fn ticket(&self) -> Result<String, ComposeError> {
        let answer = self.call("/cgi-bin/ticket/getticket", &[("type", "wx_card")], None)?;
        text(&answer, "ticket")
    }

    /// What a sandbox says of itself.
    pub(crate) fn sandbox(&self) -> Result<Value, ComposeError> {
        let asked = self.client.ask(Asked::get("/sandbox/v1/accounts", &[]));
        asked.map_err(|error| failed(format!("this works with a sandbox only: {error}")))
    }
}

/// Whether an answer's errcode refuses the token.
fn is_token_refused(answer: &Value) -> bool {
    matches!(answer["errcode"].as_i64(), Some(40001 | 40014 | 42001))
}

/// A text of an answer.
pub(crate) fn text(answer: &Value, member: &str) -> Result<String, ComposeError> {
    let found = answer[member].as_str().map(str::to_owned);
    found.ok_or_else(|| failed(format!("the answer has no text \"{member}\": {answer}")))
}
