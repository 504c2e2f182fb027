//! A database that is restored from a backup, and one whose standby takes over.

use crate::node::{Node, checked, database, kaipiao_at};
use kaipiao_testkit::postgres::program;
use kaipiao_testkit::replication::Replicated;
use kaipiao_tests::{Ends, MERCHANT, poll_within, wait_until};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

#[test]
fn a_database_that_was_dumped_and_restored_is_served_on() {
    let (old, new, data) = (database(), database(), tempfile::tempdir().unwrap());
    let file = data.path().join("kaipiao.dump");
    let node = Node::start(&[], &old, data.path());
    let merchant = node.server.merchant();
    let number = |server: &kaipiao_tests::TestServer, order: &str| {
        server.merchant().issued(order, order)["fphm"].as_str().unwrap().to_owned()
    };
    let numbers = ["1", "2"].map(|order| number(&node.server, order));
    // Also beside a node: a dump is of one moment.
    let dump =
        program("pg_dump").args(["--format=custom", "--dbname", &old.url()]).output().unwrap();
    assert!(dump.status.success(), "{dump:?}");
    std::fs::write(&file, dump.stdout).unwrap();
    merchant.authorized("after the backup");
    let token = merchant.token.clone();
    drop(node.kill());

    let mut restore = program("pg_restore");
    // Through stdin: the user of PostgreSQL cannot read the test's files.
    let dump = std::fs::File::open(&file).unwrap();
    let restore = restore.args(["--exit-on-error", "--dbname", &new.url()]).stdin(dump);
    assert!(restore.status().unwrap().success());
    checked(&new.url(), data.path());
    let restored = Node::start(&["--node", "node-1"], &new, data.path());
    let on = restored.server.client_with(token);
    assert_eq!(on.result("1")["invoicedetail"]["fphm"], json!(numbers[0]), "its token works");
    assert_eq!(on.status("after the backup")["invoice_status"], "never auth");
    let next = number(&restored.server, "3");
    assert!(!numbers.contains(&next) && next > numbers[1], "{next} {numbers:?}");
    restored.stop();
    checked(&new.url(), data.path());
}

/// Longer than a node needs to find the other server.
const GOES_ON_WITHIN: Duration = Duration::from_secs(20);

/// The primary crashes under load and the standby is promoted: nodes go on by themselves, and all that was acknowledged is
/// there, for each commit was on both disks.
#[test]
fn when_the_standby_takes_over_nodes_go_on_and_nothing_acknowledged_is_missing() {
    let (servers, data) = (Replicated::start(), tempfile::tempdir().unwrap());
    let url = servers.url();
    let nodes = ["a", "b"].map(|name| Node::start_at(&["--node", name], &url, data.path()));
    nodes[0].server.merchant().issued("first", "first");
    let standby = servers.standby.url();
    let said = |command: &[&str]| {
        let output = kaipiao_at(command, &standby, data.path()).output().unwrap();
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
        (output.status.code(), said.concat())
    };
    checked(&standby, data.path());
    let (code, accounts) = said(&["accounts"]);
    assert!(code == Some(0) && accounts.contains(MERCHANT), "{accounts}");
    for command in ["serve", "doctor"] {
        let (code, words) = said(&[command, "--listen", "127.0.0.1:0"]);
        assert_eq!(code, Some(1), "{words}");
        assert!(words.contains("standby") && words.contains("target_session_attrs"), "{words}");
    }
    let (acknowledged, is_over) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
    let counts = [(); 2].map(|()| AtomicUsize::new(0));
    let play = |nth: usize| {
        let client = nodes[nth].server.merchant();
        let mut asked = client.asked("", 0);
        let mut in_vain = 0;
        for n in 0.. {
            if is_over.load(Ordering::SeqCst) {
                break;
            }
            let order = format!("{nth}-{n}");
            asked["order_id"] = json!(order);
            if client.auth_url_answer(&asked)["errcode"] == 0 {
                acknowledged.lock().unwrap().insert(order);
                counts[nth].fetch_add(1, Ordering::SeqCst);
            } else {
                in_vain += 1;
            }
        }
        in_vain
    };
    let have_more = |than: usize| {
        let before = counts.each_ref().map(|count| count.load(Ordering::SeqCst));
        move |counts: &[AtomicUsize; 2]| {
            counts
                .iter()
                .zip(before)
                .all(|(count, before)| count.load(Ordering::SeqCst) > before + than)
        }
    };
    let in_vain: usize = std::thread::scope(|scope| {
        let _ends = Ends(&is_over);
        let players = [0, 1].map(|nth| scope.spawn(move || play(nth)));
        let both_write = have_more(50);
        wait_until("both nodes write", || both_write(&counts));
        servers.primary.crash();
        servers.standby.promote();
        let go_on = have_more(50);
        poll_within(GOES_ON_WITHIN, || go_on(&counts).then_some(())).expect("both nodes go on");
        is_over.store(true, Ordering::SeqCst);
        players.into_iter().map(|player| player.join().unwrap()).sum()
    });
    let listed =
        nodes[1].server.all_pages(&format!("orders?appid={MERCHANT}&limit=1000"), "orders");
    let there: BTreeSet<_> =
        listed.iter().map(|order| order["order_id"].as_str().unwrap().to_owned()).collect();
    let acknowledged = acknowledged.into_inner().unwrap();
    let missing: Vec<_> = acknowledged.difference(&there).collect();
    assert_eq!(missing, [""; 0], "of {} acknowledged, {in_vain} in vain", acknowledged.len());
    nodes.into_iter().for_each(|node| _ = node.stop());
    checked(&url, data.path());
    // The new primary waits for a standby of its own that is not there.
    servers.standby.sql("ALTER SYSTEM SET synchronous_standby_names = 'next'");
    servers.standby.sql("SELECT pg_reload_conf()");
    let says_so = || {
        let output = kaipiao_at(&["doctor", "--listen", "127.0.0.1:0"], &url, data.path()).output();
        String::from_utf8(output.unwrap().stdout)
            .unwrap()
            .contains("wait for a synchronous standby")
    };
    wait_until("doctor says that commits hang", says_so);
}
