//! The few shapes of HTML that the report is made of. Whatever comes from outside passes through `escape`.

use super::words::escape;

/// Markup that is safe already.
pub struct Safe(pub String);

/// Text that has to be made safe.
pub fn text(words: &str) -> Safe {
    Safe(escape(words))
}

pub struct Cell {
    class: &'static str,
    content: Safe,
    head: bool,
    rows: usize,
}

pub fn cell(words: &str) -> Cell {
    Cell { class: "", content: text(words), head: false, rows: 1 }
}

pub fn number(words: &str) -> Cell {
    Cell { class: "number", ..cell(words) }
}

pub fn marked(class: &'static str, content: Safe) -> Cell {
    Cell { class, content, head: false, rows: 1 }
}

/// Names its row, or `rows` of them.
pub fn head(words: &str, rows: usize) -> Cell {
    Cell { head: true, rows, ..cell(words) }
}

/// A column's name stands as its first cell does: above numbers on the right.
pub fn table(columns: &[&str], rows: Vec<Vec<Cell>>) -> String {
    let right = |index: usize| rows.first().and_then(|row| row.get(index)).is_some_and(|cell| cell.class.starts_with("number"));
    let name = |(index, name): (usize, &&str)| {
        let class = if right(index) { " class=\"number\"" } else { "" };
        format!("<th scope=\"col\"{class}>{}</th>", escape(name))
    };
    let columns: String = columns.iter().enumerate().map(name).collect();
    let rows: String =
        rows.into_iter().map(|row| format!("<tr>{}</tr>\n", row.into_iter().map(Cell::html).collect::<String>())).collect();
    format!("<div class=\"wide\"><table>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n")
}

impl Cell {
    fn html(self) -> String {
        let Self { class, content: Safe(content), head, rows } = self;
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let rows = if rows > 1 { format!(" rowspan=\"{rows}\"") } else { String::new() };
        if head { format!("<th scope=\"row\"{rows}>{content}</th>") } else { format!("<td{class}>{content}</td>") }
    }
}

pub fn section(title: &str, body: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n{body}</section>\n", escape(title))
}

pub fn paragraph(words: &str) -> String {
    format!("<p>{}</p>\n", escape(words))
}

/// Aside of what is plotted: how to read it, or what is missing from it.
pub fn note(words: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escape(words))
}

pub fn figure(caption: &str, svg: &str) -> String {
    format!("<figure>\n<figcaption>{}</figcaption>\n{svg}</figure>\n", escape(caption))
}

pub fn panels(figures: &[String]) -> String {
    format!("<div class=\"panels\">\n{}</div>\n", figures.concat())
}
