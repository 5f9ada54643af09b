//! Frames of the base protocol: bytes in, messages out, and back.
//!
//! The protocol crate brings a transport too, but its input ends for good at the first message that is no JSON, and
//! its output is ordered only as far as the tasks that feed it are. Here a reader survives any bytes, and a writer
//! sends in the order in which it was told to.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// The longest message that is taken in, in bytes. A client that sends more is told so, and the bytes are skipped.
pub const MAX_MESSAGE_BYTES: u64 = 256 * 1024 * 1024;

/// The longest line of a header, in bytes. What follows is taken as a line of its own.
const MAX_HEADER_BYTES: u64 = 8 * 1024;

/// What a reader found.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The bytes of a message.
    Message(Vec<u8>),
    /// Something that is none, and why.
    Garbage(&'static str),
}

/// Reads up to the end of the next message, or of what is none. `None` is the end of the input.
///
/// # Errors
/// If the input cannot be read.
pub fn read_message(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut length = None;
    let mut line = Vec::new();
    let mut is_anything_said = false;
    loop {
        line.clear();
        if input.by_ref().take(MAX_HEADER_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let header = line.trim_ascii();
        if header.is_empty() {
            match length {
                Some(length) => return read_body(input, length),
                None if is_anything_said => {
                    return Ok(Some(Incoming::Garbage("no Content-Length")));
                }
                None => continue,
            }
        }
        is_anything_said = true;
        // Other headers, and lines that are none, are passed over.
        length = content_length(header).or(length);
    }
}

fn read_body(input: &mut impl BufRead, length: u64) -> io::Result<Option<Incoming>> {
    if length > MAX_MESSAGE_BYTES {
        io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        return Ok(Some(Incoming::Garbage("the message is too large")));
    }
    // The length is only a claim: memory follows what really arrives.
    let mut body = Vec::new();
    input.by_ref().take(length).read_to_end(&mut body)?;
    let is_whole = body.len() as u64 == length;
    Ok(is_whole.then_some(Incoming::Message(body)))
}

fn content_length(header: &[u8]) -> Option<u64> {
    let (name, value) = std::str::from_utf8(header).ok()?.split_once(':')?;
    let is_length = name.trim().eq_ignore_ascii_case("Content-Length");
    is_length.then(|| value.trim().parse().ok())?
}

/// What waits to be written to the client. Sending never blocks; a clone is the same queue.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Message>,
    is_closed: bool,
}

#[derive(Debug)]
struct Message {
    /// Of several messages about the same thing only the newest matters.
    about: Option<String>,
    body: Vec<u8>,
}

impl Outgoing {
    /// Sends a message.
    pub fn send(&self, message: &impl Serialize) {
        self.push(None, message);
    }

    /// Sends a message that makes those about the same thing useless which still wait. A client that does not read
    /// then costs one message for each thing, not one for each keystroke.
    pub fn send_newest(&self, about: &str, message: &impl Serialize) {
        self.push(Some(about.to_owned()), message);
    }

    /// No more will be sent; [`Self::write_to`] ends when everything is written.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.shared.changed.notify_all();
    }

    /// Writes what is sent until [`Self::close`].
    ///
    /// # Errors
    /// If the output cannot be written to: the client is gone.
    pub fn write_to(&self, mut output: impl Write) -> io::Result<()> {
        while let Some(body) = self.next() {
            let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
            frame.extend_from_slice(&body);
            output.write_all(&frame)?;
            output.flush()?;
        }
        Ok(())
    }

    fn push(&self, about: Option<String>, message: &impl Serialize) {
        let body = match serde_json::to_vec(message) {
            Ok(body) => body,
            Err(error) => {
                tracing::error!("a message cannot be written as JSON: {error}");
                return;
            }
        };
        let mut queue = self.lock();
        if queue.is_closed {
            return;
        }
        if about.is_some() {
            queue.messages.retain(|message| message.about != about);
        }
        queue.messages.push_back(Message { about, body });
        drop(queue);
        self.shared.changed.notify_one();
    }

    fn next(&self) -> Option<Vec<u8>> {
        let mut queue = self.lock();
        loop {
            if let Some(message) = queue.messages.pop_front() {
                return Some(message.body);
            }
            if queue.is_closed {
                return None;
            }
            let woken = self.shared.changed.wait(queue);
            queue = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(mut input: &[u8]) -> Vec<Incoming> {
        std::iter::from_fn(|| read_message(&mut input).expect("memory can be read")).collect()
    }

    fn message(body: &str) -> Incoming {
        Incoming::Message(body.into())
    }

    #[test]
    fn messages_are_found_among_any_headers() {
        let input = b"Content-Type: x\r\ncontent-length: 2\r\n\r\n{}Content-Length: 4\n\n[42]";
        assert_eq!(read_all(input), [message("{}"), message("[42]")]);
    }

    #[test]
    fn garbage_does_not_end_the_input() {
        let input = b"\r\nwhat?\r\n\r\nContent-Length: -1\r\n\r\n\xff\xfe\nContent-Length: 2\r\n\r\n{}";
        let garbage = || Incoming::Garbage("no Content-Length");
        assert_eq!(read_all(input), [garbage(), garbage(), message("{}")]);
        let mut endless = vec![b'x'; 3 * MAX_HEADER_BYTES as usize];
        endless.extend_from_slice(b"\n\nContent-Length: 2\r\n\r\n{}");
        assert_eq!(read_all(&endless), [garbage(), message("{}")]);
    }

    #[test]
    fn a_message_that_stops_half_way_is_the_end() {
        assert_eq!(read_all(b"Content-Length: 99999999\r\n\r\n{}"), []);
        assert_eq!(read_all(b"Content-Length: 99999999999\r\n\r\n{}").len(), 1);
    }

    #[test]
    fn messages_are_written_in_order_and_outdated_ones_are_not() {
        let outgoing = Outgoing::default();
        outgoing.send_newest("a.ts", &1);
        outgoing.send(&2);
        outgoing.send_newest("b.ts", &3);
        outgoing.send_newest("a.ts", &4);
        outgoing.close();
        outgoing.send(&5);
        let mut written = Vec::new();
        outgoing.write_to(&mut written).expect("memory can be written");
        assert_eq!(read_all(&written), [message("2"), message("3"), message("4")]);
    }
}
