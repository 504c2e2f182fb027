//! Whether an account's callback can be reached from here: its name is looked up, and it is called as a verification
//! calls it (wire_facts 2.2).

use crate::app::App;
use crate::delivery::callbacks;
use crate::delivery::new_push::receiver;
use crate::failure::Failure;
use core::time::Duration;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::delivery::sender::SendError;
use std::net::IpAddr;
use std::time::Instant;

/// What was found.
pub struct Reached {
    /// The addresses that the callback's name has.
    pub addresses: Vec<IpAddr>,
    /// How long its whole answer took; None: it was not called, or has not answered.
    pub answered_in: Option<Duration>,
}

/// Looks at the callback that the account's events go to: a mini program's or an app's may be its merchant's (D-209).
/// `calls`: calls it too. 40201 when there is none, or its address leads nowhere that this server sends to; 45011 while
/// it is being checked.
pub async fn check(app: &App, account: &Account, calls: bool) -> Result<Reached, Failure> {
    let told = receiver(app, &account.appid, account.merchant()).await?.appid;
    let _under_way = app.callback_checks.begin(&told)?;
    let Some(callback) = callbacks::open_callback(app, &told).await? else {
        let why = match told == account.appid {
            true => "this account has no callback".to_owned(),
            false => format!("neither this account nor its merchant {told} has a callback"),
        };
        return Err(unusable(&why).into());
    };
    let time_limit = app.settings.push.concurrency.time_limit;
    let found = app.sender.addresses(&callback.url, time_limit).await;
    let addresses = found.map_err(|error| unusable(&told_of(&error)))?;
    if !calls {
        return Ok(Reached { addresses, answered_in: None });
    }
    let (asked, _) = callbacks::verification(app, &callback);
    let started = Instant::now();
    let answered_in = match app.sender.send(asked).await {
        Ok(_) => Some(started.elapsed()),
        Err(SendError::BadAddress(why)) => return Err(unusable(&why).into()),
        Err(_) => None,
    };
    Ok(Reached { addresses, answered_in })
}

/// What is said of an address that is not sent to, without where its name leads: that may be the inside of the
/// operator's network.
fn told_of(error: &SendError) -> String {
    match error {
        SendError::PrivateAddress(_) => {
            "it leads to a private address, which this server does not send to".to_owned()
        }
        other => other.to_string(),
    }
}

fn unusable(why: &str) -> Refusal {
    let detail = format!("{why}; PUT /admin/v1/accounts/{{appid}}/callback sets it");
    Refusal::new(ErrorCode::InvalidCallbackUrl, detail)
}
