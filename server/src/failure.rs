//! What can go wrong, by audience: a `Refusal` is for the person who asked, anything else for the operator.

use domain::{BadId, limits, link::LinkClosed};
use sea_orm::DbErr;

/// Why something asked for is not done. The code is stable; faces translate it (`refusal.<code>`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind:?}: {code}{}", field.map(|f| format!(" ({f})")).unwrap_or_default())]
pub struct Refusal {
    pub kind: RefusalKind,
    pub code: &'static str,
    /// The field of the form or request that is wrong.
    pub field: Option<&'static str>,
    /// Values for the text's placeholders, such as a limit.
    pub values: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    Invalid,
    NotFound,
    Forbidden,
    Conflict,
    TooMany,
    /// A stranger (provider, Telegram) does not answer now.
    Unavailable,
}

impl Refusal {
    #[must_use]
    pub const fn new(kind: RefusalKind, code: &'static str) -> Self {
        Self { kind, code, field: None, values: Vec::new() }
    }

    #[must_use]
    pub const fn field(field: &'static str, code: &'static str) -> Self {
        Self { kind: RefusalKind::Invalid, code, field: Some(field), values: Vec::new() }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    #[must_use]
    pub const fn not_found() -> Self {
        Self::new(RefusalKind::NotFound, "not_found")
    }

    #[must_use]
    pub const fn forbidden() -> Self {
        Self::new(RefusalKind::Forbidden, "forbidden")
    }

    #[must_use]
    pub const fn link(closed: LinkClosed) -> Self {
        let code = match closed {
            LinkClosed::Inactive => "link_inactive",
            LinkClosed::Cancelled => "link_cancelled",
            LinkClosed::Expired => "link_expired",
            LinkClosed::UsedUp => "link_used_up",
            LinkClosed::AlreadyPaid => "link_already_paid",
            LinkClosed::NotAvailable => "link_not_available",
        };
        Self::new(RefusalKind::Conflict, code)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

pub type Outcome<T> = Result<T, Failure>;

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Internal(error.into())
    }
}

impl From<BadId> for Failure {
    fn from(_: BadId) -> Self {
        Self::Refused(Refusal::not_found())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// A text field: trimmed, within `max` characters.
///
/// # Errors
/// `too_long` with the limit.
pub fn text(field: &'static str, value: &str, max: usize) -> Result<String, Refusal> {
    let value = value.trim();
    if value.chars().count() > max {
        return Err(Refusal::field(field, "too_long").with("max", max));
    }
    Ok(value.to_owned())
}

/// A text field that must not be empty.
///
/// # Errors
/// `required` or `too_long`.
pub fn required(field: &'static str, value: &str, max: usize) -> Result<String, Refusal> {
    let value = text(field, value, max)?;
    if value.is_empty() { Err(Refusal::field(field, "required")) } else { Ok(value) }
}

/// Why a person did something, in their words.
///
/// # Errors
/// `reason_required` or `too_long`.
pub fn reason(field: &'static str, value: &str) -> Result<String, Refusal> {
    let value = text(field, value, limits::REASON)?;
    if value.is_empty() { Err(Refusal::field(field, "reason_required")) } else { Ok(value) }
}
