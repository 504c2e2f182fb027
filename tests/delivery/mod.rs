//! Work in the background: jobs.

mod jobs;
