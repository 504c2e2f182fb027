//! getinvoiceinfo and getinvoicebatch.

use super::{chosen_for, named, newest, other_company, path};
use kaipiao_tests::{
    MERCHANT, OTHER_USER, PLATFORM, REIMBURSER, TestServer, USER, assert_ok, assert_refused,
    assert_sucesss,
};
use serde_json::{Value, json};

#[test]
fn a_company_reads_what_was_chosen_for_it() {
    let server = TestServer::start();
    let invoice = server.merchant().issued("1", "R1");
    let company = server.client(REIMBURSER);
    let chosen = chosen_for(&server, REIMBURSER, USER);
    assert_eq!((chosen.len(), &chosen[0]["app_id"]), (1, &json!(MERCHANT)));
    for prefix in ["/card/invoice/reimburse", "/cgi-bin/card/invoice/reimburse"] {
        let answer = company.post(&format!("{prefix}/getinvoiceinfo"), &named(&chosen[0]));
        assert_ok(&answer);
        let info = &answer["user_info"];
        assert_eq!(answer["card_id"], chosen[0]["card_id"]);
        assert_eq!(answer["openid"], server.openid(USER, REIMBURSER));
        assert_eq!(answer["type"], "增值税电子普通发票");
        assert_eq!(
            (&answer["detail"], &info["detail"]),
            (&json!("*家用清洁电器具*洗衣机"), &answer["detail"])
        );
        assert_eq!(answer["user_card_status"], "NORMAL");
        assert_eq!(
            (&answer["begin_time"], &answer["end_time"]),
            (&info["billing_time"], &json!(0))
        );
        assert_eq!(
            (&info["billing_no"], &info["billing_code"], &info["check_code"]),
            (&invoice["fpdm"], &invoice["fphm"], &invoice["jym"])
        );
        assert_eq!(
            (&info["fee"], &info["fee_without_tax"], &info["tax"], &info["title"]),
            (&json!(15900), &json!(13590), &json!(2310), &json!("星期一"))
        );
        let line =
            json!([{"name": "*家用清洁电器具*洗衣机", "num": 1, "unit": "台", "price": 13590}]);
        assert_eq!(info["info"], line);
        assert_eq!(info["reimburse_status"], "INVOICE_REIMBURSE_INIT");
        assert_eq!((&info["maker"], &info["order_id"]), (&json!("张三"), &json!("1")));
        assert_eq!(info["pdf_url"], invoice["pdfurl"]);
        assert!(server.pdf_text(&json!({"pdfurl": info["pdf_url"]})).contains("洗衣机"));
    }
}

#[test]
fn a_discount_is_told_by_the_name_that_is_printed() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("1");
    let mut invoice = client.invoice("1", "R1");
    let line = &mut invoice["invoicedetail_list"][0];
    line["fphxz"] = json!("2");
    let mut discount = line.clone();
    for (name, value) in [
        ("fphxz", "1"),
        ("xmmc", "折扣"),
        ("xmsl", ""),
        ("xmdj", ""),
        ("xmje", "-35.9"),
        ("se", "-6.1"),
    ] {
        discount[name] = json!(value);
    }
    invoice["invoicedetail_list"] = json!([line.clone(), discount]);
    for (name, value) in [("jshj", "117"), ("hjje", "100"), ("hjse", "17")] {
        invoice[name] = json!(value);
    }
    assert_sucesss(&client.make_out(&invoice));
    assert_eq!(client.result("R1")["errcode"], json!(0));
    let company = server.client(REIMBURSER);
    let answer = company.post(&path("getinvoiceinfo"), &newest(&server));
    let name = "*家用清洁电器具*洗衣机";
    let lines = json!([
        {"name": name, "num": 1, "unit": "台", "price": 13590},
        {"name": name, "num": 1, "unit": "台", "price": -3590},
    ]);
    assert_eq!(answer["user_info"]["info"], lines, "{answer}");
}

#[test]
fn what_was_chosen_for_others_and_what_is_forged() {
    let server = TestServer::start();
    server.merchant().issued("1", "R1");
    let (company, other) = (server.client(REIMBURSER), other_company(&server));
    let mine = newest(&server);
    let call = path("getinvoiceinfo");
    assert_ok(&company.post(&call, &mine));
    assert_refused(&other.post(&call, &mine), 72031, "encrypt_code was chosen for another account");
    let with = |name: &str, value: Value| {
        let mut body = mine.clone();
        body[name] = value;
        company.post(&call, &body)
    };
    assert_refused(
        &with("encrypt_code", json!("fbdt/fWy1VitQwhbKtSjNeR3BJyfpeJXfZjjGsdCXiM=")),
        72025,
        "encrypt_code",
    );
    assert_refused(&with("encrypt_code", json!("")), 72031, "encrypt_code is empty");
    assert_refused(&with("card_id", json!("pjZ8Yt5crPbAouhFqFf6JFgZv4Lc")), 40073, "this card_id");
    assert_refused(&with("card_id", json!("x")), 40073, "28 characters");
    assert_refused(&company.post(&call, &json!({})), 72031, "card_id is empty");
    // A URL makes blanks of plus signs.
    let plussed = mine["encrypt_code"].as_str().unwrap().replace('+', " ");
    assert_ok(&with("encrypt_code", json!(plussed)));

    let batch = json!({"item_list": [mine, {"card_id": mine["card_id"], "encrypt_code": mine["encrypt_code"]}]});
    let listed = |answer: &Value| answer["item_list"].as_array().unwrap().len();
    let answer = company.post(&path("getinvoicebatch"), &batch);
    assert_ok(&answer);
    assert_eq!((listed(&answer), &answer["item_list"][1]["user_info"]["fee"]), (2, &json!(15900)));
    let wecom = company.post("/cgi-bin/card/invoice/reimburse/getinvoiceinfobatch", &batch);
    assert_eq!(wecom, answer);
    let of_others = other.post(&path("getinvoicebatch"), &batch);
    assert_ok(&of_others);
    assert_eq!(listed(&of_others), 0);
    let forged = json!({"item_list": [mine, {"card_id": mine["card_id"], "encrypt_code": "x"}]});
    let refused = company.post(&path("getinvoicebatch"), &forged);
    assert_refused(&refused, 72025, "item_list[1].encrypt_code");
    assert_refused(
        &company.post(&path("getinvoicebatch"), &json!({})),
        72031,
        "item_list is empty",
    );
}

#[test]
fn who_may_read() {
    let server = TestServer::start();
    server.merchant().issued("1", "R1");
    let mine = newest(&server);
    for appid in [MERCHANT, PLATFORM] {
        let answer = server.client(appid).post(&path("getinvoiceinfo"), &mine);
        assert_refused(&answer, 48001, "reimbursement_api");
    }
    // The picker offers a user's own cards, and only to companies.
    for (body, status, words) in [
        (json!({"appid": REIMBURSER, "user": "nobody"}), 400, "no user"),
        (json!({"appid": MERCHANT, "user": USER}), 400, "reimbursement_api"),
        (json!({"appid": "wx1", "user": USER}), 400, "appid"),
        (json!({"appid": REIMBURSER, "user": USER, "codes": ["1"]}), 400, "12 digits"),
        (json!({"appid": REIMBURSER, "user": USER, "codes": ["000000000000"]}), 409, "no card"),
    ] {
        let (found, answer) = server.post_json("/sandbox/v1/choose-invoice", &body);
        assert!(answer["error"].as_str().unwrap().contains(words), "{body}: {answer}");
        assert_eq!(found, status, "{body}");
    }
    assert!(chosen_for(&server, REIMBURSER, OTHER_USER).is_empty());
}
