//! Pictures: what they are is read from their bytes, never from what the sender says, and what is kept is made anew from
//! what they show.

use std::io::Cursor;

use domain::{FileId, MerchantId, limits};
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, ImageResult, Limits, codecs::jpeg::JpegEncoder,
    imageops::FilterType, metadata::Orientation,
};
use tokio::sync::Semaphore;

use super::{
    rows::{file, smaller},
    store,
};
use crate::{
    failure::{Outcome, Refusal},
    services::Services,
};

/// What a phone takes, width and height together, and how many times one may be the other: what is kept is made smaller.
const SIDES: usize = 20_000;
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

/// A picture as it is kept: turned upright, no larger than a screen needs, without what its camera wrote beside it.
#[derive(Clone, Debug)]
pub struct Photo {
    media_type: &'static str,
    large: Vec<u8>,
    small: Vec<u8>,
}

/// The longest side of a picture as it is shown alone, and in a list.
const LARGE: u32 = 1_280;
const SMALL: u32 = 320;
/// What one picture may take while it is unpacked, fifty million points; and how many are unpacked at once.
const UNPACKED_BYTES: u64 = 160 * 1024 * 1024;
static AT_ONCE: Semaphore = Semaphore::const_new(1);

/// Reads a file as a photo, away from the threads that answer requests.
///
/// # Errors
/// `photo_too_large`, `photo_kind_unknown`, `photo_unreadable`.
pub async fn read_photo(bytes: Vec<u8>) -> Outcome<Photo> {
    checked(&bytes)?;
    let _turn = AT_ONCE.acquire().await.map_err(anyhow::Error::from)?;
    Ok(tokio::task::spawn_blocking(move || resized(&bytes)).await.map_err(anyhow::Error::from)??)
}

/// What the file is, if it can be a photo by its first bytes.
fn checked(bytes: &[u8]) -> Result<&'static str, Refusal> {
    let too_large = || Refusal::field("photo", "photo_too_large").with("max", limits::PHOTO_BYTES / 1024 / 1024);
    if bytes.len() > limits::PHOTO_BYTES {
        return Err(too_large());
    }
    let unknown = || Refusal::field("photo", "photo_kind_unknown");
    let media_type = media_type(bytes).ok_or_else(unknown)?;
    // A few bytes may claim a picture of gigabytes.
    match imagesize::blob_size(bytes) {
        Ok(size) if size.width == 0 || size.height == 0 => Err(unknown()),
        Ok(size) if size.width.saturating_add(size.height) > SIDES => Err(too_large()),
        Ok(size) if size.width.max(size.height) / size.width.min(size.height) > RATIO => Err(too_large()),
        _ => Ok(media_type),
    }
}

fn resized(bytes: &[u8]) -> Result<Photo, Refusal> {
    let picture = unpacked(bytes).map_err(|_| Refusal::field("photo", "photo_unreadable"))?;
    // What can be seen through stays so; all else is kept the small way.
    let clear = picture.color().has_alpha() && picture.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX);
    let fitted = |side: u32| {
        let fits = picture.width() <= side && picture.height() <= side;
        let picture = if fits { picture.clone() } else { picture.resize(side, side, FilterType::Triangle) };
        packed(&picture, clear).map_err(|_| Refusal::field("photo", "photo_unreadable"))
    };
    let media_type = if clear { "image/png" } else { "image/jpeg" };
    Ok(Photo { media_type, large: fitted(LARGE)?, small: fitted(SMALL)? })
}

fn unpacked(bytes: &[u8]) -> ImageResult<DynamicImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut within = Limits::default();
    within.max_alloc = Some(UNPACKED_BYTES);
    reader.limits(within);
    let mut decoder = reader.into_decoder()?;
    let upright = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(upright);
    Ok(picture)
}

fn packed(picture: &DynamicImage, clear: bool) -> ImageResult<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    if clear {
        picture.write_to(&mut bytes, ImageFormat::Png)?;
    } else {
        picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 84))?;
    }
    Ok(bytes.into_inner())
}

impl Photo {
    /// As it is written: the picture and its smaller self.
    pub(super) fn rows(self, services: &Services, merchant: &MerchantId) -> (file::Model, smaller::Model) {
        let file = file::Model {
            id: services.clock.id(),
            merchant_id: merchant.clone(),
            media_type: self.media_type.to_owned(),
            body: self.large,
            private: false,
            created_at: services.clock.now(),
        };
        let small = smaller::Model {
            file_id: file.id.clone(),
            merchant_id: merchant.clone(),
            media_type: self.media_type.to_owned(),
            body: self.small,
        };
        (file, small)
    }
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
/// When the database refuses.
pub async fn keep_picture(services: &Services, merchant: &MerchantId, photo: Photo) -> Outcome<FileId> {
    let (file, small) = photo.rows(services, merchant);
    services
        .db
        .write(move |tx| async move {
            let id = file.id.clone();
            store::insert_picture(&*tx, file, small).await?;
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
        assert_eq!(code(&png(8_160, 6_120)), Ok("image/png"), "fifty million points of a phone");
        assert_eq!(code(&png(60_000, 60_000)), Err("photo_too_large"));
        assert_eq!(code(&png(u32::MAX, u32::MAX)), Err("photo_too_large"));
        assert_eq!(code(&png(4_000, 100)), Err("photo_too_large"));
        assert_eq!(code(&png(0, 100)), Err("photo_kind_unknown"));
        assert_eq!(code(&vec![0xff; limits::PHOTO_BYTES + 1]), Err("photo_too_large"));
    }

    /// A picture of one colour but for its upper left corner, as a camera would pack it.
    fn drawn(width: u32, height: u32) -> DynamicImage {
        let colour = |x, y| if x < width / 2 && y < height / 2 { [200, 30, 30] } else { [240, 240, 240] };
        DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, |x, y| image::Rgb(colour(x, y))))
    }

    fn sides(bytes: &[u8]) -> (usize, usize) {
        imagesize::blob_size(bytes).map(|size| (size.width, size.height)).unwrap()
    }

    /// The JPEG with a note of its camera: held on its side, and where it stood.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut note = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        note.extend([orientation, 0, 0, 0, 0, 0, 0]);
        note.extend(b"GPS 40.1792 44.4991");
        let length = u16::try_from(note.len() + 2).unwrap().to_be_bytes();
        [&[0xff, 0xd8, 0xff, 0xe1], &length[..], &note, &jpeg[2..]].concat()
    }

    #[test]
    fn what_is_kept_fits_stands_upright_and_says_nothing_of_its_camera() {
        let lying = with_exif(&packed(&drawn(2_000, 1_000), false).unwrap(), 6);
        let kept = resized(&lying).unwrap();
        assert_eq!((kept.media_type, sides(&kept.large), sides(&kept.small)), ("image/jpeg", (640, 1_280), (160, 320)));
        let corner = unpacked(&kept.large).unwrap().to_rgb8();
        assert!(corner.get_pixel(600, 100).0[1] < 80, "turned to the right: the corner is at the upper right");
        assert!(corner.get_pixel(40, 100).0[1] > 200);
        for bytes in [&kept.large, &kept.small] {
            assert!(!bytes.windows(4).any(|part| part == b"Exif" || part == b"GPS "), "a note was kept");
        }
    }

    #[test]
    fn a_small_picture_is_not_blown_up_and_one_that_is_clear_stays_so() {
        let mut picture = drawn(200, 100).to_rgba8();
        picture.put_pixel(0, 0, image::Rgba([0, 0, 0, 0]));
        let kept = resized(&packed(&picture.into(), true).unwrap()).unwrap();
        assert_eq!((kept.media_type, sides(&kept.large), sides(&kept.small)), ("image/png", (200, 100), (200, 100)));
    }

    #[test]
    fn what_cannot_be_unpacked_is_refused() {
        let whole = packed(&drawn(300, 300), true).unwrap();
        let torn = &whole[..whole.len() / 2];
        assert_eq!(resized(torn).unwrap_err().code, "photo_unreadable");
        // Little to send, nothing behind it: the head alone claims twenty-four million points.
        assert_eq!(resized(&png(4_900, 4_900)).unwrap_err().code, "photo_unreadable");
    }
}
