use super::*;

fn render(markdown: &str) -> Rendered {
    Renderer::new(Some("https://media.example/")).render(markdown).unwrap()
}

#[test]
fn renders_commonmark_and_tables() {
    let page = render(
        "# A7 IV\n\nSharp *and* fast.\n\n| ISO | noise |\n|---|---|\n| 100 | none |\n\n1. one\n2. two\n\n```rust\nlet a = 1;\n```\n",
    );
    for expected in
        ["<h1>A7 IV</h1>", "<em>and</em>", "<table><thead><tr><th>ISO</th>", "<td>100</td>", "<ol>", "<pre><code>let a = 1;"]
    {
        assert!(page.html.contains(expected), "{expected} in {}", page.html);
    }
    assert_eq!(page.text, "A7 IV\nSharp and fast.\nISO noise\n100 none\none\ntwo\nlet a = 1;");
}

#[test]
fn keeps_hostile_text_harmless() {
    let id = "a".repeat(64);
    let cases: &[&str] = &[
        "<script>alert(1)</script>",
        "x <script>alert(1)</script> y",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<iframe src=https://evil.example></iframe>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#115;cript:alert(1))",
        "[x](\tjavascript:alert(1))",
        "[x](<java\tscript:alert(1)>)",
        "[x](vbscript:msgbox)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "![x](https://evil.example/pixel.png)",
        "![x](//evil.example/pixel.png)",
        "![x](/media/../v1/editorial/secret)",
        "![x](/media/%2e%2e/x)",
        "![x\" onerror=\"alert(1)](/media/x)",
        "[x](/y \"t\\\" onmouseover=alert(1)\")",
        "[a]: javascript:alert(1)\n\n[a]",
        "<style>*{display:none}</style>",
        "<form action=https://evil.example><input name=password></form>",
        "<base href=https://evil.example>",
        "<meta http-equiv=refresh content=0;url=https://evil.example>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<!--><img src=x onerror=alert(1)>-->",
        "```\"><script>alert(1)</script>\nx\n```",
    ];
    for case in cases {
        let html = render(case).html;
        // What is left of an attack may be text, never markup: look inside the tags only.
        for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default().to_lowercase()) {
            let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
            for bad in ["script", "iframe", "svg", "style", "form", "input", "base", "meta", "math", "object", "embed"] {
                assert_ne!(name, bad, "{case} → {html}");
            }
            for bad in ["javascript:", "vbscript:", "data:", "evil.example", "..", "%2e", "style=", "class="] {
                assert!(!tag.contains(bad), "{case} → {html}");
            }
            let unquoted: String = tag.split('"').step_by(2).collect();
            assert!(!unquoted.contains(" on"), "{case} → {html}");
        }
    }
    let ours = format!("![front](/media/{id}/960 \"t\") ![cdn](https://media.example/{id}/480)");
    let html = render(&ours).html;
    assert!(html.contains(&format!("<img src=\"/media/{id}/960\" alt=\"front\" title=\"t\">")), "{html}");
    assert!(html.contains(&format!("<img src=\"https://media.example/{id}/480\" alt=\"cdn\">")), "{html}");
}

#[test]
fn says_of_links_that_they_are_the_writers() {
    let html = render("[shop](https://loja.example/x) [home](/v1/cameras)").html;
    assert_eq!(html.matches("rel=\"nofollow ugc noopener\"").count(), 2, "{html}");
}

#[test]
fn shows_a_foreign_image_as_its_alternative_text() {
    let page = render("before ![a *fine* view](https://elsewhere.example/a.png) after");
    assert_eq!(page.html, "<p>before a <em>fine</em> view after</p>\n");
    assert_eq!(page.text, "before a fine view after");
}

#[test]
fn refuses_what_is_too_long() {
    let long = "x".repeat(MARKDOWN_BYTES_MAX + 1);
    assert_eq!(Renderer::new(None).render(&long), Err(RenderError::TooLong { bytes: MARKDOWN_BYTES_MAX + 1 }));
}

/// Each of these has brought down a Markdown renderer somewhere. The bound is generous: on
/// a busy machine and unoptimised the slowest takes a second, and a quadratic one minutes.
#[test]
fn takes_bounded_time_on_pathological_text() {
    use common::Clock as _;
    const EACH_MAX: std::time::Duration = std::time::Duration::from_secs(20);
    let fill = |unit: &str| unit.repeat(MARKDOWN_BYTES_MAX / unit.len());
    let half = MARKDOWN_BYTES_MAX / 2;
    let cases = [
        ("10,000 nested block quotes", format!("{}deep", "> ".repeat(10_000))),
        ("10,000 nested block quotes on several lines", format!("{0}a\n{0}b\n{0}c", "> ".repeat(10_000))),
        ("10,000 nested lists", format!("{}deep", "- ".repeat(10_000))),
        ("block quotes without end", fill(">")),
        ("open brackets", fill("[")),
        ("open images", fill("![")),
        ("open links", fill("[a](")),
        ("emphasis", fill("*a **a ")),
        ("underscores", fill("_a__")),
        ("backticks", (1..700).map(|n| format!("{} ", "`".repeat(n))).collect()),
        ("open comments", fill("<!--")),
        ("raw divisions", fill("<div>\n\n")),
        ("entities", fill("&ngE;")),
        ("a wide table", format!("|{}\n|{}\n{}", "a|".repeat(half / 8), "-|".repeat(half / 8), "|\n".repeat(half / 4))),
        ("nested emphasis", format!("{}a{}", "*a ".repeat(20_000), " a*".repeat(20_000))),
    ];
    for (name, text) in cases {
        let text = &text[..text.floor_char_boundary(MARKDOWN_BYTES_MAX)];
        let started = common::SystemClock.now();
        let outcome = Renderer::new(None).render(text).map(|page| page.html.len());
        let took = common::SystemClock.now() - started;
        assert!(took < EACH_MAX, "{name}: {took:?}, {outcome:?}");
    }
}

#[test]
fn flattens_what_is_nested_too_deep_and_keeps_its_words() {
    let page = render(&format!("{}deep", "> ".repeat(10_000)));
    assert_eq!(page.html.matches("<blockquote>").count(), NESTING_MAX);
    assert_eq!(page.html.matches("</blockquote>").count(), NESTING_MAX);
    assert_eq!(page.text, "deep");
}
