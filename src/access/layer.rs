//! The gate: finds out who calls, holds that against the rule of the call, and lets nothing else through.
//!
//! A tower layer around everything that the port serves. Services find the caller in the request's extensions; a request that
//! reaches one without a caller has not passed here, and is refused there ([`caller`]).

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use tonic::Status;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use tower::{Layer, Service};
use tracing::Instrument;

use super::principal::Principal;
use super::rules::{self, Rule};
use crate::api::faults::reasoned;

/// Who a caller is said to be by what he shows.
pub trait Identify: Send + Sync + 'static {
    /// The caller of a request with these headers, over a connection whose client showed the certificate `certificate` (DER).
    ///
    /// # Errors
    /// UNAUTHENTICATED, with what is wrong with the token or certificate. `Ok(None)`: he shows nothing.
    fn identify(&self, headers: &HeaderMap, certificate: Option<&[u8]>) -> Result<Option<Arc<Principal>>, Status>;
}

/// Everybody is the local user: for a server on the loopback that is set up for nobody else.
#[derive(Clone, Debug)]
pub struct LocalUser(pub Arc<Principal>);

impl Identify for LocalUser {
    fn identify(&self, _: &HeaderMap, _: Option<&[u8]>) -> Result<Option<Arc<Principal>>, Status> {
        Ok(Some(Arc::clone(&self.0)))
    }
}

/// How many calls were refused, and why.
#[derive(Debug, Default)]
pub struct Refusals {
    unauthenticated: AtomicU64,
    forbidden: AtomicU64,
}

impl Refusals {
    fn count(&self, status: &Status) {
        let counter = match status.code() {
            tonic::Code::Unauthenticated => &self.unauthenticated,
            _ => &self.forbidden,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts by reason.
    pub fn counts(&self) -> [(&'static str, u64); 2] {
        [
            ("unauthenticated", self.unauthenticated.load(Ordering::Relaxed)),
            ("forbidden", self.forbidden.load(Ordering::Relaxed)),
        ]
    }
}

/// Puts the gate before a service.
#[derive(Clone)]
pub struct AccessLayer {
    identify: Arc<dyn Identify>,
    refusals: Arc<Refusals>,
}

impl std::fmt::Debug for AccessLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessLayer")
    }
}

impl AccessLayer {
    /// A gate that finds out by `identify` who calls.
    pub fn new(identify: Arc<dyn Identify>) -> Self {
        Self { identify, refusals: Arc::default() }
    }

    /// The count of what it refuses.
    pub fn refusals(&self) -> Arc<Refusals> {
        Arc::clone(&self.refusals)
    }
}

impl<S> Layer<S> for AccessLayer {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate { inner, identify: Arc::clone(&self.identify), refusals: self.refusals() }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub struct Gate<S> {
    inner: S,
    identify: Arc<dyn Identify>,
    refusals: Arc<Refusals>,
}

impl<S> std::fmt::Debug for Gate<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}

impl<S, B, A> Service<Request<B>> for Gate<S>
where
    S: Service<Request<B>, Response = Response<A>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
    A: Default + Send + 'static,
{
    type Response = Response<A>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<A>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match admit(self.identify.as_ref(), &request) {
            Ok(principal) => {
                let caller = principal.as_ref().map_or("", |principal| principal.id());
                let span = tracing::debug_span!("call", path = request.uri().path(), caller);
                if let Some(principal) = principal {
                    request.extensions_mut().insert(principal);
                }
                Box::pin(self.inner.call(request).instrument(span))
            }
            Err(status) => {
                self.refusals.count(&status);
                tracing::warn!(path = request.uri().path(), refused = status.message(), "a call was refused");
                let answer = refusal(&status, request.headers());
                Box::pin(std::future::ready(Ok(answer)))
            }
        }
    }
}

/// The caller of a request that may pass; none where none is asked for.
fn admit<B>(identify: &dyn Identify, request: &Request<B>) -> Result<Option<Arc<Principal>>, Status> {
    let path = request.uri().path();
    let rule = if is_grpc(request.headers()) { rules::of_call(path) } else { rules::of_path(path) };
    // A browser asks so whether it may ask; the answer holds no data.
    let rule = if request.method() == Method::OPTIONS { Some(Rule::Open) } else { rule };
    let Some(rule) = rule else {
        return Err(refused("NO_RULE", format!("there is nothing at {path} that anybody may call")));
    };
    let tls = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>();
    let certificates = tls.and_then(TlsConnectInfo::peer_certs);
    let certificate = certificates.as_ref().and_then(|chain| chain.first()).map(|certificate| certificate.as_ref());
    let known = identify.identify(request.headers(), certificate);
    // What is open asks for nobody; who shows who he is may be told more.
    let Some(permission) = rule.permission() else { return Ok(known.ok().flatten()) };
    let Some(principal) = known? else {
        return Err(Status::unauthenticated(
            "who are you? Send 'authorization: Bearer TOKEN', or connect with a certificate of this server",
        ));
    };
    if !principal.may(permission) {
        return Err(refused("ROLE", format!("your role may not call {path}")));
    }
    if !is_grpc(request.headers()) && matches!(rule, Rule::InArea(_)) && !principal.sees_everything() {
        return Err(refused("AREA", format!("{path} is not cut to areas: ask by gRPC")));
    }
    Ok(Some(principal))
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

fn refused(reason: &str, message: String) -> Status {
    reasoned(tonic::Code::PermissionDenied, message, reason, ("", ""))
}

/// The answer in the language of the question: a gRPC status, or an HTTP one.
fn refusal<A: Default>(status: &Status, headers: &HeaderMap) -> Response<A> {
    if is_grpc(headers) {
        let mut answer = status.clone().into_http();
        // gRPC-web reads the status from the headers too, when the content is its own.
        if let Some(kind) = headers.get(CONTENT_TYPE) {
            answer.headers_mut().insert(CONTENT_TYPE, kind.clone());
        }
        return answer;
    }
    let mut answer = Response::new(A::default());
    *answer.status_mut() = match status.code() {
        tonic::Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        _ => StatusCode::FORBIDDEN,
    };
    answer
}

/// Who calls, as the gate has found out.
///
/// # Errors
/// UNAUTHENTICATED when the request has not passed the gate.
pub fn caller<T>(request: &tonic::Request<T>) -> Result<Arc<Principal>, Status> {
    request
        .extensions()
        .get::<Arc<Principal>>()
        .cloned()
        .ok_or_else(|| Status::unauthenticated("nobody has found out who calls"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::organisation::tests::hainan;
    use crate::access::role::Role;

    struct Shows(Option<Principal>);

    impl Identify for Shows {
        fn identify(&self, _: &HeaderMap, _: Option<&[u8]>) -> Result<Option<Arc<Principal>>, Status> {
            Ok(self.0.clone().map(Arc::new))
        }
    }

    fn call(path: &str, grpc: bool, who: Option<Principal>) -> Result<bool, tonic::Code> {
        let mut request = Request::builder().uri(path);
        if grpc {
            request = request.header(CONTENT_TYPE, "application/grpc-web+proto");
        }
        let admitted = admit(&Shows(who), &request.body(()).unwrap());
        admitted.map(|principal| principal.is_some()).map_err(|status| status.code())
    }

    fn officer() -> Principal {
        let organisation = Arc::new(hainan());
        Principal::new("li", "", "", vec![Role::WatchOfficer], Some("haikou".to_owned()), organisation)
    }

    #[test]
    fn who_shows_nothing_gets_no_further_than_what_is_open() {
        assert_eq!(call("/grpc.health.v1.Health/Check", true, None), Ok(false));
        assert_eq!(call("/", false, None), Ok(false));
        assert_eq!(call("/healthz", false, Some(officer())), Ok(true), "who shows who he is, is known there too");
        assert_eq!(call("/shorewatch.alert.v1.AlertService/GetAlert", true, None), Err(tonic::Code::Unauthenticated));
        assert_eq!(call("/metrics", false, None), Err(tonic::Code::Unauthenticated));
    }

    #[test]
    fn a_call_without_a_rule_is_refused_to_everybody() {
        for who in [None, Some(officer()), Some(Principal::local(Arc::default()))] {
            assert_eq!(
                call("/shorewatch.alert.v1.AlertService/Invent", true, who.clone()),
                Err(tonic::Code::PermissionDenied)
            );
            assert_eq!(call("/secret", false, who), Err(tonic::Code::PermissionDenied));
        }
    }

    #[test]
    fn roles_decide_and_plain_http_shows_nothing_to_whoever_has_an_area() {
        assert_eq!(call("/shorewatch.alert.v1.AlertService/AcknowledgeAlert", true, Some(officer())), Ok(true));
        assert_eq!(
            call("/shorewatch.feed.v1.FeedService/Ingest", true, Some(officer())),
            Err(tonic::Code::PermissionDenied)
        );
        assert_eq!(call("/ogc/collections", false, Some(officer())), Err(tonic::Code::PermissionDenied));
        for of_everybody in
            ["/tiles/coast/9/412/227.mvt", "/tiles/coast.json", "/ogc/collections/sensors/items", "/session"]
        {
            assert_eq!(call(of_everybody, false, Some(officer())), Ok(true), "{of_everybody}");
        }
        for of_some_place in ["/tiles/tracks/9/412/227.mvt", "/tiles/coastal", "/ogc/collections/tracks/items"] {
            let refused = Err(tonic::Code::PermissionDenied);
            assert_eq!(call(of_some_place, false, Some(officer())), refused, "{of_some_place}");
        }
        let alone = Principal::new("li", "", "", vec![Role::WatchOfficer], None, Arc::default());
        assert_eq!(call("/ogc/collections", false, Some(alone)), Ok(true), "a server without units has no areas");
    }
}
