//! Whether a JPEG carries metadata.

/// The file that the tour uploads: a drawn camera, with a place on Earth in its EXIF block.
pub const WITH_GPS: &[u8] = include_bytes!("../../assets/photograph-with-gps.jpg");

const EXIF: &[u8] = b"Exif\0\0";
/// The maker's name in the uploaded file, which lies in the same block as the place.
const MAKER: &[u8] = b"Tour camera";

pub fn has_metadata(jpeg: &[u8]) -> bool {
    [EXIF, MAKER].iter().any(|needle| jpeg.windows(needle.len()).any(|window| window == *needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_photograph_has_what_must_be_stripped() {
        assert!(WITH_GPS.starts_with(&[0xff, 0xd8, 0xff]));
        assert!(has_metadata(WITH_GPS));
        assert!(!has_metadata(&[0xff, 0xd8, 0xff, 0xd9]));
    }
}
