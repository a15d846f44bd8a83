//! `Moment`: a point in time, Unix milliseconds UTC; RFC 3339 on the wire.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "orm", derive(sea_orm::DeriveValueType))]
pub struct Moment(pub i64);

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

impl Moment {
    #[must_use]
    pub const fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to `self`; negative when it lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn date_time(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    #[must_use]
    pub fn rfc3339(self) -> String {
        self.date_time().format(&Rfc3339).unwrap_or_default()
    }

    /// # Errors
    /// When the text is not an RFC 3339 time.
    pub fn parse(text: &str) -> Result<Self, BadMoment> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| BadMoment)?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000_000).map(Self).map_err(|_| BadMoment)
    }

    /// Day, month, year, hour and minute as people in Armenia write them, in a zone `offset_minutes` east of UTC: `23.11.2026 18:05`.
    #[must_use]
    pub fn local(self, offset_minutes: i32) -> String {
        let at = self.at_offset(offset_minutes);
        let ((year, month, day), (hour, minute, _)) = (at.to_calendar_date(), at.to_hms());
        format!("{day:02}.{:02}.{year} {hour:02}:{minute:02}", u8::from(month))
    }

    /// `18:05:09` in a zone `offset_minutes` east of UTC.
    #[must_use]
    pub fn local_time(self, offset_minutes: i32) -> String {
        let at = self.at_offset(offset_minutes);
        format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
    }

    /// The first moment of this day in a zone `offset_minutes` east of UTC.
    #[must_use]
    pub const fn start_of_day(self, offset_minutes: i32) -> Self {
        let offset = offset_minutes as i64 * MINUTE;
        Self((self.0 + offset).div_euclid(DAY) * DAY - offset)
    }

    fn at_offset(self, offset_minutes: i32) -> OffsetDateTime {
        let offset = UtcOffset::from_whole_seconds(offset_minutes.saturating_mul(60)).unwrap_or(UtcOffset::UTC);
        self.date_time().to_offset(offset)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time of the form 2026-11-23T18:05:00Z")]
pub struct BadMoment;

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_form_reads_back() {
        let at = Moment::parse("2026-11-23T18:05:00.250Z").unwrap();
        assert_eq!(Moment::parse(&at.rfc3339()), Ok(at));
        assert_eq!(Moment::parse("2026-11-23T22:05:00.25+04:00"), Ok(at));
        assert!(Moment::parse("yesterday").is_err());
    }

    #[test]
    fn a_yerevan_day_starts_at_twenty_utc() {
        let at = Moment::parse("2026-11-23T21:00:00Z").unwrap();
        assert_eq!(at.local(240), "24.11.2026 01:00");
        assert_eq!(at.start_of_day(240).rfc3339(), "2026-11-23T20:00:00Z");
    }
}
