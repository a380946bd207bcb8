//! The files of the watch console.
//!
//! `scripts/build-console` builds them from `web/` into `web/dist`; a release build takes them into the program, a debug build
//! reads them where they lie. A program that was built without them says so at `/`.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;

/// What the build of the console left in `web/dist`.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[exclude = ".gitignore"]
struct Files;

/// The page of a program without console.
const NO_CONSOLE: &str = include_str!("no_console.html");

/// Pages of the console, by path. The files that they name lie under `assets/`, with a hash in each name.
const PAGES: [(&str, &str); 2] = [("/", "index.html"), (super::guard::MAP_PAGE, "map.html")];

/// The console's pages and assets.
pub fn routes() -> Router {
    let pages = PAGES.into_iter().fold(Router::new(), |router, (path, name)| {
        router.route(path, get(move |headers: HeaderMap| async move { page(name, &headers) }))
    });
    pages
        .route("/index.html", get(async || Redirect::permanent("/")))
        .route("/assets/{name}", get(asset))
        .route("/favicon.ico", get(async |headers: HeaderMap| file("favicon.svg", &headers, Caching::Ask)))
        .route("/favicon.svg", get(async |headers: HeaderMap| file("favicon.svg", &headers, Caching::Ask)))
}

fn page(name: &str, headers: &HeaderMap) -> Response {
    if Files::get(name).is_none() {
        return Html(NO_CONSOLE).into_response();
    }
    file(name, headers, Caching::Ask)
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    file(&format!("assets/{name}"), &headers, Caching::Forever)
}

/// How long a browser may keep a file without asking.
#[derive(Clone, Copy)]
enum Caching {
    /// Its name changes with its content.
    Forever,
    /// It asks each time, and is told when nothing has changed.
    Ask,
}

fn file(name: &str, headers: &HeaderMap, caching: Caching) -> Response {
    let Some(plain) = Files::get(name) else {
        return Problem::not_found(format!("the console has no file {name}")).into_response();
    };
    let tag = tag(&plain);
    let cache = match caching {
        Caching::Forever => "public, max-age=31536000, immutable",
        Caching::Ask => "no-cache",
    };
    let known = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let gzipped = accepts_gzip(headers).then(|| Files::get(&format!("{name}.gz"))).flatten();
    let encoding = gzipped.as_ref().map(|_| HeaderValue::from_static("gzip"));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(gzipped.unwrap_or(plain).data.into_owned()).into_response()
    };
    let answer = response.headers_mut();
    answer.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    answer.extend(HeaderValue::from_str(&tag).map(|tag| (ETAG, tag)));
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    answer.extend(encoding.filter(|_| !known).map(|encoding| (CONTENT_ENCODING, encoding)));
    response
}

/// What the build makes, by the endings of its names.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

/// A name for the content of a file.
fn tag(file: &EmbeddedFile) -> String {
    let hash: String = file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hash}\"")
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip") && parts.all(|weight| !matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        let accepts = |text: &'static str| {
            accepts_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(text))]))
        };
        assert!(accepts("gzip") && accepts("br;q=1.0, gzip;q=0.8, *;q=0.1") && accepts("deflate,gzip"));
        assert!(!accepts("br, deflate") && !accepts("gzip;q=0") && !accepts("xgzip"));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
