//! Pictures: what they are is read from their bytes, never from what the sender says.

use domain::{FileId, MerchantId, limits};

use super::{rows::file, store};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
};

/// What Telegram shows as a photo: width and height together, and how many times one may be the other.
const SIDES: usize = 10_000;
const RATIO: usize = 20;

/// The kinds of picture that browsers and Telegram both show.
pub(crate) fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// Whether a file can be a product's photo.
///
/// # Errors
/// `photo_too_large`, `photo_kind_unknown`.
pub fn check_photo(bytes: &[u8]) -> Result<(), Refusal> {
    checked(bytes).map(|_| ())
}

fn checked(bytes: &[u8]) -> Result<&'static str, Refusal> {
    let too_large = || Refusal::field("photo", "photo_too_large").with("max", limits::PHOTO_BYTES / 1024 / 1024);
    if bytes.len() > limits::PHOTO_BYTES {
        return Err(too_large());
    }
    let unknown = || Refusal::field("photo", "photo_kind_unknown");
    let media_type = media_type(bytes).ok_or_else(unknown)?;
    // A few bytes may claim a picture of gigabytes. One that claims no size at all takes no room in a browser either.
    match imagesize::blob_size(bytes) {
        Ok(size) if size.width == 0 || size.height == 0 => Err(unknown()),
        Ok(size) if size.width.saturating_add(size.height) > SIDES => Err(too_large()),
        Ok(size) if size.width.max(size.height) / size.width.min(size.height) > RATIO => Err(too_large()),
        _ => Ok(media_type),
    }
}

/// # Errors
/// `photo_too_large`, `photo_kind_unknown`.
pub(super) fn row(services: &Services, merchant: &MerchantId, bytes: Vec<u8>) -> Result<file::Model, Refusal> {
    Ok(file::Model {
        id: services.clock.id(),
        merchant_id: merchant.clone(),
        media_type: checked(&bytes)?.to_owned(),
        body: bytes,
        private: false,
        created_at: services.clock.now(),
    })
}

/// A picture or PDF that only staff may see, such as the proof of a refund.
///
/// # Errors
/// `proof_too_large`, `proof_kind_unknown`.
pub(crate) fn private_file(services: &Services, merchant: &MerchantId, bytes: Vec<u8>) -> Result<file::Model, Refusal> {
    if bytes.len() > limits::PHOTO_BYTES {
        return Err(Refusal::field("file", "proof_too_large").with("max", limits::PHOTO_BYTES / 1024 / 1024));
    }
    let media_type = if bytes.starts_with(b"%PDF-") { Some("application/pdf") } else { media_type(&bytes) };
    Ok(file::Model {
        id: services.clock.id(),
        merchant_id: merchant.clone(),
        media_type: media_type.ok_or_else(|| Refusal::field("file", "proof_kind_unknown"))?.to_owned(),
        body: bytes,
        private: true,
        created_at: services.clock.now(),
    })
}

/// Keeps a picture of the merchant.
///
/// # Errors
/// `photo_too_large`, `photo_kind_unknown`.
pub async fn keep_picture(services: &Services, merchant: &MerchantId, bytes: Vec<u8>) -> Outcome<FileId> {
    let row = row(services, merchant, bytes)?;
    services
        .db
        .write(move |tx| async move {
            let id = row.id.clone();
            store::insert_file(&*tx, row).await?;
            Ok(id)
        })
        .await
}

/// A table that only staff may see.
pub(crate) fn private_sheet(services: &Services, merchant: &MerchantId, bytes: Vec<u8>) -> file::Model {
    file::Model {
        id: services.clock.id(),
        merchant_id: merchant.clone(),
        media_type: "application/octet-stream".to_owned(),
        body: bytes,
        private: true,
        created_at: services.clock.now(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_their_first_bytes() {
        assert_eq!(media_type(b"\xff\xd8\xff\xe0rest"), Some("image/jpeg"));
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        assert_eq!(media_type(b"RIFF0000WEBPrest"), Some("image/webp"));
        assert_eq!(media_type(b"<svg onload=alert(1)>"), None);
    }

    /// The first bytes of a PNG that claims this size.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn too_many_bytes_or_absurd_sides_are_refused() {
        let code = |bytes: &[u8]| checked(bytes).map_err(|refusal| refusal.code);
        assert_eq!(code(&png(4_032, 3_024)), Ok("image/png"));
        assert_eq!(code(&png(60_000, 60_000)), Err("photo_too_large"));
        assert_eq!(code(&png(u32::MAX, u32::MAX)), Err("photo_too_large"));
        assert_eq!(code(&png(4_000, 100)), Err("photo_too_large"));
        assert_eq!(code(&png(0, 100)), Err("photo_kind_unknown"));
        assert_eq!(code(&vec![0xff; limits::PHOTO_BYTES + 1]), Err("photo_too_large"));
    }
}
