//! Texts that are signed, sealed or encrypted, by this server or for it, and the bodies of pushes:
//! all that use cases know of the wire.

pub use kaipiao_wire::access::console_token::ConsoleLoginRefused;
pub use kaipiao_wire::keys::Keys;
pub use kaipiao_wire::people::login_token::{LoginKey, LoginRefused};

pub(crate) use kaipiao_wire::access::console_session::{self, ConsoleSession};
pub(crate) use kaipiao_wire::access::console_token::check as check_console_login;
pub(crate) use kaipiao_wire::access::token::{
    TokenClaim, read_token, what_is_no_secret, what_is_no_token, write_token,
};
pub(crate) use kaipiao_wire::access::{password, platform_id};
pub(crate) use kaipiao_wire::authorization::s01_ticket as ticket;
pub(crate) use kaipiao_wire::authorization::s02_auth_url::{read_link, write_link};
pub(crate) use kaipiao_wire::authorization::s06_auth_push as auth_push;
pub(crate) use kaipiao_wire::delivery::event_xml::UntimedXml;
pub(crate) use kaipiao_wire::delivery::push_crypto::EncodingAesKey;
pub(crate) use kaipiao_wire::delivery::push_request::{
    Freshness, PushRequest, Signing, compose, verification_url,
};
pub(crate) use kaipiao_wire::delivery::test_event;
pub(crate) use kaipiao_wire::invoicing::s16_query::{pdf_name, pdf_url, read_pdf_name};
pub(crate) use kaipiao_wire::invoicing::s19_result_push as result_push;
pub(crate) use kaipiao_wire::payment::order_query::PaymentName;
pub(crate) use kaipiao_wire::payment::pay_request::PayRequest;
pub(crate) use kaipiao_wire::payment::refunds::RefundName;
pub(crate) use kaipiao_wire::payment::{notice, pay_time};
pub(crate) use kaipiao_wire::people::login_token::check as check_login;
pub(crate) use kaipiao_wire::people::{card_id, openid, session, title_link};
pub(crate) use kaipiao_wire::platform::card_link::with_card;
pub(crate) use kaipiao_wire::platform::media_link;
pub(crate) use kaipiao_wire::reimbursement::{encrypt_code, status_push};
