//! Section 17: set_contact.

use crate::object::Object;
use kaipiao_domain::Refusal;
use kaipiao_domain::authorization::contact::Contact;

/// Reads set_contact's body. `timeout` is read as time_out: one SDK's old name (wire_facts 7 no. 20).
pub fn read(object: &Object) -> Result<Contact, Refusal> {
    let contact = object.required_object("contact")?;
    let phone = contact.required_text("phone")?.into_owned();
    let time_out = match contact.integer("time_out")? {
        Some(time_out) => time_out,
        None => {
            contact.integer("timeout")?.map_or_else(|| contact.required_integer("time_out"), Ok)?
        }
    };
    let contact = Contact { phone, time_out };
    contact.check()?;
    Ok(contact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn the_golden_request_is_read() {
        let contact = read(&golden::request("s17_set_contact/request.json")).unwrap();
        assert_eq!(contact, Contact { phone: "88888888".into(), time_out: 12_345 });
    }

    #[test]
    fn what_is_wrong_is_named() {
        let text = |body: &str| {
            read(&Object::read(body.as_bytes(), None).unwrap()).unwrap_err().to_string()
        };
        assert!(text("{}").contains("contact is missing"));
        assert!(text(r#"{"contact":{"time_out":1}}"#).contains("contact.phone is empty"));
        assert!(text(r#"{"contact":{"phone":"1"}}"#).contains("contact.time_out is empty"));
        assert!(
            text(r#"{"contact":{"phone":"1","time_out":"soon"}}"#)
                .contains("contact.time_out must be a whole number")
        );
        for (time_out, seen) in [
            ("-1", "must be 0 to 4294967295, not -1"),
            ("4294967296", "must be 0 to 4294967295, not 4294967296"),
            ("99999999999999999999", "must be a whole number that fits into 64 bits"),
        ] {
            let body = format!(r#"{{"contact":{{"phone":"1","time_out":{time_out}}}}}"#);
            assert!(text(&body).contains(&format!("contact.time_out {seen}")), "{}", text(&body));
        }
        assert!(
            text(r#"{"contact":{"phone":{},"time_out":1}}"#)
                .contains("contact.phone must be a string")
        );
    }
}
