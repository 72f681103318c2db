//! HTTP dates (RFC 9110 §5.6.7).

use http::HeaderValue;

const MONTHS: [&[u8; 3]; 12] = [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
const DAYS: [&[u8]; 7] = [b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday"];
const SECONDS_PER_DAY: i64 = 86_400;

/// An HTTP date in any of its three forms, as seconds since 1970. `now`, in the same seconds,
/// decides the century of a year of two digits. Strict about the form, as a date that is not
/// one must count as past; tolerant of case, and of a weekday that does not fit the date.
pub fn http_date(value: &HeaderValue, now: i64) -> Option<i64> {
    let text = value.as_bytes().trim_ascii();
    let comma = text.iter().position(|&byte| byte == b',');
    let Some(comma) = comma else { return asctime(text) };
    let (weekday, rest) = (&text[..comma], text.get(comma + 1..)?.strip_prefix(b" ")?);
    if is_weekday(weekday, 3) { imf_fixdate(rest) } else { rfc850(weekday, rest, now) }
}

/// The date of `seconds` since 1970, as it is sent.
pub fn to_http_date(seconds: i64) -> Option<HeaderValue> {
    let at = std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(u64::try_from(seconds).ok()?))?;
    HeaderValue::from_str(&httpdate::fmt_http_date(at)).ok()
}

/// `22 Nov 2026 17:00:00 GMT`, what follows the weekday.
fn imf_fixdate(text: &[u8]) -> Option<i64> {
    let [d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ', time @ ..] = text else { return None };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    seconds(year, month(&[*m1, *m2, *m3])?, number(&[*d1, *d2])?, time_gmt(time)?)
}

/// `22-Nov-26 17:00:00 GMT`, what follows the weekday, which is written out.
fn rfc850(weekday: &[u8], text: &[u8], now: i64) -> Option<i64> {
    let full_name = is_weekday(weekday, usize::MAX);
    let [d1, d2, b'-', m1, m2, m3, b'-', y1, y2, b' ', time @ ..] = text else { return None };
    let this_year = year_of(now);
    let year = this_year - this_year % 100 + number(&[*y1, *y2]).filter(|_| full_name)?;
    let (month, day, time) = (month(&[*m1, *m2, *m3])?, number(&[*d1, *d2])?, time_gmt(time)?);
    // More than 50 years ahead means the last such year that is past.
    let far = seconds(this_year + 50, year_month(now), 1, 0)? + 31 * SECONDS_PER_DAY;
    let at = seconds(year, month, day, time)?;
    if at > far { seconds(year - 100, month, day, time) } else { Some(at) }
}

/// `Sun Nov 22 17:00:00 2026`; a day of one digit has a space before it.
fn asctime(text: &[u8]) -> Option<i64> {
    let [w1, w2, w3, b' ', m1, m2, m3, b' ', d1, d2, b' ', rest @ ..] = text else { return None };
    let ([h1, h2, b':', n1, n2, b':', s1, s2, b' ', year @ ..], true) = (rest, is_weekday(&[*w1, *w2, *w3], 3)) else {
        return None;
    };
    let day = if *d1 == b' ' { number(&[*d2])? } else { number(&[*d1, *d2])? };
    let year = number(year).filter(|_| year.len() == 4)?;
    seconds(year, month(&[*m1, *m2, *m3])?, day, time(&[*h1, *h2], &[*n1, *n2], &[*s1, *s2])?)
}

fn is_weekday(text: &[u8], letters: usize) -> bool {
    DAYS.iter().any(|day| day[..letters.min(day.len())].eq_ignore_ascii_case(text))
}

fn month(text: &[u8; 3]) -> Option<i64> {
    let at = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(text))?;
    i64::try_from(at + 1).ok()
}

fn number(digits: &[u8]) -> Option<i64> {
    let all_digits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    all_digits.then(|| digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

/// `17:00:00 GMT`, in seconds.
fn time_gmt(text: &[u8]) -> Option<i64> {
    let [h1, h2, b':', n1, n2, b':', s1, s2, b' ', zone @ ..] = text else { return None };
    time(&[*h1, *h2], &[*n1, *n2], &[*s1, *s2]).filter(|_| zone.eq_ignore_ascii_case(b"gmt"))
}

/// 60 is a leap second.
fn time(hour: &[u8], minute: &[u8], second: &[u8]) -> Option<i64> {
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

fn seconds(year: i64, month: i64, day: i64, time: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    (1..=last).contains(&day).then(|| days_since_1970(year, month, day) * SECONDS_PER_DAY + time)
}

/// In the proleptic Gregorian calendar; the year is counted from March, so that the leap day
/// is its last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    const FROM_YEAR_ZERO: i64 = 719_469;
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - FROM_YEAR_ZERO
}

fn year_of(now: i64) -> i64 {
    let guess = 1970 + now.div_euclid(SECONDS_PER_DAY) * 400 / 146_097;
    // The guess errs by less than a year, either way, around New Year.
    [guess + 1, guess, guess - 1].into_iter().find(|year| days_since_1970(*year, 1, 1) * SECONDS_PER_DAY <= now).unwrap_or(guess)
}

fn year_month(now: i64) -> i64 {
    let (year, day) = (year_of(now), now.div_euclid(SECONDS_PER_DAY));
    (1..=12).rev().find(|month| days_since_1970(year, *month, 1) <= day).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sun, 22 Nov 2026 17:00:00 GMT.
    const NOW: i64 = 1_795_366_800;

    fn parse(text: &str) -> Option<i64> {
        http_date(&HeaderValue::from_str(text).unwrap(), NOW)
    }

    #[test]
    fn all_three_forms_are_one_date() {
        for text in [
            "Sun, 22 Nov 2026 17:00:00 GMT",
            "Sunday, 22-Nov-26 17:00:00 GMT",
            "Sun Nov 22 17:00:00 2026",
            "SUN, 22 nOV 2026 17:00:00 gmt",
            // The weekday is wrong, the date is not in doubt.
            "Mon, 22 Nov 2026 17:00:00 GMT",
        ] {
            assert_eq!(parse(text), Some(NOW), "{text}");
        }
        assert_eq!(parse("Sun Nov  1 00:00:00 2026"), Some(NOW - 21 * 86_400 - 17 * 3600));
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse("Tue, 29 Feb 2028 00:00:00 GMT"), Some(1_835_395_200));
        assert_eq!(to_http_date(NOW).unwrap(), "Sun, 22 Nov 2026 17:00:00 GMT");
    }

    #[test]
    fn a_year_of_two_digits_is_within_fifty_years() {
        assert_eq!(parse("Sunday, 01-Jan-76 00:00:00 GMT"), parse("Wed, 01 Jan 2076 00:00:00 GMT"));
        assert_eq!(parse("Sunday, 01-Jan-77 00:00:00 GMT"), parse("Sat, 01 Jan 1977 00:00:00 GMT"));
        assert_eq!(parse("Sunday, 06-Nov-94 08:49:37 GMT"), parse("Sun, 06 Nov 1994 08:49:37 GMT"));
    }

    #[test]
    fn what_is_not_a_date_is_none() {
        for text in [
            "0",
            "",
            "Sun, 22 Nov 2026 17:00:00 UTC",
            "Sun, 22 Nov 2026 17:00:00",
            "Sun, 22 Nov 26 17:00:00 GMT",
            "Sun 22 Nov 2026 17:00:00 GMT",
            "Sun, 22  Nov  2026 17:00:00 GMT",
            "Sun, 22-Nov-2026 17:00:00 GMT",
            "Sun, 22 Nov 2026 17.00.00 GMT",
            "Sun, 22 Nov 2026 7:00:00 GMT",
            "Sun, 30 Feb 2026 17:00:00 GMT",
            "Sun, 22 Nov 2026 24:00:00 GMT",
            "Sun, 22-Nov-26 17:00:00 GMT",
            "Sun,22 Nov 2026 17:00:00 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
