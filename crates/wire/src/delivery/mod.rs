//! Delivery: pushes, their attempts, and where accounts receive them.

mod event_json;
pub mod event_xml;
pub mod push_crypto;
pub mod push_request;
pub mod read_push;
pub mod test_event;
