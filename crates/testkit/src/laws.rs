//! What the laws are run against, and the macros that run them.
//!
//! `all_laws!(subject)` makes one test per law, in a module per part of the store. A subject opens
//! the store under test, and opens it again: what "on disk" means is that the second one has what
//! the first one acknowledged.

use async_trait::async_trait;
use kaipiao_ports::store::Store;
use std::sync::Arc;

/// A store under test.
#[async_trait]
pub trait Subject: Send + Sync {
    /// Opens the store over the subject's data. The one opened before is gone by then.
    async fn open(&self) -> Arc<dyn Store>;
}

/// Makes one test per law of every part, each with a subject that the expression builds.
#[macro_export]
macro_rules! all_laws {
    ($subject:expr) => {
        mod records {
            #[allow(unused_imports, reason = "the subject's names")]
            use super::*;
            $crate::store_laws!($subject);
        }
        mod listings {
            #[allow(unused_imports, reason = "the subject's names")]
            use super::*;
            $crate::listing_laws!($subject);
        }
        mod retention {
            #[allow(unused_imports, reason = "the subject's names")]
            use super::*;
            $crate::retention_laws!($subject);
        }
        mod claims {
            #[allow(unused_imports, reason = "the subject's names")]
            use super::*;
            $crate::claim_laws!($subject);
        }
        mod outbox {
            #[allow(unused_imports, reason = "the subject's names")]
            use super::*;
            $crate::outbox_laws!($subject);
        }
        mod jobs {
            #[allow(unused_imports, reason = "the subject's names")]
            use super::*;
            $crate::job_laws!($subject);
        }
        mod cards {
            #[allow(unused_imports, reason = "the subject's names")]
            use super::*;
            $crate::card_laws!($subject);
        }
    };
}

/// Makes one test per law. For the other macros.
#[doc(hidden)]
#[macro_export]
macro_rules! law_tests {
    ($subject:expr, $($module:ident)::+ { $($law:ident),+ $(,)? }) => {
        $crate::law_tests!(@each $subject, ($($module)::+), $($law)+);
    };
    (@each $subject:expr, $module:tt, $($law:ident)+) => {
        $($crate::law_tests!(@one $subject, $module, $law);)+
    };
    (@one $subject:expr, ($($module:ident)::+), $law:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $law() {
            $crate::$($module)::+::$law(&$subject).await;
        }
    };
}
