//! `/phone`, which only a sandbox has: the demo merchant's three apps on a drawn phone, and beside it what the app
//! is told on its user's return, what is pushed to the merchant's server, and what getauthdata answers.
//!
//! Every screen of the phone is a page of its own, the authorization page as it is among them; the phone is drawn
//! around it (`around`). So nothing is framed, and nothing needs a script.

pub(crate) mod around;
pub(crate) mod home;
pub(crate) mod order;
mod panels;
pub(crate) mod returned;
mod written;
