//! Where accounts receive their pushes.

use super::finding::Finding;
use crate::compose::ComposeError;
use crate::settings::{ModeName, Settings};
use core::time::Duration;
use kaipiao_domain::delivery::push::Callback;
use kaipiao_domain::text;
use kaipiao_ports::delivery::sender::Sender as _;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::{After, Page, Store};
use kaipiao_records::record::Record;
use kaipiao_sender::HttpSender;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Callbacks that are examined at once.
const AT_ONCE: usize = 32;
/// How long a name may take.
const NAME_LIMIT: Duration = Duration::from_secs(5);

/// Every callback of the store, and those that the settings will add.
pub(super) async fn examine(
    store: Option<&dyn Store>,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) -> Result<(), StoreError> {
    let sender = match sender(settings) {
        Ok(sender) => Arc::new(sender),
        Err(error) => {
            findings.push(Finding::error("push", error, ""));
            return Ok(());
        }
    };
    let mut count = 0;
    match settings.callback_specs() {
        Ok(specs) => {
            let urls = specs.into_iter().map(|(appid, spec)| (appid, spec.url)).collect();
            count += look_at(urls, &sender, settings.mode, findings).await;
        }
        Err(error) => findings.push(Finding::error("callback", error, "")),
    }
    if let Some(store) = store {
        let mut page = Page::of_all(Kind::Callback, AT_ONCE);
        loop {
            let listed = store.list(&page).await?;
            // What cannot be read is for the check to tell.
            let decoded = listed.iter().filter_map(|one| {
                let callback = Callback::decode(&one.stored).ok()?;
                Some((one.stored.key.owner.clone(), callback.url))
            });
            count += look_at(decoded.collect(), &sender, settings.mode, findings).await;
            match listed.last() {
                Some(last) if listed.len() == AT_ONCE => {
                    page.after = Some(After::key(last.stored.key.owner.clone(), ""));
                }
                _ => break,
            }
        }
    }
    if count > 0 {
        findings.push(Finding::ok("callback", format!("{count} lead somewhere")));
    }
    Ok(())
}

fn sender(settings: &Settings) -> Result<HttpSender, ComposeError> {
    Ok(HttpSender::new(settings.push.sender(settings.is_closed_sandbox())?)?)
}

/// Examines some at once. Returns how many are as they should be.
async fn look_at(
    urls: Vec<(String, String)>,
    sender: &Arc<HttpSender>,
    mode: ModeName,
    findings: &mut Vec<Finding>,
) -> usize {
    let mut looks = JoinSet::new();
    for (appid, url) in urls.into_iter().filter(|(_, url)| !url.is_empty()) {
        let sender = Arc::clone(sender);
        looks.spawn(async move { problem(&appid, &url, &sender, mode).await });
    }
    let found = looks.join_all().await;
    let well = found.iter().filter(|finding| finding.is_none()).count();
    findings.extend(found.into_iter().flatten());
    well
}

async fn problem(appid: &str, url: &str, sender: &HttpSender, mode: ModeName) -> Option<Finding> {
    let form = text::web_link("it", url).and_then(|()| text::without_user_name("it", url));
    if let Err(refusal) = form {
        let advice = format!("set it anew: PUT /admin/v1/accounts/{appid}/callback");
        return Some(Finding::error("callback", format!("{appid}: {refusal}"), advice));
    }
    // The host alone: an address may hold what is nobody else's to read.
    let host = url.split(['?', '#']).next().unwrap_or(url);
    if let Err(error) = sender.addresses(url, NAME_LIMIT).await {
        let advice = "pushes to it fail: mend the name, the address, or push.allow_private";
        return Some(Finding::error("callback", format!("{appid} {host}: {error}"), advice));
    }
    let is_open = mode == ModeName::Production && url.to_ascii_lowercase().starts_with("http://");
    is_open.then(|| {
        let found = format!("{appid} {host} is not https: who listens reads its pushes");
        Finding::warning("callback", found, "give it an https address, or safe mode")
    })
}
