//! Delivery: pushes, their attempts, jobs, and where accounts receive pushes.

pub mod callback_check;
pub mod callbacks;
pub(crate) mod checks_under_way;
pub mod dispatch;
pub mod jobs;
pub(crate) mod mailbox;
pub(crate) mod new_push;
pub(crate) mod overtaking;
pub(crate) mod push_faults;
pub mod push_pages;
pub mod pushes;
pub mod scheduler;
pub mod test_push;
pub(crate) mod worker;
