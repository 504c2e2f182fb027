//! Events with realistic values, for test pushes.

use crate::trigger::event::Event;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::{AppId, PlatformId};
use kaipiao_domain::authorization::authorization_request::Source;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::invoicing::invoice_request::TryResult;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_domain::payment::out_trade_no::{OutRefundNo, OutTradeNo};
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::payments::{
    Paid, PayKey, Payer, Payment, PaymentRequest, PaymentState, SignType, TradeType,
};
use kaipiao_domain::payment::refund::{Refund, RefundRequest};
use kaipiao_domain::people::card::{CardCode, CardId, InvoiceCard};
use kaipiao_domain::people::card_number::CardNumber;
use kaipiao_domain::people::title::{InvoiceTitle, TitleField, TitleSide};
use kaipiao_domain::people::user::{OpenId, UserId};
use kaipiao_domain::reimbursement::card_status::CardStatus;
use kaipiao_ports::clock::{Clock, SystemClock};
use kaipiao_wire::authorization::s06_auth_push::AuthPush;
use kaipiao_wire::delivery::event_xml::UntimedXml;
use kaipiao_wire::invoicing::s19_result_push::ResultPush;
use kaipiao_wire::payment::notice;
use kaipiao_wire::people::title_link;
use kaipiao_wire::reimbursement::status_push;

const TO_USER: &str = "gh_fc0a06a20993";
const OPENID: &str = "oZI8Fj040-be6rlDohc6gkoPOQTQ";
const PLATFORM: &str = "d3hmODNkZDc3N2NmZmE0ZWFiXyDcTFRposi2bKRMqFrqphW1boY7gmkPXCscC6VB_t-_";
const TAX_ID: &str = "91440300MA5KP0009F";
const FEN: i64 = 15900;

/// What an event is about.
pub(super) struct Sample {
    pub(super) appid: AppId,
    pub(super) now: Timestamp,
    number: String,
    order_id: OrderId,
    is_failed: bool,
    openid: OpenId,
    mchid: MchId,
}

/// What is sent for an event.
pub(super) enum Body {
    /// A push, signed by the callback token.
    Event(String),
    /// A notice, signed by the pay merchant's key.
    Notice(String),
}

impl Sample {
    pub(super) fn new(
        number: String,
        appid: &str,
        mch_id: &str,
        is_failed: bool,
    ) -> Result<Self, String> {
        let order_id = OrderId::parse(&number).map_err(|refusal| format!("--order: {refusal}"))?;
        let appid = AppId::parse(appid).ok_or_else(|| format!("--appid {appid} is none"))?;
        let mchid = MchId::parse(mch_id).ok_or_else(|| format!("--mch-id {mch_id} is none"))?;
        let openid = OpenId::from_checked(OPENID.to_owned());
        let now = SystemClock::default().real_now();
        Ok(Self { appid, now, number, order_id, is_failed, openid, mchid })
    }

    /// The user, as the account knows them.
    pub(super) fn openid(&self) -> &str {
        self.openid.as_str()
    }

    /// The event's text.
    pub(super) fn body(&self, event: Event, mch_key: &str) -> Result<Body, String> {
        let nonce = "5d2b6c2a8db53831f7eda20af46e531c";
        Ok(match event {
            Event::Authorized => Body::Event(self.timed(self.authorized())),
            Event::Result => Body::Event(self.timed(self.result()?)),
            Event::Status => Body::Event(self.timed(self.status()?)),
            Event::Title => Body::Event(self.timed(self.title())),
            Event::Payment => {
                let (payment, paid) = self.payment()?;
                Body::Notice(notice::of_payment(&payment, &paid, mch_key, nonce))
            }
            Event::Refund => {
                let (payment, _) = self.payment()?;
                Body::Notice(notice::of_refund(&payment, &self.refund()?, mch_key, nonce))
            }
        })
    }

    fn timed(&self, xml: UntimedXml) -> String {
        format!("{}{}{}", xml.before, self.now.unix_seconds(), xml.after)
    }

    fn authorized(&self) -> UntimedXml {
        AuthPush {
            to_user: TO_USER,
            from_user: &self.openid,
            order_id: &self.order_id,
            is_authorized: !self.is_failed,
            asked_by: &self.appid,
            source: Source::Web,
            platform: &PlatformId::from_checked(PLATFORM.to_owned()),
        }
        .xml()
    }

    fn result(&self) -> Result<UntimedXml, String> {
        let push = ResultPush {
            to_user: TO_USER,
            from_user: &self.openid,
            serial: &self.serial()?,
            result: if self.is_failed { TryResult::Failed } else { TryResult::Issued },
            tax_id: TAX_ID,
        };
        Ok(push.xml())
    }

    fn serial(&self) -> Result<Serial, String> {
        Serial::parse(&self.number).ok_or_else(|| format!("--order {} is no serial", self.number))
    }

    fn status(&self) -> Result<UntimedXml, String> {
        let card = InvoiceCard {
            user: UserId::parse("zhangwei").expect("letters"),
            merchant: self.appid.clone(),
            serial: self.serial()?,
            platform: None,
            card_id: CardId::parse("pjZ8Yt1XGILfi-FUsewpnnolGgZk").expect("28 characters"),
            code: CardCode::from_random(265_214_217_419),
            seller: "开票示例商城有限公司".to_owned(),
            buyer: "深圳市示例科技有限公司".to_owned(),
            gross: Fen::new(FEN),
            number: CardNumber::parse("144031600111", "00000001").expect("12 and 8 digits"),
            issued_at: self.now,
            status: CardStatus::Locked { by: self.appid.clone(), at: self.now },
        };
        Ok(status_push::xml(TO_USER, &self.openid, &card))
    }

    fn title(&self) -> UntimedXml {
        let title = InvoiceTitle::new(TitleSide::Company)
            .with(TitleField::Title, "深圳市示例科技有限公司")
            .with(TitleField::TaxNo, "91440300MA5KP0001N")
            .with(TitleField::Phone, "0755-80000001")
            .with(TitleField::Addr, "深圳市南山区示例路1号")
            .with(TitleField::BankType, "示例银行深圳分行")
            .with(TitleField::BankNo, "6200000000000001");
        title_link::xml(TO_USER, &self.openid, &title, &self.number)
    }

    fn payment(&self) -> Result<(Payment, Paid), String> {
        let paid = Paid {
            transaction_id: Some("4200001234202611270123456789".to_owned()),
            payer: Payer { user: None, openid: self.openid.clone(), sub_openid: None },
            at: Some(self.now),
        };
        let description = "洗衣机".to_owned();
        let payment = Payment {
            mchid: self.mchid.clone(),
            out_trade_no: self.out_trade_no()?,
            request: PaymentRequest::of(self.appid.clone(), TradeType::Native, FEN, description),
            sign_type: SignType::Md5,
            key: PayKey::Own,
            prepay: None,
            placed_at: self.now,
            state: PaymentState::Paid(paid.clone()),
            refunds: Vec::new(),
            refunded_fen: 0,
            order_merchant: None,
        };
        Ok((payment, paid))
    }

    fn out_trade_no(&self) -> Result<OutTradeNo, String> {
        OutTradeNo::parse(&self.number).map_err(|refusal| format!("--order: {refusal}"))
    }

    fn refund(&self) -> Result<Refund, String> {
        Ok(Refund {
            mchid: self.mchid.clone(),
            refund_id: "50300001232026112701234567890".to_owned(),
            out_trade_no: self.out_trade_no()?,
            request: RefundRequest {
                out_refund_no: OutRefundNo::parse("refund-1").expect("letters and digits"),
                total_fee_fen: FEN,
                refund_fee_fen: FEN,
                reason: String::new(),
                notify_url: None,
            },
            at: self.now,
        })
    }
}
