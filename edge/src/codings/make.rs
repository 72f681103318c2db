//! The libraries that do it.

use std::io::Write as _;

use bytes::Bytes;

use super::Coding;

/// Levels at which a page takes about a millisecond: a middle of each library's range.
const BROTLI_QUALITY: i32 = 5;
const BROTLI_WINDOW_BITS: i32 = 20;
const ZSTD_LEVEL: i32 = 6;
const GZIP_LEVEL: u32 = 6;

/// The coded body; `None` if it is hardly shorter, or the library failed.
pub fn make(coding: Coding, body: &[u8]) -> Option<Bytes> {
    let coded = match coding {
        Coding::Brotli => brotli(body),
        Coding::Zstd => zstd::bulk::compress(body, ZSTD_LEVEL),
        Coding::Gzip => gzip(body),
    };
    match coded {
        // A tenth is what it must save to be worth its memory. Copied: given back its unused end, a buffer keeps its place of up to
        // twice its length.
        Ok(coded) => (coded.len() < body.len() / 10 * 9).then(|| Bytes::copy_from_slice(&coded)),
        Err(error) => {
            tracing::warn!(%error, coding = coding.as_str(), "a body could not be coded");
            None
        }
    }
}

fn brotli(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: BROTLI_QUALITY, lgwin: BROTLI_WINDOW_BITS, ..Default::default() };
    let mut coded = Vec::with_capacity(body.len() / 3);
    brotli::BrotliCompress(&mut &body[..], &mut coded, &parameters)?;
    Ok(coded)
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let coded = Vec::with_capacity(body.len() / 3);
    let mut writer = flate2::write::GzEncoder::new(coded, flate2::Compression::new(GZIP_LEVEL));
    writer.write_all(body)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_is_made_can_be_read_again() {
        let body = "a review of a camera, ".repeat(200).into_bytes();
        for coding in Coding::ALL {
            let coded = make(coding, &body).unwrap();
            let mut decoded = Vec::new();
            match coding {
                Coding::Brotli => drop(brotli::Decompressor::new(&coded[..], 4096).read_to_end(&mut decoded).unwrap()),
                Coding::Zstd => decoded = zstd::bulk::decompress(&coded, body.len()).unwrap(),
                Coding::Gzip => drop(flate2::read::GzDecoder::new(&coded[..]).read_to_end(&mut decoded).unwrap()),
            }
            assert_eq!(decoded, body, "{coding:?}");
            assert!(coded.len() < body.len() / 10);
        }
    }

    #[test]
    fn what_does_not_shrink_is_not_kept() {
        let mut state = 1u32;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[1]
        };
        let noise: Vec<u8> = (0..4096).map(|_| next()).collect();
        assert!(make(Coding::Gzip, &noise).is_none());
    }
}
