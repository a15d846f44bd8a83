//! Passwords: argon2id as OWASP advises, two at a time so that signing in cannot exhaust the machine.

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version, password_hash::phc};
use domain::limits;
use tokio::sync::Semaphore;

use crate::{
    failure::{Outcome, Refusal},
    shop::Merchant,
};

/// Hashes being computed at once; each takes 19 MiB.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// What everybody tries first, alone or with numbers around it.
const COMMON: &str = include_str!("common.txt");
/// Rows of keys, along which lazy fingers walk.
const ROWS: [&str; 6] = [
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "qazwsxedcrfvtgbyhnujm",
    "йцукенгшщзхъфывапролджэячсмитьбю",
];
/// What is left of a password without the person's and the shop's own names is at least so long.
const OWN: usize = 8;

/// What a guesser who knows the person would try: their address, its first part, and what the shop is called.
pub(super) fn about(shop: &Merchant, email: &str) -> Vec<String> {
    let name = email.split('@').next().unwrap_or_default();
    let own = [&shop.name.hy, &shop.name.ru, &shop.name.en].map(String::as_str);
    own.into_iter().chain([email, name]).map(bare).filter(|word| word.chars().count() > 3).collect()
}

/// By length and by what is known to guessers; what letters it is made of is nobody's matter (NIST SP 800-63B, OWASP).
///
/// # Errors
/// `password_short`, `too_long`, `password_common`, `password_own`.
pub(super) fn check(password: &str, about: &[String]) -> Result<(), Refusal> {
    let length = password.chars().count();
    if length < limits::PASSWORD_MIN {
        return Err(Refusal::field("password", "password_short").with("min", limits::PASSWORD_MIN));
    }
    if length > limits::PASSWORD_MAX {
        return Err(Refusal::field("password", "too_long").with("max", limits::PASSWORD_MAX));
    }
    if is_common(&password.to_lowercase()) {
        return Err(Refusal::field("password", "password_common"));
    }
    let own = bare(password);
    let left = about.iter().fold(own.clone(), |left, word| left.replace(word.as_str(), ""));
    if left != own && left.chars().count() < OWN {
        return Err(Refusal::field("password", "password_own"));
    }
    Ok(())
}

fn bare(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

fn is_common(password: &str) -> bool {
    let known = |text: &str| COMMON.lines().any(|line| line == text);
    let word = password.trim_matches(|c: char| !c.is_alphabetic());
    let unit = unit(password);
    let repeats = unit.chars().count() < 4 || (unit.len() < password.len() && known(unit));
    known(password) || known(word) || repeats || is_run(password) || is_walk(password)
}

/// The shortest beginning of which the whole is a repetition.
fn unit(text: &str) -> &str {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let of = |end: &usize| text.len().is_multiple_of(*end) && text.split_at(*end).0.repeat(text.len() / end) == text;
    text.split_at(ends.into_iter().find(of).unwrap_or(text.len())).0
}

/// `abcdefghijkl`, `987654321098`.
fn is_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let along = |step: i64| codes.windows(2).all(|two| two[1] - two[0] == step || two[1] - two[0] == -9 * step);
    along(1) || along(-1)
}

fn is_walk(text: &str) -> bool {
    let keys: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let back: String = keys.chars().rev().collect();
    ROWS.iter().any(|row| row.contains(&keys) || row.contains(&back))
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

    fn refused(password: &str) -> Option<&'static str> {
        let about = ["narine".to_owned(), "narineshopam".to_owned(), "խանութարարատ".to_owned()];
        check(password, &about).err().map(|refusal| refusal.code)
    }

    #[test]
    fn long_and_unknown_is_all_that_is_asked() {
        let good = [
            "demo-demo-demo",
            "a-garden-of-pomegranates",
            "дом у реки",
            "my cat eats apricots",
            "նռան ծառը ծաղկեց",
            "394857203945",
            "aaaaaaaaaaab",
            "qwertyuiop is my row",
        ];
        for password in good.into_iter().filter(|password| password.chars().count() >= limits::PASSWORD_MIN) {
            assert_eq!(refused(password), None, "{password}");
        }
        assert_eq!(refused(&"ab c".repeat(49)), None);
        assert_eq!(refused("elevenchars"), Some("password_short"));
        assert_eq!(refused(&"x".repeat(201)), Some("too_long"));
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        let common = [
            "password1234",
            "Password2026!",
            "!!!iloveyou!!!",
            "passwordpassword",
            "qwertyqwerty",
            "111111111111",
            "abababababab",
            "123456789012",
            "210987654321",
            "abcdefghijkl",
            "qwertyuiopas",
            "sapoiuytrewq",
            "1qaz2wsx3edc4rfv",
            "correct horse battery staple",
            "hayastan2026",
            "пароль123456",
            "............",
        ];
        for password in common {
            assert_eq!(refused(password), Some("password_common"), "{password}");
        }
    }

    #[test]
    fn the_persons_and_the_shops_names_are_not_enough() {
        for own in ["narine@shop.am", "Narine-Narine-1", "Խանութ Արարատ 1", "narine.123456"] {
            assert_eq!(refused(own), Some("password_own"), "{own}");
        }
        assert_eq!(refused("narine keeps bees at home"), None);
        assert_eq!(refused("ab c".repeat(4).as_str()), None);
    }
}
