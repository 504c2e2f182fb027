//! Bodies that were packed for their way. Unpacked they have the same limit as any other.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use std::io::Read;

/// How a body is packed.
pub(crate) enum Encoding {
    Gzip,
    Deflate,
}

/// Reads Content-Encoding; None: the body is as it is.
pub(crate) fn encoding(headers: &HeaderMap) -> Result<Option<Encoding>, Refusal> {
    let mut names = headers.get_all(CONTENT_ENCODING).iter();
    let (Some(name), rest) = (names.next(), names.next()) else { return Ok(None) };
    let name = String::from_utf8_lossy(name.as_bytes()).trim().to_ascii_lowercase();
    match (&*name, rest) {
        ("" | "identity", None) => Ok(None),
        ("gzip" | "x-gzip", None) => Ok(Some(Encoding::Gzip)),
        ("deflate", None) => Ok(Some(Encoding::Deflate)),
        (_, rest) => {
            let more = if rest.is_some() { " and more" } else { "" };
            let named = text::quoted(&name);
            Err(unreadable(format!(
                "Content-Encoding is {named}{more}; send gzip, deflate, or the JSON unpacked"
            )))
        }
    }
}

impl Encoding {
    /// Unpacks a body; None: it is longer than the limit.
    pub(crate) fn unpack(&self, packed: &[u8], limit: usize) -> Result<Option<Bytes>, Refusal> {
        let unpacked = match self {
            Self::Gzip => read_within(MultiGzDecoder::new(packed), limit),
            // The standard's deflate has zlib's head; some clients send it without.
            Self::Deflate => read_within(ZlibDecoder::new(packed), limit)
                .or_else(|_| read_within(DeflateDecoder::new(packed), limit)),
        };
        let name = match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        };
        unpacked.map_err(|_| unreadable(format!("Content-Encoding says {name}, but it is not")))
    }
}

fn read_within(reader: impl Read, limit: usize) -> std::io::Result<Option<Bytes>> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(most).read_to_end(&mut unpacked)?;
    Ok((unpacked.len() <= limit).then(|| unpacked.into()))
}

fn unreadable(why: String) -> Refusal {
    Refusal::new(ErrorCode::DataFormatError, format!("the body cannot be read: {why}"))
}
