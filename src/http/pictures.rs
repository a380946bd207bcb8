//! `PUT /v1/pictures/SHA256`: a site sends the picture that one of its detections names by this hash.
//!
//! Officers get it from the alert that names it (`AlertService.GetPicture`), with the rights that they have for that. This program never
//! follows the reference of a picture: whoever wants one to be seen here sends it.

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Serialize;

use super::problem::Problem;
use crate::serve::clock;
use crate::store::pictures::{PICTURE_BYTES_MAX, PictureError, PictureStore, hash_of};

/// The routes; without a store nothing is kept.
pub fn routes(pictures: Option<PictureStore>) -> Router {
    Router::new()
        .route("/v1/pictures/{sha256}", put(take))
        .layer(DefaultBodyLimit::max(PICTURE_BYTES_MAX + 1))
        .with_state(pictures)
}

#[derive(Serialize)]
struct Taken {
    sha256: String,
    /// False: it was here before.
    is_new: bool,
}

async fn take(State(pictures): State<Option<PictureStore>>, Path(sha256): Path<String>, body: Bytes) -> Response {
    let Some(hash) = hash_of(&sha256) else {
        return Problem::bad_request("the address ends with the SHA-256 of the picture, 64 hexadecimal digits")
            .into_response();
    };
    let Some(pictures) = pictures else {
        let problem = "this server keeps nothing: start it with --store to have pictures taken";
        return Problem::new(StatusCode::CONFLICT, problem).into_response();
    };
    let put = tokio::task::spawn_blocking(move || pictures.put(&hash, &body, clock::now().as_millis()));
    match put.await {
        Ok(Ok(is_new)) => {
            let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
            (status, Json(Taken { sha256, is_new })).into_response()
        }
        Ok(Err(error)) => refused(&error).into_response(),
        Err(error) => Problem::unavailable(error.to_string()).into_response(),
    }
}

fn refused(error: &PictureError) -> Problem {
    let status = match error {
        PictureError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        PictureError::NoPicture => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        PictureError::WrongHash(_) => StatusCode::BAD_REQUEST,
        PictureError::Full(_) | PictureError::Disk(_) => {
            tracing::error!(%error, "a picture cannot be kept");
            StatusCode::INSUFFICIENT_STORAGE
        }
    };
    tracing::debug!(%error, "a picture is refused");
    Problem::new(status, error.to_string())
}
