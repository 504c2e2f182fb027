//! What a payment's states are called.

use crate::frame::Frame;
use crate::parts::Tone;
use crate::states::Said;
use kaipiao_domain::payment::payments::{Payment, PaymentState};

/// Where a payment stands.
pub(super) fn state(frame: &Frame, payment: &Payment) -> Said {
    let t = |zh, en| frame.lang.t(zh, en);
    match &payment.state {
        PaymentState::NotPaid => (t("未支付", "Not paid"), Tone::Wait),
        PaymentState::UserPaying { .. } => (t("待用户确认", "Payer is asked"), Tone::Wait),
        PaymentState::Paid(_) if payment.refunded_fen > 0 => {
            (t("有退款", "Given back"), Tone::Quiet)
        }
        PaymentState::Paid(_) => (t("已支付", "Paid"), Tone::Good),
        PaymentState::Closed { .. } => (t("已关闭", "Closed"), Tone::Quiet),
        PaymentState::Revoked { .. } => (t("已撤销", "Revoked"), Tone::Quiet),
    }
}

/// Whether a user can pay it on a page.
pub(super) fn can_be_paid(payment: &Payment) -> bool {
    let is_open = matches!(payment.state, PaymentState::NotPaid | PaymentState::UserPaying { .. });
    is_open && payment.prepay.is_some()
}
