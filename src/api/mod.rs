//! gRPC: the definitions under `proto/`, their conversion to and from our own types, and the services.

pub mod convert;
pub mod proto;
