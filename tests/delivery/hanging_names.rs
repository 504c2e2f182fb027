//! Receivers whose name server never answers, beside one that is well.

use kaipiao_testkit::name_server::NameServer;
use kaipiao_tests::{MERCHANT, Receiver, TestServer, USER};
use serde_json::json;

/// Accounts whose receiver's name is never answered.
const HANGING: usize = 100;
const HEALTHY_PUSHES: usize = 20;

fn appid(number: usize) -> String {
    format!("wx{number:016x}")
}

fn secret(number: usize) -> String {
    format!("{number:032x}")
}

/// Callbacks of the settings file are not verified, which would hang too.
fn settings(names: &NameServer, receiver: &Receiver) -> String {
    let account = |appid: &str, more: &str, host: &str| {
        format!(
            "[[accounts]]\nappid = \"{appid}\"\n{more}callback_url = \"http://{host}/\"\n\
             callback_token = \"AAAAA\"\n"
        )
    };
    let hanging: String = (1..=HANGING)
        .map(|n| {
            let more = format!("role = \"merchant\"\nsecret = \"{}\"\n", secret(n));
            account(&appid(n), &more, &format!("hangs-{n}.test"))
        })
        .collect();
    let shop = account(MERCHANT, "", &format!("shop.test:{}", receiver.address.port()));
    let name_server = names.address;
    format!(
        "[push]\ntimeout_ms = 60000\nname_servers = [\"{name_server}\"]\n\
         [limits]\nshutdown_ms = 1\n{shop}{hanging}"
    )
}

#[test]
fn a_hundred_receivers_whose_names_hang_hold_up_no_push_to_another() {
    let names = NameServer::knowing(&[("shop.test", &["127.0.0.1".parse().unwrap()])]);
    let receiver = Receiver::start();
    let server = TestServer::start_with(&settings(&names, &receiver));
    server.leaves_pushes();
    for n in 1..=HANGING {
        let token = server.token_answer(&appid(n), &secret(n));
        let client = server.client_with(token["access_token"].as_str().unwrap().to_owned());
        client.set_contact();
        let (status, answer) = server.answer(&client.auth_url("1", 0), USER, "authorize", None);
        assert_eq!(status, 200, "{answer}");
    }
    let in_flight = || server.all_pages("pushes?limit=1000&state=open", "pushes");
    server.wait_until("every name is being looked up", || {
        in_flight().iter().filter(|push| push["state"] == "in_flight").count() == HANGING
    });
    let merchant = server.merchant();
    for n in 0..HEALTHY_PUSHES {
        merchant.authorized(&n.to_string());
    }
    server.wait_until("the healthy receiver has its pushes", || {
        server.pushes(&format!("appid={MERCHANT}&state=delivered")).len() == HEALTHY_PUSHES
    });
    let tried = |push: &serde_json::Value| push["attempts"] != json!([]);
    let hanging = in_flight();
    assert_eq!(hanging.len(), HANGING);
    assert!(!hanging.iter().any(tried), "{hanging:?}");
}
