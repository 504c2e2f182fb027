//! Delivery: where accounts receive pushes.

pub mod callback;
