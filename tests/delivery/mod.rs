//! Work in the background: jobs, and pushes beside others that hang.

mod hanging_names;
mod jobs;
mod replay_failed;
mod stand_in;
