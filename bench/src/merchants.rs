//! Merchants of a benchmark, as its config file names them, and at work.

use crate::load::Connection;
use crate::server::{Process, own_binary};
use serde_json::json;
use std::ffi::OsStr;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

/// The accounts of a benchmark: merchants with a callback at the sink.
pub(crate) struct Merchants {
    config: String,
    pub(crate) appids: Vec<String>,
}

/// The merchant code of every merchant, and their taxpayer id.
pub(crate) const CODE: &str = "bench1";
pub(crate) const TAX_ID: &str = "91440300MA5KP0009F";
const SECRET: &str = "ffffffffffffffffffffffffffffffff";

impl Merchants {
    pub(crate) fn new(count: usize, sink: SocketAddr) -> Self {
        Self::with_receivers(count, |_| sink.to_string())
    }

    /// Merchants that each have a receiver of their own, by host and port.
    pub(crate) fn with_receivers(count: usize, receiver: impl Fn(usize) -> String) -> Self {
        let appids: Vec<_> = (0..count).map(|n| format!("wx{n:016x}")).collect();
        let mut config = String::new();
        for (n, appid) in appids.iter().enumerate() {
            let receiver = receiver(n);
            let _ = write!(
                config,
                "[[accounts]]\nappid = \"{appid}\"\nrole = \"merchant\"\nsecret = \"{SECRET}\"\n\
                 callback_url = \"http://{receiver}/callback\"\ncallback_token = \"AAAAA\"\n\
                 merchant = {{ code = \"{CODE}\", nsrsbh = \"{TAX_ID}\", nsrmc = \"Shop\" }}\n"
            );
        }
        Self { config, appids }
    }

    /// A server with these accounts.
    pub(crate) fn serve(&self, data: &Path, push: &str) -> Process {
        self.serve_by(&own_binary(), data, push, &[])
    }

    /// The same by this binary, with more arguments.
    pub(crate) fn serve_by(
        &self,
        binary: &OsStr,
        data: &Path,
        push: &str,
        more: &[&str],
    ) -> Process {
        let file = data.join("bench.toml");
        std::fs::write(
            &file,
            format!("[log]\nfilter = \"error\"\n[push]\n{push}\n{}", self.config),
        )
        .expect("the directory takes a file");
        let file = file.to_str().expect("a temporary path is UTF-8");
        Process::serve(binary, &data.join("data"), &[&["--config", file], more].concat())
    }

    /// Each merchant's token and ticket, with its contact set.
    pub(crate) fn callers(&self, server: &Process) -> Vec<Caller> {
        let s_pappid =
            server.get("/sandbox/v1/accounts")["s_pappid"].as_str().expect("text").to_owned();
        let to_caller = |appid: &String| {
            let token = server.get(&format!(
                "/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={SECRET}"
            ));
            let token = token["access_token"].as_str().expect("a token").to_owned();
            let contact = json!({"contact": {"phone": "1", "time_out": 1}});
            let path = format!("/card/invoice/setbizattr?action=set_contact&access_token={token}");
            assert_eq!(server.post(&path, &contact)["errcode"], 0);
            let ticket =
                server.get(&format!("/cgi-bin/ticket/getticket?type=wx_card&access_token={token}"));
            let asked = json!({
                "s_pappid": s_pappid, "order_id": "ORDER", "money": 1, "timestamp": 1,
                "source": "wxa", "ticket": ticket["ticket"], "type": 0,
            });
            let path = format!("/card/invoice/getauthurl?access_token={token}");
            Caller { path, token, asked: asked.to_string() }
        };
        self.appids.iter().map(to_caller).collect()
    }
}

#[derive(Clone)]
pub(crate) struct Caller {
    /// The path of getauthurl, with its token.
    path: String,
    pub(crate) token: String,
    asked: String,
}

impl Caller {
    /// Path and body of getauthurl, with ORDER in the place of the order's number.
    pub(crate) fn getauthurl(&self) -> (String, String) {
        (self.path.clone(), self.asked.clone())
    }

    /// One order from getauthurl to the user's yes. Returns when the yes was sent.
    pub(crate) async fn order(
        &self,
        connection: &mut Connection,
        order_id: &str,
        user: &str,
    ) -> Instant {
        let asked = self.asked.replace("ORDER", order_id);
        let answer = connection.post(&self.path, &asked).await;
        let (_, link) = answer.split_once(r#""auth_url":""#).expect("a link");
        let (link, _) = link.split_once('"').expect("it ends");
        let yes = format!(r#"{{"auth_url":"{link}","user":"{user}","decision":"authorize"}}"#);
        let sent_at = Instant::now();
        let answer = connection.post("/sandbox/v1/authorize", &yes).await;
        assert!(answer.contains("authorized"), "{answer}");
        sent_at
    }
}
