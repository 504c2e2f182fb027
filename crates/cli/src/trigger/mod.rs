//! `kaipiao trigger`: an event played for real in a sandbox, or a signed push of it to any address.

mod event;
mod made;
mod pay;
mod play;
mod sample;
mod test_push;
mod visitor;

use crate::api_client::failed;
use crate::caller::{Caller, CallerArgs};
use crate::compose::ComposeError;
use crate::outcome::Outcome;
use crate::settings::Settings;
use clap::Args;
use kaipiao_app::sandbox::DEMO_MERCHANT;
use kaipiao_ports::entropy::{OsEntropy, random};
use made::Made;
use play::{Play, Wanted};
use sample::Sample;
use test_push::TestPush;

/// The command's options.
#[derive(Clone, Args)]
pub struct TriggerAsk {
    #[command(flatten)]
    wanted: Wanted,
    /// The number of the order, request or payment [default: a new one]
    #[arg(long)]
    order: Option<String>,
    /// The sandbox's address [default: where the settings listen]
    #[arg(long, value_name = "URL", conflicts_with = "to")]
    server: Option<String>,
    /// The merchant's account.
    #[arg(long, env = "KAIPIAO_APPID", default_value = DEMO_MERCHANT)]
    appid: String,
    /// Its secret [default: the demo account's]
    #[arg(long, env = "KAIPIAO_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    test: TestPush,
}

/// Plays the event, and returns what it made. Blocks its thread.
pub fn run(settings: &Settings, ask: &TriggerAsk) -> Result<Outcome, ComposeError> {
    let wanted = &ask.wanted;
    wanted.check()?;
    if let Some(url) = &ask.test.to {
        let sample =
            Sample::new(ask.number(), &ask.appid, &wanted.mch_id, wanted.fail).map_err(failed)?;
        let body = sample.body(wanted.event, &wanted.mch_key).map_err(failed)?;
        let made = ask.test.send(settings, url, &sample, body)?;
        return Ok(made.of(wanted.event).outcome(ask.json));
    }
    let caller = ask.caller(settings, "merchant", Some(&ask.appid))?;
    let company = ask.caller(settings, "reimburser", None)?;
    let play =
        Play { settings, wanted, caller, company, number: ask.number(), made: Made::default() };
    Ok(play.event()?.of(wanted.event).outcome(ask.json))
}

impl TriggerAsk {
    /// The number that was asked for, or a new one.
    fn number(&self) -> String {
        let new =
            || format!("trigger-{}", base16ct::lower::encode_string(&random::<6>(&OsEntropy)));
        self.order.clone().unwrap_or_else(new)
    }

    fn caller(
        &self,
        settings: &Settings,
        role: &str,
        appid: Option<&str>,
    ) -> Result<Caller, ComposeError> {
        let args = CallerArgs {
            server: self.server.clone(),
            appid: appid.map(str::to_owned),
            secret: appid.and(self.secret.clone()),
            token: None,
        };
        args.caller(settings, role)
    }
}
