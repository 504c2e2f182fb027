//! The fault that a crash round asks for.

use std::sync::Arc;

/// The process dies, as by kill -9, right before the COMMIT of a group, between its statements and the disk.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The group's number, from 1.
    pub die_before_commit: u64,
}

impl Fault {
    fn strike(self, group: u64) {
        if group == self.die_before_commit {
            std::process::abort();
        }
    }

    pub(crate) fn sqlite_hook(&self) -> kaipiao_store_sqlite::GroupHook {
        let fault = *self;
        Arc::new(move |group| {
            fault.strike(group);
            Ok(())
        })
    }

    pub(crate) fn postgres_hook(&self) -> kaipiao_store_postgres::CommitHook {
        let fault = *self;
        Arc::new(move |group| fault.strike(group))
    }
}
