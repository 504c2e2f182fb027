use super::*;

fn shown(text: &str) -> String {
    body(text, &mut Members::default())
}

/// What was sent, and how it is shown.
#[test]
fn secrets_are_masked_in_json_forms_xml_and_queries_alike() {
    for (sent, expected) in [
        (
            r#"{"access_token":"t","expires_in":7200}"#,
            r#"{"access_token":"***","expires_in":7200}"#,
        ),
        (
            r#"{"secret" : "s", "a": [1, {"ticket":"x"}]}"#,
            r#"{"secret" : "***", "a": [1, {"ticket":"***"}]}"#,
        ),
        // Also under other spellings, whatever the value is, and cut off in its middle.
        (r#"{"AppSecret":12,"a":1}"#, r#"{"AppSecret":"***","a":1}"#),
        (r#"{"encoding-aes_key":null}"#, r#"{"encoding-aes_key":"***"}"#),
        (r#"{"token":["a",{"b":"}"}],"c":"d"}"#, r#"{"token":"***","c":"d"}"#),
        (r#"{"order_id":"1","ticket":"abc"#, r#"{"order_id":"1","ticket":"***""#),
        (r#"{"access\u005ftoken":"t"}"#, r#"{"access\u005ftoken":"***"}"#),
        (r#"{"secret":"a\"b","c":"d"}"#, r#"{"secret":"***","c":"d"}"#),
        ("{secret: abc def, 'ticket' : 'x'}", "{secret: \"***\", 'ticket' : \"***\"}"),
        // An empty one tells nothing but that.
        (r#"{"secret":""}"#, r#"{"secret":""}"#),
        // Addresses and JSON within a text.
        (
            r#"{"auth_url":"http:\/\/h\/a?o1=7\u0026signature=abcdef","x":"y"}"#,
            r#"{"auth_url":"http://h/a?o1=7&signature=***","x":"y"}"#,
        ),
        (r#"{"inner":"{\"secret\":\"s\"}"}"#, r#"{"inner":"{\"secret\":\"***\"}"}"#),
        // A page field's key is its name.
        (
            r#"{"custom_field":[{"key":"birthday"}],"key":"k"}"#,
            r#"{"custom_field":[{"key":"birthday"}],"key":"***"}"#,
        ),
        ("appid=wx1&secret=s%26x&grant_type=a", "appid=wx1&secret=***&grant_type=a"),
        ("secret=a b?c", "secret=***"),
        ("next=%2Fa%3Fsignature%3Dabc%26b%3D1&x=1", "next=%2Fa%3Fsignature%3D***%26b%3D1&x=1"),
        ("url=http://h/a?ticket=abc&b=1", "url=http://h/a?ticket=***&b=1"),
        (
            "<xml><sign><![CDATA[AB</sign]]></sign><a>1</a></xml>",
            "<xml><sign>***</sign><a>1</a></xml>",
        ),
        ("<xml><a>x</a>\n<auth_code>12", "<xml><a>x</a>\n<auth_code>***"),
        (
            "<xml><mweb_url>http://h?token=1&amp;b=2</mweb_url></xml>",
            "<xml><mweb_url>http://h?token=***&amp;b=2</mweb_url></xml>",
        ),
        // JSON that is a text itself, once or twice; cut off in its middle, or in an escape's.
        (r#""{\"secret\":\"s\"}""#, r#""{\"secret\":\"***\"}""#),
        (r#"{"a":"{\"secret\":\"ab"#, r#"{"a":"{\"secret\":\"***\"""#),
        (r#"{"a":"{\"secret\":\"ab\"#, r#"{"a":"{\"secret\":\"***\"""#),
        (r#"{"a":"{\"secret\":\"ab\u00"#, r#"{"a":"{\"secret\":\"***\"""#),
        ("{\"a\":\"\n{\\\"secret\\\":\\\"ab\\\"}\",\"b\":1}", "{\"a\":\"***\",\"b\":1}"),
        // JSON in a form, in a query, and in words.
        (r#"body={"a":1,"secret":"x&y"}&z=1"#, r#"body={"a":1,"secret":"***"}&z=1"#),
        ("body=%7B%22secret%22%3A%22s%22%7D&z=1", "body=%7B%22secret%22%3A%22***%22%7D&z=1"),
        ("body=%7B%22a%22%3A%22s%22%7D&z=1", "body=%7B%22a%22%3A%22s%22%7D&z=1"),
        (r#"body="{\"secret\":\"s\"}""#, r#"body="{\"secret\":\"***\"}""#),
        (r#"it said {"secret":"s"}"#, r#"it said {"secret":"***"}"#),
        (r#"it said " {"secret":"s"}"#, r#"it said " {"secret":"***"}"#),
        ("<xml><a>{\"secret\":\"s\"}</a></xml>", "<xml><a>{\"secret\":\"***\"}</a></xml>"),
        ("plain words = nothing", "plain words = nothing"),
        ("", ""),
    ] {
        assert_eq!(shown(sent), expected, "{sent}");
    }
}

#[test]
fn a_targets_query_is_masked_and_its_path_stays() {
    let mut members = Members::default();
    let shown = target("/cgi-bin/token?secret=s&appid=wx1&o1=A%2F1", &mut members);
    assert_eq!(shown, "/cgi-bin/token?secret=***&appid=wx1&o1=A%2F1");
    assert_eq!(members.appid.as_deref(), Some("wx1"));
    assert_eq!(members.order_ids, ["A/1"]);
    assert_eq!(target("/healthz", &mut members), "/healthz");
}

/// Where orders and codes stand.
#[test]
fn orders_and_codes_are_found_in_every_form() {
    for (sent, orders, errcode) in [
        (r#"{"errcode":72038,"errmsg":"x"}"#, &[][..], Some("72038")),
        (
            r#"{"order_id":12345678901234567890,"s":{"ddh":"7"}}"#,
            &["12345678901234567890", "7"],
            None,
        ),
        (r#"{"order_id":"\u4e2d","orderid":"\u4e2d"}"#, &["中"], None),
        ("order_id=5&x=1", &["5"], None),
        ("<xml><out_trade_no><![CDATA[9]]></out_trade_no></xml>", &["9"], None),
        (r#"{"order_id":"cut"#, &["cut"], None),
    ] {
        let mut members = Members::default();
        body(sent, &mut members);
        assert_eq!(members.order_ids, orders, "{sent}");
        assert_eq!(members.errcode.as_deref(), errcode, "{sent}");
    }
}

#[test]
fn no_text_breaks_the_scan() {
    let texts = [
        "{",
        "[[[[",
        "\"",
        "{\"a\"",
        "{\"a\\",
        "<",
        "<a",
        "<a></",
        "=",
        "&&=&",
        "{'a",
        "中{",
        "{中:中}",
        "<中>",
    ];
    for text in texts {
        for cut in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            shown(&text[..cut]);
        }
    }
    let deep = "[".repeat(10_000) + "\"secret=x\"";
    assert!(shown(&deep).ends_with("\"secret=***\""));
}

fn nested(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Texts that have as much to look for as they can.
#[test]
fn masking_takes_work_in_proportion_to_the_length() {
    let texts: [fn(usize) -> String; 6] = [
        |n| "a=".repeat(n),
        |n| "o1=".repeat(n) + "%3d",
        |n| "order_id=&".repeat(n),
        |n| "<a>".repeat(n),
        |n| "<sign></a>".repeat(n),
        |n| "<a><![CDATA[".repeat(n),
    ];
    for text in texts {
        let work = |n: usize| {
            work::taken();
            shown(&text(n));
            work::taken()
        };
        let (once, twice) = (work(1000), work(2000));
        assert!(once > 0 && twice <= 2 * once + 2000, "{}: {once}, {twice}", text(2));
    }
}

proptest::proptest! {
    /// Whatever stands around it, and wherever it is cut off, a secret's value is not shown.
    #[test]
    fn a_secret_is_never_shown(before in "[a-z0-9{}:,\"=&<> ]{0,20}", cut in 0..=30_usize) {
        let inner = format!("{{\"a\":\"{}\",\"secret\":\"SECRETVALUE\"}}", before.replace('"', ""));
        for sent in [
            format!("{{\"a\":\"{}\",\"secret\":\"SECRETVALUE\"}}", before.replace('"', "")),
            format!("a={}&secret=SECRETVALUE&b=1", before.replace(['&', '{', '<'], "")),
            format!("<xml><a><![CDATA[{before}]]></a><sign>SECRETVALUE</sign></xml>"),
            // JSON as a text of JSON, and in a form, as it is and encoded.
            nested(&inner),
            format!("{{\"a\":{}}}", nested(&inner)),
            nested(&nested(&inner)),
            format!("a={}&body={inner}&b=1", before.replace(['&', '{', '<', '"'], "")),
            format!("a=1&body={}&b=1", encoded(&inner)),
            format!("a=1&body={}", encoded(&format!("b={}", encoded(&inner)))),
        ] {
            let sent = &sent[..sent.len() - cut.min(sent.len() - 1)];
            let shown = shown(sent);
            proptest::prop_assert!(!shown.contains("SECRE"), "{sent} -> {shown}");
        }
    }
}
