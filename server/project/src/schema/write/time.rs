//! The time that a migration's name tells.

/// A moment in UTC, as the front door's clock tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MigrationTime {
    /// The year, as 2026.
    pub year: u16,
    /// The month from 1.
    pub month: u8,
    /// The day of the month from 1.
    pub day: u8,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
    /// The second, 0 to 59.
    pub second: u8,
}

impl MigrationTime {
    /// A moment in UTC, by the proleptic Gregorian calendar.
    #[must_use]
    pub fn of_unix_seconds(seconds: u64) -> Self {
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        // Days since 0000-03-01, so that the leap day is a year's last one.
        let days = days + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        let small = |number: u64| u8::try_from(number).unwrap_or_default();
        Self {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            month: small(month),
            day: small(day),
            hour: small(rest / 3_600),
            minute: small(rest % 3_600 / 60),
            second: small(rest % 60),
        }
    }

    /// The moment that digits tell: a day (`20260131`), to the minute or to the second; nothing where there is no such
    /// moment.
    #[must_use]
    pub fn of_compact(digits: &str) -> Option<Self> {
        if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let two = |at: usize| digits.get(at..at + 2).map_or(Some(0), |part| part.parse().ok());
        let told = Self {
            year: digits[..4].parse().ok()?,
            month: two(4)?,
            day: two(6)?,
            hour: two(8)?,
            minute: two(10)?,
            second: two(12)?,
        };
        let seconds = u64::try_from(told.unix_seconds()).ok()?;
        (Self::of_unix_seconds(seconds) == told).then_some(told)
    }

    /// The moment so many seconds later.
    #[must_use]
    pub fn later(self, seconds: u64) -> Self {
        Self::of_unix_seconds(u64::try_from(self.unix_seconds()).unwrap_or_default() + seconds)
    }

    /// `20260131235959`.
    #[must_use]
    pub fn compact(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }

    /// `2026-01-31-235959`.
    #[must_use]
    pub fn dashed(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}-{month:02}-{day:02}-{hour:02}{minute:02}{second:02}")
    }

    /// Seconds since 1970, by the proleptic Gregorian calendar.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        let month = i64::from(self.month);
        // Years begin in March here, so that the leap day is a year's last one.
        let year = i64::from(self.year) - i64::from(month <= 2);
        let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(self.day) - 1;
        let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
        days * 86_400 + i64::from(self.hour) * 3_600 + i64::from(self.minute) * 60 + i64::from(self.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_seconds_since_1970() {
        let time = |year, month, day, hour, minute, second| {
            MigrationTime { year, month, day, hour, minute, second }.unix_seconds()
        };
        assert_eq!(time(1970, 1, 1, 0, 0, 0), 0);
        assert_eq!(time(2000, 2, 29, 12, 0, 1), 951_825_601);
        assert_eq!(time(2026, 11, 21, 5, 12, 50), 1_795_237_970);
        for seconds in [0, 951_782_400, 951_825_601, 1_709_251_199, 1_795_237_970, 4_102_444_800] {
            let told = MigrationTime::of_unix_seconds(seconds);
            assert_eq!(told.unix_seconds(), i64::try_from(seconds).expect("small"), "{told:?}");
        }
    }

    #[test]
    fn digits_tell_a_moment_that_there_is() {
        let told = |digits| MigrationTime::of_compact(digits).map(MigrationTime::compact);
        assert_eq!(told("20240229235959").as_deref(), Some("20240229235959"));
        assert_eq!(told("20240229").as_deref(), Some("20240229000000"));
        for digits in [
            "20230229",
            "20240101000060",
            "20241301000000",
            "202401012460",
            "00010101",
            "2024010100",
            "2024ab01",
        ] {
            assert_eq!(told(digits), None, "{digits}");
        }
    }
}
