//! What can go wrong, as the form offers it: a kind says where, its effects what.

use crate::frame::Frame;
use kaipiao_app::asked_faults::{DOCUMENT, ISSUER, PLATFORM, PUSH, QUOTA, TOKEN, TOKEN_CODES};
use kaipiao_app::faults::{CallPath, Whose};
use kaipiao_domain::payment::pay_refusal::PayErrorCode;
use kaipiao_errcode::ErrorCode;

/// Where something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Call,
    Token,
    Quota,
    Platform,
    Issuer,
    Document,
    Push,
}

impl Kind {
    pub(super) const ALL: [Self; 7] = [
        Self::Call,
        Self::Token,
        Self::Quota,
        Self::Platform,
        Self::Issuer,
        Self::Document,
        Self::Push,
    ];

    /// The kind of that name; without a name the first.
    pub(super) fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Call)
    }

    /// Its name in addresses, which is the target of all but calls.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Token => TOKEN,
            Self::Quota => QUOTA,
            Self::Platform => PLATFORM,
            Self::Issuer => ISSUER,
            Self::Document => DOCUMENT,
            Self::Push => PUSH,
        }
    }

    pub(super) fn said(self, frame: &Frame) -> &'static str {
        let (zh, en) = match self {
            Self::Call => ("接口", "Calls"),
            Self::Token => ("令牌", "Tokens"),
            Self::Quota => ("额度", "Quotas"),
            Self::Platform => ("开票平台", "Platforms"),
            Self::Issuer => ("开具", "Issuer"),
            Self::Document => ("票据文件", "Documents"),
            Self::Push => ("推送", "Pushes"),
        };
        frame.lang.t(zh, en)
    }

    /// What a plan of this kind is about.
    pub(super) fn about(self, frame: &Frame) -> &'static str {
        let (zh, en) = match self {
            Self::Call => ("对一个接口的调用。", "Calls of one path."),
            Self::Token => ("带 access_token 的所有调用。", "All calls with an access_token."),
            Self::Quota => (
                "在当天（北京时间）结束或账号清零之前，调用得到 45009。",
                "Calls are 45009 until China's day ends or the account clears its quota.",
            ),
            Self::Platform => (
                "开票平台的调用：setpdf、getpdf、insert、createcard 和账单。",
                "The calls of invoicing platforms: setpdf, getpdf, insert, createcard, bills.",
            ),
            Self::Issuer => (
                "开具发票的请求。同一账号以最后设置的为准。",
                "Requests for invoices. A new plan takes the place of the one before for the same account.",
            ),
            Self::Document => {
                ("外部开票方提供的票据文件。", "Documents that an outside issuer brings.")
            }
            Self::Push => ("发给回调地址的推送。", "Pushes to callbacks."),
        };
        frame.lang.t(zh, en)
    }

    /// What can happen there: what the form sends, and its words.
    pub(super) fn effects(self, frame: &Frame) -> Vec<Effect> {
        let effect = |value, zh, en, input| Effect { value, words: frame.lang.t(zh, en), input };
        let late = |zh, en| effect("delay_ms", zh, en, Some(Input::Delay));
        match self {
            Self::Call | Self::Token | Self::Platform => vec![
                effect("errcode", "拒绝，错误码", "Refused with the code", Some(Input::Code)),
                late("延迟毫秒数（真实时间）", "Late by milliseconds (real time)"),
                effect(
                    "drop=before",
                    "处理之前断开连接",
                    "The connection ends before the work",
                    None,
                ),
                effect(
                    "drop=after",
                    "处理之后断开，应答丢失",
                    "It ends after the work: the answer is lost",
                    None,
                ),
            ],
            Self::Quota => Vec::new(),
            Self::Issuer => vec![
                effect("errcode=73000", "拒绝开具（73000）", "It refuses (73000)", None),
                effect("errcode=73100", "无法连接（73100）", "It is unreachable (73100)", None),
                effect("errcode=73102", "应答无法理解（73102）", "It talks nonsense (73102)", None),
                effect("errcode=73105", "超时未应答（73105）", "It was silent (73105)", None),
                effect("drop=true", "永不应答", "It never answers", None),
                late(
                    "延迟开具的毫秒数（沙箱时钟）",
                    "Issued late by milliseconds (the sandbox's clock)",
                ),
            ],
            Self::Document => vec![
                effect("missing=true", "暂时无法取得", "It can't be had now", None),
                effect("wrong=true", "内容与声明不符", "It is another one than was named", None),
                late("延迟毫秒数（真实时间）", "Late by milliseconds (real time)"),
            ],
            Self::Push => vec![
                effect("duplicate=true", "重复发送", "Sent twice", None),
                effect(
                    "reorder=true",
                    "晚于该订单的下一条推送，最多等待毫秒数",
                    "Sent after the order's next push, waiting milliseconds at most",
                    Some(Input::Within),
                ),
                late("延迟毫秒数（沙箱时钟）", "Late by milliseconds (the sandbox's clock)"),
                effect(
                    "lose=true",
                    "丢失：视为送达，实际不发送",
                    "Lost: it counts as delivered and is not sent",
                    None,
                ),
            ],
        }
    }

    /// The codes with which calls of this kind are refused, each with its text.
    pub(super) fn codes(self) -> Vec<(String, &'static str)> {
        let numbered = |code: &ErrorCode| (code.number().to_string(), code.message());
        match self {
            Self::Call | Self::Platform => {
                let own =
                    ErrorCode::ALL.iter().filter(|code| **code != ErrorCode::Ok).map(numbered);
                let pay = PayErrorCode::ALL.into_iter().map(|code| (code.name().to_owned(), ""));
                let pay = pay.filter(|_| self == Self::Call);
                own.chain(pay).collect()
            }
            Self::Token => TOKEN_CODES.iter().map(numbered).collect(),
            Self::Quota | Self::Issuer | Self::Document | Self::Push => Vec::new(),
        }
    }

    /// The paths to choose from, by whose calls they are.
    pub(super) fn paths<'a>(
        self,
        frame: &'a Frame,
        all: &[CallPath],
    ) -> Vec<(&'a str, Vec<&'static str>)> {
        let groups = [
            (Whose::Accounts, frame.t("账号的接口", "Accounts'")),
            (Whose::Platforms, frame.t("开票平台的接口", "Platforms'")),
            (Whose::PayMerchants, frame.t("支付商户的接口", "Pay merchants'")),
            (Whose::Anybody, frame.t("票据文件", "Documents")),
        ];
        let few = match self {
            Self::Call => &groups[..],
            Self::Quota => &groups[..2],
            _ => &[],
        };
        let of =
            |whose: Whose| all.iter().filter(move |path| path.whose == whose).map(|path| path.path);
        few.iter().map(|(whose, label)| (*label, of(*whose).collect())).collect()
    }
}

/// Something that can happen, with the field that says more of it.
pub(super) struct Effect {
    /// The member, and its value unless a field holds it.
    pub(super) value: &'static str,
    pub(super) words: &'static str,
    pub(super) input: Option<Input>,
}

/// The field beside an effect.
#[derive(Clone, Copy)]
pub(super) enum Input {
    Code,
    Delay,
    Within,
}

impl Input {
    /// The member.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Code => "errcode",
            Self::Delay => "delay_ms",
            Self::Within => "within_ms",
        }
    }

    pub(super) const fn is_code(self) -> bool {
        matches!(self, Self::Code)
    }

    /// What an empty field shows.
    pub(super) const fn hint(self) -> &'static str {
        match self {
            Self::Code => "72036",
            Self::Delay => "3000",
            Self::Within => "60000",
        }
    }
}
