//! seturl: a platform's own s_pappid, within a link (wire_facts 1.1).

use crate::answer;
use crate::authorization::s02_auth_url::PAGE_PATH;
use kaipiao_domain::access::account::PlatformId;
use serde::Serialize;

/// Writes the answer. Clients cut the id out of the link at its signs: `action` stands first, the id second
/// and last, in an alphabet that needs no escapes.
pub fn write(base_url: &str, platform: &PlatformId) -> String {
    #[derive(Serialize)]
    struct Answer {
        invoice_url: String,
    }
    let (base, id) = (base_url.trim_end_matches('/'), platform.as_str());
    answer::ok_with(&Answer { invoice_url: format!("{base}{PAGE_PATH}?action=list&s_pappid={id}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_cut_out_of_the_link_as_clients_do_it() {
        let id = "d3hmMzVmMDgwNjk1N2E2ODAxX7tYStgrzRjZIV4_F5bFNcgFGhKsE_qD_X9rwmokY3CV";
        let answer = write("http://h/", &PlatformId::from_checked(id.into()));
        let url = format!("http://h/bizmall/authinvoice?action=list&s_pappid={id}");
        assert_eq!(answer, format!(r#"{{"errcode":0,"errmsg":"ok","invoice_url":"{url}"}}"#));
        assert_eq!(url.split('&').nth(1).and_then(|part| part.split('=').nth(1)), Some(id));
    }
}
