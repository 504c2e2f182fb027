//! Routes as people name them: by their path, or by the end of it.

/// Why a name is no route's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRoute<'r> {
    /// No path ends so.
    Unknown,
    /// Several do.
    Several(Vec<&'r str>),
}

/// The path that ends in this name, whatever the case of its letters. Of several that end in one of them that one is meant:
/// the published path, where another begins before it.
pub fn ending_in<'r>(
    paths: impl IntoIterator<Item = &'r str>,
    name: &str,
) -> Result<&'r str, NoRoute<'r>> {
    let end = format!("/{}", name.trim_matches('/').to_ascii_lowercase());
    let fits = |path: &&str| !path.contains('{') && path.to_ascii_lowercase().ends_with(&end);
    let found: Vec<&str> = paths.into_iter().filter(fits).collect();
    match found.iter().min_by_key(|path| path.len()) {
        None => Err(NoRoute::Unknown),
        Some(shortest) if found.iter().all(|other| other.ends_with(shortest)) => Ok(shortest),
        Some(_) => Err(NoRoute::Several(found)),
    }
}

/// The route that a search means: one of the paths, or the one that ends so; what is none is looked for as it stands.
pub fn meant<'r>(paths: impl IntoIterator<Item = &'r str> + Clone, text: &str) -> String {
    let is_path = paths.clone().into_iter().any(|path| path == text);
    match is_path {
        true => text.to_owned(),
        false => ending_in(paths, text).unwrap_or(text).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_end_of_one_path() {
        let paths =
            ["/card/invoice/getauthurl", "/pay/x", "/secapi/pay/x", "/a/get", "/b/get", "/x/{id}"];
        for (name, expected) in [
            ("getAuthUrl", Ok("/card/invoice/getauthurl")),
            ("/invoice/getauthurl/", Ok("/card/invoice/getauthurl")),
            ("x", Ok("/pay/x")),
            ("get", Err(NoRoute::Several(vec!["/a/get", "/b/get"]))),
            ("authurl", Err(NoRoute::Unknown)),
            ("{id}", Err(NoRoute::Unknown)),
        ] {
            assert_eq!(ending_in(paths, name), expected, "{name}");
        }
        assert_eq!(meant(paths, "getauthurl"), "/card/invoice/getauthurl");
        assert_eq!(meant(paths, "/x/{id}"), "/x/{id}");
        assert_eq!(meant(paths, "/elsewhere"), "/elsewhere");
    }
}
