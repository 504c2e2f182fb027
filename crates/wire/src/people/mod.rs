//! People: users, their titles, messages and wallets.

pub mod card_id;
pub mod login_token;
pub mod openid;
pub mod session;
pub mod title;
pub mod title_link;
