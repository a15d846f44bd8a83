//! Sealing of stored secrets (XChaCha20-Poly1305, bound to the row they belong to) and signing of proofs (HMAC-SHA256, a key
//! for each purpose), both under the master key.

use anyhow::{Context, anyhow};
use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{clock::random, journal::hex};

const VERSION: &str = "v1.";

#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    /// Only keys of one purpose are derived from it; see [`Sealer::sign`].
    signing: Hmac<Sha256>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    /// # Errors
    /// When the text is not 32 bytes in base64.
    pub fn from_base64(key: &str) -> anyhow::Result<Self> {
        let key = STANDARD.decode(key.trim()).ok().filter(|k| k.len() == 32);
        let key = key.ok_or_else(|| {
            anyhow!("KHANUT_MASTER_KEY must be 32 bytes in base64; make one with: head -c 32 /dev/urandom | base64")
        })?;
        let wrong = || anyhow!("the master key is not 32 bytes");
        let cipher = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| wrong())?;
        Ok(Self { cipher, signing: Hmac::new_from_slice(&key).map_err(|_| wrong())? })
    }

    /// A key for a demo or a test, gone with the process unless its text is kept.
    #[must_use]
    pub fn fresh_key() -> String {
        STANDARD.encode(random::<32>())
    }

    /// Seals `plain`; `owner` names the row (`provider_accounts/acc_…`), and only there it can be opened again.
    ///
    /// # Errors
    /// When the cipher fails, which it does not for texts of our sizes.
    pub fn seal(&self, owner: &str, plain: &str) -> anyhow::Result<String> {
        let nonce: [u8; 24] = random();
        let payload = Payload { msg: plain.as_bytes(), aad: owner.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| anyhow!("sealing failed"))?;
        Ok(format!("{VERSION}{}", STANDARD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// # Errors
    /// When it was sealed under another key or for another row, or was altered.
    pub fn open(&self, owner: &str, sealed: &str) -> anyhow::Result<String> {
        let bytes =
            sealed.strip_prefix(VERSION).and_then(|b| STANDARD.decode(b).ok()).context("not a sealed secret")?;
        let (nonce, body) = bytes.split_at_checked(24).context("a sealed secret is cut short")?;
        let nonce = <[u8; 24]>::try_from(nonce).context("a sealed secret is cut short")?;
        let payload = Payload { msg: body, aad: owner.as_bytes() };
        let plain = self.cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| {
            anyhow!("a stored secret cannot be opened: KHANUT_MASTER_KEY is not the one it was sealed with ({owner})")
        })?;
        String::from_utf8(plain).context("a sealed secret is not a text")
    }

    /// A secret for `purpose` and what `message` names: always the same one, and kept nowhere.
    ///
    /// # Errors
    /// Never: HMAC takes keys of every length.
    pub fn derive(&self, purpose: &str, message: &[u8]) -> anyhow::Result<[u8; 32]> {
        Ok(self.mac(&["derives ", purpose].concat(), message)?.finalize().into_bytes().into())
    }

    /// Signs `message` with a key that serves `purpose` only: a signature of one purpose proves nothing for another.
    ///
    /// # Errors
    /// Never: HMAC takes keys of every length.
    pub fn sign(&self, purpose: &str, message: &[u8]) -> anyhow::Result<String> {
        Ok(hex(&self.mac(purpose, message)?.finalize().into_bytes()))
    }

    /// Whether `signature` is the one [`Sealer::sign`] gives, compared in constant time.
    #[must_use]
    pub fn has_signed(&self, purpose: &str, message: &[u8], signature: &str) -> bool {
        use subtle::ConstantTimeEq;
        self.sign(purpose, message).is_ok_and(|ours| ours.as_bytes().ct_eq(signature.as_bytes()).into())
    }

    fn mac(&self, purpose: &str, message: &[u8]) -> anyhow::Result<Hmac<Sha256>> {
        let key = self.signing.clone().chain_update("khanut signs: ").chain_update(purpose).finalize().into_bytes();
        let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| anyhow!("a signing key has a wrong length"))?;
        Ok(mac.chain_update(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_key_its_purpose_and_its_message() {
        let sealer = Sealer::from_base64(&Sealer::fresh_key()).unwrap();
        let signature = sealer.sign("checkpoint", b"one").unwrap();
        assert!(sealer.has_signed("checkpoint", b"one", &signature));
        assert!(!sealer.has_signed("checkpoint", b"two", &signature));
        assert!(!sealer.has_signed("day", b"one", &signature));
        assert!(!sealer.has_signed("checkpoint", b"one", ""));
        assert!(!Sealer::from_base64(&Sealer::fresh_key()).unwrap().has_signed("checkpoint", b"one", &signature));
    }

    #[test]
    fn what_is_derived_is_the_same_each_time_and_another_for_everything_else() {
        let sealer = Sealer::from_base64(&Sealer::fresh_key()).unwrap();
        let secret = sealer.derive("endpoint", b"end_1:1").unwrap();
        assert_eq!(secret, sealer.derive("endpoint", b"end_1:1").unwrap());
        assert_ne!(secret, sealer.derive("endpoint", b"end_1:2").unwrap());
        assert_ne!(hex(&secret), sealer.sign("endpoint", b"end_1:1").unwrap());
        assert_ne!(secret, Sealer::from_base64(&Sealer::fresh_key()).unwrap().derive("endpoint", b"end_1:1").unwrap());
    }

    #[test]
    fn opens_only_with_its_key_in_its_row() {
        let sealer = Sealer::from_base64(&Sealer::fresh_key()).unwrap();
        let sealed = sealer.seal("bots/bot_1", "123:token").unwrap();
        assert!(!sealed.contains("token"));
        assert_eq!(sealer.open("bots/bot_1", &sealed).unwrap(), "123:token");
        assert!(sealer.open("bots/bot_2", &sealed).is_err());
        assert!(Sealer::from_base64(&Sealer::fresh_key()).unwrap().open("bots/bot_1", &sealed).is_err());
        assert!(Sealer::from_base64("c2hvcnQ=").is_err());
    }
}
