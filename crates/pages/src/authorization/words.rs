//! What the authorization page says of where an order stands, for an invoice and for a bill, which people know as a
//! fiscal receipt (wire_facts 4.1).

use kaipiao_app::people::wallet::InvoiceProgress;
use kaipiao_domain::authorization::authorization_request::{AuthorizationRequest, PageType};
use kaipiao_domain::people::card_kind::CardKind;

/// A text in Chinese and in English.
pub(super) type Words = (&'static str, &'static str);

/// What a page says of where an order stands.
pub(super) struct Said {
    /// In short, as the window's title.
    pub(super) state: Words,
    pub(super) headline: Words,
    pub(super) text: Words,
}

/// What the page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The user asks for an invoice.
    Apply,
    /// The user collects an invoice.
    Collect,
    /// The user collects a bill.
    CollectBill,
}

impl Purpose {
    pub(super) fn of(request: &AuthorizationRequest) -> Self {
        match (request.card_kind, request.page_type) {
            (CardKind::Bill, _) => Self::CollectBill,
            (CardKind::Invoice, PageType::Collect) => Self::Collect,
            (CardKind::Invoice, PageType::Apply | PageType::FillTitle) => Self::Apply,
        }
    }

    /// As the page's heading and its button.
    pub(super) const fn heading(self) -> Words {
        match self {
            Self::Apply => ("申请开票", "Apply for invoice"),
            Self::Collect => ("领取发票", "Collect invoice"),
            Self::CollectBill => ("领取财政电子票据", "Collect fiscal receipt"),
        }
    }

    /// The button that declines.
    pub(super) const fn not_now(self) -> Words {
        match self {
            Self::Apply => ("暂不开票", "Not now"),
            Self::Collect | Self::CollectBill => ("暂不领取", "Not now"),
        }
    }
}

/// What an answered order's page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The user has said no just now.
    Declined,
    /// The user has said yes just now.
    Sent,
    /// The invoice is asked for, or being issued.
    Underway,
    Failed,
    Issued,
    TakenBack,
}

impl News {
    pub(super) fn of(progress: &InvoiceProgress, is_fresh: bool) -> Self {
        match progress {
            InvoiceProgress::Awaited if is_fresh => Self::Sent,
            InvoiceProgress::Awaited | InvoiceProgress::Underway => Self::Underway,
            InvoiceProgress::Failed => Self::Failed,
            InvoiceProgress::Issued { is_taken_back: true, .. } => Self::TakenBack,
            InvoiceProgress::Issued { .. } => Self::Issued,
        }
    }

    /// The class of the mark above the words.
    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::Sent | Self::Issued => "yes",
            Self::Declined | Self::TakenBack => "no",
            Self::Underway => "wait",
            Self::Failed => "stop",
        }
    }

    pub(super) const fn said(self, purpose: Purpose) -> Said {
        match purpose {
            Purpose::Apply | Purpose::Collect => self.said_of_invoice(purpose),
            Purpose::CollectBill => self.said_of_bill(),
        }
    }

    const fn said_of_invoice(self, purpose: Purpose) -> Said {
        let is_collected = matches!(purpose, Purpose::Collect);
        match self {
            Self::Declined if is_collected => Said {
                state: ("已取消领取", "Not collected"),
                headline: ("已取消领取", "You chose not to collect this invoice"),
                text: DECLINED,
            },
            Self::Declined => Said {
                state: ("已取消开票", "No invoice"),
                headline: ("已取消开票", "You chose not to get an invoice"),
                text: DECLINED,
            },
            Self::Sent if is_collected => Said {
                state: AUTHORIZED,
                headline: ("已授权领取", "You agreed to collect this invoice"),
                text: (
                    "发票会放入你的卡包，无需停留在此页面。",
                    "The invoice will appear in your Cards & Offers. You don't need to wait here.",
                ),
            },
            Self::Sent => Said {
                state: AUTHORIZED,
                headline: ("申请已提交", "Your request has been sent"),
                text: (
                    "发票开具后会放入你的卡包，无需停留在此页面。",
                    "The invoice will appear in your Cards & Offers once it has been issued. You don't need to wait here.",
                ),
            },
            Self::Underway => Said {
                state: ("开票中", "Invoice on its way"),
                headline: ("开票中", "Your invoice is on its way"),
                text: (
                    "发票开具后会放入你的卡包，无需重复申请。",
                    "It will appear in your Cards & Offers once it has been issued. There's no need to ask again.",
                ),
            },
            Self::Failed => Said {
                state: ("开票失败", "Not issued"),
                headline: ("开票失败", "Your invoice could not be issued"),
                text: (
                    "请联系商家处理。商家重新开票后，发票会放入你的卡包。",
                    "Please contact the merchant. Once it has been reissued, the invoice will appear in your Cards & Offers.",
                ),
            },
            Self::Issued => Said {
                state: ("发票已开具", "Invoice issued"),
                headline: ("发票已开具", "Your invoice has been issued"),
                text: IN_THE_WALLET,
            },
            Self::TakenBack => Said {
                state: ("发票已冲红", "Invoice cancelled"),
                headline: ("发票已冲红", "Your invoice was cancelled"),
                text: (
                    "该发票已被商家冲红，不能再用于报销。",
                    "The merchant has cancelled this invoice, so it can no longer be claimed as an expense.",
                ),
            },
        }
    }

    /// Nobody here issues a bill, so none fails; it comes, or it is on its way.
    const fn said_of_bill(self) -> Said {
        match self {
            Self::Declined => Said {
                state: ("已取消领取", "Not collected"),
                headline: ("已取消领取", "You chose not to collect this receipt"),
                text: (
                    "我们会通知收款单位。改变主意时，可重新打开此链接。",
                    "We'll let the collecting office know. Open this link again if you change your mind.",
                ),
            },
            Self::Sent => Said {
                state: AUTHORIZED,
                headline: ("已授权领取", "You agreed to collect this receipt"),
                text: (
                    "财政电子票据会放入你的卡包，无需停留在此页面。",
                    "The fiscal receipt will appear in your Cards & Offers. You don't need to wait here.",
                ),
            },
            Self::Underway | Self::Failed => Said {
                state: ("领取中", "Receipt on its way"),
                headline: ("领取中", "Your receipt is on its way"),
                text: (
                    "财政电子票据开具后会放入你的卡包，无需重复领取。",
                    "It will appear in your Cards & Offers once it has been issued. There's no need to collect it again.",
                ),
            },
            Self::Issued => Said {
                state: ("票据已领取", "Receipt collected"),
                headline: ("财政电子票据已领取", "You have your fiscal receipt"),
                text: IN_THE_WALLET,
            },
            Self::TakenBack => Said {
                state: ("票据已作废", "Receipt cancelled"),
                headline: ("财政电子票据已作废", "Your fiscal receipt was cancelled"),
                text: (
                    "该票据已作废，不能再用于报销。",
                    "This receipt was cancelled, so it can no longer be claimed as an expense.",
                ),
            },
        }
    }
}

const AUTHORIZED: Words = ("已授权", "Authorized");
const DECLINED: Words = (
    "我们会通知商家。改变主意时，可重新打开此链接。",
    "We'll let the merchant know. Open this link again if you change your mind.",
);
const IN_THE_WALLET: Words = ("已放入你的卡包。", "You'll find it in your Cards & Offers.");

/// Why nobody can answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClosedBecause {
    Another,
    Rejected,
    Expired,
    Refunded,
}

impl ClosedBecause {
    /// Of a rejection the merchant's own reason, where there is one, stands in the place of the text.
    pub(super) const fn said(self, purpose: Purpose) -> Said {
        match purpose {
            Purpose::Apply | Purpose::Collect => self.said_of_invoice(),
            Purpose::CollectBill => self.said_of_bill(),
        }
    }

    const fn said_of_invoice(self) -> Said {
        match self {
            Self::Another => Said {
                state: ANOTHER,
                headline: ("该订单已由其他用户授权", "Another user has authorized this order"),
                text: (
                    "一个订单只能由一位用户开票。如有疑问，请联系商家。",
                    "Only one user can get the invoice for an order. If that wasn't you, ask the merchant.",
                ),
            },
            Self::Expired => Said {
                state: EXPIRED,
                headline: ("链接已过期", "This link has expired"),
                text: (
                    "请回到商家页面，重新获取开票链接。",
                    "Go back to the merchant and ask for a new link.",
                ),
            },
            Self::Refunded => Said {
                state: ("已退款", "Refunded"),
                headline: ("订单已退款", "This payment was refunded"),
                text: (
                    "款项已全额退回，该订单不能再开票。",
                    "All of it was given back, so the order can no longer be invoiced.",
                ),
            },
            Self::Rejected => Said {
                state: ("商家已拒绝开票", "Rejected"),
                headline: ("商家已拒绝开票", "The merchant has rejected this invoice"),
                text: (
                    "该订单不能再开票，如有疑问，请联系商家。",
                    "This order can no longer be invoiced. If you have any questions, ask the merchant.",
                ),
            },
        }
    }

    /// A payment with an invoice entry is never a bill's, so none is refunded.
    const fn said_of_bill(self) -> Said {
        match self {
            Self::Another => Said {
                state: ANOTHER,
                headline: ("该票据已由其他用户领取", "Another user is collecting this receipt"),
                text: (
                    "一张票据只能由一位用户领取。如有疑问，请联系收款单位。",
                    "Only one user can collect a receipt. If that wasn't you, ask the collecting office.",
                ),
            },
            Self::Expired => Said {
                state: EXPIRED,
                headline: ("链接已过期", "This link has expired"),
                text: (
                    "领取链接的有效期为 2 小时。请向收款单位重新获取。",
                    "A link to collect a receipt serves for two hours. Ask the collecting office for a new one.",
                ),
            },
            Self::Rejected | Self::Refunded => Said {
                state: ("票据领取已被拒绝", "Rejected"),
                headline: ("收款单位已拒绝领取", "The collecting office has rejected this receipt"),
                text: (
                    "该票据不能再领取，如有疑问，请联系收款单位。",
                    "This receipt can no longer be collected. If you have any questions, ask the collecting office.",
                ),
            },
        }
    }
}

const ANOTHER: Words = ("已由其他用户授权", "Authorized by another user");
const EXPIRED: Words = ("链接已过期", "Link expired");
