//! What people see. Server-rendered, phone first, in Chinese and English, with one style and no request
//! to anywhere else. No page needs a script but the last one of a window that another page has opened:
//! it tells that page what was picked (`reimbursement`), or how the user has answered (`authorization::way_back`).
//!
//! A page is a file with its handlers and a template of the same name; `visit` says who asks and
//! what they sent, `page` what all pages share, `lang` in which language they speak.

mod authorization;
mod bar_code;
mod console_login;
mod demo_shop;
mod docs;
mod docs_curl;
mod docs_schema;
mod error_codes;
mod explained;
mod explanation;
mod form;
mod home;
mod lang;
mod page;
mod pages;
mod payment;
mod people;
mod phone;
mod qr;
mod refusals;
mod reimbursement;
mod router;
mod script;
mod style;
mod telephone;
mod time;
mod visit;
mod wrong_call;

pub use authorization::preview::{Preview, preview};
pub use console_login::{CONSOLE_COOKIE, sso_value};
pub use docs::Document;
pub use form::{Form, FormRefused, read_form};
pub use home::{Home, RouteRow, cacert, token_curl};
pub use lang::{HOST_ONLY, Lang, cookie};
pub use page::{encoded, see_other};
pub use pages::Pages;
pub use payment::entry::entry_condition;
pub use refusals::{refused, told};
pub use router::{
    PAGE_ROUTES, SANDBOX_PAGE_ROUTES, is_page, no_invoice, no_name_space, paths, router,
    sandbox_paths,
};
pub use time::{china_clock, china_day, china_day_begins, china_moment};
