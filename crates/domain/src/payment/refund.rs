//! A refund of a payment, whole or in part (wire_facts 5.2).

use crate::Timestamp;
use crate::payment::out_trade_no::{OutRefundNo, OutTradeNo};
use crate::payment::pay_merchant::MchId;
use crate::payment::pay_refusal::{PayErrorCode, PayRefusal};
use crate::payment::payments::{MAX_REFUNDS, Payment, PaymentState, check_fee};

/// What a pay merchant asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// The refund's number among the pay merchant's.
    pub out_refund_no: OutRefundNo,
    /// The payment's amount in fen, as the pay merchant knows it.
    pub total_fee_fen: i64,
    /// What is given back, in fen.
    pub refund_fee_fen: i64,
    /// Why, for the payer; may be empty.
    pub reason: String,
    /// Where the notice goes; None: there is none.
    pub notify_url: Option<String>,
}

/// A refund that was made. The sandbox makes them at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Whose.
    pub mchid: MchId,
    /// WeChat's own number of it: 29 digits.
    pub refund_id: String,
    /// The payment.
    pub out_trade_no: OutTradeNo,
    /// What was asked for.
    pub request: RefundRequest,
    /// When it was made.
    pub at: Timestamp,
}

impl Refund {
    /// Checks that the same number asks for the same again: it is then answered as before. REFUND_FEE_MISMATCH
    /// for other amounts or another payment.
    pub fn check_again(&self, payment: &Payment, asked: &RefundRequest) -> Result<(), PayRefusal> {
        let amounts = |request: &RefundRequest| (request.total_fee_fen, request.refund_fee_fen);
        if self.out_trade_no == payment.out_trade_no && amounts(&self.request) == amounts(asked) {
            return Ok(());
        }
        let detail = format!(
            "out_refund_no {} refunded {} fen of out_trade_no {} before, use a new one",
            asked.out_refund_no, self.request.refund_fee_fen, self.out_trade_no
        );
        Err(PayRefusal::new(PayErrorCode::RefundFeeMismatch, detail))
    }
}

/// Makes a refund: the payment with less left, and the refund itself. Both are one commit.
pub fn refund(
    payment: &Payment,
    asked: RefundRequest,
    refund_id: String,
    now: Timestamp,
) -> Result<(Payment, Refund), PayRefusal> {
    if !matches!(payment.state, PaymentState::Paid(_)) {
        let detail = format!(
            "out_trade_no {} is {}, only a payment that was made can be refunded",
            payment.out_trade_no,
            payment.trade_state()
        );
        return Err(PayRefusal::new(PayErrorCode::TradeStateError, detail));
    }
    let total_fen = payment.request.total_fee_fen;
    if asked.total_fee_fen != total_fen {
        let detail = format!("total_fee is {total_fen}, not {}", asked.total_fee_fen);
        return Err(PayRefusal::new(PayErrorCode::RefundFeeMismatch, detail));
    }
    check_fee("refund_fee", asked.refund_fee_fen)?;
    let left_fen = total_fen - payment.refunded_fen;
    if asked.refund_fee_fen > left_fen {
        let detail = format!("refund_fee is {}, {left_fen} fen are left", asked.refund_fee_fen);
        return Err(PayRefusal::new(PayErrorCode::NotEnough, detail));
    }
    if payment.refunds.len() >= MAX_REFUNDS {
        let problem = format!("has {MAX_REFUNDS} refunds, which is the limit");
        return Err(PayRefusal::invalid("out_trade_no", problem));
    }
    let refund = Refund {
        mchid: payment.mchid.clone(),
        refund_id,
        out_trade_no: payment.out_trade_no.clone(),
        request: asked,
        at: now,
    };
    let mut next = payment.clone();
    next.refunds.push(refund.request.out_refund_no.clone());
    next.refunded_fen += refund.request.refund_fee_fen;
    Ok((next, refund))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::fixtures::{NOW, paid};

    fn asked(number: &str, fen: i64) -> RefundRequest {
        RefundRequest {
            out_refund_no: OutRefundNo::parse(number).unwrap(),
            total_fee_fen: 100,
            refund_fee_fen: fen,
            reason: String::new(),
            notify_url: None,
        }
    }

    fn made(payment: &Payment, asked: RefundRequest) -> Result<(Payment, Refund), PayErrorCode> {
        refund(payment, asked, "5000".into(), NOW).map_err(|refusal| refusal.code)
    }

    #[test]
    fn parts_add_up_to_the_whole_and_no_further() {
        let (part, first) = made(&paid(), asked("r1", 60)).unwrap();
        assert_eq!((part.refunded_fen, part.trade_state()), (60, "REFUND"));
        assert!(!part.is_fully_refunded());
        assert_eq!(made(&part, asked("r2", 41)), Err(PayErrorCode::NotEnough));
        let (whole, _) = made(&part, asked("r2", 40)).unwrap();
        assert!(whole.is_fully_refunded());
        assert_eq!(whole.refunds.len(), 2);
        assert_eq!(first.check_again(&whole, &asked("r1", 60)), Ok(()));
        let other = first.check_again(&whole, &asked("r1", 59)).unwrap_err();
        assert_eq!(other.code, PayErrorCode::RefundFeeMismatch);
    }

    #[test]
    fn only_what_was_paid_is_refunded_and_only_at_its_own_total() {
        let not_paid = Payment { state: PaymentState::NotPaid, ..paid() };
        assert_eq!(made(&not_paid, asked("r1", 1)), Err(PayErrorCode::TradeStateError));
        let other_total = RefundRequest { total_fee_fen: 99, ..asked("r1", 1) };
        assert_eq!(made(&paid(), other_total), Err(PayErrorCode::RefundFeeMismatch));
        assert_eq!(made(&paid(), asked("r1", 0)), Err(PayErrorCode::InvalidRequest));
    }

    #[test]
    fn a_payment_has_a_bounded_number_of_refunds() {
        let mut payment = paid();
        for number in 0..MAX_REFUNDS {
            payment = made(&payment, asked(&number.to_string(), 1)).unwrap().0;
        }
        assert_eq!(made(&payment, asked("more", 1)).map(|_| ()), Err(PayErrorCode::InvalidRequest));
    }
}
