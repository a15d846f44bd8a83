//! Time-based codes (RFC 6238) as every authenticator app knows them: SHA-1, six digits, thirty seconds, one step either way.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Builder, Secret, Totp};

use crate::failure::Outcome;

pub(super) const SECRET_BYTES: usize = 20;

pub(super) fn secret(bytes: [u8; SECRET_BYTES]) -> String {
    Secret::new_stack(bytes).to_base32()
}

fn reader(secret: &str) -> Outcome<Totp> {
    let secret = Secret::try_from_base32(secret).map_err(|_| anyhow::anyhow!("a stored two-factor secret is torn"))?;
    let totp = Builder::new().with_secret(secret).build();
    Ok(totp.map_err(|_| anyhow::anyhow!("a stored two-factor secret is too short"))?)
}

/// The step that the code belongs to, if it is one of now.
pub(super) fn step(secret: &str, code: &str, now_seconds: i64) -> Outcome<Option<i64>> {
    let step = reader(secret)?.check(code, now_seconds.unsigned_abs());
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// The address that an app reads from a QR code. `account` and `issuer` may hold any letters.
pub(super) fn address(secret: &str, issuer: &str, account: &str) -> String {
    let [issuer, account] = [issuer, account].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
    ["otpauth://totp/", &issuer, ":", &account, "?secret=", secret, "&issuer=", &issuer].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6238, appendix B, cut to six digits.
    const RFC: [u8; SECRET_BYTES] = *b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_rfc_and_one_step_off_is_still_good() {
        let secret = secret(RFC);
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let at = |seconds| step(&secret, "287082", seconds).unwrap();
        assert_eq!(at(59), Some(1));
        for (seconds, found) in [(29, Some(1)), (89, Some(1)), (119, None), (0, Some(1)), (90, None)] {
            assert_eq!(at(seconds), found, "{seconds}");
        }
        for wrong in ["", "287083", "28708", "2870820", "abcdef", "２８７０８２"] {
            assert_eq!(step(&secret, wrong, 59).unwrap(), None, "{wrong}");
        }
        assert!(step("not base32!", "287082", 59).is_err());
    }

    #[test]
    fn the_address_holds_any_letters() {
        let address = address("ABC", "Խան & Co", "a+b@c.am");
        assert_eq!(
            address,
            "otpauth://totp/%D4%BD%D5%A1%D5%B6%20%26%20Co:a%2Bb%40c%2Eam?secret=ABC&issuer=%D4%BD%D5%A1%D5%B6%20%26%20Co"
        );
    }
}
