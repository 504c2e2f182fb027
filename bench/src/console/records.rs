//! The records of an order, as the program keeps them: encoded, and found, by the records' own code.

use super::volume::{Ended, Volume, appid, dice, invoice_number, order_id, serial};
use kaipiao_app::sandbox::{DEMO_MCHID, DEMO_MERCHANT};
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::{AppId, PlatformId};
use kaipiao_domain::authorization::authorization_request::{
    AuthorizationRequest, PageType, Source,
};
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::authorization::rejection::RejectionReason;
use kaipiao_domain::authorization::user_decision::{Authorization, Decline, UserDecision};
use kaipiao_domain::invoicing::content::ContentSummary;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use kaipiao_domain::invoicing::issue_failure::IssueFailure;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::{
    Paid, PayKey, Payer, Payment, PaymentRequest, PaymentState, Prepay, SignType, TradeType,
};
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::people::user::{OpenId, UserId};

/// From what was asked for to the decision, and from that to the invoice.
const STEP_MS: i64 = 20_000;

/// Makes records of one volume.
pub(crate) struct Maker {
    pub(crate) volume: Volume,
    /// The s_pappid that orders name.
    pub(crate) platform: String,
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_millis(ms)
}

fn account(appid: &str) -> AppId {
    AppId::parse(appid).expect("it is an appid")
}

impl Maker {
    fn user(&self, order: u64) -> UserId {
        UserId::parse(&self.volume.user(order)).expect("it is a user's id")
    }

    /// The user, as the merchant knows them.
    pub(crate) fn openid(&self, order: u64) -> OpenId {
        OpenId::from_checked(format!("o{:027}", dice(order, 5)))
    }

    /// The order.
    pub(crate) fn order(&self, order: u64) -> Order {
        let merchant = account(&appid(self.volume.merchant(order)));
        let offered_ms = self.volume.time_ms(order);
        let request = AuthorizationRequest {
            platform: PlatformId::from_checked(self.platform.clone()),
            order_id: OrderId::parse(&order_id(order)).expect("digits are a number"),
            money_fen: self.volume.gross_fen(order),
            timestamp: u32::try_from(offered_ms / 1_000).expect("it is before 2106"),
            source: Source::Wxa,
            redirect_url: String::new(),
            card_kind: CardKind::Invoice,
            page_type: PageType::Apply,
            asked_by: merchant.clone(),
        };
        let state = self.order_state(order, offered_ms + STEP_MS);
        Order { state, ..Order::offer(merchant, request, at(offered_ms)) }
    }

    fn order_state(&self, order: u64, decided_ms: i64) -> OrderState {
        let (user, openid, at_decision) = (self.user(order), self.openid(order), at(decided_ms));
        let yes = |used_by| {
            let (user, openid) = (user.clone(), openid.clone());
            Authorization {
                user,
                openid,
                paid_as: Vec::new(),
                at: at_decision,
                title: None,
                used_by,
            }
        };
        match self.volume.ended(order) {
            Ended::Offered => OrderState::Offered,
            Ended::Declined => OrderState::Declined(Decline { user, openid, at: at_decision }),
            Ended::Authorized => OrderState::Authorized(yes(Serial::parse(&serial(order)))),
            Ended::Rejected => OrderState::Rejected {
                decided: UserDecision::Authorized(yes(None)),
                reason: RejectionReason { reason: "税号有误".to_owned(), url: String::new() },
                at: at(decided_ms + STEP_MS),
            },
        }
    }

    /// The request for its invoice.
    pub(crate) fn invoice(&self, order: u64) -> InvoiceRequest {
        let merchant = account(&appid(self.volume.merchant(order)));
        let accepted_ms = self.volume.time_ms(order) + 2 * STEP_MS;
        let gross = self.volume.gross_fen(order);
        let net = gross * 100 / 106;
        InvoiceRequest {
            asked_by: merchant.clone(),
            merchant,
            serial: Serial::parse(&serial(order)).expect("it is a serial"),
            order_id: OrderId::parse(&order_id(order)).expect("digits are a number"),
            user: self.user(order),
            paid_as: Vec::new(),
            colour: Colour::Blue,
            face: Face::Digital,
            content_number: 1,
            summary: ContentSummary {
                seller_name: "示例商店".to_owned(),
                seller_tax_id: "91440300MA5KP0009F".to_owned(),
                buyer_name: self.volume.buyer(order),
                buyer_tax_id: "91440300MA5EXAMPLE".to_owned(),
                gross: Fen::new(gross),
                net: Fen::new(net),
                tax: Fen::new(gross - net),
            },
            accepted_at: at(accepted_ms),
            state: request_state(order, accepted_ms),
        }
    }

    /// The payment of its number.
    pub(crate) fn payment(&self, order: u64) -> Payment {
        let placed_ms = self.volume.time_ms(order);
        let number = order_id(order);
        let paid = || Paid {
            transaction_id: Some(format!("4200{:024}", order)),
            payer: Payer {
                user: Some(self.user(order)),
                openid: self.openid(order),
                sub_openid: None,
            },
            at: Some(at(placed_ms + STEP_MS)),
        };
        let state = match dice(order, 30) % 20 {
            0..2 => PaymentState::NotPaid,
            2 => PaymentState::Closed { at: at(placed_ms + STEP_MS) },
            3 => PaymentState::Revoked { paid: None, at: at(placed_ms + STEP_MS) },
            _ => PaymentState::Paid(paid()),
        };
        let fen = self.volume.gross_fen(order);
        Payment {
            mchid: MchId::parse(DEMO_MCHID).expect("it is a mchid"),
            out_trade_no: OutTradeNo::parse(&number).expect("digits are a number"),
            request: PaymentRequest::of(
                account(DEMO_MERCHANT),
                TradeType::Native,
                fen,
                "示例商品".to_owned(),
            ),
            sign_type: SignType::Md5,
            key: PayKey::Own,
            prepay: Some(Prepay { id: format!("wx{order:030}{DEMO_MCHID}"), at: at(placed_ms) }),
            placed_at: at(placed_ms),
            state,
            refunds: Vec::new(),
            refunded_fen: 0,
            order_merchant: None,
        }
    }
}

fn request_state(order: u64, accepted_ms: i64) -> RequestState {
    match dice(order, 31) % 1_000 {
        0..2 => RequestState::Running { since: at(accepted_ms) },
        2..12 => RequestState::Failed {
            failure: IssueFailure::Refused("the buyer's tax number is not registered".to_owned()),
            at: at(accepted_ms + STEP_MS),
        },
        _ => RequestState::Issued {
            invoice: IssuedInvoice {
                number: InvoiceNumber::parse("", &invoice_number(order)).expect("20 digits"),
                check_code: String::new(),
                at: at(accepted_ms + STEP_MS),
                specimen: true,
                machine_number: String::new(),
                from_outside: false,
                documents: Vec::new(),
            },
            offset: Offset::Standing,
        },
    }
}
