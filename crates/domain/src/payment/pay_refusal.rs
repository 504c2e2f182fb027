//! How WeChat Pay says no (wire_facts 5.2).

use core::fmt;

/// What programs branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayErrorCode {
    /// A parameter's value is not allowed.
    InvalidRequest,
    /// A required parameter is missing.
    LackParams,
    /// The signature is not the one of these values and this key.
    SignError,
    /// The body is not XML of one flat level.
    XmlFormatError,
    /// The body is not UTF-8.
    NotUtf8,
    /// The body is empty.
    PostDataEmpty,
    /// The call wants POST.
    RequirePostMethod,
    /// No account has this appid.
    AppidNotExist,
    /// No pay merchant has this mch_id.
    MchidNotExist,
    /// The account is not bound to the pay merchant.
    AppidMchidNotMatch,
    /// The pay merchant may not do this.
    NoAuth,
    /// The number names another payment already.
    OutTradeNoUsed,
    /// The payment was paid.
    OrderPaid,
    /// The payment was closed.
    OrderClosed,
    /// No payment has this name.
    OrderNotExist,
    /// No refund has this name.
    RefundNotExist,
    /// The refund of this number has other amounts, or the payment another total.
    RefundFeeMismatch,
    /// The payment has less left than is to be refunded.
    NotEnough,
    /// The code has not the shape of a pay code.
    AuthCodeError,
    /// No payer has this code.
    AuthCodeInvalid,
    /// The payer shows another code by now.
    AuthCodeExpire,
    /// The payer is asked to confirm the payment: the outcome comes by query.
    UserPaying,
    /// Another payer is asked already.
    BuyerMismatch,
    /// A quick payment was paid too long ago to be taken back.
    ReverseExpire,
    /// The state of the payment forbids it.
    TradeStateError,
    /// The store is away or overloaded, or the fault is this server's.
    SystemError,
}

impl PayErrorCode {
    /// Every code.
    pub const ALL: [Self; 26] = [
        Self::InvalidRequest,
        Self::LackParams,
        Self::SignError,
        Self::XmlFormatError,
        Self::NotUtf8,
        Self::PostDataEmpty,
        Self::RequirePostMethod,
        Self::AppidNotExist,
        Self::MchidNotExist,
        Self::AppidMchidNotMatch,
        Self::NoAuth,
        Self::OutTradeNoUsed,
        Self::OrderPaid,
        Self::OrderClosed,
        Self::OrderNotExist,
        Self::RefundNotExist,
        Self::RefundFeeMismatch,
        Self::NotEnough,
        Self::AuthCodeError,
        Self::AuthCodeInvalid,
        Self::AuthCodeExpire,
        Self::UserPaying,
        Self::BuyerMismatch,
        Self::ReverseExpire,
        Self::TradeStateError,
        Self::SystemError,
    ];

    /// The code with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    /// `err_code` on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::LackParams => "LACK_PARAMS",
            Self::SignError => "SIGNERROR",
            Self::XmlFormatError => "XML_FORMAT_ERROR",
            Self::NotUtf8 => "NOT_UTF8",
            Self::PostDataEmpty => "POST_DATA_EMPTY",
            Self::RequirePostMethod => "REQUIRE_POST_METHOD",
            Self::AppidNotExist => "APPID_NOT_EXIST",
            Self::MchidNotExist => "MCHID_NOT_EXIST",
            Self::AppidMchidNotMatch => "APPID_MCHID_NOT_MATCH",
            Self::NoAuth => "NOAUTH",
            Self::OutTradeNoUsed => "OUT_TRADE_NO_USED",
            Self::OrderPaid => "ORDERPAID",
            Self::OrderClosed => "ORDERCLOSED",
            Self::OrderNotExist => "ORDERNOTEXIST",
            Self::RefundNotExist => "REFUNDNOTEXIST",
            Self::RefundFeeMismatch => "REFUND_FEE_MISMATCH",
            Self::NotEnough => "NOTENOUGH",
            Self::AuthCodeError => "AUTH_CODE_ERROR",
            Self::BuyerMismatch => "BUYER_MISMATCH",
            Self::ReverseExpire => "REVERSE_EXPIRE",
            Self::UserPaying => "USERPAYING",
            Self::AuthCodeExpire => "AUTHCODEEXPIRE",
            Self::AuthCodeInvalid => "AUTH_CODE_INVALID",
            Self::TradeStateError => "TRADE_STATE_ERROR",
            Self::SystemError => "SYSTEMERROR",
        }
    }
}

/// Why a call of a pay merchant was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayRefusal {
    /// The code.
    pub code: PayErrorCode,
    /// The parameter, what was expected, what to do next.
    pub detail: String,
}

impl PayRefusal {
    /// A refusal.
    pub fn new(code: PayErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// INVALID_REQUEST, naming the parameter.
    pub fn invalid(name: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(PayErrorCode::InvalidRequest, format!("{name} {problem}"))
    }
}

impl fmt::Display for PayRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

impl core::error::Error for PayRefusal {}
