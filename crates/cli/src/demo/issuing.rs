//! Sections 14, 15, 16 and 19 for an order that was authorized.

use crate::demo::client::Client;
use crate::demo::receiver::Receiver;
use crate::demo::step::{expect, text};
use serde_json::{Value, json};

/// Whose invoices the demo issues, and for whom.
pub(super) struct Issuing<'a> {
    pub(super) client: &'a Client,
    pub(super) receiver: &'a Receiver,
    /// The merchant's taxpayer, as the sandbox lists it.
    pub(super) merchant: &'a Value,
    /// The merchant's access token.
    pub(super) token: &'a str,
}

impl Issuing<'_> {
    /// Has an order of 159.00 invoiced under a serial of this name: what section 16 says of the invoice.
    pub(super) fn issue(&self, order_id: &str, openid: &str, name: &str) -> Result<Value, String> {
        let Self { client, merchant, .. } = self;
        let (serial, nsrsbh) = (self.serial(name)?, &merchant["nsrsbh"]);
        let invoice = json!({"invoiceinfo": {
            "wxopenid": openid, "ddh": order_id, "fpqqlsh": serial,
            "nsrsbh": nsrsbh, "nsrmc": merchant["nsrmc"], "nsrdz": "深圳市南山区示例路9号",
            "nsrdh": "0755-80000009", "nsrbank": "示例银行深圳南山支行", "nsrbankid": "6200000000000009",
            "ghfmc": "深圳市示例科技有限公司", "ghfnsrsbh": "91440300MA5KP0001N", "kpr": "张三",
            "jshj": "159", "hjje": "135.9", "hjse": "23.1", "hylx": "0",
            "invoicedetail_list": [{
                "fphxz": "0", "spbm": "1090418010000000000", "xmmc": "洗衣机", "dw": "台", "ggxh": "60L",
                "xmsl": "1", "xmdj": "135.9", "xmje": "135.9", "sl": "0.17", "se": "23.1",
            }],
        }});
        let sent = client.call("issue (14)", &self.path("makeoutinvoice"), Some(invoice))?;
        expect(&sent, "errmsg", &json!("sucesss"))?;
        self.receiver.expect_result(&serial)?;
        let found = self.query("the invoice (16)", &serial)?;
        for (member, digits) in [("fpdm", 12), ("fphm", 8), ("jym", 20), ("kprq", 14)] {
            let value = text(&found, member)?;
            if value.len() != digits || !value.bytes().all(|b| b.is_ascii_digit()) {
                return Err(format!("{member} is {value}, expected {digits} digits"));
            }
        }
        client.pdf(&text(&found, "pdfurl")?)?;
        Ok(found)
    }

    /// Takes an invoice back under a serial of this name.
    pub(super) fn offset(&self, blue: &Value, openid: &str, name: &str) -> Result<(), String> {
        let Self { client, merchant, .. } = self;
        let serial = self.serial(name)?;
        let offset = json!({"invoiceinfo": {
            "wxopenid": openid, "fpqqlsh": serial, "nsrsbh": merchant["nsrsbh"],
            "nsrmc": merchant["nsrmc"], "yfpdm": blue["fpdm"], "yfphm": blue["fphm"],
        }});
        let sent = client.call("offset (15)", &self.path("clearoutinvoice"), Some(offset))?;
        expect(&sent, "errmsg", &json!("sucesss"))?;
        self.receiver.expect_result(&serial)?;
        let red = self.query("the red invoice (16)", &serial)?;
        if red["fphm"] == blue["fphm"] {
            return Err(format!("the red invoice has the blue one's number: {red}"));
        }
        Ok(())
    }

    fn query(&self, what: &str, serial: &str) -> Result<Value, String> {
        let asked = json!({"fpqqlsh": serial, "nsrsbh": self.merchant["nsrsbh"]});
        let found = self.client.call(what, &self.path("queryinvoceinfo"), Some(asked))?;
        Ok(found["invoicedetail"].clone())
    }

    /// Serials begin with the merchant's code.
    fn serial(&self, name: &str) -> Result<String, String> {
        Ok(text(self.merchant, "code")? + name)
    }

    fn path(&self, call: &str) -> String {
        format!("card/invoice/{call}?access_token={}", self.token)
    }
}
