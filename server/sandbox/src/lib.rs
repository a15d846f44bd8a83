//! The sandbox: our own stand-ins for the strangers a shop works with, for demos and tests.
//!
//! Strangers behind HTTP like the real ones: nothing here knows the shop's database. Never mounted in production.

pub mod crm;
pub mod ehdm;
pub mod receiver;
pub mod telegram;
pub mod vpos;

/// Armenian letters and the dram sign, which not every machine has.
pub(crate) const ARMENIAN_FONT: &[u8] = include_bytes!("../../../public/fonts/noto-sans-armenian.woff2");

/// An id that sorts by nothing and is never the same twice.
pub(crate) fn random_id(prefix: &str) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bytes = [0_u8; 20];
    // Without random bytes ids may repeat: in a sandbox that is a failed demo, not lost money.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().fold(prefix.to_owned(), |mut id, byte| {
        id.push(char::from(ALPHABET[usize::from(byte & 31)]));
        id
    })
}
