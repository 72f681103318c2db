//! How a case is written: its section, its name, and one step a line.
//!
//! ```text
//! +60 GET /a {accept: text/html} > 200 {etag: "1"} "text" => forwarded 200 {age: -} "text" asked {via: *}
//! ```
//!
//! - `+60`: so many seconds pass first.
//! - The request, with its fields and, quoted, its body.
//! - `>` what the upstream answers if it is asked: a status, fields, a body. Without it, an
//!   empty 200. Several `>` are the answers to several questions. `> drop` is a connection
//!   closed without a word; a 1xx stands before the answer that follows it.
//! - `=>` what the reader sees: `hit` (the upstream is not asked), `forwarded` (it is),
//!   `stale` (an old copy at once, and the upstream is asked behind), or `refused` (neither);
//!   the status if it is not 200; fields; the body.
//! - `asked`: fields of the last request that the upstream saw, `:method` and `:target` too.
//!
//! An expected field is its whole value, or `-` for absent, `*` for present, `~x` for a value
//! with `x` in it, `!x` for one without.

/// Section, name, steps.
pub type Case = (&'static str, &'static str, &'static str);

pub type Fields = Vec<(String, String)>;

#[derive(Clone, Debug)]
pub enum Answer {
    Interim { status: u16, fields: Fields },
    Final { status: u16, fields: Fields, body: String },
    Drop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Hit,
    Forwarded,
    Stale,
    Refused,
}

#[derive(Debug)]
pub struct Step {
    pub line: &'static str,
    pub wait_s: u64,
    pub method: &'static str,
    pub target: &'static str,
    pub request: Fields,
    pub request_body: String,
    pub answers: Vec<Answer>,
    pub seen: Seen,
    pub status: u16,
    pub reply: Fields,
    pub body: Option<String>,
    pub asked: Fields,
}

enum Token {
    Word(&'static str),
    Field(String, String),
    Quoted(String),
}

enum Part {
    Request,
    Answer,
    Reply,
    Asked,
}

pub fn steps(text: &'static str) -> Vec<Step> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(step).collect()
}

fn step(line: &'static str) -> Step {
    let mut tokens = tokens(line).into_iter().peekable();
    let mut word = || match tokens.next() {
        Some(Token::Word(word)) => word,
        _ => panic!("expected a word: {line}"),
    };
    let first = word();
    let (wait_s, method) = match first.strip_prefix('+') {
        Some(seconds) => (seconds.parse().unwrap(), word()),
        None => (0, first),
    };
    let target = word();
    let mut step = Step {
        line,
        wait_s,
        method,
        target,
        request: Vec::new(),
        request_body: String::new(),
        answers: Vec::new(),
        seen: Seen::Refused,
        status: 200,
        reply: Vec::new(),
        body: None,
        asked: Vec::new(),
    };
    let mut part = Part::Request;
    for token in tokens {
        match (token, &part) {
            (Token::Word(">"), _) => part = Part::Answer,
            (Token::Word("=>"), _) => part = Part::Reply,
            (Token::Word("asked"), _) => part = Part::Asked,
            (Token::Field(name, value), Part::Request) => step.request.push((name, value)),
            (Token::Quoted(text), Part::Request) => step.request_body = text,
            (Token::Word(word), Part::Answer) => step.answers.push(answer(word)),
            (token, Part::Answer) => match (token, step.answers.last_mut()) {
                (Token::Field(name, value), Some(Answer::Final { fields, .. } | Answer::Interim { fields, .. })) => {
                    fields.push((name, value));
                }
                (Token::Quoted(text), Some(Answer::Final { body, .. })) => *body = text,
                _ => panic!("no answer can have that: {line}"),
            },
            (Token::Word("hit"), Part::Reply) => step.seen = Seen::Hit,
            (Token::Word("forwarded"), Part::Reply) => step.seen = Seen::Forwarded,
            (Token::Word("stale"), Part::Reply) => step.seen = Seen::Stale,
            (Token::Word("refused"), Part::Reply) => step.seen = Seen::Refused,
            (Token::Word(status), Part::Reply) => step.status = status.parse().unwrap_or_else(|_| panic!("{status}: {line}")),
            (Token::Field(name, value), Part::Reply) => step.reply.push((name, value)),
            (Token::Quoted(text), Part::Reply) => step.body = Some(text),
            (Token::Field(name, value), Part::Asked) => step.asked.push((name, value)),
            (Token::Word(_), Part::Request) | (Token::Word(_) | Token::Quoted(_), Part::Asked) => panic!("unexpected: {line}"),
        }
    }
    step
}

fn answer(word: &str) -> Answer {
    if word == "drop" {
        return Answer::Drop;
    }
    match word.parse().unwrap() {
        status @ 100..=199 => Answer::Interim { status, fields: Vec::new() },
        status => Answer::Final { status, fields: Vec::new(), body: String::new() },
    }
}

fn tokens(line: &'static str) -> Vec<Token> {
    let (mut rest, mut found) = (line.trim_start(), Vec::new());
    while !rest.is_empty() {
        let end = |sign| rest[1..].find(sign).unwrap_or_else(|| panic!("no {sign:?}: {line}")) + 1;
        let length = match rest.as_bytes()[0] {
            b'{' => {
                let field = &rest[1..end('}')];
                // `:method` and `:target` begin with the sign that ends a name.
                let colon = field[1..].find(':').unwrap_or_else(|| panic!("no field: {line}")) + 1;
                found.push(Token::Field(field[..colon].trim().to_owned(), field[colon + 1..].trim().to_owned()));
                end('}') + 1
            }
            b'"' => {
                found.push(Token::Quoted(rest[1..end('"')].to_owned()));
                end('"') + 1
            }
            _ => {
                let word = rest.split(' ').next().unwrap();
                found.push(Token::Word(word));
                word.len()
            }
        };
        rest = rest[length..].trim_start();
    }
    found
}
