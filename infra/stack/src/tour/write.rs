//! The editor's part: sign in, write, photograph, publish.

use super::api::{Editor, Photograph, Reader, Review};
use super::{Story, applied_everywhere, each_region, exif, text};
use crate::error::{Error, Result};
use crate::random;
use crate::system::Account;

/// How many cameras to look at for one that somebody sells.
const CAMERAS_LOOKED_AT: usize = 50;

/// What the editor has made, for the rest of the story.
pub struct Written {
    pub editor: Editor,
    pub author_slug: String,
    pub review: Review,
    pub photograph: Photograph,
    pub offer: String,
    /// Found in the text that readers should see now.
    pub marker: String,
    /// The last write.
    pub seq: u64,
}

pub fn publish_a_review(story: &mut Story<'_>) -> Result<Written> {
    let editor = story.step("an editor signs in at the origin", |system| {
        let editor = Editor::sign_in(&system.origin.url, &system.account)?;
        Ok((editor, system.account.email.clone()))
    })?;
    let (camera, offer) = story.step("picks a real camera that somebody sells", |system| {
        let reader = Reader { base: &system.origin.url };
        for camera in reader.cameras(CAMERAS_LOOKED_AT)? {
            if let Some(offer) = reader.offer(&camera)? {
                let evidence = format!("{camera}, offer {offer}");
                return Ok(((camera, offer), evidence));
            }
        }
        Err(Error::failed(format!("none of the first {CAMERAS_LOOKED_AT} cameras is for sale")))
    })?;
    let marker = marker()?;
    let texts = text::texts(&marker);
    let mut review = story.step("writes a draft in Markdown", |_| {
        let [first, ..] = &texts;
        let review = editor.create(&format!("tour-{marker}"), &camera, first)?;
        let evidence = format!("{} in {}, version {}", review.slug, first.locale, review.etag);
        Ok((review, evidence))
    })?;
    let photograph = story.step("uploads a photograph", |_| {
        let photograph = editor.upload(exif::WITH_GPS)?;
        let evidence = format!("{} bytes, {} in widths {:?}", exif::WITH_GPS.len(), photograph.sha256, photograph.widths);
        Ok((photograph, evidence))
    })?;
    story.step("places it, and writes the other languages", |_| {
        for words in &texts {
            editor.save(&mut review, words, Some(&photograph))?;
        }
        Ok(((), format!("{}, version {}", texts.each_ref().map(|words| words.locale).join(", "), review.etag)))
    })?;
    let seq = story.step("publishes", |_| {
        let mut seq = 0;
        for words in &texts {
            seq = editor.transition(&mut review, words.locale, "publish")?;
        }
        Ok((seq, format!("Rcr-Seq: {seq}")))
    })?;
    story.step("every region has applied it", |_| {
        let receipts = applied_everywhere(&editor, seq)?;
        Ok(((), each_region(receipts.into_iter().map(|receipt| (receipt.region, format!("{:.1} ms", receipt.applied_ms))))))
    })?;
    without_metadata(story, &photograph)?;
    let Account { slug: author_slug, .. } = &story.system.account;
    Ok(Written { editor, author_slug: author_slug.clone(), review, photograph, offer, marker, seq })
}

/// Published now, so the nearest edge serves it.
fn without_metadata(story: &mut Story<'_>, photograph: &Photograph) -> Result<()> {
    story.step("what is served of the photograph says no place", |system| {
        let edge = system.edges.first().ok_or_else(|| Error::failed("no edge runs"))?;
        let mut sizes = Vec::new();
        for width in &photograph.widths {
            let served = Reader { base: &edge.url }.photograph(&photograph.sha256, *width)?;
            if exif::has_metadata(&served.body) {
                return Err(Error::failed(format!("the variant {width} still holds EXIF")));
            }
            sizes.push(format!("{width}: {} bytes", served.body.len()));
        }
        if sizes.is_empty() {
            return Err(Error::failed("the photograph has no variants"));
        }
        Ok(((), format!("EXIF with GPS went in, none comes out ({})", sizes.join(", "))))
    })
}

/// A word that no earlier tour has written.
pub fn marker() -> Result<String> {
    Ok(random::token()?.chars().take(12).collect())
}
