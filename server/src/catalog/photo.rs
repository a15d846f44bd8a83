//! Pictures: what they are is read from their bytes, never from what the sender says.

use domain::{FileId, MerchantId, limits};

use super::{rows::file, store};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
};

/// The kinds of picture that browsers and Telegram both show.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// # Errors
/// `photo_too_large`, `photo_kind_unknown`.
pub(super) fn checked(bytes: &[u8]) -> Result<&'static str, Refusal> {
    if bytes.len() > limits::PHOTO_BYTES {
        return Err(Refusal::field("photo", "photo_too_large").with("max", limits::PHOTO_BYTES / 1024 / 1024));
    }
    media_type(bytes).ok_or_else(|| Refusal::field("photo", "photo_kind_unknown"))
}

/// Keeps a picture of the merchant.
///
/// # Errors
/// `photo_too_large`, `photo_kind_unknown`.
pub async fn keep_picture(services: &Services, merchant: &MerchantId, bytes: Vec<u8>) -> Outcome<FileId> {
    let media_type = checked(&bytes)?.to_owned();
    let id: FileId = services.clock.id();
    let row = file::Model {
        id: id.clone(),
        merchant_id: merchant.clone(),
        media_type,
        body: bytes,
        created_at: services.clock.now(),
    };
    services.db.write(move |tx| async move { store::insert_file(&*tx, row).await }).await?;
    Ok(id)
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
        assert!(checked(&vec![0xff; limits::PHOTO_BYTES + 1]).is_err());
    }
}
