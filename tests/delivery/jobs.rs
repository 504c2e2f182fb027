//! Jobs that cannot be done: tried with growing pauses, set aside, and run again once they can be.

use kaipiao_tests::{ADMIN, Client, MERCHANT, TestServer, assert_sucesss, wait_until};
use rusqlite::Connection;
use serde_json::{Value, json};

/// The pauses after a job's failures grow for half a day.
const TRIES: u64 = 9;
const OTHER: &str = "wx00000000000000aa";

fn jobs(server: &TestServer, query: &str) -> Vec<Value> {
    let (status, answer) = server.admin("GET", &format!("jobs?{query}"), &json!({}));
    assert_eq!(status, 200, "{answer}");
    answer["jobs"].as_array().unwrap().clone()
}

/// The merchant's only job.
fn job(server: &TestServer) -> Value {
    let found = jobs(server, &format!("queue=issue&appid={MERCHANT}"));
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn run(server: &TestServer, id: &Value) -> u16 {
    server.admin("POST", &format!("jobs/{id}/run"), &json!({})).0
}

fn now_ms(server: &TestServer) -> i64 {
    let (_, clock) = server.post_json("/sandbox/v1/clock", &json!({"advance_s": 0}));
    clock["now"].as_i64().unwrap() * 1000
}

/// A server whose merchant waits for the invoice of serial P1, in a job that has not ended.
fn with_an_open_job(server: TestServer) -> TestServer {
    let merchant = server.merchant();
    merchant.authorized("1");
    server.fault(json!({"target": "issuer", "delay_ms": 86_400_000}));
    assert_sucesss(&merchant.make_out(&merchant.invoice("1", "P1")));
    server
}

/// Moves the clock to each of the job's tries, until it is set aside.
fn fails_until_set_aside(server: &TestServer) -> Value {
    let mut last_pause_ms = 0;
    for tries in 1..TRIES {
        wait_until("the try has failed", || job(server)["attempts"] == tries);
        let job = job(server);
        assert_eq!((&job["state"], &job["failed_ms"]), (&json!("due"), &Value::Null), "{job}");
        let pause_ms = job["due_ms"].as_i64().unwrap() - now_ms(server);
        assert!(pause_ms > last_pause_ms, "{pause_ms} ms after {last_pause_ms} ms: {job}");
        last_pause_ms = pause_ms;
        server.advance_s(pause_ms / 1000 + 1);
    }
    wait_until("the job is set aside", || job(server)["state"] == "failed");
    let job = job(server);
    assert_eq!((&job["attempts"], &job["due_ms"]), (&json!(TRIES), &Value::Null), "{job}");
    assert!(job["failed_ms"].is_i64() && !job["says"].as_str().unwrap().is_empty(), "{job}");
    assert_eq!(jobs(server, "state=failed"), std::slice::from_ref(&job));
    assert_eq!(jobs(server, "state=due"), [] as [Value; 0]);
    // However late it gets.
    server.advance_s(7 * 86_400);
    job
}

/// What `change` does to the stored job or its record, the job fails of, with these words; what
/// `undo` does makes it run.
fn is_set_aside_and_run_again(
    change: impl FnOnce(&Connection),
    words: &str,
    undo: impl FnOnce(&Connection),
) {
    let server = with_an_open_job(TestServer::start_embedded()).restart_after(change, "");
    let job = fails_until_set_aside(&server);
    let last_error = job["last_error"].as_str().unwrap();
    assert!(last_error.contains(words), "{last_error}");
    // Nobody else waits for it.
    server.client(MERCHANT).issued("2", "P2");
    issued_for_another_merchant(&server);

    let server = server.restart_after(undo, "");
    // A restart runs nothing that was set aside.
    let found = self::job(&server);
    assert_eq!((&found["id"], &found["state"]), (&job["id"], &json!("failed")), "{found}");
    assert_eq!(run(&server, &job["id"]), 200);
    assert_eq!(server.client(MERCHANT).result("P1")["errcode"], 0);
    wait_until("the job is done", || jobs(&server, "").is_empty());
    assert_eq!(run(&server, &job["id"]), 404);
}

fn issued_for_another_merchant(server: &TestServer) {
    let taxpayer = json!({"code": "0000aa", "nsrsbh": "110109500321654", "nsrmc": "Shop"});
    let body = json!({"role": "merchant", "merchant": taxpayer});
    let (_, account) = server.put_account(OTHER, &body, ADMIN);
    let token = server.token_answer(OTHER, account["secret"].as_str().unwrap());
    let client: Client<'_> = server.client_with(token["access_token"].as_str().unwrap().to_owned());
    client.set_contact();
    client.authorized("1");
    let mut invoice = client.invoice("1", "P1");
    invoice["fpqqlsh"] = json!("0000aaP1");
    invoice["wxopenid"] = json!(server.openid(kaipiao_tests::USER, OTHER));
    (invoice["nsrsbh"], invoice["nsrmc"]) = (json!("110109500321654"), json!("Shop"));
    assert_sucesss(&client.make_out(&invoice));
    let issued = format!("invoices?appid={OTHER}");
    wait_until("the other merchant's invoice is issued", || {
        server.admin("GET", &issued, &json!({})).1["invoices"][0]["state"] == "issued"
    });
}

#[test]
fn a_job_whose_record_cannot_be_read_is_set_aside_and_names_the_record() {
    let body = std::cell::RefCell::new(String::new());
    let damage = |store: &Connection| {
        let read = "SELECT body FROM invoice_requests WHERE id = '2ff836P1'";
        *body.borrow_mut() = store.query_row(read, [], |row| row.get(0)).unwrap();
        let write = "UPDATE invoice_requests SET body = '{\"state\":' WHERE id = '2ff836P1'";
        assert_eq!(store.execute(write, []).unwrap(), 1);
    };
    let repair = |store: &Connection| {
        let write = "UPDATE invoice_requests SET body = ?1 WHERE id = '2ff836P1'";
        assert_eq!(store.execute(write, [&*body.borrow()]).unwrap(), 1);
    };
    let record = format!("invoice_requests {MERCHANT}/2ff836P1");
    is_set_aside_and_run_again(damage, &record, repair);
}

#[test]
fn a_job_that_nobody_knows_is_set_aside() {
    let rename = |to: &'static str| {
        move |store: &Connection| {
            assert_eq!(store.execute("UPDATE jobs SET name = ?1", [to]).unwrap(), 1);
        }
    };
    is_set_aside_and_run_again(rename("shred/P1"), "shred/P1", rename("issue/2ff836P1"));
}

#[test]
fn a_job_that_has_not_failed_is_not_run_again() {
    let server = with_an_open_job(TestServer::start());
    server.leaves_pushes();
    assert_eq!(run(&server, &job(&server)["id"]), 409);
    assert_eq!(run(&server, &json!(999_999_999)), 404);
    assert_eq!(server.admin("POST", "jobs/one/run", &json!({})).0, 404);
}

#[test]
fn the_listing_of_jobs_is_paged_and_refuses_what_it_does_not_know() {
    let add_failed = |store: &Connection| {
        for number in 1..=5 {
            let job = "INSERT INTO jobs VALUES (?1, 'issue', 'wx' || ?1, 'shred/1', 0,
                       unixepoch() * 1000, 9, 'no such job')";
            store.execute(job, [number]).unwrap();
        }
    };
    let server = TestServer::start_embedded().restart_after(add_failed, "");
    let all = server.all_pages("jobs?limit=2", "jobs");
    assert_eq!(
        all.iter().map(|job| job["id"].as_i64().unwrap()).collect::<Vec<_>>(),
        [5, 4, 3, 2, 1]
    );
    for (query, words) in [
        ("queue=mail", "queue must be"),
        ("state=lost", "state must be"),
        ("limit=0", "limit must"),
    ] {
        let (status, answer) = server.admin("GET", &format!("jobs?{query}"), &json!({}));
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
}
