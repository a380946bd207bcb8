//! Errors with a reason that programs can read (`google.rpc.ErrorInfo`).

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The domain of every reason of this server.
const DOMAIN: &str = "shorewatch";

/// A status with a reason and one detail, such as the present etag; an empty key: none.
pub fn reasoned(code: Code, message: impl Into<String>, reason: &str, (key, value): (&str, &str)) -> Status {
    let mut metadata = HashMap::new();
    if !key.is_empty() {
        metadata.insert(key.to_owned(), value.to_owned());
    }
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, DOMAIN, metadata))
}
