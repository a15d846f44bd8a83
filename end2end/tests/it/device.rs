//! A person's device that keeps passkeys: what a browser and its authenticator answer to what the server asks (WebAuthn
//! level 3), for one key on the curve P-256 and without attestation.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Somebody is there, and they have shown a finger, a face or a PIN.
const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const WITH_KEY: u8 = 64;

#[derive(Clone)]
pub struct Device {
    key: SigningKey,
    id: Vec<u8>,
    /// Whose key it is, as the server said.
    handle: String,
    pub counter: u32,
    pub verifies: bool,
    pub origin: String,
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Device {
    /// `seed` tells one device from another.
    pub fn new(origin: &str, seed: u8) -> Self {
        let key = SigningKey::from_slice(&[seed; 32]).unwrap();
        let (id, origin) = (vec![seed; 16], origin.to_owned());
        Self { key, id, handle: String::new(), counter: 0, verifies: true, origin }
    }

    fn client_data(&self, kind: &str, asked: &Value) -> Vec<u8> {
        let data =
            json!({ "type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": false });
        data.to_string().into_bytes()
    }

    fn authenticator_data(&mut self, rp: &str, flags: u8) -> Vec<u8> {
        self.counter += 1;
        let verified = if self.verifies { VERIFIED } else { 0 };
        let head = Sha256::digest(rp).to_vec();
        [head, vec![flags | PRESENT | verified], self.counter.to_be_bytes().to_vec()].concat()
    }

    /// Makes the key, as asked.
    pub fn create(&mut self, asked: &Value) -> String {
        asked["user"]["id"].as_str().unwrap().clone_into(&mut self.handle);
        let client = self.client_data("webauthn.create", asked);
        let mut data = self.authenticator_data(asked["rp"]["id"].as_str().unwrap(), WITH_KEY);
        let point = self.key.verifying_key().to_sec1_point(false);
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        // An unknown maker, the key's id, and the key in COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
        data.extend([&[0; 16][..], &length, &self.id].concat());
        data.extend([&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], point.x().unwrap()].concat());
        data.extend([&[0x22, 0x58, 32][..], point.y().unwrap()].concat());
        // {"fmt": "none", "attStmt": {}, "authData": data}, in CBOR.
        let head =
            [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".as_slice(), &[u8::try_from(data.len()).unwrap()]];
        let object = [head.concat(), data].concat();
        json!({
            "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key",
            "response": { "attestationObject": encoded(&object), "clientDataJSON": encoded(&client) },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// Signs what is asked.
    pub fn answer(&mut self, asked: &Value) -> String {
        let client = self.client_data("webauthn.get", asked);
        let data = self.authenticator_data(asked["rpId"].as_str().unwrap(), 0);
        let signed = [data.clone(), Sha256::digest(&client).to_vec()].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key",
            "response": {
                "authenticatorData": encoded(&data), "clientDataJSON": encoded(&client),
                "signature": encoded(signature.to_der().as_bytes()), "userHandle": self.handle,
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }
}
