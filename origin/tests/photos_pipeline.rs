//! What happens to an upload.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::{io::Cursor, time::Duration};

use bytes::Bytes;
use common::{Clock as _, SystemClock};
use image::{DynamicImage, ImageDecoder as _, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, codecs::jpeg::JpegDecoder};
use origin::domain::Sha256;
use origin::photos::{
    PhotoError, Pipeline, Processed, Variant,
    pipeline::{SIDE_PIXELS_MAX, UPLOAD_BYTES_MAX, WAITING_MAX},
};

const RED: Rgb<u8> = Rgb([220, 20, 20]);
const BLUE: Rgb<u8> = Rgb([20, 20, 220]);

/// Left half red, right half blue.
fn two_halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { RED } else { BLUE })
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Segments as a camera writes them, right after the start of the image.
fn with_segments(jpeg: &[u8], segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    for (marker, payload) in segments {
        bytes.extend([0xFF, *marker]);
        bytes.extend(u16::try_from(payload.len() + 2).unwrap().to_be_bytes());
        bytes.extend(payload);
    }
    bytes.extend(&jpeg[2..]);
    bytes
}

/// A little-endian TIFF: IFD0 with the orientation and a pointer to a GPS IFD whose version
/// and latitude reference are set, followed by a text to look for.
fn exif(orientation: u16) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(2u16.to_le_bytes());
    let mut entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        tiff.extend(tag.to_le_bytes());
        tiff.extend(kind.to_le_bytes());
        tiff.extend(count.to_le_bytes());
        tiff.extend(value);
    };
    entry(0x0112, 3, 1, [u8::try_from(orientation).unwrap(), 0, 0, 0]);
    entry(0x8825, 4, 1, 38u32.to_le_bytes());
    tiff.extend(0u32.to_le_bytes());
    assert_eq!(tiff.len(), 38);
    tiff.extend(1u16.to_le_bytes());
    tiff.extend(0x0001u16.to_le_bytes());
    tiff.extend(2u16.to_le_bytes());
    tiff.extend(2u32.to_le_bytes());
    tiff.extend(*b"S\0\0\0");
    tiff.extend(0u32.to_le_bytes());
    tiff.extend(b"GPS-23.5505,-46.6333 SERIAL-12345");
    [b"Exif\0\0".to_vec(), tiff].concat()
}

async fn process(upload: impl Into<Bytes>) -> Result<Processed, PhotoError> {
    Pipeline::default().process(upload.into()).await
}

fn all_pictures(processed: &Processed) -> Vec<Bytes> {
    processed.variants.iter().map(|image| image.bytes.clone()).chain([processed.original.clone()]).collect()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Roughly: JPEG is lossy.
fn is_like(pixel: Rgb<u8>, wanted: Rgb<u8>) -> bool {
    pixel.0.iter().zip(wanted.0).all(|(is, wanted)| is.abs_diff(wanted) < 40)
}

#[tokio::test]
async fn leaves_no_trace_of_where_when_and_with_what() {
    let jpeg = encoded(two_halves(2400, 1600), ImageFormat::Jpeg);
    let upload = with_segments(
        &jpeg,
        &[
            (0xE1, exif(1)),
            (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET-XMP</x:xmpmeta>".to_vec()),
            (0xED, b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x0bSECRET-IPTC".to_vec()),
            (0xE2, b"ICC_PROFILE\0\x01\x01SECRET-ICC".to_vec()),
            (0xFE, b"SECRET-COMMENT".to_vec()),
        ],
    );
    let before = JpegDecoder::new(Cursor::new(&upload)).unwrap().exif_metadata().unwrap();
    assert!(before.is_some(), "the upload does carry EXIF");

    let processed = process(upload).await.unwrap();
    assert_eq!((processed.width, processed.height), (2400, 1600));
    assert_eq!(processed.id, Sha256::of(&processed.original));
    let sizes: Vec<_> = processed.variants.iter().map(|image| (image.variant.name(), image.width, image.height)).collect();
    assert_eq!(sizes, [("480", 480, 320), ("960", 960, 640), ("1920", 1920, 1280)]);
    for picture in all_pictures(&processed) {
        let mut decoder = JpegDecoder::new(Cursor::new(&picture)).unwrap();
        assert_eq!(decoder.exif_metadata().unwrap(), None);
        assert_eq!(decoder.xmp_metadata().unwrap(), None);
        assert_eq!(decoder.iptc_metadata().unwrap(), None);
        assert_eq!(decoder.icc_profile().unwrap(), None);
        for trace in [&b"Exif"[..], b"GPS", b"SERIAL", b"SECRET", b"xmpmeta", b"8BIM", b"ICC_PROFILE"] {
            assert!(!contains(&picture, trace), "{}", String::from_utf8_lossy(trace));
        }
        for marker in 0xE1..=0xEFu8 {
            assert!(!contains(&picture[..64], &[0xFF, marker]), "segment {marker:x}");
        }
    }
}

#[tokio::test]
async fn turns_the_photograph_upright() {
    let jpeg = encoded(two_halves(400, 200), ImageFormat::Jpeg);
    // Orientation, and where red then is: 1 as stored, 3 by 180°, 6 by 90° clockwise, 8
    // counter-clockwise, 2 mirrored.
    let cases = [
        (1, (400, 200), (20, 100)),
        (3, (400, 200), (380, 100)),
        (6, (200, 400), (100, 20)),
        (8, (200, 400), (100, 380)),
        (2, (400, 200), (380, 100)),
    ];
    for (orientation, size, (x, y)) in cases {
        let processed = process(with_segments(&jpeg, &[(0xE1, exif(orientation))])).await.unwrap();
        assert_eq!((processed.width, processed.height), size, "orientation {orientation}");
        let upright = image::load_from_memory(&processed.variants[0].bytes).unwrap().into_rgb8();
        assert!(is_like(*upright.get_pixel(x, y), RED), "orientation {orientation}: {:?}", upright.get_pixel(x, y));
        let (x, y) = (size.0 - 1 - x, size.1 - 1 - y);
        assert!(is_like(*upright.get_pixel(x, y), BLUE), "orientation {orientation}");
    }
}

#[tokio::test]
async fn never_enlarges_and_still_makes_three_widths() {
    let processed = process(encoded(two_halves(600, 300), ImageFormat::Jpeg)).await.unwrap();
    let sizes: Vec<_> = processed.variants.iter().map(|image| (image.variant, image.width, image.height)).collect();
    assert_eq!(sizes, [(Variant::W480, 480, 240), (Variant::W960, 600, 300), (Variant::W1920, 600, 300)]);
}

#[tokio::test]
async fn takes_png_and_webp_and_puts_what_is_transparent_on_white() {
    let mut image = RgbaImage::from_pixel(64, 64, Rgba([0, 0, 0, 0]));
    image.put_pixel(0, 0, Rgba([1, 2, 3, 255]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let processed = process(encoded(image.clone(), format)).await.unwrap();
        let shown = image::load_from_memory_with_format(&processed.original, ImageFormat::Jpeg).unwrap().into_rgb8();
        assert!(is_like(*shown.get_pixel(40, 40), Rgb([255, 255, 255])), "{format:?}");
    }
}

#[tokio::test]
async fn names_a_photograph_by_its_content() {
    let upload = encoded(two_halves(300, 200), ImageFormat::Jpeg);
    let plain = process(upload.clone()).await.unwrap();
    let tagged = process(with_segments(&upload, &[(0xFE, b"another comment".to_vec())])).await.unwrap();
    assert_eq!(plain.id, tagged.id, "the same pixels are the same photograph");
}

#[tokio::test]
async fn refuses_what_is_no_photograph_whatever_it_is_called() {
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    let uploads: [&[u8]; 8] = [
        b"",
        b"\xFF",
        b"GIF89a\x01\0\x01\0",
        b"<!doctype html><script>alert(1)</script>",
        svg,
        b"%PDF-1.7",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"BM\x36\0",
    ];
    for upload in uploads {
        let outcome = process(upload.to_vec()).await.map(|processed| processed.id);
        assert_eq!(outcome, Err(PhotoError::NotAPhotograph), "{}", String::from_utf8_lossy(upload));
    }
    let outcome = process(vec![0xFF; UPLOAD_BYTES_MAX + 1]).await.map(|processed| processed.id);
    assert_eq!(outcome, Err(PhotoError::TooManyBytes { bytes: UPLOAD_BYTES_MAX + 1 }));
}

/// The header of a real PNG with other dimensions, its checksum made right.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(RgbImage::new(1, 1), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[tokio::test]
async fn refuses_a_decompression_bomb_by_what_it_declares() {
    let started = SystemClock.now();
    for (width, height) in [(60_000, 60_000), (0x7FFF_FFFF, 0x7FFF_FFFF), (SIDE_PIXELS_MAX + 1, 1), (10_000, 10_000)] {
        let upload = bomb(width, height);
        assert!(upload.len() < 200);
        let outcome = process(upload).await.map(|processed| processed.id);
        let refused = matches!(outcome, Err(PhotoError::TooManyPixels { .. } | PhotoError::Broken(_)));
        assert!(refused, "{width} × {height}: {outcome:?}");
    }
    let outcome = process(bomb(60_000, 60_000)).await.map(|processed| processed.id);
    assert_eq!(outcome, Err(PhotoError::TooManyPixels { width: 60_000, height: 60_000 }));
    let took = SystemClock.now() - started;
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn refuses_what_was_cut_off() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let upload = encoded(two_halves(320, 240), format);
        for keep in [upload.len() / 8, upload.len() / 2, upload.len() - 20] {
            let outcome = process(upload[..keep].to_vec()).await.map(|processed| processed.id);
            assert!(matches!(outcome, Err(PhotoError::Truncated | PhotoError::Broken(_))), "{format:?} {keep}: {outcome:?}");
        }
    }
    // A thumbnail's end inside of the EXIF segment is not the photograph's.
    let jpeg = encoded(two_halves(320, 240), ImageFormat::Jpeg);
    let thumbnail = with_segments(&jpeg, &[(0xE1, [exif(1), jpeg.clone()].concat())]);
    assert!(process(thumbnail.clone()).await.is_ok());
    let outcome = process(thumbnail[..thumbnail.len() - 100].to_vec()).await.map(|processed| processed.id);
    assert_eq!(outcome, Err(PhotoError::Truncated));
}

#[tokio::test]
async fn a_polyglot_loses_its_second_face() {
    let jpeg = encoded(two_halves(320, 240), ImageFormat::Jpeg);
    let mut upload = with_segments(&jpeg, &[(0xFE, b"<script>alert(1)</script>".to_vec())]);
    upload.extend(b"PK\x03\x04 a zip archive <script>alert(2)</script>");
    for picture in all_pictures(&process(upload).await.unwrap()) {
        assert!(!contains(&picture, b"<script>") && !contains(&picture, b"PK\x03\x04"));
    }
    let mut png = encoded(two_halves(320, 240), ImageFormat::Png);
    png.extend(b"<script>alert(3)</script>");
    for picture in all_pictures(&process(png).await.unwrap()) {
        assert!(!contains(&picture, b"<script>"));
    }
}

#[tokio::test]
async fn damage_is_an_error_and_never_a_panic() {
    let uploads = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP].map(|format| encoded(two_halves(64, 48), format));
    let pipeline = Pipeline::default();
    for upload in &uploads {
        for step in 0..120 {
            let mut damaged = upload.clone();
            let at = 12 + (step * 7919) % (damaged.len() - 12);
            damaged[at] ^= u8::try_from(step * 37 % 255).unwrap() | 1;
            if let Err(PhotoError::Broken(why)) = pipeline.process(damaged.into()).await {
                assert!(!why.contains("panic"), "{why}");
            }
        }
    }
}

#[tokio::test]
async fn admits_only_so_many_at_once() {
    let pipeline = Pipeline::default();
    let upload = Bytes::from(encoded(two_halves(800, 600), ImageFormat::Jpeg));
    let all = futures_util::future::join_all((0..WAITING_MAX + 8).map(|_| pipeline.process(upload.clone()))).await;
    let busy = all.iter().filter(|outcome| matches!(outcome, Err(PhotoError::Busy))).count();
    let done = all.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(busy > 0 && done > WAITING_MAX, "{done} done, {busy} refused");
    assert!(pipeline.process(upload).await.is_ok(), "and afterwards there is room again");
}
