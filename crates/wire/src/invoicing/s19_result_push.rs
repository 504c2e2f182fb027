//! Section 19: the push of an invoice try's result.

use crate::delivery::event_xml::{EventXml, UntimedXml};
use crate::delivery::read_push::members;
use kaipiao_domain::invoicing::invoice_request::TryResult;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::people::user::OpenId;

/// `Event` of this push.
pub const EVENT: &str = "cloud_invoice_invoiceresult_event";

/// What the push says.
#[derive(Clone, Debug)]
pub struct ResultPush<'a> {
    /// The receiving account's original id.
    pub to_user: &'a str,
    /// The user, as the receiving account knows them.
    pub from_user: &'a OpenId,
    /// The request.
    pub serial: &'a Serial,
    /// How its try ended.
    pub result: TryResult,
    /// The taxpayer.
    pub tax_id: &'a str,
}

impl ResultPush<'_> {
    /// The push's XML.
    pub fn xml(&self) -> UntimedXml {
        let mut xml = EventXml::begin(self.to_user, self.from_user.as_str(), EVENT);
        xml.text("fpqqlsh", self.serial.as_str());
        xml.number("status", self.result.status());
        xml.text("nsrsbh", self.tax_id);
        xml.end()
    }
}

/// The request whose try has failed, as a push's body says it; None: the invoice was issued.
pub fn failed_serial(body: &str) -> Option<Serial> {
    let members = members(body).ok()?;
    let member = |name| members.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let has_failed = *member("status")? == TryResult::Failed.status().to_string();
    Serial::parse(member("fpqqlsh")?).filter(|_| has_failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    fn xml(result: TryResult) -> String {
        let push = ResultPush {
            to_user: "toUser",
            from_user: &OpenId::from_checked("FromUser".into()),
            serial: &Serial::parse("14574d75004451097886").unwrap(),
            result,
            tax_id: "150001197205134629",
        };
        let UntimedXml { before, after } = push.xml();
        format!("{before}123456789{after}")
    }

    #[test]
    fn the_pushes_are_the_golden_ones() {
        assert_eq!(xml(TryResult::Issued), golden::response("s19_result_push/issued.xml"));
        assert_eq!(xml(TryResult::Failed), golden::response("s19_result_push/failed.xml"));
        assert_eq!(failed_serial(&xml(TryResult::Issued)), None);
        let failed = failed_serial(&xml(TryResult::Failed)).unwrap();
        assert_eq!(failed.as_str(), "14574d75004451097886");
    }
}
