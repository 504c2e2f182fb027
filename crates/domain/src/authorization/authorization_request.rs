//! Section 2: what a merchant asks for with getauthurl.

use crate::access::account::{AppId, PlatformId};
use crate::authorization::order_id::OrderId;
use crate::people::card_kind::CardKind;

/// The place where the page is opened (section 2's `source`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A mobile app, through WeChat's SDK.
    App,
    /// A page inside WeChat.
    Web,
    /// A mini program.
    Wxa,
    /// An ordinary web page.
    Wap,
}

impl Source {
    /// Every source, in the contract's order.
    pub const ALL: [Self; 4] = [Self::App, Self::Web, Self::Wxa, Self::Wap];

    /// Its text on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Web => "web",
            Self::Wxa => "wxa",
            Self::Wap => "wap",
        }
    }

    /// Reads the wire's text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }

    /// Whether `redirect_url` is kept for this source: web and wap (D-11).
    pub const fn redirects(self) -> bool {
        matches!(self, Self::Web | Self::Wap)
    }
}

/// The purpose of the page (section 2's `type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageType {
    /// 0: apply for an invoice; the merchant has the title already.
    Apply,
    /// 1: fill in a title and apply.
    FillTitle,
    /// 2: collect an invoice that is already issued.
    Collect,
}

impl PageType {
    /// Every type, in the contract's order.
    pub const ALL: [Self; 3] = [Self::Apply, Self::FillTitle, Self::Collect];

    /// Its number on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Self::Apply => 0,
            Self::FillTitle => 1,
            Self::Collect => 2,
        }
    }

    /// Reads the wire's number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|page_type| page_type.number() == number)
    }
}

/// What the merchant asked for with getauthurl.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The invoicing platform.
    pub platform: PlatformId,
    /// The order.
    pub order_id: OrderId,
    /// The order's amount in fen; shown to the user.
    pub money_fen: i64,
    /// The merchant's own timestamp, unix seconds; a larger number saturates (wire_facts 1.5).
    pub timestamp: u32,
    /// The place where the page is opened.
    pub source: Source,
    /// The address that the user goes to afterwards; empty unless the source redirects.
    pub redirect_url: String,
    /// What the user gets: an invoice, or with getbillauthurl a bill.
    pub card_kind: CardKind,
    /// The purpose of the page. A bill is collected.
    pub page_type: PageType,
    /// The account that called: `AuthorizeAppId` of the push.
    pub asked_by: AppId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_names_read_back() {
        for source in Source::ALL {
            assert_eq!(Source::parse(source.as_str()), Some(source));
        }
        for page_type in PageType::ALL {
            assert_eq!(PageType::from_number(page_type.number()), Some(page_type));
        }
    }
}
