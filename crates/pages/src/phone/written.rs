//! What goes over the wire on one line, broken into lines for people.

/// JSON with a member on each line. What was written by this server is taken as it is.
pub(crate) fn json_lines(json: &str) -> String {
    let (mut text, mut depth) = (String::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next() {
        if is_quoted {
            text.push(c);
            is_quoted = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match c {
            '{' | '[' => {
                text.push(c);
                if !matches!(rest.peek(), Some('}' | ']')) {
                    depth += 1;
                    new_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                if !text.ends_with(['{', '[']) {
                    depth -= 1;
                    new_line(&mut text, depth);
                }
                text.push(c);
            }
            ',' => {
                text.push(c);
                new_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            c => {
                text.push(c);
                is_quoted = c == '"';
            }
        }
    }
    text
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
}

/// An event with an element on each line.
pub(crate) fn xml_lines(xml: &str) -> String {
    let mut lines = Vec::new();
    let mut rest = xml;
    while let Some(end) = end_of_line(rest) {
        let (line, behind) = rest.split_at(end);
        lines.push(line);
        rest = behind;
    }
    lines.push(rest);
    lines.join("\n")
}

/// Where the first line ends: before an element that begins right behind a tag, and outside of CDATA.
fn end_of_line(xml: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let tag = from + xml[from..].find("><")? + 1;
        match xml[from..tag].rfind("<![CDATA[") {
            // A `><` within: on behind the section's end.
            Some(begin) if !xml[from + begin..tag].contains("]]>") => {
                from += begin + xml[from + begin..].find("]]>")? + 2;
            }
            _ if xml[tag..].starts_with("<![CDATA[") || xml[..tag].ends_with("]]>") => from = tag,
            _ => return Some(tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_a_member_on_each_line() {
        let json = r#"{"errcode":0,"errmsg":"ok, \"{a:1}\" \\","list":[],"info":{"title":"公司","tags":[{"key":"a"}]}}"#;
        assert_eq!(
            json_lines(json),
            r#"{
  "errcode": 0,
  "errmsg": "ok, \"{a:1}\" \\",
  "list": [],
  "info": {
    "title": "公司",
    "tags": [
      {
        "key": "a"
      }
    ]
  }
}"#
        );
    }

    #[test]
    fn xml_has_an_element_on_each_line() {
        let xml = "<xml><A><![CDATA[a><b]]></A><B>1</B><C><![CDATA[]]></C></xml>";
        assert_eq!(
            xml_lines(xml),
            "<xml>\n<A><![CDATA[a><b]]></A>\n<B>1</B>\n<C><![CDATA[]]></C>\n</xml>"
        );
    }
}
