//! PDFs that the platform uploads: each is there with the very bytes that were sent, for three days or once an invoice has
//! it for good.

use crate::cluster::Node;
use crate::kinds::Kind;
use crate::session::{Outcome, Session};
use kaipiao_tests::{PLATFORM, pdfs};
use serde_json::json;

/// For so long an uploaded PDF waits for its invoice, in seconds of the domain's time.
const LIFE_S: i64 = 3 * 86_400;
/// A round is over by then.
const ROUND_S: i64 = 600;
/// "invalid media_id".
const INVALID_MEDIA_ID: i64 = 40007;

/// A PDF whose upload was acknowledged.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its name.
    pub media_id: String,
    /// What it shows; no other PDF shows that.
    words: String,
    /// By then it is there for sure, in unix seconds.
    until_s: i64,
}

impl Upload {
    /// Whether it can be attached to an invoice for the rest of the round.
    pub fn is_fresh(&self, session: &Session<'_>) -> bool {
        session.now_s + ROUND_S < self.until_s
    }
}

/// setpdf. None: nobody knows.
pub fn upload(session: &Session<'_>, node: &Node, words: String) -> Option<Upload> {
    let path = session.path_of(PLATFORM, "platform/setpdf");
    let (content_type, body) = pdfs::form(&pdfs::showing(&words));
    match session.counted(session.judged(&path, || node.upload(&path, &content_type, &body))) {
        Outcome::Done(answer) => {
            session.kinds.note(Kind::Upload);
            let media_id = answer["s_media_id"].as_str().unwrap().to_owned();
            Some(Upload { media_id, words, until_s: session.now_s + LIFE_S })
        }
        Outcome::InDoubt => None,
        Outcome::Refused(_, answer) => panic!("setpdf: {answer}"),
    }
}

/// The platform asks for it, and reads it.
pub fn look(session: &Session<'_>, node: &Node, upload: &Upload, is_attached: bool) {
    let path = session.path_of(PLATFORM, "platform/getpdf?action=get_url");
    match session.ask(node, &path, &json!({"s_media_id": upload.media_id})) {
        Outcome::Done(answer) => read(session, node, upload, answer["pdf_url"].as_str().unwrap()),
        Outcome::InDoubt => {}
        Outcome::Refused(Some(INVALID_MEDIA_ID), _)
            if !is_attached && !upload.is_fresh(session) => {}
        Outcome::Refused(_, answer) => panic!("lost: {upload:?}: {answer}"),
    }
}

/// The address has the very bytes.
pub fn read(session: &Session<'_>, node: &Node, upload: &Upload, url: &str) {
    let (_, path) =
        url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).expect("an address");
    match session.fetch(node, path) {
        Outcome::Done(bytes) => {
            let is_it = bytes == pdfs::showing(&upload.words);
            assert!(is_it, "other {} bytes: {upload:?}", bytes.len());
        }
        Outcome::InDoubt => {}
        Outcome::Refused(status, ..) => panic!("lost: {upload:?}: {status}"),
    }
}
