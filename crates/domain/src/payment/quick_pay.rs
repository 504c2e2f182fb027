//! Quick pay: the merchant scans the code that a payer shows (wire_facts 5.2, ruling D-156).

use crate::Timestamp;
use crate::payment::pay_refusal::{PayErrorCode, PayRefusal};
use crate::payment::payments::{
    Payer, PayingRefused, Payment, PaymentRequest, PaymentState, Prepay, TradeType,
};
use core::time::Duration;

/// Up to this much is charged without a payer's yes; in fen.
pub const UNASKED_FEN: i64 = 100_000;
/// For how long a quick payment can be taken back.
pub const REVERSE_LIFE: Duration = Duration::from_secs(7 * 86_400);

impl PaymentRequest {
    /// Whether its payer is asked before it is paid: as with a password, above 1,000 yuan.
    pub fn asks_its_payer(&self) -> bool {
        self.trade_type == TradeType::Micropay && self.total_fee_fen > UNASKED_FEN
    }
}

impl Payment {
    /// Charges a payer who is asked first, on the page of `prepay`.
    pub fn ask_payer(
        &self,
        payer: Payer,
        prepay: Prepay,
        now: Timestamp,
    ) -> Result<Self, PayingRefused> {
        self.check_payer(None, &payer, now)?;
        let state = PaymentState::UserPaying { payer };
        Ok(Self { state, prepay: Some(prepay), ..self.clone() })
    }

    /// Checks that the same number charges the same payer again while they are asked. BUYER_MISMATCH: another's code.
    pub fn check_buyer(&self, payer: &Payer) -> Result<(), PayRefusal> {
        match &self.state {
            PaymentState::UserPaying { payer: asked } if asked != payer => {
                let detail = format!(
                    "out_trade_no {} waits for another payer: scan their code, or reverse it and use a new one",
                    self.out_trade_no
                );
                Err(PayRefusal::new(PayErrorCode::BuyerMismatch, detail))
            }
            _ => Ok(()),
        }
    }

    /// What a merchant is told whose payer is asked: USERPAYING.
    pub fn payer_is_asked(&self) -> PayRefusal {
        let detail = format!(
            "out_trade_no {} waits for its payer to confirm it: ask orderquery each 10 s, reverse it if it takes longer than 45 s",
            self.out_trade_no
        );
        PayRefusal::new(PayErrorCode::UserPaying, detail)
    }

    /// The merchant takes it back, paid or not yet. None: it was taken back before. REVERSE_EXPIRE after a week.
    pub fn reverse(&self, now: Timestamp) -> Result<Option<Self>, PayRefusal> {
        let refuse = |code, why: &str| {
            Err(PayRefusal::new(code, format!("out_trade_no {} {why}", self.out_trade_no)))
        };
        let paid = match &self.state {
            _ if self.request.trade_type != TradeType::Micropay => {
                let why = "is no quick payment: closeorder or refund it";
                return refuse(PayErrorCode::InvalidRequest, why);
            }
            PaymentState::Revoked { .. } => return Ok(None),
            PaymentState::NotPaid | PaymentState::Closed { .. } => {
                return refuse(PayErrorCode::TradeStateError, "was never paid");
            }
            PaymentState::Paid(_) if self.refunded_fen > 0 => {
                let why = "was refunded, refund the rest of it";
                return refuse(PayErrorCode::TradeStateError, why);
            }
            PaymentState::Paid(paid) if paid.at.is_some_and(|at| at.is_over(REVERSE_LIFE, now)) => {
                let why = "was paid more than seven days ago, refund it";
                return refuse(PayErrorCode::ReverseExpire, why);
            }
            PaymentState::Paid(paid) => Some(paid.clone()),
            PaymentState::UserPaying { .. } => None,
        };
        Ok(Some(Self { state: PaymentState::Revoked { paid, at: now }, ..self.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::fixtures::{NOW, paid};
    use crate::people::user::{OpenId, UserId};

    fn payer(user: &str) -> Payer {
        let openid = OpenId::from_checked(format!("o-{user}"));
        Payer { user: UserId::parse(user), openid, sub_openid: None }
    }

    fn prepay() -> Prepay {
        Prepay { id: "wx1".into(), at: NOW }
    }

    /// A quick payment that nobody has paid yet.
    fn placed() -> Payment {
        let mut quick = Payment { state: PaymentState::NotPaid, ..paid() };
        quick.request.trade_type = TradeType::Micropay;
        quick
    }

    fn asked() -> Payment {
        placed().ask_payer(payer("amy"), prepay(), NOW).unwrap()
    }

    fn pay(
        payment: &Payment,
        prepay_id: Option<&str>,
        user: &str,
    ) -> Result<Payment, PayingRefused> {
        payment.pay(prepay_id, payer(user), "4200".into(), NOW)
    }

    #[test]
    fn a_payer_is_asked_above_1000_yuan_by_quick_pay_alone() {
        let mut request = placed().request;
        for (trade_type, fen, asks) in [
            (TradeType::Micropay, 100_000, false),
            (TradeType::Micropay, 100_001, true),
            (TradeType::Pap, 100_001, false),
            (TradeType::Native, 100_001, false),
        ] {
            (request.trade_type, request.total_fee_fen) = (trade_type, fen);
            assert_eq!(request.asks_its_payer(), asks, "{trade_type:?} {fen}");
        }
    }

    #[test]
    fn whoever_is_asked_says_yes_once_and_nobody_else() {
        let asked = asked();
        assert_eq!((asked.trade_state(), asked.paid()), ("USERPAYING", None));
        assert_eq!(asked.check_buyer(&payer("amy")), Ok(()));
        let another = asked.check_buyer(&payer("bob")).unwrap_err();
        assert_eq!(another.code, PayErrorCode::BuyerMismatch);
        assert_eq!(pay(&asked, Some("wx1"), "bob"), Err(PayingRefused::AnotherPayer));
        assert_eq!(pay(&asked, Some("wx2"), "amy"), Err(PayingRefused::Expired));
        let paid = pay(&asked, Some("wx1"), "amy").unwrap();
        assert_eq!(paid.trade_state(), "SUCCESS");
        assert_eq!(pay(&paid, Some("wx1"), "amy"), Err(PayingRefused::AlreadyPaid));
        assert_eq!(paid.check_buyer(&payer("bob")), Ok(()));
    }

    #[test]
    fn a_yes_has_no_time_limit_but_the_merchants() {
        let asked = asked();
        let late = NOW + Duration::from_secs(86_400);
        assert!(asked.check_payer(Some("wx1"), &payer("amy"), late).is_ok());
        let reversed = asked.reverse(late).unwrap().unwrap();
        assert_eq!((reversed.trade_state(), reversed.paid()), ("REVOKED", None));
        assert_eq!(reversed.unused_since(), Some(late));
        assert_eq!(pay(&reversed, Some("wx1"), "amy"), Err(PayingRefused::Closed));
        let mut over = placed();
        over.request.expires_at = Some(NOW);
        assert_eq!(over.ask_payer(payer("amy"), prepay(), NOW), Err(PayingRefused::Expired));
    }

    #[test]
    fn only_a_quick_payment_is_reversed_and_for_a_week() {
        assert_eq!(paid().reverse(NOW).unwrap_err().code, PayErrorCode::InvalidRequest);
        assert_eq!(placed().reverse(NOW).unwrap_err().code, PayErrorCode::TradeStateError);
        let paid = pay(&placed(), None, "amy").unwrap();
        let reversed = paid.reverse(NOW + REVERSE_LIFE).unwrap().unwrap();
        assert_eq!(reversed.trade_state(), "REVOKED");
        assert!(reversed.paid().is_some() && reversed.is_fully_refunded());
        assert_eq!(reversed.reverse(NOW), Ok(None));
        let late = paid.reverse(NOW + REVERSE_LIFE + Duration::from_millis(1)).unwrap_err();
        assert_eq!(late.code, PayErrorCode::ReverseExpire);
        let refunded = Payment { refunded_fen: 1, ..paid };
        assert_eq!(refunded.reverse(NOW).unwrap_err().code, PayErrorCode::TradeStateError);
    }
}
