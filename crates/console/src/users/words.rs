//! Where console users are, and what their roles are called.

use crate::frame::Frame;
use crate::parts::Tone;
use crate::seat::Seat;
use kaipiao_app::access::console_users::ConsoleUserSpec;
use kaipiao_domain::access::console_user::{ConsoleName, ConsoleRole, ConsoleUser};
use kaipiao_pages::encoded;

/// Where they are listed.
pub(crate) const PATH: &str = "/console/users";

/// A user's page.
pub(crate) fn address_of(name: &ConsoleName) -> String {
    format!("{PATH}/{}", encoded(name.as_str()))
}

/// The role's name; `operator` or `developer`.
pub(crate) fn role_name(frame: &Frame, role: &str) -> &'static str {
    match role {
        "operator" => frame.t("管理员", "Operator"),
        _ => frame.t("开发者", "Developer"),
    }
}

/// Every role, and what it is called.
pub(crate) fn roles(frame: &Frame) -> [(&'static str, &'static str); 2] {
    ConsoleRole::NAMES.map(|role| (role, role_name(frame, role)))
}

/// Whether they may log in.
pub(crate) fn state(frame: &Frame, user: &ConsoleUser) -> (&'static str, Tone) {
    match user.is_disabled {
        true => (frame.t("已停用", "Disabled"), Tone::Bad),
        false => (frame.t("正常", "Active"), Tone::Good),
    }
}

/// What a form says of a user's role and accounts.
pub(crate) fn role_spec(seat: &Seat, name: &str) -> ConsoleUserSpec {
    ConsoleUserSpec {
        name: name.to_owned(),
        role: Some(seat.form.get("role").to_owned()),
        accounts: Some(seat.form.words("accounts")),
        ..ConsoleUserSpec::default()
    }
}
