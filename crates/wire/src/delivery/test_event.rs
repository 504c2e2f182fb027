//! The event of a test push: of a name that no section has, so that a receiver takes it for news and no more.

use crate::delivery::event_xml::EventXml;

/// `Event` of this push.
pub const EVENT: &str = "kaipiao_test";

/// The push's XML. `to_user` is the receiving account's original id; it is about no user.
pub fn xml(to_user: &str, create_time_s: i64) -> String {
    let xml = EventXml::begin(to_user, "", EVENT).end();
    format!("{}{create_time_s}{}", xml.before, xml.after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_an_event_like_any_other() {
        assert_eq!(
            xml("gh_1", 9),
            "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[]]></FromUserName>\
             <CreateTime>9</CreateTime><MsgType><![CDATA[event]]></MsgType>\
             <Event><![CDATA[kaipiao_test]]></Event></xml>"
        );
    }
}
