//! Section 13: a payment, from the pay merchant's order to the payer's yes (wire_facts 5.2).
//!
//! ```text
//!           place            pay
//! (none) ─────────▶ NotPaid ─────▶ Paid ──┐ refund (Refund is an aggregate of its own)
//!    │                │ close       │  ▲──┘
//!    │ charge         ▼             │ reverse (quick pay)
//!    ▼              Closed          ▼
//! UserPaying ─▶ Paid, Closed     Revoked ◀─ UserPaying
//! ```
//!
//! No arrow leaves Closed and Revoked. A refund keeps the payment Paid, and counts what is left of it. What quick pay
//! adds to this is in `quick_pay`.

use crate::access::account::AppId;
use crate::payment::out_trade_no::{OutRefundNo, OutTradeNo};
use crate::payment::pay_merchant::MchId;
use crate::payment::pay_refusal::{PayErrorCode, PayRefusal};
use crate::people::user::{KnownAs, OpenId, UserId};
use crate::{Timestamp, text};
use core::fmt;
use core::time::Duration;

/// For how long a `prepay_id` serves (wire_facts 5.2).
pub const PREPAY_LIFE: Duration = Duration::from_secs(7200);
/// Refunds of one payment, at most.
pub const MAX_REFUNDS: usize = 50;

/// How a payment is made, `trade_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TradeType {
    /// In a page or mini program inside WeChat, by a payer who is known.
    Jsapi,
    /// By a code that the payer scans.
    Native,
    /// In a mobile app.
    App,
    /// In a browser outside WeChat.
    Mweb,
    /// By the payer's own code, which the merchant scans (quick pay).
    Micropay,
    /// By a contract, without the payer (payments on behalf).
    Pap,
}

impl TradeType {
    /// Every type.
    pub const ALL: [Self; 6] =
        [Self::Jsapi, Self::Native, Self::App, Self::Mweb, Self::Micropay, Self::Pap];
    /// Those that unifiedorder takes.
    pub const ORDERED: [Self; 4] = [Self::Jsapi, Self::Native, Self::App, Self::Mweb];

    /// Its text on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jsapi => "JSAPI",
            Self::Native => "NATIVE",
            Self::App => "APP",
            Self::Mweb => "MWEB",
            Self::Micropay => "MICROPAY",
            Self::Pap => "PAP",
        }
    }

    /// The type with that text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trade_type| trade_type.as_str() == text)
    }
}

/// How requests, answers and notices of a payment are signed (wire_facts 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SignType {
    /// MD5, also where nothing is said.
    #[default]
    Md5,
    /// HMAC-SHA256 with the pay merchant's key.
    HmacSha256,
}

impl SignType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::Md5, Self::HmacSha256];

    /// `sign_type` on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }

    /// The type with that text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sign_type| sign_type.as_str() == text)
    }
}

/// Which key of a pay merchant signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PayKey {
    /// Its own.
    Own,
    /// The one that getsignkey gives, under the published sandbox's prefixes.
    Sandbox,
}

/// The merchant that a service provider takes a payment for (the partner form).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubMerchant {
    /// `sub_mch_id`.
    pub mchid: MchId,
    /// `sub_appid`.
    pub appid: Option<AppId>,
    /// `sub_openid`: the payer, as `sub_appid` knows them.
    pub openid: Option<OpenId>,
}

/// What a pay merchant asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRequest {
    /// The account that takes the payment.
    pub appid: AppId,
    /// In the partner form, whom it is taken for.
    pub sub_merchant: Option<SubMerchant>,
    /// How it is made.
    pub trade_type: TradeType,
    /// The amount in fen.
    pub total_fee_fen: i64,
    /// What is paid for, `body`.
    pub description: String,
    /// The goods, `detail`; kept and given back.
    pub detail: String,
    /// The merchant's own text, given back in answers and notices.
    pub attach: String,
    /// The terminal, `device_info`.
    pub device_info: String,
    /// The payer, as the account knows them; JSAPI names them.
    pub openid: Option<OpenId>,
    /// Where the notice goes; None: quick pay has none.
    pub notify_url: Option<String>,
    /// The payer's contract, `contract_id`; payments on behalf have one.
    pub contract_id: Option<String>,
    /// Until when it can be paid, `time_expire`.
    pub expires_at: Option<Timestamp>,
    /// Whether it opens an invoice entry: `receipt` is exactly `Y` (wire_facts 5.3).
    pub has_receipt: bool,
}

impl PaymentRequest {
    /// What has to be said at least; whoever asks for more changes it.
    pub const fn of(
        appid: AppId,
        trade_type: TradeType,
        total_fee_fen: i64,
        description: String,
    ) -> Self {
        Self {
            appid,
            sub_merchant: None,
            trade_type,
            total_fee_fen,
            description,
            detail: String::new(),
            attach: String::new(),
            device_info: String::new(),
            openid: None,
            notify_url: None,
            contract_id: None,
            expires_at: None,
            has_receipt: false,
        }
    }
}

/// Names a payment for the page where it is paid: whoever knows it may pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepay {
    /// `prepay_id`.
    pub id: String,
    /// When it was given out.
    pub at: Timestamp,
}

/// Who pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// The person; None: only their openid was reported.
    pub user: Option<UserId>,
    /// As the account knows them.
    pub openid: OpenId,
    /// As the sub-merchant's account knows them.
    pub sub_openid: Option<OpenId>,
}

/// A payment that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// WeChat's own number of it, `transaction_id`: 28 digits here. None: it was made elsewhere, and nobody has said.
    pub transaction_id: Option<String>,
    /// Who paid.
    pub payer: Payer,
    /// When. None: as above.
    pub at: Option<Timestamp>,
}

/// Where a payment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Nobody has paid.
    NotPaid,
    /// Quick pay has charged a payer, who has to say yes first.
    UserPaying {
        /// Whose code was scanned.
        payer: Payer,
    },
    /// Paid, and perhaps refunded since.
    Paid(Paid),
    /// Given up by the merchant before it was paid.
    Closed {
        /// When.
        at: Timestamp,
    },
    /// Taken back by the merchant: quick pay.
    Revoked {
        /// What had been paid; None: the payer had not said yes.
        paid: Option<Paid>,
        /// When.
        at: Timestamp,
    },
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Who takes it, and signs for it.
    pub mchid: MchId,
    /// Its number among theirs.
    pub out_trade_no: OutTradeNo,
    /// What was asked for.
    pub request: PaymentRequest,
    /// How its notices are signed.
    pub sign_type: SignType,
    /// By which key.
    pub key: PayKey,
    /// The page's name for it; None: it has no page.
    pub prepay: Option<Prepay>,
    /// When it was asked for.
    pub placed_at: Timestamp,
    /// Where it stands.
    pub state: PaymentState,
    /// Its refunds, oldest first.
    pub refunds: Vec<OutRefundNo>,
    /// What they come to, in fen.
    pub refunded_fen: i64,
    /// The merchant whose order it has opened (section 13), whoever is linked by now; None: it has opened none.
    pub order_merchant: Option<AppId>,
}

/// Why a payer cannot pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayingRefused {
    /// It was paid.
    AlreadyPaid,
    /// It was closed or revoked.
    Closed,
    /// Its time is over.
    Expired,
    /// It names somebody else.
    AnotherPayer,
}

impl fmt::Display for PayingRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyPaid => "it was paid before",
            Self::Closed => "the merchant has closed it",
            Self::Expired => "its time is over, the merchant makes a new one",
            Self::AnotherPayer => "it is for another payer: its openid is not this user's",
        })
    }
}

impl Payment {
    /// Whose money it becomes: the sub-merchant's in the partner form. Its platform link counts.
    pub fn payee(&self) -> &MchId {
        self.request.sub_merchant.as_ref().map_or(&self.mchid, |sub| &sub.mchid)
    }

    /// Checks that the same number asks for the same again. ORDERPAID, ORDERCLOSED, or OUT_TRADE_NO_USED naming
    /// what differs.
    pub fn check_again(&self, asked: &PaymentRequest, key: PayKey) -> Result<(), PayRefusal> {
        let refuse = |code, why: &str| {
            Err(PayRefusal::new(code, format!("out_trade_no {} {why}", self.out_trade_no)))
        };
        match self.state {
            PaymentState::Paid(_) => return refuse(PayErrorCode::OrderPaid, "was paid"),
            PaymentState::Closed { .. } | PaymentState::Revoked { .. } => {
                return refuse(PayErrorCode::OrderClosed, "was closed, use a new one");
            }
            PaymentState::NotPaid | PaymentState::UserPaying { .. } => {}
        }
        match self.difference(asked, key) {
            None => Ok(()),
            Some(name) => {
                let why = format!("names another payment: its {name} differs, use a new one");
                refuse(PayErrorCode::OutTradeNoUsed, &why)
            }
        }
    }

    fn difference(&self, asked: &PaymentRequest, key: PayKey) -> Option<&'static str> {
        let before = &self.request;
        let differs = [
            (self.key != key, "key (sandbox or not)"),
            (before.appid != asked.appid, "appid"),
            (before.sub_merchant != asked.sub_merchant, "sub_mch_id, sub_appid or sub_openid"),
            (before.trade_type != asked.trade_type, "trade_type"),
            (before.total_fee_fen != asked.total_fee_fen, "total_fee"),
            (before.description != asked.description, "body"),
            (before.detail != asked.detail, "detail"),
            (before.attach != asked.attach, "attach"),
            (before.device_info != asked.device_info, "device_info"),
            (before.openid != asked.openid, "openid"),
            (before.notify_url != asked.notify_url, "notify_url"),
            (before.contract_id != asked.contract_id, "contract_id"),
            (before.has_receipt != asked.has_receipt, "receipt"),
        ];
        differs.into_iter().find(|(differs, _)| *differs).map(|(_, name)| name)
    }

    /// Whether its prepay_id still serves.
    pub fn can_be_paid_by_page(&self, now: Timestamp) -> bool {
        self.prepay.as_ref().is_some_and(|prepay| !prepay.at.is_over(PREPAY_LIFE, now))
    }

    /// Whether `time_expire` has come.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.request.expires_at.is_some_and(|at| at <= now)
    }

    /// Checks that this payer can pay now, on the page of a `prepay_id` if it has one: an old one serves no more.
    pub fn check_payer(
        &self,
        prepay_id: Option<&str>,
        payer: &Payer,
        now: Timestamp,
    ) -> Result<(), PayingRefused> {
        match &self.state {
            PaymentState::NotPaid => {}
            PaymentState::UserPaying { payer: asked } if asked == payer => {}
            PaymentState::UserPaying { .. } => return Err(PayingRefused::AnotherPayer),
            PaymentState::Paid(_) => return Err(PayingRefused::AlreadyPaid),
            PaymentState::Closed { .. } | PaymentState::Revoked { .. } => {
                return Err(PayingRefused::Closed);
            }
        }
        let newest = self.prepay.as_ref().map(|prepay| &*prepay.id);
        // Whoever is asked for their yes may take their time: the merchant takes the payment back, or not.
        let has_page =
            self.prepay.is_none() || self.is_user_paying() || self.can_be_paid_by_page(now);
        if self.is_expired(now) || prepay_id != newest || !has_page {
            return Err(PayingRefused::Expired);
        }
        let sub_openid = self.request.sub_merchant.as_ref().and_then(|sub| sub.openid.as_ref());
        let is_payer = self.request.openid.as_ref().is_none_or(|wanted| *wanted == payer.openid)
            && sub_openid.is_none_or(|wanted| Some(wanted) == payer.sub_openid.as_ref());
        if is_payer { Ok(()) } else { Err(PayingRefused::AnotherPayer) }
    }

    /// The payer pays, as [`Payment::check_payer`] allows.
    pub fn pay(
        &self,
        prepay_id: Option<&str>,
        payer: Payer,
        transaction_id: String,
        now: Timestamp,
    ) -> Result<Self, PayingRefused> {
        self.check_payer(prepay_id, &payer, now)?;
        let transaction_id = Some(transaction_id);
        let state = PaymentState::Paid(Paid { transaction_id, payer, at: Some(now) });
        Ok(Self { state, ..self.clone() })
    }

    /// The merchant gives it up. None: it was closed before, nothing changes. ORDERPAID: refund it.
    pub fn close(&self, now: Timestamp) -> Result<Option<Self>, PayRefusal> {
        match self.state {
            PaymentState::NotPaid | PaymentState::UserPaying { .. } => {
                Ok(Some(Self { state: PaymentState::Closed { at: now }, ..self.clone() }))
            }
            PaymentState::Closed { .. } | PaymentState::Revoked { .. } => Ok(None),
            PaymentState::Paid(_) => {
                let detail = format!(
                    "out_trade_no {} was paid, POST /secapi/pay/refund gives the money back",
                    self.out_trade_no
                );
                Err(PayRefusal::new(PayErrorCode::OrderPaid, detail))
            }
        }
    }

    /// What was paid, revoked since or not.
    pub fn paid(&self) -> Option<&Paid> {
        match &self.state {
            PaymentState::Paid(paid) => Some(paid),
            PaymentState::Revoked { paid, .. } => paid.as_ref(),
            PaymentState::NotPaid
            | PaymentState::UserPaying { .. }
            | PaymentState::Closed { .. } => None,
        }
    }

    /// Its payer, as the accounts that took it know them: empty while nobody has paid.
    pub fn paid_as(&self) -> Vec<KnownAs> {
        let Some(Paid { payer, .. }) = self.paid() else { return Vec::new() };
        let own = KnownAs { appid: self.request.appid.clone(), openid: payer.openid.clone() };
        let sub_appid = self.request.sub_merchant.as_ref().and_then(|sub| sub.appid.clone());
        let sub = sub_appid.zip(payer.sub_openid.clone());
        let sub = sub.map(|(appid, openid)| KnownAs { appid, openid });
        core::iter::once(own).chain(sub).collect()
    }

    /// Whether somebody may pay it yet, as far as its state goes.
    pub fn is_open(&self) -> bool {
        matches!(self.state, PaymentState::NotPaid | PaymentState::UserPaying { .. })
    }

    /// Whether quick pay waits for its payer's yes.
    pub fn is_user_paying(&self) -> bool {
        matches!(self.state, PaymentState::UserPaying { .. })
    }

    /// Since when nobody needs it; None: it was paid.
    pub fn unused_since(&self) -> Option<Timestamp> {
        let offered_at = self.prepay.as_ref().map_or(self.placed_at, |prepay| prepay.at);
        match &self.state {
            PaymentState::Paid(_) | PaymentState::Revoked { paid: Some(_), .. } => None,
            PaymentState::NotPaid | PaymentState::UserPaying { .. } => Some(offered_at),
            PaymentState::Closed { at } | PaymentState::Revoked { paid: None, at } => {
                Some(offered_at.max(*at))
            }
        }
    }

    /// `trade_state` of orderquery.
    pub fn trade_state(&self) -> &'static str {
        match &self.state {
            PaymentState::NotPaid => "NOTPAY",
            PaymentState::UserPaying { .. } => "USERPAYING",
            PaymentState::Paid(_) if self.refunded_fen > 0 => "REFUND",
            PaymentState::Paid(_) => "SUCCESS",
            PaymentState::Closed { .. } => "CLOSED",
            PaymentState::Revoked { .. } => "REVOKED",
        }
    }

    /// Whether it has an entry (section 13) that has opened no order.
    pub fn is_waiting_for_entry(&self) -> bool {
        let is_paid = matches!(self.state, PaymentState::Paid(_));
        let has_entry = self.request.has_receipt && is_paid && !self.is_fully_refunded();
        has_entry && self.order_merchant.is_none()
    }

    /// Whether all of it was given back.
    pub fn is_fully_refunded(&self) -> bool {
        self.refunded_fen >= self.request.total_fee_fen
            || matches!(self.state, PaymentState::Revoked { .. })
    }
}

/// Checks an amount: 1 fen to a million yuan.
pub fn check_fee(name: &str, fee_fen: i64) -> Result<(), PayRefusal> {
    const MOST_FEN: i64 = 100_000_000;
    if (1..=MOST_FEN).contains(&fee_fen) {
        return Ok(());
    }
    let problem = format!("must be 1 to {MOST_FEN} fen, not {fee_fen}");
    Err(PayRefusal::invalid(name, problem))
}

/// Checks the address of notices: http or https, without a query (wire_facts 5.2).
pub fn check_notify_url(url: &str) -> Result<(), PayRefusal> {
    let invalid = |problem: &str| Err(PayRefusal::invalid("notify_url", problem));
    if let Err(refusal) =
        text::web_link("notify_url", url).and_then(|()| text::without_user_name("notify_url", url))
    {
        return Err(PayRefusal::new(PayErrorCode::InvalidRequest, refusal.detail));
    }
    if url.contains(['?', '#']) {
        return invalid("must have no query: what belongs to the payment goes into attach");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::fixtures::{NOW, paid};

    /// One of JSAPI that waits for its payer, o1.
    fn payment() -> Payment {
        let mut payment = Payment { state: PaymentState::NotPaid, ..paid() };
        payment.request.trade_type = TradeType::Jsapi;
        payment.request.openid = Some(OpenId::from_checked("o1".into()));
        payment.request.notify_url = Some("https://shop.example/notify".into());
        payment.request.has_receipt = true;
        payment
    }

    fn payer(openid: &str) -> Payer {
        let openid = OpenId::from_checked(openid.into());
        Payer { user: UserId::parse("amy"), openid, sub_openid: None }
    }

    fn pay(payment: &Payment, openid: &str, now: Timestamp) -> Result<Payment, PayingRefused> {
        payment.pay(None, payer(openid), "4200".into(), now)
    }

    #[test]
    fn a_payment_is_paid_once_by_its_payer() {
        let placed = payment();
        assert_eq!(placed.trade_state(), "NOTPAY");
        assert_eq!(pay(&placed, "o2", NOW), Err(PayingRefused::AnotherPayer));
        let paid = pay(&placed, "o1", NOW).unwrap();
        assert_eq!((paid.trade_state(), paid.paid().unwrap().at), ("SUCCESS", Some(NOW)));
        assert_eq!(pay(&paid, "o1", NOW), Err(PayingRefused::AlreadyPaid));
        assert_eq!(paid.close(NOW).unwrap_err().code, PayErrorCode::OrderPaid);
    }

    #[test]
    fn what_is_closed_or_over_is_not_paid() {
        let closed = payment().close(NOW).unwrap().unwrap();
        assert_eq!((closed.trade_state(), closed.close(NOW)), ("CLOSED", Ok(None)));
        assert_eq!(pay(&closed, "o1", NOW), Err(PayingRefused::Closed));
        let mut late = payment();
        late.request.expires_at = Some(NOW);
        assert_eq!(pay(&late, "o1", NOW), Err(PayingRefused::Expired));
    }

    #[test]
    fn only_the_newest_prepay_id_pays_and_for_two_hours() {
        let prepay = Some(Prepay { id: "new".into(), at: NOW });
        let placed = Payment { prepay, ..payment() };
        let check = |id: Option<&str>, now| placed.check_payer(id, &payer("o1"), now);
        assert_eq!(check(Some("new"), NOW), Ok(()));
        for (id, now) in [
            (Some("old"), NOW),
            (None, NOW),
            (Some("new"), NOW + PREPAY_LIFE + Duration::from_millis(1)),
        ] {
            assert_eq!(check(id, now), Err(PayingRefused::Expired), "{id:?}");
        }
    }

    #[test]
    fn a_number_asks_for_the_same_again_or_is_used() {
        let placed = payment();
        let mut asked = placed.request.clone();
        assert_eq!(placed.check_again(&asked, PayKey::Own), Ok(()));
        // When it ends may change: a client counts it from now.
        asked.expires_at = Some(NOW);
        assert_eq!(placed.check_again(&asked, PayKey::Own), Ok(()));
        let code = |payment: &Payment, asked: &PaymentRequest| {
            payment.check_again(asked, PayKey::Own).unwrap_err().code
        };
        asked.total_fee_fen = 101;
        let refusal = placed.check_again(&asked, PayKey::Own).unwrap_err();
        assert_eq!(refusal.code, PayErrorCode::OutTradeNoUsed);
        assert!(refusal.detail.contains("total_fee"), "{refusal}");
        assert!(placed.check_again(&placed.request, PayKey::Sandbox).is_err());
        let paid = pay(&placed, "o1", NOW).unwrap();
        assert_eq!(code(&paid, &placed.request), PayErrorCode::OrderPaid);
        let closed = placed.close(NOW).unwrap().unwrap();
        assert_eq!(code(&closed, &placed.request), PayErrorCode::OrderClosed);
    }

    #[test]
    fn an_address_of_notices_has_no_query() {
        assert!(check_notify_url("http://wxpay.wxutil.com/pub_v2/pay/notify.v2.php").is_ok());
        for bad in ["", "ftp://h/", "https://h/a?b=c", "https://u:p@h/", "https://h/a b"] {
            assert_eq!(check_notify_url(bad).unwrap_err().code, PayErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn a_payer_is_known_to_each_account_that_took_the_payment() {
        let known = |payment: &Payment| {
            let all = payment.paid_as().into_iter();
            all.map(|one| (one.appid.to_string(), one.openid.as_str().to_owned()))
                .collect::<Vec<_>>()
        };
        let mut placed = payment();
        let own = placed.request.appid.to_string();
        assert_eq!(known(&placed), []);
        assert_eq!(known(&pay(&placed, "o1", NOW).unwrap()), [(own.clone(), "o1".to_owned())]);
        let sub_appid = AppId::parse("wx6b61697069616f34");
        let mchid = MchId::parse("1900000110").unwrap();
        placed.request.sub_merchant = Some(SubMerchant { mchid, appid: sub_appid, openid: None });
        let payer = Payer { sub_openid: Some(OpenId::from_checked("o2".into())), ..payer("o1") };
        let paid = placed.pay(None, payer, "4200".into(), NOW).unwrap();
        let sub = ("wx6b61697069616f34".to_owned(), "o2".to_owned());
        assert_eq!(known(&paid), [(own, "o1".to_owned()), sub]);
    }

    #[test]
    fn texts_read_back() {
        for trade_type in TradeType::ALL {
            assert_eq!(TradeType::parse(trade_type.as_str()), Some(trade_type));
        }
        for sign_type in SignType::ALL {
            assert_eq!(SignType::parse(sign_type.as_str()), Some(sign_type));
        }
        assert!(check_fee("total_fee", 0).is_err() && check_fee("total_fee", 1).is_ok());
    }
}
