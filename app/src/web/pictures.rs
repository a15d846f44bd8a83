//! Files: products' photos for everyone who has their address, QR codes of links for staff, and forms with a file.

use axum::{
    extract::{Multipart, Path, State, multipart::MultipartError},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{FileId, LinkId};
use fast_qr::{
    ECL, QRBuilder, QRCode,
    convert::{Builder, Shape, svg::SvgBuilder},
};
use server::{
    catalog,
    failure::{Outcome, Refusal},
    links, png,
};

use super::{Desk, Faces};

/// A file never changes under its id.
const FOREVER: &str = "public, max-age=31536000, immutable";

pub(super) async fn file(State(faces): State<Faces>, Path(id): Path<String>) -> Response {
    let Ok(id) = FileId::parse(&id) else { return StatusCode::NOT_FOUND.into_response() };
    picture(catalog::file(&faces.services.db, &id).await.map(|file| file.map(|file| (file.media_type, file.body))))
}

/// The same for lists and small screens.
pub(super) async fn small(State(faces): State<Faces>, Path(id): Path<String>) -> Response {
    let Ok(id) = FileId::parse(&id) else { return StatusCode::NOT_FOUND.into_response() };
    picture(catalog::small_file(&faces.services.db, &id).await)
}

fn picture(found: Outcome<Option<(String, Vec<u8>)>>) -> Response {
    match found {
        Ok(Some((media_type, body))) => {
            ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, FOREVER.to_owned())], body).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(failure) => {
            tracing::error!(%failure, "a picture cannot be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// `qr.svg` and `qr.png` of a link, always black on white: cameras do not know about dark themes.
pub(super) async fn qr(desk: Desk, Path((id, file)): Path<(String, String)>) -> Response {
    let missing = || StatusCode::NOT_FOUND.into_response();
    let Ok(id) = LinkId::parse(&id) else { return missing() };
    let Ok(link) = links::get(&desk.services.db, desk.merchant(), &id).await else { return missing() };
    let Ok(code) = QRBuilder::new(link.url(&desk.services)).ecl(ECL::M).build() else { return missing() };
    let (kind, end, body) = match file.as_str() {
        "qr.svg" => ("image/svg+xml", ".svg", drawn(&code).into_bytes()),
        "qr.png" => ("image/png", ".png", png::of_qr(&code)),
        _ => return missing(),
    };
    let name = ["inline; filename=\"khanut-", &link.code, end, "\""].concat();
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], body).into_response()
}

fn drawn(code: &QRCode) -> String {
    SvgBuilder::default().shape(Shape::Square).margin(2).to_str(code)
}

/// A text as a QR code, to be set into a page; nothing for a text that is too long for one.
pub(crate) fn qr_svg(text: &str) -> Option<String> {
    QRBuilder::new(text).ecl(ECL::M).build().ok().map(|code| drawn(&code))
}

/// A form with a file: its fields by name, and the file's name and bytes if one was chosen.
pub(crate) struct Upload {
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) name: String,
    /// As the sender calls it.
    pub(crate) media_type: String,
    /// Why it did not arrive, where it did not; what stands before it in the form did.
    pub(crate) file: Result<Option<Vec<u8>>, Refusal>,
}

/// Reads a form of which `file` is the file's field. What is wrong with it is about that field.
pub(crate) async fn upload(form: Multipart, file: &'static str) -> Upload {
    upload_within(form, file, domain::limits::SHEET_BYTES).await
}

/// As [`upload`], where another size is the limit.
pub(crate) async fn upload_within(mut form: Multipart, file: &'static str, most: usize) -> Upload {
    let mut read = Upload { fields: Vec::new(), name: String::new(), media_type: String::new(), file: Ok(None) };
    if let Err(error) = take(&mut form, file, &mut read).await {
        read.file = Err(torn(file, most, &error));
    }
    read
}

/// The next file of a field that may hold several, one at a time in memory; `most` bytes may all of them have together.
pub(crate) async fn next_file(
    form: &mut Multipart,
    file: &'static str,
    most: usize,
) -> Result<Option<Vec<u8>>, Refusal> {
    let next = async {
        while let Some(field) = form.next_field().await? {
            let is_file = field.name() == Some(file);
            let bytes = field.bytes().await?;
            if is_file && !bytes.is_empty() {
                return Ok(Some(bytes.to_vec()));
            }
        }
        Ok(None)
    };
    next.await.map_err(|error| torn(file, most, &error))
}

/// Why a form did not arrive.
fn torn(file: &'static str, most: usize, error: &MultipartError) -> Refusal {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::field(file, "upload_too_large").with("max", most / 1024 / 1024),
        _ => Refusal::field(file, "upload_torn"),
    }
}

async fn take(form: &mut Multipart, file: &'static str, read: &mut Upload) -> Result<(), MultipartError> {
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == file {
            read.name = field.file_name().unwrap_or_default().to_owned();
            read.media_type = field.content_type().unwrap_or_default().to_owned();
            let bytes = field.bytes().await?;
            read.file = Ok(Some(bytes.to_vec()).filter(|bytes| !bytes.is_empty()));
        } else {
            read.fields.push((name, field.text().await?));
        }
    }
    Ok(())
}
