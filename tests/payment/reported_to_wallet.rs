//! From a payment that was made elsewhere, in production, to the card in its payer's wallet: one openid on the way (D-176).

use crate::payment::pay_client::{MCHID, link_with_contact};
use crate::payment::receipt_to_wallet::ask_for_invoice;
use crate::payment::visitor::Visitor;
use crate::people::login::LOGIN_SECRET;
use kaipiao_tests::{
    ADMIN, Client, MERCHANT, MINI_PROGRAM, PLATFORM, Receiver, TestServer, USER, assert_ok,
    assert_refused, assert_sucesss, element, wait_for,
};
use serde_json::{Value, json};

const SECRET: &str = "ffffffffffffffffffffffffffffffff";
const TAX_ID: &str = "91440300MA5KP0009F";
/// The payer as WeChat names them under the merchant's account, and under its mini program.
const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
const IN_PROGRAM: &str = "oGFf15X6oxOFjBeeKHNhZRSBHZd8";

/// A merchant with a mini program, a platform and a pay merchant, in production.
fn production() -> TestServer {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    TestServer::start_with(&format!(
        "mode = \"production\"\nadmin_token_file = {:?}\n\
         [login]\nhs256_secret_file = {:?}\n[push]\nallow_private = [\"127.0.0.0/8\"]\n\
         [[accounts]]\nappid = \"{MERCHANT}\"\nrole = \"merchant\"\nsecret = \"{SECRET}\"\n\
         merchant = {{ code = \"abc123\", nsrsbh = \"{TAX_ID}\", nsrmc = \"Shop\", \
         numbers = [{{ code = \"044032411111\", first = 1, last = 9 }}] }}\n\
         [[accounts]]\nappid = \"{MINI_PROGRAM}\"\nrole = \"mini_program\"\nsecret = \"{SECRET}\"\n\
         bound_to = \"{MERCHANT}\"\n\
         [[accounts]]\nappid = \"{PLATFORM}\"\nrole = \"platform\"\nsecret = \"{SECRET}\"\n\
         [[pay_merchants]]\nmchid = \"{MCHID}\"\nkey = \"{SECRET}\"\n\
         accounts = [\"{MERCHANT}\", \"{MINI_PROGRAM}\"]",
        file("admin", ADMIN),
        file("login", LOGIN_SECRET)
    ))
}

/// The merchant's client, with its contact set and the platform linked.
fn merchant(server: &TestServer) -> Client<'_> {
    let (_, listed) = server.admin("GET", "accounts", &json!({}));
    let mut accounts = listed["accounts"].as_array().unwrap().iter();
    let platform = accounts.find(|account| account["appid"] == PLATFORM).unwrap();
    let token = server.token_answer(MERCHANT, SECRET);
    let client = server.client_with(token["access_token"].as_str().unwrap().to_owned());
    client.set_contact();
    let info = json!({"paymch_info": {"mchid": MCHID, "s_pappid": platform["s_pappid"]}});
    assert_ok(&client.attribute("set_pay_mch", &info));
    client
}

fn report(server: &TestServer, number: &str, payer: Value) {
    let mut report = json!({"total_fee": 15900, "receipt": "Y", "user": "u1"});
    report.as_object_mut().unwrap().extend(payer.as_object().unwrap().clone());
    let (status, answer) = server.admin("PUT", &format!("payments/{MCHID}/{number}"), &report);
    assert_eq!((status, &answer["entry"]["shown"]), (200, &json!(true)), "{answer}");
}

fn invoice(number: &str, wxopenid: &str) -> Value {
    json!({
        "wxopenid": wxopenid, "ddh": number, "fpqqlsh": format!("abc123{number}"),
        "nsrsbh": TAX_ID, "nsrmc": "Shop", "nsrdz": "深圳市南山区示例路9号", "nsrdh": "0755-80000009",
        "nsrbank": "示例银行", "nsrbankid": "6200000000000009", "ghfmc": "星期一", "kpr": "张三",
        "jshj": "159", "hjje": "135.9", "hjse": "23.1",
        "invoicedetail_list": [{
            "fphxz": "0", "spbm": "1090418010000000000", "xmmc": "洗衣机", "xmsl": "1",
            "xmdj": "135.9", "xmje": "135.9", "sl": "0.17", "se": "23.1",
        }],
    })
}

/// The next push: its event, and whom it is from.
fn from_whom(callback: &Receiver) -> [String; 2] {
    let push = callback.next().event(MERCHANT);
    ["Event", "FromUserName"].map(|name| element(&push, name).unwrap())
}

#[test]
fn the_openid_that_was_reported_is_pushed_and_taken_up_to_the_card() {
    let server = production();
    server.leaves_pushes();
    let (client, callback) = (merchant(&server), Receiver::start());
    server.set_callback(MERCHANT, &callback, "safe");
    let payer = Visitor::logged_in(&server, "u1");
    report(&server, "order-1", json!({"openid": OPENID}));
    payer.says("/me/messages", 200, "Get an invoice");
    ask_for_invoice(&payer, "order-1");
    assert_eq!(from_whom(&callback), ["user_authorize_invoice", OPENID]);
    assert_refused(&client.make_out(&invoice("order-1", IN_PROGRAM)), 73001, "");
    assert_sucesss(&client.make_out(&invoice("order-1", OPENID)));
    let issued = from_whom(&callback);
    assert_eq!(issued[1], OPENID, "{issued:?}");
    let query = json!({"fpqqlsh": "abc123order-1", "nsrsbh": TAX_ID});
    let answer = client.post("/card/invoice/queryinvoceinfo", &query);
    let name = answer["invoicedetail"]["pdfurl"].as_str().unwrap().rsplit('/').next().unwrap();
    payer.says("/me/cards", 200, &format!("/me/cards/{name}"));
    payer.says("/me/cards", 200, "159.00");

    // A mini program's openid is taken too; the account that is told knows the payer by its own.
    report(&server, "order-2", json!({"openid": IN_PROGRAM, "appid": MINI_PROGRAM}));
    ask_for_invoice(&payer, "order-2");
    let [_, told] = from_whom(&callback);
    assert!(told != IN_PROGRAM && told.starts_with('o') && told.len() == 28, "{told}");
    assert_sucesss(&client.make_out(&invoice("order-2", IN_PROGRAM)));

    // The offset names the payer as the invoice did.
    let detail = &answer["invoicedetail"];
    let offset = |wxopenid: &str| {
        let offset = json!({
            "wxopenid": wxopenid, "fpqqlsh": "abc123red-1", "nsrsbh": TAX_ID, "nsrmc": "Shop",
            "yfpdm": detail["fpdm"], "yfphm": detail["fphm"],
        });
        client.offset(&offset)
    };
    assert_refused(&offset(IN_PROGRAM), 73001, "");
    assert_sucesss(&offset(OPENID));
    wait_for("the offset", || {
        let page = payer.get("/me/cards");
        page.body().contains("Cancelled").then_some(())
    });
}

/// The reported openid is the payer's; whoever else asks for the invoice has their own.
#[test]
fn another_user_is_not_named_as_the_payer() {
    let server = TestServer::start();
    server.leaves_pushes();
    let (client, callback) = (link_with_contact(&server), Receiver::start());
    server.set_callback(MERCHANT, &callback, "safe");
    report(&server, "order-1", json!({"openid": OPENID, "user": "lina"}));
    let title = json!({"biz_field": {"title": "公司", "tax_no": "91440300MA5KP0001N"}});
    let link = client.auth_url("order-1", 1);
    assert_eq!(server.answer(&link, USER, "authorize", Some(title)).0, 200);
    let openid = server.openid(USER, MERCHANT);
    assert_eq!(from_whom(&callback), ["user_authorize_invoice", &*openid]);
    let mut asked = client.invoice("order-1", "P1");
    asked["wxopenid"] = json!(OPENID);
    assert_refused(&client.make_out(&asked), 73001, "");
    assert_sucesss(&client.make_out(&client.invoice("order-1", "P1")));
}
