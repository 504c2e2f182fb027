//! How a fault is told.

use crate::frame::Frame;
use core::time::Duration;
use kaipiao_app::faults::{CallFault, Calls, DocumentFault, Fault, IssuerFault, PushFault};

/// Where it strikes: words, or a path.
pub(super) fn place(frame: &Frame, fault: &Fault) -> String {
    let t = |zh, en| frame.lang.t(zh, en);
    match fault {
        Fault::Calls(Calls::At(path), _) => (*path).to_owned(),
        Fault::Calls(Calls::WithToken, _) => t("带令牌的调用", "Calls with a token").to_owned(),
        Fault::Calls(Calls::OverQuota(None), _) => t("所有额度", "Every quota").to_owned(),
        Fault::Calls(Calls::OverQuota(Some(path)), _) => {
            format!("{} {path}", t("额度", "Quota of"))
        }
        Fault::Calls(Calls::OfPlatforms, _) => t("开票平台的调用", "Platforms' calls").to_owned(),
        Fault::Issuer(_) => t("开具", "Issuer").to_owned(),
        Fault::Document(_) => t("票据文件", "Documents").to_owned(),
        Fault::Push(_) => t("推送", "Pushes").to_owned(),
    }
}

/// What happens.
pub(super) fn effect(frame: &Frame, fault: &Fault) -> String {
    match fault {
        Fault::Calls(_, fault) => of_call(frame, *fault),
        Fault::Issuer(fault) => of_issuer(frame, *fault),
        Fault::Document(fault) => of_document(frame, *fault),
        Fault::Push(fault) => of_push(frame, *fault),
    }
}

fn late(frame: &Frame, by: Duration) -> String {
    format!("{} {} ms", frame.t("延迟", "late by"), by.as_millis())
}

fn of_call(frame: &Frame, fault: CallFault) -> String {
    let refused = frame.t("拒绝", "refused with");
    match fault {
        CallFault::Refused(code) => format!("{refused} {}", code.number()),
        CallFault::PayRefused(code) => format!("{refused} {}", code.name()),
        CallFault::IsLate(by) => late(frame, by),
        CallFault::DroppedBefore => {
            frame.t("处理之前断开连接", "the connection ends before the work").to_owned()
        }
        CallFault::DroppedAfter => {
            frame.t("处理之后断开，应答丢失", "the answer is lost after the work").to_owned()
        }
    }
}

fn of_issuer(frame: &Frame, fault: IssuerFault) -> String {
    let (zh, en) = match fault {
        IssuerFault::Refuses => ("拒绝开具（73000）", "refuses (73000)"),
        IssuerFault::IsUnreachable => ("无法连接（73100）", "is unreachable (73100)"),
        IssuerFault::TalksNonsense => ("应答无法理解（73102）", "talks nonsense (73102)"),
        IssuerFault::WasSilent => ("超时未应答（73105）", "was silent (73105)"),
        IssuerFault::NeverAnswers => ("永不应答", "never answers"),
        IssuerFault::IsLate(by) => return late(frame, by),
    };
    frame.lang.t(zh, en).to_owned()
}

fn of_document(frame: &Frame, fault: DocumentFault) -> String {
    match fault {
        DocumentFault::IsMissing => frame.t("暂时无法取得", "can't be had").to_owned(),
        DocumentFault::IsWrong => frame.t("内容与声明不符", "is another one").to_owned(),
        DocumentFault::IsLate(by) => late(frame, by),
    }
}

fn of_push(frame: &Frame, fault: PushFault) -> String {
    match fault {
        PushFault::IsDuplicated => frame.t("重复发送", "sent twice").to_owned(),
        PushFault::IsOvertaken(within) => {
            let (words, ms) = (
                frame.t("晚于下一条推送，最多等待", "after the next push, within"),
                within.as_millis(),
            );
            format!("{words} {ms} ms")
        }
        PushFault::IsLate(by) => late(frame, by),
        PushFault::IsLost => frame.t("丢失", "lost").to_owned(),
    }
}
