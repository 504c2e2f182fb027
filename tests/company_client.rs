//! What companies that reimburse their staff ask for (wire_facts 1.2).

use crate::{ADMIN, Client, REIMBURSER, TestServer, USER};
use serde_json::{Value, json};

/// Another company than the demo's.
pub const OTHER_COMPANY: &str = "wx6b61697069616fc2";
/// Both, by their place in the card's model.
pub const COMPANIES: [&str; 2] = [REIMBURSER, OTHER_COMPANY];
/// Its secret.
pub const OTHER_SECRET: &str = "the-other-companys-secret";

/// The other company's account as the admin API takes it.
pub fn other_account() -> Value {
    json!({"role": "reimburser", "secret": OTHER_SECRET})
}

/// Another company than the demo's.
pub fn other_company(server: &TestServer) -> Client<'_> {
    assert_eq!(server.put_account(OTHER_COMPANY, &other_account(), ADMIN).0, 201);
    let token = server.token_answer(OTHER_COMPANY, OTHER_SECRET);
    server.client_with(token["access_token"].as_str().unwrap().to_owned())
}

/// What the user has chosen for a company, as `choose_invoice_info` says it.
pub fn chosen_for(server: &TestServer, company: &str, user: &str) -> Vec<Value> {
    let body = json!({"appid": company, "user": user});
    let (status, answer) = server.post_json("/sandbox/v1/choose-invoice", &body);
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(answer["choose_invoice_info"].as_str().unwrap()).unwrap()
}

/// The user's newest invoice for a company, as its calls name it.
pub fn chosen(server: &TestServer, company: &str) -> Value {
    named(&chosen_for(server, company, USER)[0])
}

/// A card as calls name it.
pub fn named(chosen: &Value) -> Value {
    json!({"card_id": chosen["card_id"], "encrypt_code": chosen["encrypt_code"]})
}

/// A call's path.
pub fn path(call: &str) -> String {
    format!("/card/invoice/reimburse/{call}")
}

/// The same as WeCom has it.
pub fn wecom(call: &str) -> String {
    format!("/cgi-bin{}", path(call))
}

/// The name of a status.
pub fn status(name: &str) -> String {
    format!("INVOICE_REIMBURSE_{name}")
}

/// updateinvoicestatus, under both of its paths in turn.
pub fn update(company: &Client<'_>, named: &Value, to: &str) -> Value {
    let mut body = named.clone();
    body["reimburse_status"] = status(to).into();
    let call = if to == "LOCK" { wecom } else { path };
    company.post(&call("updateinvoicestatus"), &body)
}

/// Where the invoice stands, as the company reads it.
pub fn status_of(company: &Client<'_>, named: &Value) -> String {
    let answer = company.post(&path("getinvoiceinfo"), named);
    let status = &answer["user_info"]["reimburse_status"];
    status.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}
