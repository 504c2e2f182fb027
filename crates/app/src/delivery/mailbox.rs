//! What commits have made due, on its way to the schedulers. It saves a look into the store; what is
//! lost here (a full mailbox, a crash, another node's commit) the schedulers find by themselves.

use kaipiao_ports::delivery::claims::{DueTurn, Queue};
use kaipiao_ports::store::Committed;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Hints that wait for a scheduler at most.
const CAPACITY: usize = 65_536;

/// The mailboxes of all queues.
#[derive(Default)]
pub(crate) struct Mailboxes {
    push: Mailbox,
    issue: Mailbox,
}

impl Mailboxes {
    pub(crate) fn of(&self, queue: Queue) -> &Mailbox {
        match queue {
            Queue::Push => &self.push,
            Queue::Issue => &self.issue,
        }
    }

    /// Passes on what a commit has made due.
    pub(crate) fn deliver(&self, committed: Committed) {
        for (queue, turn) in committed.due {
            self.of(queue).put(turn);
        }
    }

    /// Has every scheduler look into the store: the clock was moved, or it is not known what has
    /// become due.
    pub(crate) fn look(&self) {
        for queue in Queue::ALL {
            self.of(queue).look();
        }
    }
}

/// One queue's.
#[derive(Default)]
pub(crate) struct Mailbox {
    content: Mutex<Content>,
    arrived: Notify,
}

/// A mailbox's content.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// Turns that became due, oldest first.
    pub due: VecDeque<DueTurn>,
    /// The store has more.
    pub look: bool,
}

impl Mailbox {
    pub(crate) fn put(&self, turn: DueTurn) {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        match content.due.len() < CAPACITY {
            true => content.due.push_back(turn),
            false => content.look = true,
        }
        drop(content);
        self.arrived.notify_one();
    }

    pub(crate) fn look(&self) {
        self.content.lock().unwrap_or_else(PoisonError::into_inner).look = true;
        self.arrived.notify_one();
    }

    /// Takes everything.
    pub(crate) fn take(&self) -> Content {
        core::mem::take(&mut self.content.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Resolves when something has arrived since it was last awaited.
    pub(crate) async fn arrival(&self) {
        self.arrived.notified().await;
    }
}
