//! From the bytes somebody uploaded to pictures that anybody may see: sniff, measure, decode,
//! turn upright, strip, shrink.
//!
//! Nothing of the upload survives but its pixels. Everything is encoded anew as JPEG, so
//! position (GPS), serial numbers, comments, thumbnails, colour profiles and whatever a
//! polyglot carries behind the picture are gone, without a list of what to look for. PNG and
//! WebP become JPEG too: reviews show photographs, and one format keeps the variants alike;
//! what is transparent becomes white.

use std::{io::Cursor, sync::Arc, time::Duration};

use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, RgbImage, codecs::jpeg::JpegEncoder, imageops,
    metadata::Orientation,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Variant, jpeg};
use crate::domain::Sha256;

/// The largest upload.
pub const UPLOAD_BYTES_MAX: usize = 20 * 1024 * 1024;
/// The most pixels, by what the file declares. Most cameras' full size; decoding takes at
/// most some 500 MB for them.
pub const PIXELS_MAX: u64 = 40_000_000;
/// The longest side, so that no row alone is huge.
pub const SIDE_PIXELS_MAX: u32 = 16_384;
/// What a decoder may allocate: four channels of 16 bits each.
const DECODER_BYTES_MAX: u64 = PIXELS_MAX * 8;
/// One at a time: it is memory that is scarce, and a newsroom uploads now and then.
pub const DECODES_AT_ONCE_MAX: usize = 1;
/// Uploads held in memory while they wait for their turn.
pub const WAITING_MAX: usize = 8;
/// How long one waits before it is told to come again.
pub const TURN_WAIT_MAX: Duration = Duration::from_secs(20);
/// What every stored picture is.
pub const CONTENT_TYPE: &str = "image/jpeg";
const QUALITY_ORIGINAL: u8 = 92;
const QUALITY_VARIANT: u8 = 82;

#[derive(Clone, Debug)]
pub struct Processed {
    pub id: Sha256,
    /// Of the original, upright.
    pub width: u32,
    pub height: u32,
    pub original: Bytes,
    /// [`Variant::WIDTHS`], smallest first.
    pub variants: Vec<Image>,
}

#[derive(Clone, Debug)]
pub struct Image {
    pub variant: Variant,
    /// At most the variant's; less if the photograph is smaller.
    pub width: u32,
    pub height: u32,
    pub bytes: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// 413.
    #[error("the file is {bytes} bytes long; at most {UPLOAD_BYTES_MAX} are allowed")]
    TooManyBytes { bytes: usize },
    /// 415: judged by the first bytes, whatever the request called it.
    #[error("the file is neither JPEG, PNG nor WebP")]
    NotAPhotograph,
    /// 422.
    #[error("the picture is {width} × {height} pixels; at most {PIXELS_MAX}, and {SIDE_PIXELS_MAX} on a side, are allowed")]
    TooManyPixels { width: u32, height: u32 },
    /// 422.
    #[error("the file ends before the picture does")]
    Truncated,
    /// 422. The decoder's words are for the log.
    #[error("the picture cannot be decoded")]
    Broken(String),
    /// 503 with `Retry-After`.
    #[error("too many photographs are being processed")]
    Busy,
}

/// Among the uploads that are held in memory. Given back by being dropped.
#[derive(Debug)]
pub struct Place(#[expect(dead_code, reason = "held, not used")] OwnedSemaphorePermit);

/// The bounded worker. Cheap to clone; clones share the bounds.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Those waiting and those working.
    admitted: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

impl Default for Pipeline {
    fn default() -> Pipeline {
        Pipeline {
            admitted: Arc::new(Semaphore::new(WAITING_MAX + DECODES_AT_ONCE_MAX)),
            working: Arc::new(Semaphore::new(DECODES_AT_ONCE_MAX)),
        }
    }
}

impl Pipeline {
    /// # Errors
    /// If the upload is no photograph, too large in any way, or not to be decoded now.
    pub async fn process(&self, upload: Bytes) -> Result<Processed, PhotoError> {
        // What can be refused at a glance takes no place.
        sniff(&upload)?;
        self.process_at(self.admit()?, upload).await
    }

    /// A place, for an upload that has not been read yet: as many are held in memory as there
    /// are places.
    ///
    /// # Errors
    /// If there is none.
    pub fn admit(&self) -> Result<Place, PhotoError> {
        Arc::clone(&self.admitted).try_acquire_owned().map(Place).map_err(|_| PhotoError::Busy)
    }

    /// The same as [`Pipeline::process`], for an upload that has its place.
    ///
    /// # Errors
    /// As there.
    pub async fn process_at(&self, admitted: Place, upload: Bytes) -> Result<Processed, PhotoError> {
        // What can be refused at a glance takes no turn.
        let format = sniff(&upload)?;
        let turn = tokio::time::timeout(TURN_WAIT_MAX, Arc::clone(&self.working).acquire_owned()).await;
        let working = turn.ok().and_then(Result::ok).ok_or(PhotoError::Busy)?;
        let work = tokio::task::spawn_blocking(move || {
            // Held by the thread and not by the request: if the client goes away, the thread
            // still works, and still counts.
            let _held = (admitted, working);
            decode(&upload, format).and_then(finish)
        });
        // A decoder that panics has met a file it does not understand.
        work.await.unwrap_or_else(|error| Err(PhotoError::Broken(error.to_string())))
    }
}

/// By the first bytes only.
fn sniff(upload: &[u8]) -> Result<ImageFormat, PhotoError> {
    if upload.len() > UPLOAD_BYTES_MAX {
        return Err(PhotoError::TooManyBytes { bytes: upload.len() });
    }
    match upload {
        [0xFF, 0xD8, 0xFF, ..] => Ok(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Ok(ImageFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(ImageFormat::WebP),
        _ => Err(PhotoError::NotAPhotograph),
    }
}

/// Upright pixels on white.
fn decode(upload: &[u8], format: ImageFormat) -> Result<RgbImage, PhotoError> {
    if format == ImageFormat::Jpeg && !jpeg::is_complete(upload) {
        return Err(PhotoError::Truncated);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_PIXELS_MAX);
    limits.max_image_height = Some(SIDE_PIXELS_MAX);
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    // The reader checks no sides before it has a decoder; the decoder's own checks report no
    // sizes. So the limits that name sizes come after.
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    reader.limits({
        let mut memory_only = Limits::no_limits();
        memory_only.max_alloc = Some(DECODER_BYTES_MAX);
        memory_only
    });
    let mut decoder = reader.into_decoder().map_err(broken)?;
    // What the header declares, before a single pixel is decoded or allocated.
    let (width, height) = decoder.dimensions();
    if width > SIDE_PIXELS_MAX || height > SIDE_PIXELS_MAX || u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(PhotoError::TooManyPixels { width, height });
    }
    decoder.set_limits(limits).map_err(broken)?;
    // A damaged EXIF segment costs the orientation, not the photograph.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(broken)?;
    decoded.apply_orientation(orientation);
    Ok(if decoded.color().has_alpha() { on_white(&decoded) } else { decoded.into_rgb8() })
}

fn on_white(decoded: &DynamicImage) -> RgbImage {
    let rgba = decoded.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [red, green, blue, alpha] = rgba.get_pixel(x, y).0.map(u32::from);
        let over = |channel: u32| u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX);
        image::Rgb([over(red), over(green), over(blue)])
    })
}

fn finish(pixels: RgbImage) -> Result<Processed, PhotoError> {
    let (width, height) = pixels.dimensions();
    let original = encode(&pixels, QUALITY_ORIGINAL)?;
    let id = Sha256::of(&original);
    let mut variants = Vec::with_capacity(Variant::WIDTHS.len());
    let mut pixels = pixels;
    // Each from the next larger one: the first step is the only one that reads all pixels.
    let mut encoded: Option<Bytes> = None;
    for variant in Variant::WIDTHS.into_iter().rev() {
        let width_max = variant.width_max().unwrap_or(width);
        if pixels.width() > width_max {
            let height = (u64::from(height) * u64::from(width_max)).div_ceil(u64::from(width));
            pixels = imageops::thumbnail(&pixels, width_max, u32::try_from(height).unwrap_or(u32::MAX).max(1));
            encoded = None;
        }
        // A photograph narrower than two of the widths is the same picture under both.
        let bytes = match encoded.take() {
            Some(bytes) => bytes,
            None => encode(&pixels, QUALITY_VARIANT)?,
        };
        encoded = Some(bytes.clone());
        variants.push(Image { variant, width: pixels.width(), height: pixels.height(), bytes });
    }
    variants.reverse();
    Ok(Processed { id, width, height, original, variants })
}

fn encode(pixels: &RgbImage, quality: u8) -> Result<Bytes, PhotoError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(pixels).map_err(broken)?;
    Ok(bytes.into())
}

fn broken(error: image::ImageError) -> PhotoError {
    match error {
        image::ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => PhotoError::Truncated,
        other => PhotoError::Broken(other.to_string()),
    }
}
