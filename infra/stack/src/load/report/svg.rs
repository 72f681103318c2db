//! A picture as text. Colours come from classes, so that one drawing serves light, dark and paper.

use super::words::escape;

pub struct Svg {
    width: f64,
    height: f64,
    body: String,
}

#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// They differ in form too, for those who do not see the colour.
#[derive(Clone, Copy)]
pub enum Mark {
    Circle,
    Diamond,
    Bar,
    Cross,
}

impl Svg {
    pub const fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    pub const fn width(&self) -> f64 {
        self.width
    }

    pub fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.add(&format!(r#"<path class="{class}" d="M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}"/>"#));
    }

    /// A line through the points, interrupted where one is missing.
    pub fn path(&mut self, class: &str, points: impl IntoIterator<Item = Option<(f64, f64)>>) {
        let mut d = String::new();
        let mut drawing = false;
        for point in points {
            if let Some((x, y)) = point {
                let step = if drawing { 'L' } else { 'M' };
                d.push_str(&format!("{step}{x:.1} {y:.1}"));
                // So that a point alone between two gaps is seen: a line of no length has round ends.
                if !drawing {
                    d.push_str("h0");
                }
            }
            drawing = point.is_some();
        }
        if !d.is_empty() {
            self.add(&format!(r#"<path class="{class}" d="{d}"/>"#));
        }
    }

    /// The title is what a pointer over it shows.
    pub fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), title: &str) {
        let open = format!(r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}""#);
        self.add(&closed(&open, "rect", title));
    }

    pub fn mark(&mut self, mark: Mark, class: &str, (x, y): (f64, f64), title: &str) {
        let d = match mark {
            Mark::Circle => format!("M{:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", x - 4.0),
            Mark::Diamond => format!("M{:.1} {y:.1}l5 -5l5 5l-5 5z", x - 5.0),
            Mark::Bar => format!("M{:.1} {:.1}h4v14h-4z", x - 2.0, y - 7.0),
            Mark::Cross => format!("M{:.1} {:.1}l7 7m0 -7l-7 7", x - 3.5, y - 3.5),
        };
        self.add(&closed(&format!(r#"<path class="mark {class}" d="{d}""#), "path", title));
    }

    pub fn text(&mut self, class: &str, anchor: Anchor, (x, y): (f64, f64), text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.add(&format!(r#"<text class="{class}" text-anchor="{anchor}" x="{x:.1}" y="{y:.1}">{text}</text>"#));
    }

    /// For a page, which has the classes.
    pub fn inline(self, title: &str) -> String {
        self.finish(title, "")
    }

    /// For a file of its own.
    pub fn alone(self, title: &str, css: &str) -> String {
        self.finish(title, &format!("<style>\n{}\n</style>\n", css.trim()))
    }

    fn finish(self, title: &str, style: &str) -> String {
        let (width, height, body, title) = (self.width, self.height, self.body, escape(title));
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" role="img" aria-label="{title}">
<title>{title}</title>
{style}{body}</svg>
"#
        )
    }

    fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }
}

fn closed(open: &str, name: &str, title: &str) -> String {
    if title.is_empty() { format!("{open}/>") } else { format!("{open}><title>{}</title></{name}>", escape(title)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_interrupted_where_a_point_is_missing() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.path("p", [Some((0.0, 1.0)), Some((1.0, 2.0)), None, Some((3.0, 4.0)), None]);
        let text = svg.inline("t");
        assert!(text.contains(r#"d="M0.0 1.0h0L1.0 2.0M3.0 4.0h0""#), "{text}");
        let mut empty = Svg::new(10.0, 10.0);
        empty.path("p", [None, None]);
        assert!(!empty.inline("t").contains("<path"));
    }

    #[test]
    fn titles_and_texts_are_escaped() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.text("a", Anchor::End, (1.0, 1.0), "<script>");
        svg.rect("b", (0.0, 0.0), (1.0, 1.0), "a & b");
        let text = svg.inline("\"quoted\"");
        assert!(!text.contains("<script>") && text.contains("&lt;script&gt;"));
        assert!(text.contains("<title>a &amp; b</title></rect>"));
        assert!(text.contains(r#"aria-label="&quot;quoted&quot;""#));
    }
}
