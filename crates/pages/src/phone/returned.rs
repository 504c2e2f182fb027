//! What an app is told when its user comes back from the authorization page (sections 2 to 5, D-95), and the
//! addresses at which the phone plays that.

use crate::page::encoded;
use crate::visit::Visit;
use kaipiao_app::demo_phone::{ORDERS_PATH, PhoneApp};
use kaipiao_wire::authorization::s02_auth_url::Return;

/// What an app is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    /// Nothing: the user is not back.
    NotYet,
    /// The user has left the page without an answer.
    Left,
    /// A web page, by the parameters behind its redirect_url.
    Redirect {
        /// 0 or -4.
        errcode: i32,
    },
    /// A mini program, by the page's result object.
    Result {
        /// 0, -4, or -1 where the order can no longer be answered (D-226).
        err_code: i32,
    },
    /// A mobile app, by a link of its own scheme.
    Link {
        /// 0 or -4; -2 or -1 without an answer (D-221).
        err_code: i32,
        /// The link, as the phone's system hands it over.
        link: String,
    },
}

/// Where the phone shows an order.
pub(crate) fn order_address(order_id: &str) -> String {
    format!("{ORDERS_PATH}{}", encoded(order_id))
}

/// Where the phone plays a way back; one over HTTP needs no playing.
pub(crate) fn played_at(order_id: &str, back: Return) -> String {
    let here = order_address(order_id);
    match back {
        Return::Address(address) if address.starts_with("http") => address,
        Return::Address(link) => format!("{here}?link={}", encoded(&link)),
        Return::Result { err_code, order_id } => {
            format!("{here}?errCode={err_code}&wxOrderId={}", encoded(&order_id))
        }
        Return::Stay => here,
    }
}

impl Returned {
    /// What an order's address says; None: it is not complete, or is another order's.
    pub(crate) fn read(visit: &Visit, order_id: &str) -> Option<Self> {
        let find = |name: &str| Some(visit.parameter(name)).filter(|value| !value.is_empty());
        let code = |text: &str| text.parse::<i32>().ok();
        let is_own = |id: Option<String>| id.is_some_and(|id| id == order_id);
        if let Some(link) = find("link") {
            let (err_code, id) = link_members(&link)?;
            return is_own(Some(id)).then_some(Self::Link { err_code, link });
        }
        if let Some(err_code) = find("errCode") {
            let err_code = code(&err_code)?;
            return is_own(find("wxOrderId")).then_some(Self::Result { err_code });
        }
        if let Some(errcode) = find("errcode") {
            let errcode = code(&errcode)?;
            return is_own(find("order_id")).then_some(Self::Redirect { errcode });
        }
        Some(if find("left").is_some() { Self::Left } else { Self::NotYet })
    }

    /// Whether an app is told in this way.
    pub(crate) fn fits(&self, app: PhoneApp) -> bool {
        match self {
            Self::NotYet | Self::Left => true,
            Self::Redirect { .. } => app == PhoneApp::WebPage,
            Self::Result { .. } => app == PhoneApp::MiniProgram,
            Self::Link { link, .. } => {
                app == PhoneApp::MobileApp && link.starts_with(&format!("{}://", app.appid()))
            }
        }
    }
}

/// `errCode` and `wxOrderId` of a mobile app's link.
fn link_members(link: &str) -> Option<(i32, String)> {
    let (head, query) = link.split_once('?')?;
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let find = |name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let err_code = find("errCode")?.parse().ok()?;
    head.ends_with("://invoice").then_some((err_code, find("wxOrderId")?.clone().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::extract::Request;

    const ORDER: &str = "phone-00000000000000000001";

    fn read(address: &str) -> Option<Returned> {
        let request = Request::builder().uri(address).body(Body::empty()).unwrap();
        Returned::read(&Visit::of(request), ORDER)
    }

    #[test]
    fn the_ways_back_that_are_played_read_back() {
        let link = format!("wx6b61697069616f35://invoice?errCode=-4&wxOrderId={ORDER}");
        let result = Return::Result { err_code: 0, order_id: ORDER.to_owned() };
        let told = |back| read(&played_at(ORDER, back)).unwrap();
        assert_eq!(
            told(Return::Address(link.clone())),
            Returned::Link { err_code: -4, link: link.clone() }
        );
        assert_eq!(told(result), Returned::Result { err_code: 0 });
        assert_eq!(told(Return::Stay), Returned::NotYet);
        let home = format!("http://h/phone/orders/{ORDER}?order_id={ORDER}&errcode=0");
        assert_eq!(told(Return::Address(home)), Returned::Redirect { errcode: 0 });
        assert!(Returned::Link { err_code: -4, link }.fits(PhoneApp::MobileApp));
    }

    #[test]
    fn what_is_not_complete_or_another_orders_is_not_read() {
        let order = order_address(ORDER);
        assert_eq!(read(&format!("{order}?left=1")), Some(Returned::Left));
        for bad in [
            "errcode=0",
            "errcode=x&order_id=phone-00000000000000000001",
            "errcode=0&order_id=phone-00000000000000000002",
            "errCode=0",
            "errCode=0&wxOrderId=other",
            "link=wx6b61697069616f35://invoice",
            "link=wx6b61697069616f35://pay?errCode=0%26wxOrderId=phone-00000000000000000001",
            "link=wx6b61697069616f35://invoice?errCode=0%26wxOrderId=other",
        ] {
            assert_eq!(read(&format!("{order}?{bad}")), None, "{bad}");
        }
        let link = format!("javascript://invoice?errCode=0&wxOrderId={ORDER}");
        assert!(!Returned::Link { err_code: 0, link }.fits(PhoneApp::MobileApp));
    }
}
