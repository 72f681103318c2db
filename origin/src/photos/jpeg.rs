//! Whether a JPEG is all there.
//!
//! The decoder is forgiving: it paints what is missing of a truncated file grey and reports
//! success. An editor should hear that the upload was cut off, not find half a photograph.

const START_OF_IMAGE: u8 = 0xD8;
const END_OF_IMAGE: u8 = 0xD9;
const START_OF_SCAN: u8 = 0xDA;
/// RST0 to RST7, within a scan, and TEM: markers without a length.
const RESTARTS: std::ops::RangeInclusive<u8> = 0xD0..=0xD7;
const TEMPORARY: u8 = 0x01;

/// Walks the segments up to the end-of-image marker. A thumbnail inside of an EXIF segment
/// has one too, so searching for the two bytes would not do. What follows it is ignored:
/// it is not decoded, and so not kept.
pub(super) fn is_complete(bytes: &[u8]) -> bool {
    let mut at = 0;
    let mut scans = 0;
    while let Some(marker) = next_marker(bytes, &mut at) {
        match marker {
            END_OF_IMAGE => return scans > 0,
            START_OF_IMAGE | TEMPORARY => {}
            marker if RESTARTS.contains(&marker) => {}
            _ => {
                let Some(&[high, low]) = bytes.get(at..at + 2) else { return false };
                at += usize::from(u16::from_be_bytes([high, low])).max(2);
                // After a scan's header come its coded bits, in which 0xFF is always followed
                // by 0 or a restart: `next_marker` reads over both.
                scans += usize::from(marker == START_OF_SCAN);
            }
        }
    }
    false
}

/// The next marker at or after `at`, which is then set behind it.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    while *at + 1 < bytes.len() {
        let marker = (bytes[*at] == 0xFF && !matches!(bytes[*at + 1], 0x00 | 0xFF)).then_some(bytes[*at + 1]);
        *at += 1 + usize::from(marker.is_some());
        if marker.is_some() {
            return marker;
        }
    }
    None
}
