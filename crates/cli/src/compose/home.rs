//! What the home page tells of the server.

use super::names::public_base_url;
use crate::settings::{ModeName, Settings};
use crate::tls;
use kaipiao_app::name_spaces::DEFAULT_NAME_SPACE;
use kaipiao_http::{Api, OpenApi};
use std::net::SocketAddr;

pub(super) fn home(
    settings: &Settings,
    address: SocketAddr,
    has_admin: bool,
    name_space: Option<&str>,
) -> kaipiao_pages::Home {
    let is_sandbox = settings.mode == ModeName::Sandbox;
    let to_row = |route: &kaipiao_http::Route| kaipiao_pages::RouteRow {
        methods: route.methods,
        path: route.path,
        section: route.section,
        what: route.what,
        what_zh: route.what_zh,
    };
    let is_served = |route: &&kaipiao_http::Route| match route.api() {
        Api::Merchant => true,
        // What a production's operator may do is nobody else's to read.
        Api::Admin => is_sandbox && has_admin,
        Api::Sandbox | Api::Pay => is_sandbox,
    };
    let sandbox_pages = if is_sandbox { kaipiao_pages::SANDBOX_PAGE_ROUTES } else { &[] };
    kaipiao_pages::Home {
        version: env!("CARGO_PKG_VERSION"),
        base_url: public_base_url(settings, address),
        is_sandbox,
        name_space: name_space.filter(|name| *name != DEFAULT_NAME_SPACE).map(str::to_owned),
        routes: kaipiao_http::ROUTES
            .iter()
            .filter(is_served)
            .map(to_row)
            .chain(kaipiao_pages::PAGE_ROUTES.iter().chain(sandbox_pages).copied())
            .chain(kaipiao_console::CONSOLE_ROUTES.iter().copied())
            .collect(),
        authority: tls::own_authority(settings),
        accounts: if is_sandbox { kaipiao_app::sandbox::DEMO_ACCOUNTS } else { &[] },
        users: if is_sandbox { kaipiao_app::sandbox::DEMO_USERS } else { &[] },
    }
}

/// The OpenAPI of what is served.
pub(super) fn openapi(settings: &Settings, address: SocketAddr, has_admin: bool) -> OpenApi {
    let is_sandbox = settings.mode == ModeName::Sandbox;
    let served = [(Api::Merchant, true), (Api::Admin, has_admin), (Api::Sandbox, is_sandbox)];
    let served: Vec<_> = served.into_iter().filter_map(|(api, is)| is.then_some(api)).collect();
    let base_url = public_base_url(settings, address);
    OpenApi::new(move || kaipiao_http::document(&served, &base_url, env!("CARGO_PKG_VERSION")))
}
