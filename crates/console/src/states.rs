//! What states are called, and how they sound.

use crate::frame::Frame;
use crate::parts::{Cell, Tone};
use kaipiao_domain::authorization::order::OrderState;
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_domain::invoicing::invoice_request::{Offset, RequestState};
use kaipiao_domain::reimbursement::card_status::CardStatus;
use kaipiao_ports::delivery::outbox::{ListedPush, PushState};

/// A state in words, with its sound.
pub(crate) type Said = (&'static str, Tone);

pub(crate) fn order(frame: &Frame, state: &OrderState) -> Said {
    let t = |zh, en| frame.lang.t(zh, en);
    match state {
        OrderState::Offered => (t("待授权", "Offered"), Tone::Wait),
        OrderState::Declined(_) => (t("用户拒绝", "Declined"), Tone::Quiet),
        OrderState::Authorized(yes) if yes.used_by.is_some() => {
            (t("已授权，已开票", "Authorized, used"), Tone::Good)
        }
        OrderState::Authorized(_) => (t("已授权", "Authorized"), Tone::Good),
        OrderState::Rejected { .. } => (t("商户拒绝", "Rejected"), Tone::Bad),
    }
}

pub(crate) fn invoice(frame: &Frame, state: &RequestState) -> Said {
    let t = |zh, en| frame.lang.t(zh, en);
    match state {
        RequestState::Running { .. } => (t("开具中", "Being issued"), Tone::Wait),
        RequestState::Failed { .. } => (t("开具失败", "Failed"), Tone::Bad),
        RequestState::Issued { offset: Offset::Standing, .. } => {
            (t("已开具", "Issued"), Tone::Good)
        }
        RequestState::Issued { offset: Offset::Underway(_), .. } => {
            (t("冲红中", "Being offset"), Tone::Wait)
        }
        RequestState::Issued { offset: Offset::Done(_), .. } => {
            (t("已冲红", "Offset"), Tone::Quiet)
        }
    }
}

pub(crate) fn push(frame: &Frame, listed: &ListedPush) -> Said {
    let t = |zh, en| frame.lang.t(zh, en);
    match listed.push.state {
        PushState::Waiting => (t("排队中", "Waiting"), Tone::Wait),
        PushState::Ready { .. } if listed.in_flight_for.is_some() => {
            (t("发送中", "Being sent"), Tone::Wait)
        }
        PushState::Ready { .. } if listed.push.tries > 0 => (t("待重试", "Retrying"), Tone::Wait),
        PushState::Ready { .. } => (t("待发送", "Due"), Tone::Wait),
        PushState::Completed { outcome, .. } => outcome_said(frame, outcome),
    }
}

pub(crate) fn outcome_said(frame: &Frame, outcome: Outcome) -> Said {
    let t = |zh, en| frame.lang.t(zh, en);
    match outcome {
        Outcome::Delivered => (t("已送达", "Delivered"), Tone::Good),
        Outcome::GaveUp => (t("已放弃", "Given up"), Tone::Bad),
        Outcome::Unroutable => (t("无回调地址", "No callback"), Tone::Bad),
    }
}

/// Where a card stands, with the company that has it; nothing where there is no card.
pub(crate) fn card(frame: &Frame, status: Option<&CardStatus>) -> Cell {
    let t = |zh, en| frame.lang.t(zh, en);
    let Some(status) = status else { return Cell::default() };
    let (words, tone) = match status {
        CardStatus::Init => (t("未锁定", "Free"), Tone::Good),
        CardStatus::Locked { .. } => (t("已锁定", "Locked"), Tone::Wait),
        CardStatus::Closed { .. } => (t("已报销", "Written off"), Tone::Good),
        CardStatus::Cancelled { .. } => (t("已作废", "Cancelled"), Tone::Quiet),
    };
    Cell::mark(words, tone).below(status.company().map_or("", |company| company.as_str()))
}
