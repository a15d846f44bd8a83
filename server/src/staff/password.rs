//! Passwords: argon2id as OWASP advises, two at a time so that signing in cannot exhaust the machine.

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version, password_hash::phc};
use domain::limits;
use tokio::sync::Semaphore;

use crate::failure::{Outcome, Refusal};

/// Hashes being computed at once; each takes 19 MiB.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Passwords that everybody tries first.
const COMMON: [&str; 8] = [
    "1234567890",
    "0987654321",
    "1111111111",
    "qwertyuiop",
    "password12",
    "password123",
    "passwordpassword",
    "1q2w3e4r5t",
];

/// # Errors
/// `password_short`, `too_long`, `password_common`.
pub(super) fn check(password: &str) -> Result<(), Refusal> {
    let length = password.chars().count();
    if length < limits::PASSWORD_MIN {
        return Err(Refusal::field("password", "password_short").with("min", limits::PASSWORD_MIN));
    }
    if length > limits::PASSWORD_MAX {
        return Err(Refusal::field("password", "too_long").with("max", limits::PASSWORD_MAX));
    }
    if COMMON.contains(&password.to_lowercase().as_str()) {
        return Err(Refusal::field("password", "password_common"));
    }
    Ok(())
}

fn hasher() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn at_leisure<T: Send + 'static>(work: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> Outcome<T> {
    let _turn = AT_ONCE.acquire().await.map_err(anyhow::Error::from)?;
    Ok(tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)??)
}

pub(super) async fn hash(password: &str) -> Outcome<String> {
    let password = password.to_owned();
    at_leisure(move || {
        let hash: phc::PasswordHash =
            hasher()?.hash_password(password.as_bytes()).map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether the password is the hash's. Without a hash it takes as long and says no: nobody learns which e-mails exist.
pub(super) async fn verify(password: &str, known: Option<String>) -> Outcome<bool> {
    let password = password.to_owned();
    at_leisure(move || {
        let Some(known) = known else {
            let _: phc::PasswordHash =
                hasher()?.hash_password(password.as_bytes()).map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
            return Ok(false);
        };
        let parsed = PasswordHash::new(&known).map_err(|error| anyhow::anyhow!("a stored password hash: {error}"))?;
        Ok(hasher()?.verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let known = hash("demo-demo-demo").await.unwrap();
        assert!(known.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("demo-demo-demo", Some(known.clone())).await.unwrap());
        assert!(!verify("demo-demo-demo ", Some(known)).await.unwrap());
        assert!(!verify("demo-demo-demo", None).await.unwrap());
    }

    #[test]
    fn rules() {
        assert!(check("demo-demo-demo").is_ok());
        for bad in ["short", "1234567890", "Password123", &"x".repeat(201)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
