//! Pictures: products' photos for everyone who has their address, QR codes of links for staff, and the upload of a photo.

use axum::{
    Extension,
    extract::{Multipart, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{FileId, LinkId, ProductId, role::Actor};
use fast_qr::{
    ECL, QRBuilder,
    convert::{Builder, Shape, svg::SvgBuilder},
};
use leptos::prelude::{Owner, provide_context};
use server::{
    catalog,
    failure::{Failure, Refusal},
    links,
};

use super::{Faces, desk::status, png, visitor::Visitor};
use crate::error::AppError;

/// A file never changes under its id.
const FOREVER: &str = "public, max-age=31536000, immutable";

pub(super) async fn file(State(faces): State<Faces>, Path(id): Path<String>) -> Response {
    let Ok(id) = FileId::parse(&id) else { return StatusCode::NOT_FOUND.into_response() };
    match catalog::file(&faces.services.db, &id).await {
        Ok(Some(file)) => {
            ([(header::CONTENT_TYPE, file.media_type), (header::CACHE_CONTROL, FOREVER.to_owned())], file.body)
                .into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(failure) => {
            tracing::error!(%failure, "a picture cannot be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// `qr.svg` and `qr.png` of a link, always black on white: cameras do not know about dark themes.
pub(super) async fn qr(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let missing = || StatusCode::NOT_FOUND.into_response();
    let (Some(who), Ok(id)) = (visitor.who, LinkId::parse(&id)) else { return missing() };
    let Ok(link) = links::get(&faces.services.db, &who.merchant_id, &id).await else { return missing() };
    let Ok(code) = QRBuilder::new(link.url(&faces.services)).ecl(ECL::M).build() else { return missing() };
    let (kind, end, body) = match file.as_str() {
        "qr.svg" => {
            ("image/svg+xml", ".svg", SvgBuilder::default().shape(Shape::Square).margin(2).to_str(&code).into_bytes())
        }
        "qr.png" => ("image/png", ".png", png::of_qr(&code)),
        _ => return missing(),
    };
    let name = ["inline; filename=\"khanut-", &link.code, end, "\""].concat();
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], body).into_response()
}

/// A product's new photo. The answer is empty, or the sentence of what is wrong with the file.
pub(super) async fn upload(
    State(faces): State<Faces>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    form: Multipart,
) -> Response {
    let Some(who) = &visitor.who else { return StatusCode::UNAUTHORIZED.into_response() };
    let kept = async {
        let id = ProductId::parse(&id)?;
        let bytes = photo(form).await?;
        let actor = Actor::Staff { id: who.id.clone(), role: who.role };
        catalog::set_photo(&faces.services, &actor, &who.merchant_id, &id, bytes).await
    };
    match kept.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => {
            let code = match &failure {
                Failure::Refused(refusal) => status(refusal.kind),
                Failure::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let error = Owner::new().with(|| {
                provide_context(visitor.lang);
                AppError::from(failure)
            });
            (code, error.text).into_response()
        }
    }
}

async fn photo(mut form: Multipart) -> Result<Vec<u8>, Failure> {
    let too_large =
        || Refusal::field("photo", "photo_too_large").with("max", domain::limits::PHOTO_BYTES / 1024 / 1024);
    while let Some(field) = form.next_field().await.map_err(|_| too_large())? {
        if field.name() == Some("photo") {
            return Ok(field.bytes().await.map_err(|_| too_large())?.into());
        }
    }
    Err(Refusal::field("photo", "photo_kind_unknown").into())
}
