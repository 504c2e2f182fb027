//! Which endpoint is meant: by its name, the end of its path, or its path.

use kaipiao_app::route_names::{self, NoRoute};
use kaipiao_http::{Api, ROUTES, Route};

/// The methods that may be named.
pub(super) const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/// Calls that end what a whole name space holds, or put something else in its place: a word does not suffice for them.
const DESTROYS: [&str; 4] = [
    "/sandbox/v1/reset",
    "/sandbox/v1/namespaces/{name}/reset",
    "/sandbox/v1/namespaces/{name}/snapshots/{snapshot}/restore",
    "/sandbox/v1/snapshots/{name}/restore",
];

/// Where a call goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) path: String,
    /// What the name says of the query: the action.
    pub(super) query: Vec<(String, String)>,
    pub(super) api: Api,
    section: &'static str,
    methods: &'static str,
}

impl Endpoint {
    /// The endpoint of this name; what is wrong with the name, and the nearest one.
    pub(super) fn find(named: &str) -> Result<Self, String> {
        let (written, written_query) = named.split_once('?').unwrap_or((named, ""));
        let (named, action) = match written.split_once(':') {
            Some((named, action)) => (named, Some(action)),
            None => (written, None),
        };
        let name = named.trim_matches('/');
        let mut query: Vec<(String, String)> =
            form_urlencoded::parse(written_query.as_bytes()).into_owned().collect();
        query.extend(action.map(|action| ("action".to_owned(), action.to_owned())));
        let whole = format!("/{name}");
        if let Some(route) = ROUTES.iter().find(|route| has_shape(&whole, route.path)) {
            return Ok(Self::of(route, whole, query));
        }
        match Self::ending_in(name) {
            Ok(route) if DESTROYS.contains(&route.path) => {
                Err(format!("{} destroys what is there: write its whole path", route.path))
            }
            Ok(route) => Ok(Self::of(route, route.path.to_owned(), query)),
            Err(_) if written.len() > 1 && written.starts_with('/') => {
                let pairs = form_urlencoded::parse(written_query.as_bytes()).into_owned();
                Ok(Self::as_it_stands(written.to_owned(), pairs.collect()))
            }
            Err(why) => Err(why),
        }
    }

    /// A path of no route: of the published service, or one that is to be refused.
    fn as_it_stands(path: String, query: Vec<(String, String)>) -> Self {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
        let api = match () {
            () if begins(&["/admin/"]) => Api::Admin,
            () if begins(&["/sandbox/"]) => Api::Sandbox,
            () if begins(&["/pay/", "/secapi/pay/"]) => Api::Pay,
            () => Api::Merchant,
        };
        Self { path, query, api, section: "", methods: "" }
    }

    fn of(route: &'static Route, path: String, query: Vec<(String, String)>) -> Self {
        Self { path, query, api: route.api(), section: route.section, methods: route.methods }
    }

    fn ending_in(name: &str) -> Result<&'static Route, String> {
        match route_names::ending_in(ROUTES.iter().map(|route| route.path), name) {
            Ok(path) => {
                let route = ROUTES.iter().find(|route| route.path == path);
                Ok(route.expect("it is one of these"))
            }
            Err(NoRoute::Several(paths)) => Err(several(name, &paths)),
            Err(NoRoute::Unknown) => Err(unknown(name)),
        }
    }

    /// The demo account that may call it.
    pub(super) fn demo_role(&self) -> &'static str {
        match self.section {
            "reimburse" => "reimburser",
            "platform" | "bills" => "platform",
            _ => "merchant",
        }
    }

    /// Whether a token belongs into its query.
    pub(super) fn takes_token(&self) -> bool {
        let is_of_accounts =
            kaipiao_http::CALL_PREFIXES.iter().any(|prefix| self.path.starts_with(prefix));
        let is_by_secret = self.section == "token" || self.path.ends_with("/clear_quota/v2");
        self.api == Api::Merchant && is_of_accounts && !is_by_secret
    }

    /// The method that is wanted, or that the body's presence says.
    pub(super) fn method(&self, wanted: Option<&str>, has_body: bool) -> &'static str {
        if let Some(method) = METHODS.into_iter().find(|method| Some(*method) == wanted) {
            return method;
        }
        let order = match has_body {
            true => ["POST", "PUT", "GET", "DELETE"],
            false => ["GET", "POST", "PUT", "DELETE"],
        };
        let takes = |method: &&str| self.methods.split(' ').any(|taken| taken == *method);
        order.into_iter().find(takes).unwrap_or(order[0])
    }
}

/// Whether a path is one of this route, whose parts in braces may be anything.
fn has_shape(path: &str, route: &str) -> bool {
    let (mut parts, mut shapes) = (path.split('/'), route.split('/'));
    loop {
        match (parts.next(), shapes.next()) {
            (None, None) => return true,
            (Some(part), Some(shape)) if shape.starts_with('{') && !part.is_empty() => {}
            (Some(part), Some(shape)) if part == shape => {}
            _ => return false,
        }
    }
}

/// What is said of a name that several paths end in.
pub(crate) fn several(name: &str, paths: &[&str]) -> String {
    format!("{name} may be {}: write more of the path", paths.join(" or "))
}

fn unknown(name: &str) -> String {
    let last = |path: &'static str| path.rsplit('/').next().unwrap_or(path);
    let asked = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let names = ROUTES.iter().filter(|route| !route.path.contains('{'));
    let nearest = names.map(|route| last(route.path)).min_by_key(|known| {
        // Of names that are equally near, the one that begins as what was asked.
        (
            strsim::damerau_levenshtein(&asked, known),
            !known.starts_with(asked.get(..3).unwrap_or("")),
        )
    });
    let nearest = nearest.filter(|known| strsim::normalized_levenshtein(&asked, known) > 0.5);
    match nearest {
        Some(known) => format!("there is no endpoint {name}; did you mean {known} ?"),
        None => format!("there is no endpoint {name}; docs/reference.md lists every path"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(named: &str) -> String {
        Endpoint::find(named).unwrap_or_else(|why| panic!("{named}: {why}")).path
    }

    #[test]
    fn names_ends_and_paths_find_the_endpoint() {
        for (named, expected) in [
            ("getauthurl", "/card/invoice/getauthurl"),
            ("getAuthUrl", "/card/invoice/getauthurl"),
            ("/card/invoice/getauthurl", "/card/invoice/getauthurl"),
            ("card/invoice/getauthurl/", "/card/invoice/getauthurl"),
            ("getinvoiceinfo", "/card/invoice/reimburse/getinvoiceinfo"),
            ("updatestatus", "/card/invoice/platform/updatestatus"),
            ("quota/get", "/cgi-bin/openapi/quota/get"),
            ("setbizattr:set_contact", "/card/invoice/setbizattr"),
            ("/admin/v1/accounts/wx1/callback", "/admin/v1/accounts/wx1/callback"),
            ("pay/orderquery", "/pay/orderquery"),
        ] {
            assert_eq!(path(named), expected, "{named}");
        }
        let action = vec![("action".to_owned(), "set_contact".to_owned())];
        assert_eq!(Endpoint::find("setbizattr:set_contact").unwrap().query, action);
        assert_eq!(Endpoint::find("setbizattr?action=set_contact").unwrap().query, action);
    }

    #[test]
    fn every_route_is_found_by_its_path() {
        for route in ROUTES {
            let found = Endpoint::find(&route.path.replace(['{', '}'], "")).unwrap();
            assert_eq!(found.api, route.api(), "{}", route.path);
        }
    }

    #[test]
    fn a_wrong_name_is_told_the_nearest_one() {
        for (wrong, near) in [
            ("getauthul", "did you mean getauthurl ?"),
            ("makeoutinvoce", "did you mean makeoutinvoice ?"),
            ("queryinvoiceinfo", "did you mean queryinvoceinfo ?"),
            ("get", "/cgi-bin/ticket/get or "),
            ("something-else", "docs/reference.md"),
            ("", "there is no endpoint"),
        ] {
            let why = Endpoint::find(wrong).unwrap_err();
            assert!(why.contains(near), "{wrong}: {why}");
        }
    }

    #[test]
    fn a_path_that_no_route_has_is_taken_as_it_stands() {
        let other = Endpoint::find("/cgi-bin/menu:a/get/?lang=zh").unwrap();
        assert_eq!(other.path, "/cgi-bin/menu:a/get/");
        assert_eq!(other.query, vec![("lang".to_owned(), "zh".to_owned())]);
        assert!(other.takes_token() && !Endpoint::find("/elsewhere/x").unwrap().takes_token());
        assert_eq!((other.method(None, false), other.method(None, true)), ("GET", "POST"));
        assert_eq!(other.method(Some("PATCH"), false), "PATCH");
        assert_eq!(Endpoint::find("/pay/elsewhere").unwrap().api, Api::Pay);
        assert!(Endpoint::find("/").is_err());
    }

    #[test]
    fn the_token_and_the_method_are_the_endpoints() {
        let found = |named: &str| Endpoint::find(named).unwrap();
        assert!(found("getauthurl").takes_token() && found("getticket").takes_token());
        for without in ["stable_token", "clear_quota/v2", "/admin/v1/orders", "unifiedorder"] {
            assert!(!found(without).takes_token(), "{without}");
        }
        assert_eq!(found("setbizattr").method(None, false), "GET");
        assert_eq!(found("setbizattr").method(None, true), "POST");
        assert_eq!(found("getauthurl").method(None, false), "POST");
        assert_eq!(found("/admin/v1/accounts/wx1").method(None, true), "PUT");
        assert_eq!(found("getauthurl").method(Some("GET"), true), "GET");
        assert_eq!(found("getinvoicebatch").demo_role(), "reimburser");
    }
}
