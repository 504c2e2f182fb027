//! The request log as the settings want it.

use crate::settings::{REQUEST_LOG, Settings};
use kaipiao_ports::clock::Clock;
use kaipiao_ports::request_log::RequestLog;
use kaipiao_request_log::{Options, SqliteRequestLog};
use std::path::PathBuf;
use std::sync::Arc;

/// The name of a process that has its store to itself.
const ONLY_NODE: &str = "main";

/// This node's request log; None: it is off, or cannot be opened, which costs no server its start.
pub(crate) fn request_log(
    settings: &Settings,
    node: &str,
    clock: Arc<dyn Clock>,
) -> Option<Arc<dyn RequestLog>> {
    if !settings.request_log.on {
        return None;
    }
    let path = path(settings, node);
    if let Err(error) = std::fs::create_dir_all(&settings.data) {
        let data = settings.data.display();
        tracing::warn!(%data, %error, "there is no folder for the request log: no request is logged");
        return None;
    }
    let options = Options {
        path,
        keep: settings.request_log.keep(),
        most_bytes: settings.request_log.most_bytes(),
        clock,
    };
    match SqliteRequestLog::open(options) {
        Ok(log) => Some(Arc::new(log)),
        Err(error) => {
            tracing::warn!(%error, "no request is logged");
            None
        }
    }
}

/// Nodes that share a database may share a folder too: each has a file of its own.
fn path(settings: &Settings, node: &str) -> PathBuf {
    let name = match node {
        ONLY_NODE => REQUEST_LOG.to_owned(),
        node => REQUEST_LOG.replace('.', &format!("-{node}.")),
    };
    settings.data.join(name)
}
