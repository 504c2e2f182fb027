//! Names of receivers, asked of a name server of the test's own.

use crate::{answering, outgoing};
use kaipiao_ports::delivery::sender::{Outgoing, SendError, Sender};
use kaipiao_sender::guard::Guard;
use kaipiao_sender::{HttpSender, SenderSettings};
use kaipiao_testkit::name_server::NameServer;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
/// More than one could give a thread each.
const HANGING: usize = 1000;

fn asking(server: &NameServer, guard: Guard) -> HttpSender {
    let name_servers = vec![server.address];
    HttpSender::new(SenderSettings { name_servers, ..SenderSettings::of_machine(guard) }).unwrap()
}

fn loopback() -> IpAddr {
    "127.0.0.1".parse().unwrap()
}

#[tokio::test]
async fn names_that_hang_hold_up_no_other() {
    let server = NameServer::knowing(&[("shop.test", &[loopback()])]);
    let port = answering(OK).await.port();
    let sender = Arc::new(asking(&server, Guard::open()));
    let hanging: Vec<_> = (0..HANGING)
        .map(|n| {
            let sender = Arc::clone(&sender);
            let long = Outgoing {
                time_limit: Duration::from_secs(60),
                ..outgoing(format!("http://hangs-{n}.test/"))
            };
            tokio::spawn(async move { sender.send(long).await })
        })
        .collect();
    while server.unanswered() < HANGING {
        tokio::task::yield_now().await;
    }
    let answer = sender.send(outgoing(format!("http://shop.test:{port}/"))).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(hanging.iter().filter(|task| task.is_finished()).count(), 0);
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_name_that_hangs_ends_with_the_push_s_own_limit() {
    let server = NameServer::knowing(&[]);
    let limit = Duration::from_millis(200);
    let brief = Outgoing { time_limit: limit, ..outgoing("http://hangs.test/".into()) };
    let error = asking(&server, Guard::open()).send(brief).await.unwrap_err();
    assert_eq!(error, SendError::TimedOut(limit));
}

/// Some name servers drop questions for IPv6: the push has its own time limit, and needs none of it.
#[tokio::test]
async fn a_name_server_that_is_silent_about_ipv6_costs_no_push() {
    let server = NameServer::knowing(&[("half.test", &[loopback()])]);
    let port = answering(OK).await.port();
    let sender = asking(&server, Guard::open());
    let answer = sender.send(outgoing(format!("http://half.test:{port}/"))).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(200));
    assert!(server.unanswered() > 0);
}

#[tokio::test]
async fn names_of_hosts_of_containers_and_of_nobody() {
    let known: [(&str, &[IpAddr]); 1] = [("my_shop.test", &[loopback()])];
    let server = NameServer::knowing(&known);
    let port = answering(OK).await.port();
    let sender = asking(&server, Guard::open());
    // The server knows neither the second nor the last: one is the machine's own, one a number.
    for name in ["my_shop.test", "localhost", "MY_SHOP.test.", "0x7f.1"] {
        let answer = sender.send(outgoing(format!("http://{name}:{port}/"))).await;
        assert_eq!(answer.map(|answer| answer.status), Ok(200), "{name}");
    }
    let error = sender.send(outgoing("http://nobody.test/".into())).await.unwrap_err();
    assert!(matches!(error, SendError::NoConnection(_)), "{error}");
}

#[tokio::test]
async fn the_guard_sees_every_address_that_a_name_has() {
    let inside = ["10.0.0.7", "::1"].map(|ip| ip.parse().unwrap());
    let server = NameServer::knowing(&[
        ("v4.test", &["1.1.1.1".parse().unwrap(), inside[0]]),
        ("v6.test", &["1.1.1.1".parse().unwrap(), inside[1]]),
    ]);
    let sender = asking(&server, Guard::public_and(Vec::new()));
    for (name, inside) in [("v4.test", inside[0]), ("v6.test", inside[1])] {
        let error = sender.send(outgoing(format!("http://{name}/"))).await.unwrap_err();
        assert_eq!(error, SendError::PrivateAddress(format!("{name} ({inside})")));
    }
}
