//! `kaipiao demo`: the whole flow, over real HTTP against a temporary store.
//! Every step is one line: what was sent, what came back, how long it took. The exit code is 0 only
//! if all of it held.

mod client;
pub mod curl;
mod issuing;
mod payer;
mod payment;
mod platform;
mod receiver;
mod step;

use crate::compose;
use crate::settings::Settings;
use client::Client;
use issuing::Issuing;
use kaipiao_app::sandbox::{DEMO_ACCOUNTS, DEMO_USERS};
use payment::pay_and_invoice;
use platform::insert_and_write_off;
use receiver::{Receiver, openid_of};
use serde_json::json;
use std::process::ExitCode;
use step::{expect, text};

/// Plays the flow.
#[expect(clippy::print_stderr, reason = "the command's own complaint")]
pub async fn run() -> ExitCode {
    match play().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("demo failed: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn play() -> Result<(), String> {
    let directory = tempfile::tempdir().map_err(|error| format!("temporary directory: {error}"))?;
    let mut settings = Settings::load(None).map_err(|error| error.to_string())?;
    settings.data = directory.path().join("data");
    settings.listen.set_port(0);
    let listening = compose::listen(&settings, None).await.map_err(|error| error.to_string())?;
    let home = listening.home_url();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(listening.serve(async move {
        // An error means that the demo is over, too.
        let _ = stopped.await;
    }));
    let receiver = Receiver::start(DEMO_ACCOUNTS[0].appid)?;
    let admin_token = compose::admin_token(&settings).map_err(|error| error.to_string())?;
    let client = Client::new(home, admin_token.unwrap_or_default());
    let played = tokio::task::spawn_blocking(move || flow(&client, &receiver))
        .await
        .map_err(|error| error.to_string())?;
    drop(stop);
    let served = server.await.map_err(|error| error.to_string())?;
    served.map_err(|error| error.to_string())?;
    played
}

/// The steps, in the order in which a merchant meets them.
fn flow(client: &Client, receiver: &Receiver) -> Result<(), String> {
    let merchant = &DEMO_ACCOUNTS[0];
    let user = DEMO_USERS[0].id;

    let accounts = client.get("what the sandbox has", "sandbox/v1/accounts")?;
    let s_pappid = text(&accounts, "s_pappid")?;

    let callback = json!({
        "url": format!("http://{}/callback", receiver.address), "token": receiver::TOKEN,
        "encoding_aes_key": receiver::AES_KEY, "mode": "safe",
    });
    let path = format!("admin/v1/accounts/{}/callback", merchant.appid);
    let set = client.put("set the callback, which is verified", &path, &callback)?;
    expect(&set["callback"], "mode", &json!("safe"))?;

    let token = client.token("access token", merchant)?;

    let path = format!("cgi-bin/ticket/getticket?access_token={token}&type=wx_card");
    let ticket = text(&client.call("ticket (1)", &path, None)?, "ticket")?;

    let attribute =
        |action: &str| format!("card/invoice/setbizattr?action={action}&access_token={token}");
    let contact = json!({"contact": {"phone": "88888888", "time_out": 12345}});
    client.call("set contact (17)", &attribute("set_contact"), Some(contact.clone()))?;
    let got = client.call("get contact (18)", &attribute("get_contact"), Some(json!({})))?;
    expect(&got, "contact", &contact["contact"])?;

    let fields = json!({"auth_field": {
        "user_field": {"show_title": 1, "show_phone": 1, "require_phone": 1, "show_email": 1},
        "biz_field": {"show_title": 1, "show_tax_no": 1, "require_tax_no": 1, "custom_field": [{"key": "工号", "is_require": 1}]},
    }});
    client.call("set page fields (9)", &attribute("set_auth_field"), Some(fields))?;
    let got = client.call("get page fields (10)", &attribute("get_auth_field"), Some(json!({})))?;
    expect(&got["auth_field"]["biz_field"], "require_tax_no", &json!(1))?;

    let asked = json!({
        "s_pappid": s_pappid, "order_id": "demo-1", "money": 15900, "timestamp": 1474875876,
        "source": "web", "redirect_url": "https://shop.example/thanks", "ticket": ticket, "type": 1,
    });
    let path = format!("card/invoice/getauthurl?access_token={token}");
    let auth_url = text(&client.call("authorization link (2)", &path, Some(asked))?, "auth_url")?;

    let which = json!({"s_pappid": s_pappid, "order_id": "demo-1"});
    let status_path = format!("card/invoice/getauthdata?access_token={token}");
    let status = client.call("status before (7)", &status_path, Some(which.clone()))?;
    expect(&status, "invoice_status", &json!("never auth"))?;

    let title = json!({
        "title": "深圳市示例科技有限公司", "tax_no": "91440300MA5KP0001N",
        "custom_field": [{"key": "工号", "value": "A-007"}],
    });
    let yes = json!({"auth_url": auth_url, "user": user, "decision": "authorize", "title": {"biz_field": title}});
    let answered = client.post("the user authorizes", "sandbox/v1/authorize", &yes)?;
    expect(&answered, "result", &json!("authorized"))?;
    expect(&answered, "redirect", &json!("https://shop.example/thanks?order_id=demo-1&errcode=0"))?;

    let pushed = receiver.expect(
        "push (6), decrypted",
        &[
            "<Event><![CDATA[user_authorize_invoice]]></Event>",
            "<SuccOrderId><![CDATA[demo-1]]></SuccOrderId><FailOrderId><![CDATA[]]></FailOrderId>",
            &format!("<SPAppId><![CDATA[{s_pappid}]]></SPAppId>"),
        ],
    )?;
    client.delivered("demo-1")?;

    let status = client.call("status after (7)", &status_path, Some(which.clone()))?;
    expect(&status, "invoice_status", &json!("auth success"))?;
    expect(&status["user_auth_info"], "biz_field", &title)?;

    let merchant = &accounts["merchant"];
    let issuing = Issuing { client, receiver, merchant, token: &token };
    let openid = openid_of(&pushed);
    let blue = issuing.issue("demo-1", openid, "demo1")?;
    issuing.offset(&blue, openid, "demo1r")?;

    pay_and_invoice(&issuing, &s_pappid, &title)?;

    let authorized = |order_id: &str, money: u64| {
        let asked = json!({
            "s_pappid": s_pappid, "order_id": order_id, "money": money, "timestamp": 1474875876,
            "source": "web", "redirect_url": "", "ticket": ticket, "type": 0,
        });
        let path = format!("card/invoice/getauthurl?access_token={token}");
        let link = client.call("another order's link (2)", &path, Some(asked))?;
        let yes = json!({"auth_url": link["auth_url"], "user": user, "decision": "authorize"});
        client.post("the user authorizes", "sandbox/v1/authorize", &yes)?;
        let succeeded = format!("<SuccOrderId><![CDATA[{order_id}]]></SuccOrderId>");
        receiver.expect("push (6), decrypted", &[&succeeded])
    };

    authorized("demo-2", 1)?;
    let which = json!({"s_pappid": s_pappid, "order_id": "demo-2"});
    let mut rejection = which.clone();
    rejection["reason"] = json!("抬头有误 wrong title");
    rejection["url"] = json!("https://shop.example/again");
    let path = format!("card/invoice/rejectinsert?access_token={token}");
    client.call("reject (8)", &path, Some(rejection))?;

    let status = client.call("status after rejection (7)", &status_path, Some(which))?;
    expect(&status, "invoice_status", &json!("reject insert"))?;

    let messages =
        client.get("the user's messages", &format!("sandbox/v1/messages?user={user}"))?;
    expect(&messages["messages"][0], "reason", &json!("抬头有误 wrong title"))?;

    authorized("demo-3", 1100)?;
    insert_and_write_off(client, receiver, "demo-3")
}
