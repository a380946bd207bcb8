//! OGC API - Features, Part 1: Core (OGC 17-069r4) with GeoJSON (RFC 7946), under `/ogc`.
//!
//! - [`collections`]: what there is.
//! - [`query`]: what may be asked, checked.
//! - [`items`]: zones, ports, tracks, alerts and sensors as features.
//! - [`api.json`](self): the OpenAPI document that the standard asks for.

pub mod collections;
pub mod items;
pub mod query;

use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_TYPE, HOST, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tower_http::compression::CompressionLayer;

use super::View;
use super::datum::Datum;
use super::problem::Problem;
use crate::serve::clock;
use collections::Collection;
use query::ItemsQuery;

const JSON: &str = "application/json";
const GEO_JSON: &str = "application/geo+json";
const OPEN_API: &str = "application/vnd.oai.openapi+json;version=3.0";

/// The classes of the standard that this conforms to.
const CONFORMS_TO: [&str; 4] = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
];

/// The resources of the standard.
pub fn routes(view: View) -> Router {
    Router::new()
        .route("/ogc", get(landing))
        .route("/ogc/", get(landing))
        .route("/ogc/api", get(api))
        .route("/ogc/conformance", get(async || Json(json!({ "conformsTo": CONFORMS_TO }))))
        .route("/ogc/collections", get(all))
        .route("/ogc/collections/{collection}", get(one))
        .route("/ogc/collections/{collection}/items", get(page))
        .route("/ogc/collections/{collection}/items/{id}", get(item))
        .layer(CompressionLayer::new())
        .with_state(view)
}

/// The address of the resources as the client sees it: `https://host/ogc`.
fn base(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("{}://{host}/ogc", super::scheme(headers))
}

fn link(rel: &str, kind: &str, title: &str, href: String) -> Value {
    json!({ "rel": rel, "type": kind, "title": title, "href": href })
}

async fn landing(headers: HeaderMap) -> Json<Value> {
    let base = base(&headers);
    Json(json!({
        "title": "shorewatch",
        "description": "Zones, ports, tracks and alerts of a watched coast",
        "links": [
            link("self", JSON, "This document", base.clone()),
            link("service-desc", OPEN_API, "The interface as OpenAPI", format!("{base}/api")),
            link("conformance", JSON, "What it conforms to", format!("{base}/conformance")),
            link("data", JSON, "The collections", format!("{base}/collections")),
        ],
    }))
}

async fn api(headers: HeaderMap) -> Result<Response, Problem> {
    let mut document: Value = serde_json::from_str(include_str!("api.json"))
        .map_err(|_| Problem::unavailable("the description of the interface was built wrongly"))?;
    document["servers"] = json!([{ "url": base(&headers) }]);
    Ok(([(CONTENT_TYPE, OPEN_API)], document.to_string()).into_response())
}

async fn all(State(view): State<View>, headers: HeaderMap) -> Json<Value> {
    let base = base(&headers);
    let described: Vec<Value> = Collection::ALL.iter().map(|it| it.describe(&base, &view)).collect();
    let links = [link("self", JSON, "This document", format!("{base}/collections"))];
    Json(json!({ "links": links, "collections": described }))
}

async fn one(State(view): State<View>, Path(name): Path<String>, headers: HeaderMap) -> Result<Json<Value>, Problem> {
    Ok(Json(Collection::named(&name)?.describe(&base(&headers), &view)))
}

async fn page(
    State(view): State<View>,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let collection = Collection::named(&name)?;
    let query = ItemsQuery::parse(raw.as_deref().unwrap_or_default(), collection)?;
    let page = items::page(&view, collection, &query);
    let here = format!("{}/collections/{name}/items", base(&headers));
    let mut links = vec![
        link("self", GEO_JSON, "This page", query.address(&here, query.from.as_deref())),
        link("collection", JSON, "The collection", format!("{}/collections/{name}", base(&headers))),
    ];
    if let Some(next) = &page.next {
        links.push(link("next", GEO_JSON, "The next page", query.address(&here, Some(next))));
    }
    let document = json!({
        "type": "FeatureCollection",
        "timeStamp": clock::now().to_string(),
        "numberMatched": page.matched,
        "numberReturned": page.features.len(),
        "features": page.features,
        "links": links,
    });
    Ok(geo_json(document, query.datum))
}

async fn item(
    State(view): State<View>,
    Path((name, id)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let collection = Collection::named(&name)?;
    let datum = query::only_crs(raw.as_deref().unwrap_or_default())?;
    let mut feature = items::one(&view, collection, &id, datum)
        .ok_or_else(|| Problem::not_found(format!("{name} has no item '{id}' now")))?;
    let base = base(&headers);
    feature["links"] = json!([
        link("self", GEO_JSON, "This item", format!("{base}/collections/{name}/items/{}", query::escaped(&id))),
        link("collection", JSON, "The collection", format!("{base}/collections/{name}")),
    ]);
    Ok(geo_json(feature, datum))
}

fn geo_json(document: Value, datum: Datum) -> Response {
    let mut response = ([(CONTENT_TYPE, GEO_JSON)], document.to_string()).into_response();
    let crs = format!("<{}>", datum.name());
    response.headers_mut().extend(HeaderValue::from_str(&crs).map(|crs| (HeaderName::from_static("content-crs"), crs)));
    response
}
