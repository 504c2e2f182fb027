//! Sections 1 to 10, 17 and 18.

mod answer;
mod orders;
mod page;
mod s01_ticket;
mod s02_auth_url;
mod s06_auth_push;
mod s07_auth_data;
mod s08_reject;
mod set_biz_attr;
