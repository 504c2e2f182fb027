//! What operators call, behind a bearer token.

pub(crate) mod accounts;
pub(crate) mod callbacks;
pub(crate) mod console_users;
pub(crate) mod damaged;
pub(crate) mod error;
pub(crate) mod inserted_invoices;
pub(crate) mod invoices;
pub(crate) mod jobs;
pub(crate) mod log;
pub(crate) mod numbers;
pub(crate) mod operator;
pub(crate) mod orders;
pub(crate) mod pay_merchants;
pub(crate) mod payments;
pub(crate) mod pushes;
pub(crate) mod requests;
pub(crate) mod taxpayers;
pub(crate) mod users;
