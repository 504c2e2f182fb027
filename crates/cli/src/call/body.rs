//! What is sent: JSON from the command line, a file or stdin, or a file as a part of a form.

use crate::api_client::failed;
use crate::caller::{Caller, text};
use crate::compose::ComposeError;
use std::io::Read;

/// A body's text: JSON, or from where it is read.
pub(super) fn read_json(given: &str) -> Result<String, ComposeError> {
    let json = match given.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| failed(format!("--json @{path}: {error}")))?,
        None if given == "-" => {
            let mut read = String::new();
            let result = std::io::stdin().read_to_string(&mut read);
            result.map_err(|error| failed(format!("--json -: {error}")))?;
            read
        }
        None => given.to_owned(),
    };
    match serde_json::from_str::<serde::de::IgnoredAny>(&json) {
        Ok(_) => Ok(json),
        Err(error) => Err(failed(format!("--json is no JSON: {error}"))),
    }
}

/// Fills in what is written as `"auto"`; all else is sent as it was written.
pub(super) fn fill_in(caller: &Caller, json: String) -> Result<String, ComposeError> {
    let Ok(serde_json::Value::Object(mut body)) = serde_json::from_str(&json) else {
        return Ok(json);
    };
    let is_auto = |name: &str| body.get(name).is_some_and(|value| value == "auto");
    let (ticket, platform) = (is_auto("ticket"), is_auto("s_pappid"));
    if !ticket && !platform {
        return Ok(json);
    }
    if ticket {
        body.insert("ticket".to_owned(), caller.ticket()?.into());
    }
    if platform {
        let s_pappid = text(&caller.sandbox()?, "s_pappid")?;
        body.insert("s_pappid".to_owned(), s_pappid.into());
    }
    Ok(serde_json::Value::Object(body).to_string())
}

/// A form with one file: its Content-Type, and the form.
pub(super) fn multipart(given: &str) -> Result<(String, Vec<u8>), ComposeError> {
    let (name, path) = given
        .split_once('=')
        .filter(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        .ok_or_else(|| failed(format!("--file {given} must be a part's name, = and a file")))?;
    let file = std::fs::read(path).map_err(|error| failed(format!("--file {path}: {error}")))?;
    let boundary = boundary_for(&file);
    let mut form = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\n"
    )
    .into_bytes();
    form.extend_from_slice(&file);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), form))
}

/// A boundary that the file does not hold.
fn boundary_for(file: &[u8]) -> String {
    let holds = |boundary: &str| file.windows(boundary.len()).any(|at| at == boundary.as_bytes());
    let mut boundaries = (0_u32..).map(|n| format!("kaipiao-{n:08x}"));
    boundaries.find(|boundary| !holds(boundary)).expect("a file holds few of four billion")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_not_sent() {
        assert_eq!(read_json("{\"a\": 1}").ok().as_deref(), Some("{\"a\": 1}"));
        assert!(read_json("{a: 1}").is_err() && read_json("@/nowhere").is_err());
    }

    #[test]
    fn a_boundary_is_not_in_the_file() {
        assert_eq!(boundary_for(b"%PDF"), "kaipiao-00000000");
        assert_eq!(boundary_for(b"x kaipiao-00000000 y"), "kaipiao-00000001");
    }
}
