//! Markdown → HTML that can be shown to anybody, and the plain text that search reads.
//!
//! There are two walls. The first works on the parsed events: raw HTML is dropped (it is not
//! part of the language manuscripts are written in), images that are not ours become their
//! alternative text, and nesting is cut, so that nothing downstream meets a pathological tree.
//! The second, ammonia, parses the HTML as a browser would and keeps only what is on a list.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::LazyLock,
};

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// The longest manuscript. A long review is 20 kB.
pub const MARKDOWN_BYTES_MAX: usize = 256 * 1024;
/// Deeper block quotes and lists are flattened into their parents.
pub const NESTING_MAX: usize = 16;
/// A manuscript of the largest size has some 100,000 events; a table whose missing cells
/// are filled in by the parser can have millions.
pub const EVENTS_MAX: usize = 400_000;
/// The largest rendered page.
pub const HTML_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A manuscript, ready to be read and to be searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub html: String,
    pub text: String,
    /// The addresses of the images that are shown, each once.
    pub images: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("the text is {bytes} bytes long; at most {MARKDOWN_BYTES_MAX} are allowed")]
    TooLong { bytes: usize },
    #[error("the text expands to more than can be shown on one page")]
    TooComplex,
}

/// Knows where our own photographs are served from.
#[derive(Clone, Debug)]
pub struct Renderer {
    /// `/media/` and the absolute base, each ending in a slash.
    image_bases: Vec<String>,
}

impl Renderer {
    /// `media_base_url` is `MEDIA_BASE_URL`: images from below it and from `/media/` are shown.
    pub fn new(media_base_url: Option<&str>) -> Renderer {
        let mut image_bases = vec!["/media/".to_owned()];
        if let Some(base) = media_base_url.filter(|base| !base.is_empty()) {
            image_bases.push(format!("{}/", base.trim_end_matches('/')));
        }
        Renderer { image_bases }
    }

    /// # Errors
    /// If the text is too long, or small but expands too far.
    pub fn render(&self, markdown: &str) -> Result<Rendered, RenderError> {
        if markdown.len() > MARKDOWN_BYTES_MAX {
            return Err(RenderError::TooLong { bytes: markdown.len() });
        }
        let mut events = Vec::new();
        let mut text = PlainText::default();
        let mut filter = Filter { renderer: self, depth: 0, dropped_images: Vec::new(), images: BTreeSet::new() };
        for (count, event) in Parser::new_ext(markdown, Options::ENABLE_TABLES).enumerate() {
            if count >= EVENTS_MAX {
                return Err(RenderError::TooComplex);
            }
            text.take(&event);
            events.extend(filter.pass(event));
        }
        let images = filter.images;
        let mut raw = String::with_capacity(markdown.len() * 3 / 2);
        html::push_html(&mut raw, events.into_iter());
        if raw.len() > HTML_BYTES_MAX {
            return Err(RenderError::TooComplex);
        }
        Ok(Rendered { html: ALLOWED.clean(&raw).to_string(), text: text.finish(), images })
    }

    /// Ours, and without anything that climbs out of the base.
    fn is_our_image(&self, url: &str) -> bool {
        let below = self.image_bases.iter().find_map(|base| url.strip_prefix(base.as_str()));
        below.is_some_and(|rest| !rest.is_empty() && rest.split('/').all(|part| !part.is_empty() && part.bytes().all(is_plain)))
    }
}

/// Neither `.`, `%`, `?` nor a space: a photograph's path is a hash and a width.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The first wall.
struct Filter<'r> {
    renderer: &'r Renderer,
    /// Open containers, those that were cut included.
    depth: usize,
    /// For each open image, whether its start was dropped.
    dropped_images: Vec<bool>,
    /// Those that were kept.
    images: BTreeSet<String>,
}

impl Filter<'_> {
    fn pass<'e>(&mut self, event: Event<'e>) -> Option<Event<'e>> {
        match event {
            Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => None,
            Event::Start(Tag::Image { ref dest_url, .. }) => {
                let dropped = !self.renderer.is_our_image(dest_url);
                self.dropped_images.push(dropped);
                if !dropped {
                    self.images.insert(dest_url.to_string());
                }
                (!dropped).then_some(event)
            }
            Event::End(TagEnd::Image) => (!self.dropped_images.pop().unwrap_or(true)).then_some(event),
            Event::Start(ref tag) if nests(&tag.to_end()) => {
                self.depth += 1;
                (self.depth <= NESTING_MAX).then_some(event)
            }
            Event::End(ref tag) if nests(tag) => {
                let kept = self.depth <= NESTING_MAX;
                self.depth = self.depth.saturating_sub(1);
                kept.then_some(event)
            }
            other => Some(other),
        }
    }
}

/// What can contain itself, and so be nested without end.
fn nests(tag: &TagEnd) -> bool {
    matches!(tag, TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item | TagEnd::Emphasis | TagEnd::Strong)
}

/// What search reads: the words, a line per block.
#[derive(Default)]
struct PlainText(String);

impl PlainText {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Text(words) | Event::Code(words) => self.push(words),
            Event::SoftBreak | Event::End(TagEnd::TableCell) => self.0.push(' '),
            Event::HardBreak
            | Event::Rule
            | Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::CodeBlock
                | TagEnd::Item
                | TagEnd::TableHead
                | TagEnd::TableRow
                | TagEnd::HtmlBlock,
            ) => self.0.push('\n'),
            _ => {}
        }
    }

    /// PostgreSQL's text cannot hold a NUL; the parser has replaced them, entities included.
    fn push(&mut self, words: &CowStr<'_>) {
        self.0.extend(words.chars().filter(|c| *c != '\0'));
    }

    fn finish(self) -> String {
        let lines = self.0.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The second wall: everything that may appear. No `style`, `class`, `id`, no event handlers.
static ALLOWED: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "a",
        "blockquote",
        "br",
        "code",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ];
    let attributes = [("a", &["href", "title"][..]), ("img", &["src", "alt", "title"]), ("ol", &["start"])];
    let mut allowed = ammonia::Builder::empty();
    allowed
        .tags(HashSet::from(tags))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(
            attributes.map(|(tag, names)| (tag, names.iter().copied().collect())).into_iter().collect::<HashMap<_, _>>(),
        )
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::PassThrough)
        // Readers' links neither vouch for their target nor hand it a window of ours.
        .link_rel(Some("nofollow ugc noopener"));
    allowed
});

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
