//! Reading requests: every unreadable one is answered with a problem that says what is wrong.

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;

use super::problem::{Problem, not_found};

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::JsonDataError(error)) => {
                let detail = format!("The body does not have the expected fields: {}.", inner(&error));
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", detail);
                Err(match place(&error) {
                    Some(field) => problem.about(&field),
                    None => problem,
                })
            }
            Err(JsonRejection::MissingJsonContentType(_)) => {
                let detail = "Send the header Content-Type: application/json.";
                Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail))
            }
            Err(other) if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is larger than 64 KiB."))
            }
            Err(other) => {
                let detail = format!("The body is not JSON: {}.", inner(&other));
                Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_json", detail))
            }
        }
    }
}

/// The innermost reason, without the library's own preface.
fn inner(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Where in the body a value is wrong, such as `amount.currency`; `None` for the body as a whole.
fn place(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let reasons = std::iter::successors(Some(error), |error| error.source());
    let mut found = reasons.filter_map(|e| e.downcast_ref::<serde_path_to_error::Error<serde_json::Error>>());
    found.next().map(|error| error.path().to_string()).filter(|path| path != ".")
}

/// Query parameters.
pub(super) struct Params<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|Query(value)| Self(value)).map_err(|error| {
            let detail = format!("A query parameter is wrong: {}.", inner(&error));
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_query", detail)
        })
    }
}

/// An id in the path; what is no id of the kind is not found.
pub(super) struct Id<T>(pub(super) T);

impl<S: Send + Sync, T: std::str::FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_found())?;
        text.parse().map(Self).map_err(|_| not_found())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body as Raw;

    use super::{super::wire::Amount, *};

    async fn field_of(body: &'static str) -> serde_json::Value {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only read into")]
        struct Wrapped {
            amount: Amount,
        }
        let request = Request::builder().header("content-type", "application/json").body(Raw::from(body)).unwrap();
        let problem = Body::<Wrapped>::from_request(request, &()).await.err().unwrap();
        serde_json::to_value(problem).unwrap()["field"].clone()
    }

    #[tokio::test]
    async fn a_wrong_value_is_named_by_its_place() {
        assert_eq!(field_of(r#"{"amount":{"amount_minor":1.5,"currency":"AMD"}}"#).await, "amount.amount_minor");
        assert_eq!(field_of(r#"{"amount":{"amount_minor":1,"currency":"XXX"}}"#).await, "amount.currency");
        assert_eq!(field_of(r#"{"amount":{"amount_minor":1,"currency":"AMD","x":1}}"#).await, "amount.x");
        assert!(field_of("{}").await.is_null());
    }
}
