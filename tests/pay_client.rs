//! A pay merchant's client: signs what it sends, and checks what it gets.

use crate::{Client, MERCHANT, TestServer, assert_ok};
use kaipiao_domain::payment::payments::SignType;
use kaipiao_wire::payment::pay_request::PayRequest;
use kaipiao_wire::payment::pay_sign::sign;
use serde_json::{Value, json};

/// The sandbox's pay merchant.
pub const MCHID: &str = "1900000109";
/// Its key.
pub const KEY: &str = "6b61697069616f2d7061796d65726368";

/// The demo merchant links the pay merchant and the demo platform.
pub fn link(server: &TestServer) {
    let info = json!({"paymch_info": {"mchid": MCHID, "s_pappid": server.s_pappid()}});
    assert_ok(&server.client(MERCHANT).attribute("set_pay_mch", &info));
}

/// What acknowledges a notice.
pub const ACKNOWLEDGED: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code>\
                                <return_msg><![CDATA[OK]]></return_msg></xml>";

/// Parameters as a pay merchant sends them: as XML, with a signature. An empty one is left out.
pub fn signed(parameters: &[(&str, &str)], key: &str, sign_type: SignType) -> String {
    let sent = parameters.iter().filter(|(_, value)| !value.is_empty());
    let signature = sign(sent.clone().copied(), key, sign_type);
    let element = |(name, value): &(&str, &str)| format!("<{name}><![CDATA[{value}]]></{name}>");
    let elements: String = sent.chain([&("sign", &*signature)]).map(element).collect();
    format!("<xml>{elements}</xml>")
}

/// Links the pay merchant and sets the contact: what an invoice entry needs.
pub fn link_with_contact(server: &TestServer) -> Client<'_> {
    link(server);
    server.merchant()
}

/// A user's pay code that never changes.
pub fn fixed_code(server: &TestServer, user: &str) -> String {
    server.demo_user(user)["auth_code"].as_str().unwrap().to_owned()
}

/// The contract that lets a pay merchant charge a user on behalf.
pub fn contract_of(server: &TestServer, user: &str) -> String {
    server.demo_user(user)["contract_id"].as_str().unwrap().to_owned()
}

/// Parameters of a quick payment.
pub fn quick<'a>(number: &'a str, auth_code: &'a str, fen: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("body", "tea"),
        ("out_trade_no", number),
        ("total_fee", fen),
        ("spbill_create_ip", "127.0.0.1"),
        ("auth_code", auth_code),
    ]
}

/// A client of a pay merchant.
pub struct PayClient<'a> {
    /// The server that it asks.
    pub server: &'a TestServer,
    /// Who it is.
    pub mch_id: String,
    /// The pay merchant's key.
    pub key: String,
    /// How it signs.
    pub sign_type: SignType,
    /// Before every path.
    pub prefix: &'static str,
}

impl<'a> PayClient<'a> {
    /// The sandbox's own.
    pub fn new(server: &'a TestServer) -> Self {
        Self {
            server,
            mch_id: MCHID.to_owned(),
            key: KEY.to_owned(),
            sign_type: SignType::Md5,
            prefix: "",
        }
    }

    /// The parameters as XML, with appid, mch_id, nonce_str and a signature. An empty one is left out.
    pub fn signed(&self, parameters: &[(&str, &str)]) -> String {
        let mut all = vec![("appid", MERCHANT), ("mch_id", &self.mch_id), ("nonce_str", "5K8264")];
        if self.sign_type != SignType::Md5 {
            all.push(("sign_type", self.sign_type.as_str()));
        }
        all.retain(|(name, _)| !parameters.iter().any(|(own, _)| own == name));
        all.extend(parameters);
        signed(&all, &self.key, self.sign_type)
    }

    /// Posts a body as it is.
    pub fn post(&self, path: &str, body: &str) -> PayRequest {
        let path = format!("{}{path}", self.prefix);
        let answer = self.server.post_raw(&path, Some("text/xml"), body);
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], "text/xml; charset=utf-8");
        PayRequest::read(answer.body().as_bytes()).expect("an answer is XML")
    }

    /// Posts bytes, which may be no text.
    pub fn post_bytes(&self, path: &str, body: &[u8]) -> PayRequest {
        let url = format!("{}{}{path}", self.server.base, self.prefix);
        let mut answer = ureq::post(&url).send(body).unwrap();
        assert_eq!(answer.status(), 200, "{url}");
        PayRequest::read(&answer.body_mut().read_to_vec().unwrap()).expect("an answer is XML")
    }

    /// The key that getsignkey gives under the published sandbox's prefixes.
    pub fn sandbox_key(&self) -> String {
        let answer = self.post("/sandboxnew/pay/getsignkey", &self.signed(&[]));
        answer.get("sandbox_signkey").to_owned()
    }

    /// A call that is answered signed.
    pub fn call(&self, path: &str, parameters: &[(&str, &str)]) -> PayRequest {
        let answer = self.post(path, &self.signed(parameters));
        assert_eq!(answer.get("return_code"), "SUCCESS", "{answer:?}");
        assert!(answer.is_signed_by(&self.key, self.sign_type), "{answer:?}");
        assert_eq!(answer.get("mch_id"), self.mch_id);
        answer
    }

    /// A call that succeeds.
    pub fn done(&self, path: &str, parameters: &[(&str, &str)]) -> PayRequest {
        let answer = self.call(path, parameters);
        assert_eq!(answer.get("result_code"), "SUCCESS", "{answer:?}");
        answer
    }

    /// A call that is refused with this code, in words that hold these.
    pub fn refused(&self, path: &str, parameters: &[(&str, &str)], code: &str, words: &str) {
        let answer = self.call(path, parameters);
        assert_eq!(
            (answer.get("result_code"), answer.get("err_code")),
            ("FAIL", code),
            "{answer:?}"
        );
        let why = answer.get("err_code_des");
        assert!(why.contains(words) && why.contains("rid: "), "{answer:?}");
    }

    /// unifiedorder of a NATIVE payment of 100 fen; later parameters go first.
    pub fn order(&self, out_trade_no: &str, more: &[(&str, &str)]) -> PayRequest {
        self.done("/pay/unifiedorder", &order(out_trade_no, more))
    }

    /// A payment that a user has made; its `prepay_id`.
    pub fn paid(&self, out_trade_no: &str, more: &[(&str, &str)], user: &str) -> String {
        let prepay_id = self.order(out_trade_no, more).get("prepay_id").to_owned();
        let (status, answer) = self.pay(&prepay_id, user);
        assert_eq!(status, 200, "{answer}");
        prepay_id
    }

    /// A refund of a payment of 100 fen.
    pub fn refund(&self, out_trade_no: &str, out_refund_no: &str, refund_fee: &str) {
        let parameters = [
            ("out_trade_no", out_trade_no),
            ("out_refund_no", out_refund_no),
            ("total_fee", "100"),
            ("refund_fee", refund_fee),
        ];
        self.done("/secapi/pay/refund", &parameters);
    }

    /// The state that orderquery says.
    pub fn trade_state(&self, number: &str) -> String {
        self.done("/pay/orderquery", &[("out_trade_no", number)]).get("trade_state").to_owned()
    }

    /// A user pays.
    pub fn pay(&self, prepay_id: &str, user: &str) -> (u16, Value) {
        self.server.post_json("/sandbox/v1/pay", &json!({"prepay_id": prepay_id, "user": user}))
    }
}

/// Parameters of unifiedorder; later ones go first.
pub fn order<'a>(out_trade_no: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("body", "茶 tea"),
        ("out_trade_no", out_trade_no),
        ("total_fee", "100"),
        ("spbill_create_ip", "127.0.0.1"),
        ("notify_url", "http://127.0.0.1:9/notify"),
        ("trade_type", "NATIVE"),
    ];
    all.retain(|(name, _)| !more.iter().any(|(own, _)| own == name));
    all.extend(more);
    all
}
