//! How the picker leads back to a company's app (D-222).

use crate::authorization::s02_auth_url::{AUTHORIZED, FAILED, LEFT};
use crate::reimbursement::read_invoice::write_chosen;
use crate::url::ENCODED;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::reimbursement::invoice_info::ChosenInvoice;
use percent_encoding::utf8_percent_encode;

/// How an app's call of the picker has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PickerEnd {
    /// The user has chosen these.
    Chosen(Vec<ChosenInvoice>),
    /// The user has chosen none.
    Cancelled,
    /// The call is wrong: why, for the app's developers.
    Failed(String),
}

/// The link back to the app: `<appid>://choose-invoice?errCode=<code>`, with the codes of an app's
/// authorization (D-95): 0 with `choose_invoice_info`, which is JSON text as a page is given it
/// (wire_facts 1.2), -2, and -1 with `errStr`.
pub fn return_to_app(appid: &AppId, end: &PickerEnd) -> String {
    let (err_code, more) = match end {
        PickerEnd::Chosen(chosen) => {
            (AUTHORIZED, Some(("choose_invoice_info", write_chosen(chosen))))
        }
        PickerEnd::Cancelled => (LEFT, None),
        PickerEnd::Failed(why) => (FAILED, Some(("errStr", why.clone()))),
    };
    let mut address = format!("{appid}://choose-invoice?errCode={err_code}");
    if let Some((name, value)) = more {
        address.push_str(&format!("&{name}={}", utf8_percent_encode(&value, ENCODED)));
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::people::card::CardId;

    #[test]
    fn an_app_is_led_back_by_its_own_scheme() {
        let appid = AppId::parse("wx6b61697069616f35").unwrap();
        let back = |end| return_to_app(&appid, &end);
        assert_eq!(back(PickerEnd::Cancelled), "wx6b61697069616f35://choose-invoice?errCode=-2");
        assert_eq!(
            back(PickerEnd::Failed("a b&c".into())),
            "wx6b61697069616f35://choose-invoice?errCode=-1&errStr=a%20b%26c"
        );
        let chosen = ChosenInvoice {
            card_id: CardId::parse("pjZ8Yt9WoOePThU0NfUKz5-tBEWU").unwrap(),
            encrypt_code: "fbdt/fWy=".into(),
            appid: AppId::parse("wx6b61697069616f31").unwrap(),
        };
        assert_eq!(
            back(PickerEnd::Chosen(vec![chosen])),
            "wx6b61697069616f35://choose-invoice?errCode=0&choose_invoice_info=%5B%7B%22card_id%22%3A%22\
             pjZ8Yt9WoOePThU0NfUKz5-tBEWU%22%2C%22encrypt_code%22%3A%22fbdt%2FfWy%3D%22%2C%22app_id%22\
             %3A%22wx6b61697069616f31%22%7D%5D"
        );
    }
}
