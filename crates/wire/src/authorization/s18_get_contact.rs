//! Section 18: get_contact's answer.

use crate::answer;
use kaipiao_domain::authorization::contact::Contact;
use serde::Serialize;

#[derive(Serialize)]
struct ContactAnswer<'a> {
    contact: ContactJson<'a>,
}

#[derive(Serialize)]
struct ContactJson<'a> {
    phone: &'a str,
    time_out: i64,
}

/// Writes the answer.
pub fn write(Contact { phone, time_out }: &Contact) -> String {
    answer::ok_with(&ContactAnswer { contact: ContactJson { phone, time_out: *time_out } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn the_answer_is_the_golden_one() {
        let contact = Contact { phone: "88888888".into(), time_out: 12_345 };
        assert_eq!(write(&contact), golden::response("s18_get_contact/response.json"));
    }
}
