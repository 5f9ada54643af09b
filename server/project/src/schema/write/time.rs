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
    }
}
