//! Cards & Offers: what a user holds, what they are shown of it, and what nobody else is. How it
//! looks and is clicked is in `browser/`.

use kaipiao_tests::{OTHER_USER, TestServer, USER, assert_sucesss};
use serde_json::json;

/// The wallet's page as a user sees it.
fn page(server: &TestServer, path: &str, user: &str) -> (u16, String) {
    let cookie = server.session(user);
    let headers = [("cookie", &*cookie), ("accept-language", "en")];
    let answer = server.page("GET", path, &headers, "");
    (answer.status().as_u16(), answer.body().clone())
}

/// The addresses of the cards on a page, in their order.
fn cards(html: &str) -> Vec<String> {
    let parts = html.split("href=\"/me/cards/").skip(1);
    parts.map(|part| format!("/me/cards/{}", part.split('"').next().unwrap())).collect()
}

#[test]
fn an_invoice_comes_into_its_users_wallet_and_nobody_elses() {
    let server = TestServer::start();
    let client = server.merchant();
    let (status, empty) = page(&server, "/me/cards", USER);
    assert!(status == 200 && empty.contains("any invoices yet"), "{empty}");
    let detail = client.issued("1", "A1");
    let (_, list) = page(&server, "/me/cards", USER);
    for words in ["开票示例商城有限公司", "159.00", "class=\"month\""] {
        assert!(list.contains(words), "{words}: {list}");
    }
    let number = detail["fphm"].as_str().unwrap();
    assert!(!list.contains(number), "the number belongs to the detail: {list}");
    assert!(!list.contains("Cancelled"), "{list}");
    let card = cards(&list).remove(0);
    let (status, shown) = page(&server, &card, USER);
    assert_eq!(status, 200);
    for name in ["fpdm", "fphm", "jym"] {
        assert!(shown.contains(detail[name].as_str().unwrap()), "{name}: {shown}");
    }
    assert!(
        shown.contains("Seller's tax no.") || shown.contains("Seller&#39;s tax no."),
        "{shown}"
    );
    assert!(shown.contains(&format!("download=\"{number}.pdf\"")), "{shown}");
    assert!(list.contains("星期一") && shown.contains("洗衣机"), "{list} {shown}");
    let url = form_urlencoded::byte_serialize(detail["pdfurl"].as_str().unwrap().as_bytes());
    assert!(shown.contains(&url.collect::<String>()), "{shown}");
    // The PDF that the page leads to is the one that the merchant is given.
    let pdf = detail["pdfurl"].as_str().unwrap().strip_prefix(&server.base).unwrap();
    assert!(shown.contains(&format!("href=\"{pdf}\"")), "{shown}");

    assert!(page(&server, "/me/cards", OTHER_USER).1.contains("any invoices yet"));
    for (path, user) in [(&*card, OTHER_USER), ("/me/cards/x.y", USER), ("/me/cards/x", USER)] {
        let (status, html) = page(&server, path, user);
        assert!(status == 404 && html.contains("Invoice not found"), "{path} {status}");
    }
    let nobody = server.page("GET", &card, &[], "");
    assert_eq!(nobody.status(), 303);
}

#[test]
fn a_cancelled_invoice_says_so_and_leads_to_the_red_one() {
    let server = TestServer::start();
    let client = server.merchant();
    let blue = client.issued("1", "B1");
    assert_sucesss(&client.offset(&client.offset_of(&blue, "B1r")));
    let red = client.result("B1r")["invoicedetail"].clone();
    let (_, list) = page(&server, "/me/cards", USER);
    assert_eq!(cards(&list).len(), 1, "a red invoice is no card: {list}");
    assert!(list.contains("Cancelled"), "{list}");
    let (_, shown) = page(&server, &cards(&list)[0], USER);
    assert!(shown.contains("has cancelled this invoice"), "{shown}");
    let pdf = red["pdfurl"].as_str().unwrap().strip_prefix(&server.base).unwrap();
    assert!(shown.contains(&format!("href=\"{pdf}\"")), "{shown}");
}

#[test]
fn a_wallet_has_pages_newest_first() {
    let server = TestServer::start();
    let client = server.merchant();
    for n in 1..=23 {
        client.issued(&n.to_string(), &format!("C{n}"));
        // No two of them in the same millisecond: their order is that of their issue.
        server.advance_s(1);
    }
    let (_, first) = page(&server, "/me/cards", USER);
    assert_eq!(cards(&first).len(), 20);
    let (_, rest) = first.split_once("href=\"/me/cards?after=").unwrap();
    let more = format!("/me/cards?after={}", rest.split('"').next().unwrap());
    let (_, second) = page(&server, &more, USER);
    assert_eq!(cards(&second).len(), 3);
    assert!(!second.contains("?after="), "{second}");
    let mut all = cards(&first);
    all.extend(cards(&second));
    let (_, oldest) = page(&server, all.last().unwrap(), USER);
    assert!(oldest.contains(">1</dd>"), "{oldest}");
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 23);
    // Whatever stands behind `after` is a place, not a fault.
    for odd in ["/me/cards?after=0", "/me/cards?after=%00", "/me/cards?after=zzz"] {
        assert_eq!(page(&server, odd, USER).0, 200, "{odd}");
    }
}

#[test]
fn the_authorization_page_leads_to_the_invoice_once_there_is_one() {
    let server = TestServer::start();
    let client = server.merchant();
    let link = client.auth_url("1", 0);
    let path = link.strip_prefix(&server.base).unwrap().split('#').next().unwrap().to_owned();
    server.answer(&link, USER, "authorize", None);
    let (_, before) = page(&server, &path, USER);
    assert!(before.contains("href=\"/me/cards\"") && cards(&before).is_empty(), "{before}");
    assert_sucesss(&client.make_out(&client.invoice("1", "D1")));
    client.result("D1");
    let (_, after) = page(&server, &path, USER);
    assert!(after.contains("Your invoice has been issued"), "{after}");
    let (status, shown) = page(&server, &cards(&after)[0], USER);
    assert!(status == 200 && shown.contains("159.00"), "{shown}");
    // Another user is not led there.
    assert!(cards(&page(&server, &path, OTHER_USER).1).is_empty());
}

/// From the failure to the new try and the offset: the page and the messages say what is true.
#[test]
fn an_orders_page_and_messages_say_what_became_of_its_invoice() {
    let server = TestServer::start();
    let client = server.merchant();
    let link = client.auth_url("1", 0);
    let path = link.strip_prefix(&server.base).unwrap().split('#').next().unwrap().to_owned();
    server.answer(&link, USER, "authorize", None);
    let shown = || page(&server, &path, USER).1;
    let events = || {
        let path = format!("/sandbox/v1/messages?user={USER}");
        let messages = server.get_json(&path)["messages"].as_array().unwrap().clone();
        messages.iter().map(|one| one["event"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let is_green = |html: &str| html.contains("mark yes");
    let awaited = shown();
    assert!(awaited.contains("on its way") && !is_green(&awaited), "{awaited}");

    server.fault(json!({"target": "issuer", "errcode": 73000}));
    assert_sucesss(&client.make_out(&client.invoice("1", "F1")));
    assert_eq!(client.result("F1")["errcode"], 73000);
    for path in [path.clone(), format!("{path}&done=1")] {
        let (_, failed) = page(&server, &path, USER);
        assert!(failed.contains("could not be issued") && !is_green(&failed), "{failed}");
        assert!(failed.contains("href=\"tel:88888888\""), "{failed}");
    }
    assert_eq!(events(), ["failed"]);
    let (_, inbox) = page(&server, "/me/messages", USER);
    assert!(inbox.contains("could not be issued") && inbox.contains("href=\"tel:88888888\""));

    server.advance_s(1);
    assert_sucesss(&client.make_out(&client.invoice("1", "F1")));
    let blue = client.result("F1")["invoicedetail"].clone();
    let issued = shown();
    assert!(issued.contains("Your invoice has been issued") && is_green(&issued), "{issued}");
    assert_eq!(events(), ["issued", "failed"]);
    let (_, inbox) = page(&server, "/me/messages", USER);
    assert_eq!(cards(&inbox), cards(&issued));

    server.advance_s(1);
    assert_sucesss(&client.offset(&client.offset_of(&blue, "F1r")));
    client.result("F1r");
    let taken_back = shown();
    assert!(taken_back.contains("was cancelled") && !is_green(&taken_back), "{taken_back}");
    assert_eq!(cards(&taken_back), cards(&issued));
    assert_eq!(events(), ["taken_back", "issued", "failed"]);
    assert!(page(&server, "/me/messages", OTHER_USER).1.contains("any messages yet"));
}

#[test]
fn a_card_shows_the_first_items_and_counts_the_others() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    let mut invoice = client.invoice("1", "L1");
    let line = |n: usize| {
        json!({
            "fphxz": "0", "spbm": "1090418010000000000", "xmmc": format!("item-{n}."), "xmsl": "1",
            "xmdj": "100", "xmje": "100", "sl": "0.13", "se": "13",
        })
    };
    invoice["invoicedetail_list"] = (1..=23).map(line).collect();
    for (name, value) in [("hjje", "2300"), ("hjse", "299"), ("jshj", "2599")] {
        invoice[name] = json!(value);
    }
    assert_sucesss(&client.make_out(&invoice));
    assert_eq!(client.result("L1")["errcode"], 0);
    let card = cards(&page(&server, "/me/cards", USER).1).remove(0);
    let (_, shown) = page(&server, &card, USER);
    assert!(shown.contains("item-20.") && !shown.contains("item-21."), "{shown}");
    assert!(shown.contains("Further items, in the PDF: 3") && shown.contains("113.00"), "{shown}");
}
