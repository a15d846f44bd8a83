//! A QR code as a PNG of one bit a pixel: black, white, and nothing to compress well enough to need a library.

use fast_qr::{ECL, QRBuilder, QRCode};

/// Pixels of one module: sharp on a printed page of a hand's width.
const SCALE: usize = 12;
/// Modules of white around the code, as scanners want.
const MARGIN: usize = 4;
const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
/// The longest block that deflate stores uncompressed.
const BLOCK: usize = 65_535;

/// The QR code of a text; a text too long for one has none.
#[must_use]
pub fn of_text(text: &str) -> Option<Vec<u8>> {
    QRBuilder::new(text.to_owned()).ecl(ECL::M).build().ok().map(|code| of_qr(&code))
}

#[must_use]
pub fn of_qr(code: &QRCode) -> Vec<u8> {
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < code.size);
        inside(x).zip(inside(y)).is_some_and(|(x, y)| code[y][x].value())
    };
    let modules = code.size + 2 * MARGIN;
    draw(modules * SCALE, |x, y| dark(x / SCALE, y / SCALE))
}

/// A square picture, `side` pixels wide.
fn draw(side: usize, dark: impl Fn(usize, usize) -> bool) -> Vec<u8> {
    let mut rows = Vec::with_capacity(side * (side / 8 + 2));
    for y in 0..side {
        // Each row says first that it is not filtered.
        rows.push(0);
        for byte in 0..side.div_ceil(8) {
            let bit = |place: usize| u8::from(byte * 8 + place >= side || !dark(byte * 8 + place, y)) << (7 - place);
            rows.push((0..8).map(bit).sum());
        }
    }
    let side = u32::try_from(side).unwrap_or(0).to_be_bytes();
    // One bit of grey, standard compression and filter, not interlaced.
    let head = [&side[..], &side[..], &[1, 0, 0, 0, 0]].concat();
    [&SIGNATURE[..], &chunk(b"IHDR", &head), &chunk(b"IDAT", &stored(&rows)), &chunk(b"IEND", &[])].concat()
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or(0).to_be_bytes();
    let named = [&kind[..], data].concat();
    let sum = crc(&named).to_be_bytes();
    [&length[..], &named, &sum].concat()
}

/// A zlib stream of stored blocks.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks = data.chunks(BLOCK).count();
    for (place, block) in data.chunks(BLOCK).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(0);
        stream.push(u8::from(place + 1 == blocks));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler(data).to_be_bytes());
    stream
}

fn crc(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

fn adler(data: &[u8]) -> u32 {
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    (high << 16) | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_known_ones() {
        assert_eq!(crc(b"IEND"), 0xae42_6082);
        assert_eq!(adler(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn a_picture_has_its_parts() {
        let png = draw(9, |x, y| x == y);
        assert!(png.starts_with(&SIGNATURE));
        assert_eq!(&png[12..16], b"IHDR");
        assert_eq!(png[16..24], [0, 0, 0, 9, 0, 0, 0, 9]);
        assert_eq!(&png[png.len() - 8..png.len() - 4], b"IEND");
    }
}
