//! Events of a sandbox, each played with the calls that lead to it.

use crate::admin_client::{self, AdminClient};
use crate::api_client::{Asked, failed};
use crate::caller::{Caller, text};
use crate::compose::ComposeError;
use crate::settings::Settings;
use crate::trigger::event::Event;
use crate::trigger::made::Made;
use crate::trigger::pay::PayMerchant;
use crate::trigger::visitor::Visitor;
use clap::Args;
use core::time::Duration;
use kaipiao_app::sandbox::{DEMO_MCH_KEY, DEMO_MCHID};
use serde_json::{Value, json};
use std::time::Instant;

/// The states of requests that have ended, in the words of the admin API.
const ISSUED: &str = "issued";
const FAILED: &str = "failed";
/// An issuer of the sandbox's own takes milliseconds; a fault may make it late.
const ISSUED_WITHIN: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);
/// Cards of a wallet among which the new one is.
const NEWEST_CARDS: usize = 10;
/// The amount of orders and payments, in fen; the invoice below comes to it.
const FEN: i64 = 15900;

/// What is to happen.
#[derive(Clone, Args)]
pub(super) struct Wanted {
    /// The event.
    #[arg(value_enum)]
    pub(super) event: Event,
    /// The sandbox's user who acts.
    #[arg(long, default_value = "zhangwei", conflicts_with = "to")]
    user: String,
    /// The user says no (`user_authorize_invoice`), or nothing is issued (`cloud_invoice_invoiceresult_event`).
    #[arg(long)]
    pub(super) fail: bool,
    /// Then reject the order for this reason (`user_authorize_invoice`).
    #[arg(long, value_name = "REASON", conflicts_with_all = ["fail", "to"])]
    reject: Option<String>,
    /// Where the notice of a payment goes: `kaipiao listen` prints one.
    #[arg(long, value_name = "URL", conflicts_with = "to")]
    notify_url: Option<String>,
    /// The pay merchant of payments [default: the demo's]
    #[arg(long, env = "KAIPIAO_MCH_ID", value_name = "MCHID", hide_default_value = true, default_value = DEMO_MCHID)]
    pub(super) mch_id: String,
    /// The pay merchant's key, which signs payments and notices [default: the demo's]
    #[arg(long, env = "KAIPIAO_MCH_KEY", hide_env_values = true, hide_default_value = true, default_value = DEMO_MCH_KEY)]
    pub(super) mch_key: String,
}

impl Wanted {
    /// An option that says nothing about this event is a mistake.
    pub(super) fn check(&self) -> Result<(), ComposeError> {
        use Event::{Authorized, Payment, Refund, Result as Issued};
        let given: [(&str, bool, &[Event]); 3] = [
            ("--fail", self.fail, &[Authorized, Issued]),
            ("--reject", self.reject.is_some(), &[Authorized]),
            ("--notify-url", self.notify_url.is_some(), &[Payment, Refund]),
        ];
        let wrong = given
            .into_iter()
            .find(|(_, is_given, events)| *is_given && !events.contains(&self.event));
        let Some((option, _, events)) = wrong else { return Ok(()) };
        let events: Vec<String> = events.iter().map(|event| event.name()).collect();
        Err(failed(format!("{option} is for {} alone", events.join(" and "))))
    }
}

/// An event that is being played.
pub(super) struct Play<'a> {
    pub(super) settings: &'a Settings,
    pub(super) wanted: &'a Wanted,
    /// The merchant.
    pub(super) caller: Caller,
    /// The company that reimburses its people.
    pub(super) company: Caller,
    pub(super) number: String,
    pub(super) made: Made,
}

impl Play<'_> {
    /// Plays it: what was made.
    pub(super) fn event(mut self) -> Result<Made, ComposeError> {
        match self.wanted.event {
            Event::Authorized => {
                self.answer(if self.wanted.fail { "decline" } else { "authorize" })?;
                self.reject()?;
            }
            Event::Result => {
                self.answer("authorize")?;
                self.issue()?;
            }
            Event::Status => {
                self.answer("authorize")?;
                let invoice = self.issue()?;
                if invoice["state"] == ISSUED {
                    self.lock(&invoice)?;
                }
            }
            Event::Title => self.pick_title()?,
            Event::Payment => self.pay(false)?,
            Event::Refund => self.pay(true)?,
        }
        Ok(self.made)
    }

    /// An order and its user's answer.
    fn answer(&mut self, decision: &str) -> Result<(), ComposeError> {
        let s_pappid = text(&self.caller.sandbox()?, "s_pappid")?;
        self.ensure_contact()?;
        let asked = json!({
            "s_pappid": s_pappid, "order_id": self.number, "money": FEN, "source": "web", "type": 1,
            "timestamp": 1_474_875_876, "redirect_url": "", "ticket": self.caller.ticket()?,
        });
        let link = self.caller.call("/card/invoice/getauthurl", &[], Some(&asked))?;
        let auth_url = text(&link, "auth_url")?;
        self.made.add("order_id", self.number.clone());
        self.made.add("auth_url", auth_url.clone());
        let answer = json!({"auth_url": auth_url, "user": self.wanted.user, "decision": decision});
        let answered =
            self.caller.client.ask(Asked::post("/sandbox/v1/authorize", &[], &answer))?;
        self.made.add("user", self.wanted.user.clone());
        self.made.add("decision", answered["result"].clone());
        Ok(())
    }

    /// getauthurl wants the merchant's contact; one that was set stays.
    fn ensure_contact(&self) -> Result<(), ComposeError> {
        let path = "/card/invoice/setbizattr";
        let found = self.caller.call(path, &[("action", "get_contact")], Some(&json!({})));
        let is_set =
            |found: Value| found["contact"]["phone"].as_str().is_some_and(|p| !p.is_empty());
        if found.is_ok_and(is_set) {
            return Ok(());
        }
        let contact = json!({"contact": {"phone": "0755-80000009", "time_out": 12345}});
        self.caller.call(path, &[("action", "set_contact")], Some(&contact)).map(drop)
    }

    fn reject(&mut self) -> Result<(), ComposeError> {
        let Some(reason) = &self.wanted.reject else { return Ok(()) };
        let s_pappid = text(&self.caller.sandbox()?, "s_pappid")?;
        let rejection =
            json!({"s_pappid": s_pappid, "order_id": self.number, "reason": reason, "url": ""});
        self.caller.call("/card/invoice/rejectinsert", &[], Some(&rejection))?;
        self.made.add("rejected", reason.clone());
        Ok(())
    }

    /// The order's invoice: what the admin API says of it.
    fn issue(&mut self) -> Result<Value, ComposeError> {
        let sandbox = self.caller.sandbox()?;
        let merchant = sandbox["accounts"].as_array().into_iter().flatten();
        let merchant = merchant
            .filter(|account| account["appid"] == *self.caller.appid)
            .map(|account| &account["merchant"])
            .find(|merchant| merchant.is_object())
            .ok_or_else(|| {
                failed(format!("{} is no taxpayer of the sandbox", self.caller.appid))
            })?;
        let unique: String = self.number.chars().filter(char::is_ascii_alphanumeric).collect();
        let serial = text(merchant, "code")? + &unique;
        let openid = self.openid(&sandbox)?;
        let invoice = invoice(merchant, &self.number, &serial, &openid);
        self.plan(json!({"target": "issuer", "n": 1, "errcode": 73000}))?;
        let ended = self.request(&serial, &invoice);
        if ended.is_err() {
            // What was planned would meet somebody else's invoice.
            self.plan(json!({"target": "issuer", "n": 0}))?;
        }
        let found = ended?;
        self.made.add("fpqqlsh", serial);
        self.made.add("state", found["state"].clone());
        if found["state"] != if self.wanted.fail { FAILED } else { ISSUED } {
            self.made.unwell();
        }
        for name in ["fpdm", "fphm", "errcode", "errmsg"] {
            if !found[name].is_null() {
                self.made.add(name, found[name].clone());
            }
        }
        Ok(found)
    }

    /// Plans what the issuer does next, where it is to fail.
    fn plan(&self, fault: Value) -> Result<(), ComposeError> {
        if self.wanted.fail {
            let path = "/sandbox/v1/faults";
            let answer = self.caller.client.send(Asked::post(path, &[], &fault))?;
            // A plan that was made is told with the errcode that it plays.
            if !answer.json().is_some_and(|json| json["left"].is_u64()) {
                answer.well(path)?;
            }
        }
        Ok(())
    }

    /// Asks for the invoice, and waits for what becomes of it.
    fn request(&self, serial: &str, invoice: &Value) -> Result<Value, ComposeError> {
        self.caller.call("/card/invoice/makeoutinvoice", &[], Some(invoice))?;
        self.ended(serial)
    }

    /// The user, as the merchant knows them.
    fn openid(&self, sandbox: &Value) -> Result<String, ComposeError> {
        let mut users = sandbox["users"].as_array().into_iter().flatten();
        let user = users.find(|user| user["id"] == *self.wanted.user);
        let user =
            user.ok_or_else(|| failed(format!("the sandbox has no user {}", self.wanted.user)))?;
        text(&user["openids"], &self.caller.appid)
    }

    /// Waits until the request has ended, well or not.
    fn ended(&self, serial: &str) -> Result<Value, ComposeError> {
        let admin = AdminClient::new(self.settings, Some(self.caller.client.base()))?;
        let filter = [("appid", Some(&*self.caller.appid)), ("fpqqlsh", Some(serial))];
        let started = Instant::now();
        while started.elapsed() < ISSUED_WITHIN {
            let listing = admin_client::parse(&admin.get("invoices", &filter)?)?;
            let request = &listing["invoices"][0];
            if request["state"].as_str().is_some_and(|state| state != "running") {
                return Ok(request.clone());
            }
            pause();
        }
        Err(failed(format!("{serial} was not issued within {} s", ISSUED_WITHIN.as_secs())))
    }

    /// The user chooses the invoice for the company, which locks it.
    fn lock(&mut self, invoice: &Value) -> Result<(), ComposeError> {
        let choice = json!({"appid": self.company.appid, "user": self.wanted.user});
        let chosen =
            self.caller.client.ask(Asked::post("/sandbox/v1/choose-invoice", &[], &choice))?;
        let chosen: Vec<Value> = serde_json::from_str(&text(&chosen, "choose_invoice_info")?)
            .map_err(|error| failed(format!("choose_invoice_info: {error}")))?;
        for card in chosen.iter().take(NEWEST_CARDS) {
            let mut named =
                json!({"card_id": card["card_id"], "encrypt_code": card["encrypt_code"]});
            let path = "/card/invoice/reimburse/getinvoiceinfo";
            let found = self.company.call(path, &[], Some(&named))?;
            let found = &found["user_info"];
            if found["billing_code"] != invoice["fphm"] || found["billing_no"] != invoice["fpdm"] {
                continue;
            }
            named["reimburse_status"] = json!("INVOICE_REIMBURSE_LOCK");
            let path = "/card/invoice/reimburse/updateinvoicestatus";
            self.company.call(path, &[], Some(&named))?;
            self.made.add("card_id", card["card_id"].clone());
            self.made.add("status", named["reimburse_status"].clone());
            self.made.add("company", self.company.appid.clone());
            return Ok(());
        }
        Err(failed(format!("the invoice is not among the user's {NEWEST_CARDS} newest cards")))
    }

    /// The user picks the first title of their book.
    fn pick_title(&mut self) -> Result<(), ComposeError> {
        let asked = json!({"attach": self.number});
        let link = self.caller.call("/card/invoice/biz/getselecttitleurl", &[], Some(&asked))?;
        let url = text(&link, "url")?;
        let picked = Visitor::of(&self.caller.client, &self.wanted.user)?.picks_title(&url)?;
        self.made.add("url", url);
        self.made.add("attach", self.number.clone());
        self.made.add("user", self.wanted.user.clone());
        self.made.add("title", picked);
        Ok(())
    }

    /// A payment, and perhaps its refund.
    fn pay(&mut self, is_refunded: bool) -> Result<(), ComposeError> {
        let notify_url = self.wanted.notify_url.as_deref().ok_or_else(|| {
            failed("--notify-url says where the notice goes; kaipiao listen prints one")
        })?;
        let Wanted { mch_id, mch_key, .. } = self.wanted;
        let merchant = PayMerchant { caller: &self.caller, mch_id, key: mch_key };
        let fee = FEN.to_string();
        let placed = merchant.call(
            "/pay/unifiedorder",
            &[
                ("body", "洗衣机"),
                ("out_trade_no", &self.number),
                ("total_fee", &fee),
                ("spbill_create_ip", "127.0.0.1"),
                ("trade_type", "NATIVE"),
                ("notify_url", notify_url),
            ],
        )?;
        let paying = json!({"prepay_id": placed.get("prepay_id"), "user": self.wanted.user});
        let paid = self.caller.client.ask(Asked::post("/sandbox/v1/pay", &[], &paying))?;
        self.made.add("out_trade_no", self.number.clone());
        self.made.add("transaction_id", paid["transaction_id"].clone());
        self.made.add("openid", paid["openid"].clone());
        if is_refunded {
            let refund_no = format!("{}-refund", self.number);
            let refunded = merchant.call(
                "/secapi/pay/refund",
                &[
                    ("out_trade_no", &self.number),
                    ("out_refund_no", &refund_no),
                    ("total_fee", &fee),
                    ("refund_fee", &fee),
                    ("notify_url", notify_url),
                ],
            )?;
            self.made.add("out_refund_no", refund_no);
            self.made.add("refund_id", refunded.get("refund_id"));
        }
        Ok(())
    }
}

/// An invoice of 159.00 for an order.
fn invoice(merchant: &Value, order_id: &str, serial: &str, openid: &str) -> Value {
    json!({"invoiceinfo": {
        "wxopenid": openid, "ddh": order_id, "fpqqlsh": serial,
        "nsrsbh": merchant["nsrsbh"], "nsrmc": merchant["nsrmc"], "nsrdz": "深圳市南山区示例路9号",
        "nsrdh": "0755-80000009", "nsrbank": "示例银行深圳南山支行", "nsrbankid": "6200000000000009",
        "ghfmc": "深圳市示例科技有限公司", "ghfnsrsbh": "91440300MA5KP0001N", "kpr": "张三",
        "jshj": "159", "hjje": "135.9", "hjse": "23.1", "hylx": "0",
        "invoicedetail_list": [{
            "fphxz": "0", "spbm": "1090418010000000000", "xmmc": "洗衣机", "dw": "台", "ggxh": "60L",
            "xmsl": "1", "xmdj": "135.9", "xmje": "135.9", "sl": "0.17", "se": "23.1",
        }],
    }})
}

#[expect(clippy::disallowed_methods, reason = "a pause in real time, of a client that waits")]
fn pause() {
    std::thread::sleep(PAUSE);
}
