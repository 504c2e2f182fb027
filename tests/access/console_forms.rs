//! Every form of the console, sent by whoever must not: without a token, and by a developer of other accounts.

use super::console::{PASSWORD, add, get, post, production, session};
use kaipiao_tests::{MERCHANT, PLATFORM, TestServer, USER, form_token};
use serde_json::json;

/// Every route that takes a POST behind the login, with what it is sent, and whether it is of another's (true) or for
/// operators alone; logging out and one's own password are everybody's.
fn forms() -> Vec<(String, &'static str)> {
    let other = PLATFORM;
    let account = |what: &str| format!("/console/accounts/{other}/{what}");
    vec![
        (account("secret"), ""),
        (account("contact"), "phone=1&time_out=1"),
        (account("pay"), "mchid=1900000109&s_pappid=x"),
        (account("callback"), "remove=1"),
        (account("test-push"), ""),
        (account("fields"), "company.title=hidden"),
        (format!("/console/invoices/offset?appid={other}&serial=1"), "sure=1"),
        ("/console/pushes/replay".to_owned(), "appid=wx6b61697069616f32&hours=1"),
        (format!("/console/pushes/{other}-1/replay"), ""),
        ("/console/pushes/1900000109-1/replay".to_owned(), ""),
        ("/console/jobs/1/run".to_owned(), ""),
        ("/console/accounts".to_owned(), "appid=wx00000000000000aa&name=A&role=merchant"),
        (format!("/console/numbers?appid={MERCHANT}"), "code=044031900111&first=1&last=9"),
        ("/console/pay-merchants".to_owned(), "mchid=1900000999"),
        ("/console/users".to_owned(), "name=eve&role=operator"),
        ("/console/users/amy".to_owned(), "role=developer&accounts=wx6b61697069616f31&disabled=1"),
        ("/console/users/amy/password".to_owned(), ""),
        ("/console/users/amy/remove".to_owned(), ""),
    ]
}

#[test]
fn no_form_is_taken_without_its_token_and_none_of_a_developer_touches_what_is_not_theirs() {
    let (server, _files) = production("");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    add(&server, "dev", json!({"role": "developer", "accounts": [MERCHANT], "password": PASSWORD}));
    let (amy, dev) = (session(&server, "amy"), session(&server, "dev"));
    let state = || {
        ["accounts", "console-users", "pushes", "jobs", "pay-merchants"].map(|listing| {
            let (status, answer) = server.admin("GET", listing, &json!({}));
            assert_eq!(status, 200, "{listing}: {answer}");
            answer
        })
    };
    let before = state();
    for (path, body) in forms() {
        for (who, cookie) in [("an operator", &amy), ("a developer", &dev)] {
            for token in ["", "form_token=x&"] {
                let sent =
                    server.page("POST", &path, &[("cookie", cookie)], &format!("{token}{body}"));
                assert_eq!(sent.status(), 403, "{path} of {who} without a token");
            }
        }
        assert_eq!(server.page("POST", &path, &[], body).status(), 303, "{path} of nobody");
        assert_eq!(post(&server, &path, &dev, body).status(), 404, "{path} of a developer");
        assert_eq!(state(), before, "{path} changed something");
    }
    for path in ["/console/password", "/console/logout"] {
        assert_eq!(server.page("POST", path, &[("cookie", &dev)], "").status(), 403, "{path}");
    }
    // A developer has no receiver that is all.
    assert_eq!(post(&server, "/console/pushes/replay", &dev, "appid=&hours=1").status(), 404);
    for (path, status) in [
        ("/console/users", 404),
        ("/console/users/amy", 404),
        (&*format!("/console/accounts/{PLATFORM}"), 404),
        (&*format!("/console/orders?appid={PLATFORM}"), 404),
        (&*format!("/console/requests?appid={PLATFORM}"), 404),
        (&*format!("/console/pushes?appid={PLATFORM}"), 404),
        ("/console/pushes?appid=1900000109", 404),
        ("/console/payments?mchid=1900000109", 404),
        (&*format!("/console/jobs?appid={PLATFORM}"), 404),
        (&*format!("/console/numbers?appid={PLATFORM}"), 404),
        ("/console/errors", 200),
        ("/console", 200),
    ] {
        assert_eq!(get(&server, path, &dev).status(), status, "{path}");
    }
}

/// The table above has every route of the router that takes a POST.
#[test]
fn every_form_is_in_the_table() {
    let router = include_str!("../../crates/console/src/router.rs");
    let (everybodys, sandboxs) = router.split_once("fn sandbox_pages()").unwrap();
    // The login, one's own password, logging out, what is nowhere, and a user's answer, which a sandbox alone takes, are not
    // in it; two pushes are of one route.
    assert_eq!(everybodys.matches("post(").count(), forms().len() - 1 + 5);
    assert_eq!(sandboxs.matches("post(").count(), SANDBOX_FORMS.len());
}

/// The forms that a sandbox alone has.
const SANDBOX_FORMS: [&str; 12] = [
    "/console/sandbox/clock",
    "/console/sandbox/snapshots",
    "/console/sandbox/snapshots/one/restore",
    "/console/sandbox/snapshots/one/remove",
    "/console/sandbox/reset",
    "/console/sandbox/spaces",
    "/console/sandbox/spaces/one/remove",
    "/console/sandbox/spaces/one/reset",
    "/console/sandbox/spaces/one/restore",
    "/console/payments/pay",
    "/console/faults",
    "/console/faults/forget",
];

#[test]
fn a_sandboxs_forms_want_their_token_and_a_production_has_none_of_them() {
    let sandbox = TestServer::start();
    let (production, _files) = production("");
    add(&production, "amy", json!({"role": "operator", "password": PASSWORD}));
    let amy = session(&production, "amy");
    for path in SANDBOX_FORMS {
        assert_eq!(sandbox.page("POST", path, &[], "advance_s=60").status(), 403, "{path}");
        assert_eq!(post(&production, path, &amy, "").status(), 404, "{path}");
    }
}

#[test]
fn a_chinese_page_says_in_chinese_what_was_wrong_with_a_form() {
    let server = TestServer::start_embedded();
    server.merchant().authorized("answered");
    let (contact, callback, fields, pay) = (
        format!("/console/accounts/{MERCHANT}/contact"),
        format!("/console/accounts/{MERCHANT}/callback"),
        format!("/console/accounts/{MERCHANT}/fields"),
        format!("/console/accounts/{MERCHANT}/pay"),
    );
    let numbers = format!("/console/numbers?appid={MERCHANT}");
    let order = format!("/console/orders/order?appid={MERCHANT}&order_id=answered");
    let own = "&company.custom.key=no&company.custom.notice=&company.custom.rule=required";
    let twice = format!("company.title=required{own}{own}");
    let mut wrong = Vec::new();
    let again = format!("user={USER}&decision=authorize");
    let key = "k=&mode=plain&format=xml&url=http://127.0.0.1:9/&token=";
    let (short, closed) = (format!("{key}x"), format!("{key}token"));
    for (path, body, words) in [
        (&*contact, "phone=", "联系电话不能为空。"),
        (&contact, "phone=1&time_out=x", "开票超时时间应为整数。"),
        (&contact, "phone=1&time_out=-1", "开票超时时间应为 0 至 4294967295，而不是 -1。"),
        (&pay, "mchid=1&s_pappid=x", "没有商户号为 &#34;1&#34; 的支付商户"),
        (&pay, "mchid=1900000109&s_pappid=x", "开票平台：&#34;x&#34; 不是本服务器的开票平台。"),
        (&callback, "url=ftp://x&token=abc", "地址应为 http:// 或 https:// 开头的地址。"),
        (&callback, &short, "Token 应为 3 至 32 个字母和数字。"),
        (&callback, &closed, "回调地址未通过验证：无法连接（"),
        (
            &callback,
            "mode=x&url=http://x",
            "加密方式应为 plain, compat, safe 之一，而不是 &#34;x&#34;。",
        ),
        (&fields, &twice, "单位自定义字段 [1] 的名称“no”重复。"),
        (
            "/console/users",
            "name=a+b&role=operator",
            "名称应为 1 至 64 个字母、数字或 _-.@，而不是 &#34;a b&#34;。",
        ),
        ("/console/accounts", "appid=wx1&name=a", "账号：应为 wx 加 16 位小写十六进制数字。"),
        (
            "/console/accounts",
            "appid=wx00000000000000aa&name=a&role=mini_program&bound_to=wx1",
            "所属商户：&#34;wx1&#34; 不是商户账号。",
        ),
        (
            "/console/accounts",
            "appid=wx00000000000000aa&name=a&role=merchant&taxpayer=A&tax_id=1",
            "纳税人识别号应为 15 至 20 位数字和大写字母。",
        ),
        (
            "/console/accounts",
            "appid=wx00000000000000aa&name=a&role=platform&taxpayer=A",
            "纳税人信息不适用于 platform 账号。",
        ),
        (
            "/console/pay-merchants",
            "mchid=a",
            "支付商户号应为 1 至 32 位数字，而不是 &#34;a&#34;。",
        ),
        ("/console/pay-merchants", "mchid=1900000109", "支付商户号已被其他支付商户使用。"),
        (
            "/console/pay-merchants",
            "mchid=1900000999&accounts=wx1",
            "账号[0]：服务器上没有 &#34;wx1&#34;。",
        ),
        (&numbers, "code=1&first=1&last=9", "代码应为 12 位数字，而不是 &#34;1&#34;。"),
        (&numbers, "code=044031900111&first=9&last=1", "起始号码至末尾号码应为 1 至 99999999 之内"),
        (&numbers, "code=044031900111&first=a&last=1", "起始号码应为"),
        ("/console/users", "name=a&role=developer", "角色：开发者至少需要一个账号。"),
        (
            "/console/users",
            "name=a&role=developer&accounts=wx1",
            "账号：服务器上没有 &#34;wx1&#34;。",
        ),
        ("/console/sandbox/clock", "rate=twice", "走速应为 0 至 86400，最多 3 位小数"),
        ("/console/sandbox/clock", "set=tomorrow", "时间应为 2000 至 2099 年的时间"),
        ("/console/sandbox/clock", "set=1", "时间应为 2000 至 2099 年的时间"),
        ("/console/sandbox/clock", "advance_s=-1", "拨快的秒数不能为负：时钟只能向前。"),
        ("/console/sandbox/snapshots", "snapshot=A", "名称应为 1 至 32 个小写字母、数字和连字符"),
        ("/console/sandbox/spaces", "space=default", "已有命名空间“default”，请先删除或重置。"),
        ("/console/sandbox/snapshots/none/restore", "", "没有快照 &#34;none&#34;。"),
        ("/console/sandbox/reset", "appid=wx1", "没有账号 &#34;wx1&#34;；现有 "),
        (
            "/console/faults",
            "kind=push&effect=duplicate%3Dtrue&n=0",
            "次数应为 1 至 10000，而不是 0。",
        ),
        (
            "/console/faults",
            "kind=token&effect=delay_ms&delay_ms=0",
            "所选的故障不可用，或填写的值超出范围",
        ),
        (
            "/console/faults",
            "kind=token&effect=errcode&errcode=1",
            "错误码应为 40001, 40014, 42001, 45009, -1 之一，而不是 1。",
        ),
        (
            "/console/faults",
            "kind=push&effect=lose%3Dtrue&appid=wx1",
            "账号：&#34;wx1&#34; 既不是账号，也不是支付商户。",
        ),
        (&order, &again, "该用户已授权此订单。"),
        (&order, "user=nobody&decision=authorize", "没有 id 为“nobody”的用户。"),
    ] {
        let chinese = [("accept-language", "zh-CN")];
        let token = form_token(server.page("GET", "/console/faults", &chinese, "").body());
        let answer = server.page("POST", path, &chinese, &format!("form_token={token}&{body}"));
        let is_refused = (400..500).contains(&answer.status().as_u16());
        if !is_refused || !answer.body().contains(words) {
            let said = answer.body().split_once("class=\"flash").map_or("", |(_, said)| said);
            let said: String = said.chars().take(160).collect();
            wrong.push(format!("{path} {body}: {words}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
