//! What the issuer says, out of JSON. Members that are not known here are left alone.

use kaipiao_domain::Timestamp;
use kaipiao_domain::invoicing::invoice_document::{DocumentKind, OfferedDocument};
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most characters of a refusal that the merchant is told.
const MAX_MESSAGE_CHARS: usize = 200;
const MACHINE_DIGITS: usize = 12;

/// An issuer's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// There is an invoice.
    Issued(Invoice),
    /// There is none and will be none, unless it is asked for anew: the issuer's words.
    Refused(String),
    /// It is under way.
    NotYet,
    /// The issuer knows nothing of the serial; an answer to `status` alone.
    Unknown,
}

/// An invoice as its issuer tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invoice {
    /// What it was asked for with: another digest than the question's is another invoice.
    pub content_digest: String,
    pub number: InvoiceNumber,
    pub check_code: String,
    pub at: Timestamp,
    /// The tax machine; None: the settings' one.
    pub machine_number: Option<String>,
    /// What it brings, each kind once.
    pub documents: Vec<OfferedDocument>,
}

#[derive(Deserialize)]
struct AnswerShape {
    result: String,
    message: Option<String>,
    content_digest: Option<String>,
    code: Option<String>,
    number: Option<String>,
    check_code: Option<String>,
    issued_at: Option<i64>,
    machine_number: Option<String>,
    /// The SHA-256 of each document, in hexadecimal digits, by its kind.
    documents: Option<BTreeMap<String, String>>,
}

impl Answer {
    /// Reads an answer. The error names the member that is wrong.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        let shape: AnswerShape =
            serde_json::from_slice(body).map_err(|error| format!("it is no answer: {error}"))?;
        match shape.result.as_str() {
            "issued" => shape.invoice().map(Self::Issued),
            "refused" => Ok(Self::Refused(message(&required("message", shape.message)?)?)),
            "not_yet" => Ok(Self::NotYet),
            "unknown" => Ok(Self::Unknown),
            _ => Err("result must be issued, refused, not_yet or unknown".to_owned()),
        }
    }
}

impl AnswerShape {
    fn invoice(self) -> Result<Invoice, String> {
        let (code, number) = (required("code", self.code)?, required("number", self.number)?);
        let number = InvoiceNumber::parse(&code, &number)
            .ok_or("code and number must have 12 and 8 digits, or none and 20")?;
        let is_machine = |digits: &String| {
            digits.len() == MACHINE_DIGITS && digits.bytes().all(|b| b.is_ascii_digit())
        };
        if self.machine_number.as_ref().is_some_and(|digits| !is_machine(digits)) {
            return Err(format!("machine_number must be {MACHINE_DIGITS} digits"));
        }
        let seconds = required("issued_at", self.issued_at)?;
        let millis = seconds.checked_mul(1000).filter(|_| seconds > 0);
        Ok(Invoice {
            content_digest: required("content_digest", self.content_digest)?,
            number,
            check_code: required("check_code", self.check_code)?,
            at: Timestamp::from_unix_millis(millis.ok_or("issued_at must be unix seconds")?),
            machine_number: self.machine_number,
            documents: offered(self.documents.unwrap_or_default())?,
        })
    }
}

fn offered(documents: BTreeMap<String, String>) -> Result<Vec<OfferedDocument>, String> {
    let read = |(name, digits): (String, String)| {
        let kind = DocumentKind::from_name(&name).ok_or("documents are pdf, ofd and xml")?;
        let mut sha256 = [0; 32];
        match base16ct::mixed::decode(&digits, &mut sha256) {
            Ok(bytes) if bytes.len() == 32 => Ok(OfferedDocument { kind, sha256 }),
            _ => Err(format!("documents.{name} must be a SHA-256 in 64 hexadecimal digits")),
        }
    };
    documents.into_iter().map(read).collect()
}

fn required<T>(name: &str, member: Option<T>) -> Result<T, String> {
    member.ok_or_else(|| format!("{name} is missing"))
}

/// A refusal's words on one line, as many as the merchant is told.
fn message(text: &str) -> Result<String, String> {
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().filter(|c| !c.is_control()).take(MAX_MESSAGE_CHARS).collect();
    if words.is_empty() { Err("message is empty".to_owned()) } else { Ok(words) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(answer: &Value) -> Result<Answer, String> {
        Answer::read(answer.to_string().as_bytes())
    }

    fn issued() -> Value {
        json!({
            "result": "issued", "content_digest": "d", "code": "044001900111",
            "number": "00000007", "check_code": "1".repeat(20), "issued_at": 1_767_225_600,
            "something": ["else"],
        })
    }

    #[test]
    fn an_issued_answer_needs_all_but_the_machine() {
        let Ok(Answer::Issued(invoice)) = read(&issued()) else { panic!("{:?}", read(&issued())) };
        assert_eq!((invoice.number.number(), invoice.machine_number), ("00000007", None));
        assert_eq!(invoice.documents, []);
        assert_eq!(invoice.at.unix_seconds(), 1_767_225_600);
        for name in ["content_digest", "code", "number", "check_code", "issued_at"] {
            let mut without = issued();
            without.as_object_mut().unwrap().remove(name);
            assert_eq!(read(&without), Err(format!("{name} is missing")));
        }
        for (name, bad, words) in [
            ("number", json!("7"), "12 and 8 digits"),
            ("code", json!(""), "12 and 8 digits"),
            ("machine_number", json!("1"), "machine_number must be 12 digits"),
            ("issued_at", json!(0), "unix seconds"),
            ("issued_at", json!(i64::MAX), "unix seconds"),
            ("issued_at", json!("2026-01-01"), "it is no answer"),
            ("result", json!("done"), "result must be"),
        ] {
            let mut wrong = issued();
            wrong[name] = bad;
            let error = read(&wrong).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn documents_are_named_by_their_kinds_and_digests() {
        let with = |documents: Value| {
            let mut answer = issued();
            answer["documents"] = documents;
            match read(&answer) {
                Ok(Answer::Issued(invoice)) => Ok(invoice.documents),
                other => Err(other.unwrap_err()),
            }
        };
        let digest = "0aF".to_owned() + &"0".repeat(61);
        let documents = with(json!({"xml": digest, "pdf": "ff".repeat(32)})).unwrap();
        let kinds: Vec<_> = documents.iter().map(|document| document.kind).collect();
        assert_eq!(kinds, [DocumentKind::Pdf, DocumentKind::Xml]);
        assert_eq!((documents[0].sha256, &documents[1].sha256[..2]), ([255; 32], &[10, 240][..]));
        assert_eq!(with(json!({})), Ok(Vec::new()));
        assert_eq!(with(json!(null)), Ok(Vec::new()));
        for (wrong, words) in [
            (json!({"PDF": digest}), "documents are pdf, ofd and xml"),
            (json!({"pdf": "ff"}), "documents.pdf must be a SHA-256"),
            (json!({"pdf": "ff".repeat(33)}), "documents.pdf must be a SHA-256"),
            (json!({"ofd": "zz".repeat(32)}), "documents.ofd must be a SHA-256"),
            (json!(["pdf"]), "it is no answer"),
        ] {
            let error = with(wrong).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_refusal_is_told_on_one_line_and_cut() {
        let refused = |message: &str| read(&json!({"result": "refused", "message": message}));
        assert_eq!(refused(" 税号\n\u{0}有误 "), Ok(Answer::Refused("税号 有误".to_owned())));
        let Ok(Answer::Refused(words)) = refused(&"长".repeat(300)) else { panic!() };
        assert_eq!(words.chars().count(), MAX_MESSAGE_CHARS);
        assert_eq!(refused(" \n"), Err("message is empty".to_owned()));
        assert_eq!(read(&json!({"result": "refused"})), Err("message is missing".to_owned()));
        assert_eq!(read(&json!({"result": "not_yet"})), Ok(Answer::NotYet));
        for none in [&b""[..], b"[]", b"{}", b"<html>", b"\xff"] {
            assert!(Answer::read(none).is_err());
        }
    }
}
