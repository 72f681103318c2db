//! Axes, grid and what stands beside a plot.

use super::scale::Scale;
use super::svg::{Anchor, Mark, Svg};
use crate::load::summary::Span;

const LEFT: f64 = 46.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 40.0;

pub struct Frame {
    width: f64,
    height: f64,
    x: Scale,
    y: Scale,
}

impl Frame {
    /// An empty picture of that size with the axes in it.
    pub fn draw((width, height): (f64, f64), (x, x_name): (Scale, &str), (y, y_name): (Scale, &str)) -> (Self, Svg) {
        let mut svg = Svg::new(width, height);
        let frame = Self { width: width - LEFT - RIGHT, height: height - TOP - BOTTOM, x, y };
        for (value, label) in y.ticks() {
            let at = frame.y(value);
            svg.line("grid", (LEFT, at), (frame.right(), at));
            svg.text("axis", Anchor::End, (LEFT - 6.0, at + 4.0), &label);
        }
        for (value, label) in x.ticks() {
            let at = frame.x(value);
            svg.line("tick", (at, frame.bottom()), (at, frame.bottom() + 4.0));
            svg.text("axis", Anchor::Middle, (at, frame.bottom() + 17.0), &label);
        }
        svg.line("base", (LEFT, frame.bottom()), (frame.right(), frame.bottom()));
        svg.text("axis", Anchor::Start, (4.0, 13.0), y_name);
        svg.text("axis", Anchor::End, (frame.right(), frame.bottom() + 33.0), x_name);
        (frame, svg)
    }

    pub fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * self.width
    }

    pub fn y(&self, value: f64) -> f64 {
        TOP + (1.0 - self.y.place(value)) * self.height
    }

    pub const fn right(&self) -> f64 {
        LEFT + self.width
    }

    pub const fn bottom(&self) -> f64 {
        TOP + self.height
    }

    pub fn point(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x(x), self.y(y))
    }

    /// A level that may not be passed, with its name above the line.
    pub fn level(&self, svg: &mut Svg, value: f64, name: &str) {
        let at = self.y(value);
        svg.line("promise", (LEFT, at), (self.right(), at));
        svg.text("promise-name", Anchor::End, (self.right() - 2.0, at - 4.0), name);
    }

    pub fn spans(&self, svg: &mut Svg, spans: &[Span]) {
        for span in spans {
            let (from, to) = (self.x(span.from_s), self.x(span.to_s));
            svg.rect("span", (from, TOP), (to - from, self.height), &span.what);
            svg.text("axis", Anchor::Middle, (f64::midpoint(from, to), TOP - 4.0), &span.what);
        }
    }

    /// What a pointer over this stretch of the x axis shows, wherever it is.
    pub fn hover(&self, svg: &mut Svg, (from, to): (f64, f64), title: &str) {
        let (from, to) = (self.x(from), self.x(to));
        svg.rect("hover", (from, TOP), (to - from, self.height), title);
    }
}

/// A sign and what it stands for.
pub enum Key<'a> {
    Line(&'a str, &'a str),
    Fill(&'a str, &'a str),
    Mark(Mark, &'a str, &'a str),
}

/// All keys on as many rows as they need, from this height down; returns where the rows end.
pub fn legend(svg: &mut Svg, (left, top): (f64, f64), keys: &[Key<'_>]) -> f64 {
    let (mut x, mut y) = (left, top);
    for key in keys {
        let (Key::Line(_, text) | Key::Fill(_, text) | Key::Mark(_, _, text)) = key;
        let room = 34.0 + text.chars().count() as f64 * 6.6 + 18.0;
        if x > left && x + room > svg.width() {
            (x, y) = (left, y + 20.0);
        }
        match key {
            Key::Line(class, _) => svg.line(class, (x, y + 8.0), (x + 26.0, y + 8.0)),
            Key::Fill(class, _) => svg.rect(class, (x + 6.0, y + 2.0), (14.0, 12.0), ""),
            Key::Mark(mark, class, _) => svg.mark(*mark, class, (x + 13.0, y + 8.0), ""),
        }
        svg.text("key", Anchor::Start, (x + 34.0, y + 12.0), text);
        x += room;
    }
    y + 20.0
}

/// A legend that stands above several plots.
pub fn shared_legend(keys: &[Key<'_>]) -> String {
    // Drawn once to learn how tall it is.
    let height = legend(&mut Svg::new(1_000.0, 0.0), (0.0, 2.0), keys);
    let mut svg = Svg::new(1_000.0, height);
    legend(&mut svg, (0.0, 2.0), keys);
    format!("<div class=\"legend\">\n{}</div>\n", svg.inline("Legend"))
}
