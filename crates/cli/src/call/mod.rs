//! `kaipiao call`: any endpoint of any server that speaks the API.

mod body;
mod endpoint;
mod pay;
mod shown;

use crate::admin_client::TOKEN_PLACES;
use crate::api_client::{Answer, Asked, failed, is_well};
use crate::caller::{Caller, CallerArgs};
use crate::compose::{self, ComposeError};
use crate::outcome::Outcome;
use crate::settings::Settings;
use body::{fill_in, multipart, read_json};
use clap::Args;
pub(crate) use endpoint::several;
use endpoint::{Endpoint, METHODS};
use kaipiao_http::Api;
use pay::PayArgs;
use shown::pretty;
use std::io::IsTerminal;

/// The command's options.
#[derive(Clone, Args)]
pub struct CallAsk {
    /// Its name (getauthurl), its end (ticket/get), its name and action (setbizattr:set_contact), or its path; a name
    /// that is wrong is answered with the nearest one. A path that begins with a slash and is none of this program's is
    /// asked for as it stands.
    endpoint: String,
    /// The body: JSON, @ and a file's name, or - for stdin. `"auto"` as ticket or s_pappid is filled in. The calls of WeChat
    /// Pay take it too: it is sent as signed XML.
    #[arg(long, value_name = "JSON|@FILE|-")]
    json: Option<String>,
    /// A parameter of the query; may be given more than once.
    #[arg(long, value_name = "NAME=VALUE")]
    query: Vec<String>,
    /// Upload a file as the part of this name (setpdf: pdf=invoice.pdf).
    #[arg(long, value_name = "NAME=FILE", conflicts_with = "json")]
    file: Option<String>,
    /// The method, where it is not the one that the body or its absence says.
    #[arg(long, value_parser = METHODS)]
    method: Option<String>,
    /// Print the answer as it came.
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    caller: CallerArgs,
    #[command(flatten)]
    pay: PayArgs,
}

/// Calls, and returns what is printed. Blocks its thread.
pub fn run(settings: &Settings, ask: &CallAsk) -> Result<Outcome, ComposeError> {
    let endpoint = Endpoint::find(&ask.endpoint).map_err(failed)?;
    let caller = ask.caller.caller(settings, endpoint.demo_role())?;
    let mut asked = asked(settings, ask, &endpoint, &caller)?;
    if endpoint.api == Api::Pay {
        let answer = caller.client.send(asked)?;
        return ask.pay.outcome(&caller, &answer, ask.raw);
    }
    let answer = match endpoint.takes_token() {
        true => caller.send(&mut asked)?,
        false => caller.client.send(asked)?,
    };
    let mut outcome = outcome(&caller, &answer, ask.raw);
    if endpoint.api == Api::Admin && answer.status == 401 {
        outcome.notes.push(format!("the operator's token is wanted: {TOKEN_PLACES}"));
    }
    Ok(outcome)
}

fn asked(
    settings: &Settings,
    ask: &CallAsk,
    endpoint: &Endpoint,
    caller: &Caller,
) -> Result<Asked, ComposeError> {
    let mut query = endpoint.query.clone();
    for pair in &ask.query {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| failed(format!("--query {pair} must be a name, = and a value")))?;
        query.push((name.to_owned(), value.to_owned()));
    }
    let json = ask.json.as_deref().map(read_json).transpose()?;
    let body = match (&ask.file, json) {
        (Some(file), _) => Some(multipart(file)?),
        (None, json) if endpoint.api == Api::Pay => Some(ask.pay.body(caller, json.as_deref())?),
        (None, Some(json)) => {
            Some(("application/json".to_owned(), fill_in(caller, json)?.into_bytes()))
        }
        (None, None) => None,
    };
    let method = endpoint.method(ask.method.as_deref(), body.is_some());
    // Some calls read their body although nothing need stand in it.
    let body = body
        .or_else(|| (method == "POST").then(|| ("application/json".to_owned(), b"{}".to_vec())));
    let bearer = match endpoint.api {
        Api::Admin => compose::admin_token(settings)?,
        _ => None,
    };
    Ok(Asked { method, path: endpoint.path.clone(), query, body, bearer, cookie: None })
}

fn outcome(caller: &Caller, answer: &Answer, raw: bool) -> Outcome {
    let json = answer.json();
    let is_well = json
        .as_ref()
        .map_or((200..300).contains(&answer.status), |json| is_well(answer.status, json));
    let output = match (&json, std::str::from_utf8(&answer.body)) {
        (Some(_), Ok(text)) if !raw => (pretty(text, is_coloured()) + "\n").into_bytes(),
        _ => answer.body.clone(),
    };
    let mut notes = Vec::new();
    if !(200..300).contains(&answer.status) {
        notes.push(format!("status {}", answer.status));
    }
    let errcode = json.and_then(|json| json["errcode"].as_i64()).filter(|errcode| *errcode != 0);
    if let Some(errcode) = errcode.filter(|_| caller.client.is_local()) {
        notes.push(format!("what to do: {}/errors/{errcode}", caller.client.base()));
    }
    Outcome { output, notes, is_well }
}

/// Only on a terminal, and not where the user wants none (no-color.org).
fn is_coloured() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !unwanted && std::io::stdout().is_terminal()
}
