//! The feed's wire format: server-sent events, written and read.

use bytes::Bytes;

use crate::{Event, Head};

/// The longest line the reader accepts. An event has at most
/// [`EVENT_TAGS_MAX`](crate::event::EVENT_TAGS_MAX) tags of
/// [`TAG_BYTES_MAX`](crate::tag::TAG_BYTES_MAX) bytes, with quotes and commas around them.
pub const LINE_BYTES_MAX: usize = 256 * 1024;

/// `event: head`. It has no `id:`, so it does not move a reader's resume point.
pub fn encode_head(head: &Head) -> Result<Bytes, serde_json::Error> {
    Ok(format!("event: head\ndata: {}\n\n", serde_json::to_string(head)?).into())
}

/// `event: change`, with the number as its `id:`.
pub fn encode_event(event: &Event) -> Result<Bytes, serde_json::Error> {
    Ok(format!("id: {}\nevent: change\ndata: {}\n\n", event.seq, serde_json::to_string(event)?).into())
}

/// One dispatched message of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Head(Head),
    Change(Event),
    /// A kind this program does not know: to be passed over, so that kinds can be added.
    Unknown,
}

/// Why a stream cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("a line longer than {LINE_BYTES_MAX} bytes")]
    LineTooLong,
    #[error("a line that is not UTF-8")]
    NotUtf8,
    #[error("a {kind} message that cannot be understood: {source}")]
    Malformed { kind: &'static str, source: serde_json::Error },
}

/// Reads a stream piece by piece, however it is cut.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    /// The last byte was a CR that already ended a line: a following LF belongs to it.
    after_cr: bool,
    kind: String,
    data: String,
    has_data: bool,
}

impl Decoder {
    /// Takes the next piece; appends every message it completes to `out`.
    ///
    /// # Errors
    /// On a stream that breaks the format or a limit. The decoder is of no use afterwards.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<Message>) -> Result<(), DecodeError> {
        for &byte in piece {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    self.end_of_line(&line, out)?;
                    self.line = line;
                    self.line.clear();
                }
                _ => {
                    self.after_cr = false;
                    if self.line.len() >= LINE_BYTES_MAX {
                        return Err(DecodeError::LineTooLong);
                    }
                    self.line.push(byte);
                }
            }
        }
        Ok(())
    }

    fn end_of_line(&mut self, line: &[u8], out: &mut Vec<Message>) -> Result<(), DecodeError> {
        if line.is_empty() {
            return self.dispatch(out);
        }
        let line = std::str::from_utf8(line).map_err(|_| DecodeError::NotUtf8)?;
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                if self.data.len() + value.len() > LINE_BYTES_MAX {
                    return Err(DecodeError::LineTooLong);
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            // `id` repeats the number inside the data; `retry` is ours to decide; an empty
            // field name is a comment.
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self, out: &mut Vec<Message>) -> Result<(), DecodeError> {
        if self.has_data {
            out.push(match self.kind.as_str() {
                "head" => Message::Head(parse("head", &self.data)?),
                "change" => Message::Change(parse("change", &self.data)?),
                _ => Message::Unknown,
            });
        }
        self.kind.clear();
        self.data.clear();
        self.has_data = false;
        Ok(())
    }
}

fn parse<T: serde::de::DeserializeOwned>(kind: &'static str, data: &str) -> Result<T, DecodeError> {
    serde_json::from_str(data).map_err(|source| DecodeError::Malformed { kind, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LogId, Seq, Tag, Timestamp};

    fn head() -> Head {
        Head {
            log: LogId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
            seq: Seq::new(1041).unwrap(),
            from: Seq::new(1041),
            at: Timestamp::parse("2026-11-22T17:00:00.000Z").unwrap(),
        }
    }

    fn event() -> Event {
        Event {
            seq: Seq::new(1042).unwrap(),
            at: Timestamp::parse("2026-11-22T17:00:00.123Z").unwrap(),
            kind: "review.published".to_owned(),
            gone: vec![],
            hard: vec![Tag::parse("review:01J8Z").unwrap()],
            soft: vec![Tag::parse("list:reviews").unwrap(), Tag::parse("search").unwrap()],
        }
    }

    /// Other programs rely on these bytes.
    #[test]
    fn writes_the_documented_bytes() {
        assert_eq!(
            encode_head(&head()).unwrap(),
            "event: head\ndata: {\"log\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"seq\":1041,\"from\":1041,\"at\":\"2026-11-22T17:00:00.000Z\"}\n\n"
        );
        assert_eq!(
            encode_event(&event()).unwrap(),
            "id: 1042\nevent: change\ndata: {\"seq\":1042,\"at\":\"2026-11-22T17:00:00.123Z\",\"kind\":\"review.published\",\"gone\":[],\"hard\":[\"review:01J8Z\"],\"soft\":[\"list:reviews\",\"search\"]}\n\n"
        );
    }

    #[test]
    fn reads_a_stream_however_it_is_cut() {
        let mut wire = b": a comment\r\nevent: other\rdata: x\n\n".to_vec();
        wire.extend_from_slice(&encode_head(&head()).unwrap());
        wire.extend_from_slice(&encode_event(&event()).unwrap());
        for size in 1..wire.len() {
            let mut decoder = Decoder::default();
            let mut messages = Vec::new();
            for piece in wire.chunks(size) {
                decoder.push(piece, &mut messages).unwrap();
            }
            assert_eq!(messages, [Message::Unknown, Message::Head(head()), Message::Change(event())], "cut every {size}");
        }
    }

    /// A later origin may say more: an edge of this version reads what it knows.
    #[test]
    fn passes_over_members_it_does_not_know() {
        let more =
            |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap().replace("}\n", ",\"later\":{\"than\":[\"this\"]}}\n");
        let wire = more(encode_head(&head()).unwrap()) + &more(encode_event(&event()).unwrap());
        let mut messages = Vec::new();
        Decoder::default().push(wire.as_bytes(), &mut messages).unwrap();
        assert_eq!((wire.matches("later").count(), messages), (2, vec![Message::Head(head()), Message::Change(event())]));
    }

    #[test]
    fn refuses_an_endless_line() {
        let mut decoder = Decoder::default();
        let line = vec![b'x'; LINE_BYTES_MAX + 1];
        assert!(matches!(decoder.push(&line, &mut Vec::new()), Err(DecodeError::LineTooLong)));
    }
}
