//! The merchant flow over real HTTP, a file per section.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod access;
mod accounts;
mod home;
mod pages;
mod s01_ticket;
mod s02_auth_url;
mod s06_answer;
mod s06_auth_push;
mod s07_auth_data;
mod s08_reject;
mod s09_set_biz_attr;
mod s14_make_out;
mod s15_offset;
mod s16_query;
mod s19_result_push;
mod sandbox;
mod settings;
mod taxpayers;
mod token;
mod wallet;
