//! Numbers and foreign text as they stand in the report.

use crate::load::summary::Unit;

/// Safe between tags and inside of attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // XML 1.0 has no way to write these.
            control if control.is_control() && !matches!(control, '\n' | '\t') => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

/// 1234567 as 1,234,567.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds without their unit: a decimal only where it says something.
pub fn ms(value: f64) -> String {
    if value.abs() < 9.95 { format!("{value:.1}") } else { count_signed(value) }
}

/// 0.974 as 97.4 %. Two decimals near the ends, so that 99.96 % does not become all.
pub fn share(value: f64) -> String {
    let percent = value * 100.0;
    let close = percent > 99.0 && percent < 100.0 || percent > 0.0 && percent < 1.0;
    if close { format!("{percent:.2} %") } else { format!("{percent:.1} %") }
}

pub fn with_unit(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Ms => format!("{} ms", ms(value)),
        Unit::Share => share(value),
        Unit::Count if value.fract() == 0.0 => count_signed(value),
        Unit::Count => format!("{value:.3}"),
    }
}

/// What people call the place.
pub fn place(region: &str) -> &str {
    match region {
        "sa" => "South America",
        "na" => "North America",
        "eu" => "Europe",
        "asia" => "Asia",
        other => other,
    }
}

fn count_signed(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{}", count(value.abs().round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_leave_its_place() {
        assert_eq!(escape(r#"<b a="1">&'</b>"#), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;&lt;/b&gt;");
        assert_eq!(escape("a\u{1b}b\nc"), "a\u{fffd}b\nc");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.04, 9.94, 9.96, 1_234.4, -12.0].map(ms), ["0.0", "9.9", "10", "1,234", "−12"]);
        assert_eq!([0.0, 0.974, 0.9996, 1.0].map(share), ["0.0 %", "97.4 %", "99.96 %", "100.0 %"]);
    }
}
