//! `kaipiao demo --curl`: the README's order in curl, to be pasted or piped into a shell while a
//! sandbox runs. The README is its only source, so they cannot differ.

use std::path::Path;

const README: &str = include_str!("../../../../README.md");
const HEADING: &str = "\n## One order, in curl\n";
/// Where the README's server listens.
pub const README_SERVER: &str = "http://127.0.0.1:8080";

/// The script, for the server at this address; `authority` is the file that curl must trust.
pub fn script(server: &str, authority: Option<&Path>) -> String {
    let (_, section) = README.split_once(HEADING).expect("the README has the section");
    let (_, block) = section.split_once("```sh\n").expect("the section has a script");
    let (script, _) = block.split_once("```").expect("the script ends");
    let script = script.replace(README_SERVER, server.trim_end_matches('/'));
    let Some(authority) = authority else { return script };
    let trusting = kaipiao_pages::cacert(authority);
    format!("curl() {{ command curl {trusting} \"$@\"; }}\n{script}")
}
