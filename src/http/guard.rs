//! Who may ask from a browser, and what a page of ours may do: CORS, content security policy and their like.

use std::fmt;
use std::str::FromStr;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method, Uri};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::Settings;

/// The page that other platforms may show in a frame; all others may not be framed by strangers.
pub const MAP_PAGE: &str = "/map.html";

/// Headers of gRPC-web answers that scripts of other origins may read.
const GRPC_WEB_ANSWERS: [&str; 3] = ["grpc-status", "grpc-message", "grpc-status-details-bin"];

/// Where a page comes from: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// Not an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no origin: write scheme and host, and the port if it is special, as in https://map.example.org:8443")]
pub struct OriginError(String);

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let bad = || OriginError(text.to_owned());
        let uri = Uri::from_str(text).map_err(|_| bad())?;
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !text.ends_with('/');
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        let host = uri.authority().is_some_and(|authority| !authority.as_str().contains(['@', '*', ';', ',']));
        if !(bare && known && host) {
            return Err(bad());
        }
        // Browsers send it in lower case.
        HeaderValue::from_str(&text.to_ascii_lowercase()).map(Self).map_err(|_| bad())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// Lets pages of the allowed origins ask, by plain HTTP and by gRPC-web. Without any, the server says nothing of CORS and
/// browsers keep to its own pages.
pub fn cors(settings: &Settings) -> CorsLayer {
    if settings.allowed_origins.is_empty() {
        return CorsLayer::new();
    }
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(settings.allowed_origins.iter().map(|origin| origin.0.clone())))
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(tower_http::cors::Any)
        .expose_headers(GRPC_WEB_ANSWERS.map(HeaderName::from_static))
}

/// Adds to every answer what keeps a page in its bounds.
///
/// Scripts and styles come from files of the server's origin only, none is inline; nothing is asked of other origins. Workers
/// and pictures of the map library may be blobs, which are of the same origin.
pub fn headers(plain: Router, settings: &Settings) -> Router {
    let policies = Policies::new(settings);
    plain.layer(middleware::from_fn(move |request: Request, next: Next| {
        let policy = policies.of(request.uri().path());
        async move { with_headers(next.run(request).await, policy) }
    }))
}

#[derive(Clone)]
struct Policies {
    ours: HeaderValue,
    framed: HeaderValue,
}

impl Policies {
    fn new(settings: &Settings) -> Self {
        let ancestors: Vec<String> = settings.frame_ancestors.iter().map(ToString::to_string).collect();
        Self { ours: policy("'self'"), framed: policy(&format!("'self' {}", ancestors.join(" "))) }
    }

    fn of(&self, path: &str) -> HeaderValue {
        if path == MAP_PAGE { self.framed.clone() } else { self.ours.clone() }
    }
}

fn policy(ancestors: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; \
         connect-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; \
         frame-ancestors {}",
        ancestors.trim_end()
    );
    // Origins are checked to fit into a header.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

fn with_headers(mut response: Response, policy: HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let is_page =
        headers.get(CONTENT_TYPE).is_some_and(|content_type| content_type.as_bytes().starts_with(b"text/html"));
    if is_page {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_else() {
        for good in ["https://map.example.org", "http://10.1.2.3:8080", "http://[::1]:80", "https://MAP.example.org"] {
            assert!(good.parse::<Origin>().is_ok(), "{good}");
        }
        for bad in ["*", "map.example.org", "https://a/", "https://a/b", "https://a?b", "ftp://a", "https://a;b", ""] {
            let refused = bad.parse::<Origin>().unwrap_err().to_string();
            assert!(refused.contains("is no origin: write scheme and host"), "{refused}");
        }
        assert_eq!("https://MAP.example.org".parse::<Origin>().unwrap().to_string(), "https://map.example.org");
    }

    #[test]
    fn only_the_map_page_may_be_framed_by_the_origins_that_are_named() {
        let frame_ancestors = vec!["https://map.example.org".parse().unwrap()];
        let policies = Policies::new(&Settings { frame_ancestors, ..Settings::default() });
        let ancestors = |path| policies.of(path).to_str().unwrap().split("frame-ancestors ").nth(1).unwrap().to_owned();
        assert_eq!(ancestors("/"), "'self'");
        assert_eq!(ancestors(MAP_PAGE), "'self' https://map.example.org");
    }
}
