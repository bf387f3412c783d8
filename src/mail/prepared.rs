//! Mails that differ in a few values, as those of a job do. The lines that they share are rendered, broken and encoded once. Each
//! mail has these lines and a few of its own, which the same functions escape, break and encode as if it were written from the start
//! ([`super::compose`]), so that it has the same bytes. A mail to which that does not apply is written from the start.

use std::fmt::Write as _;

use minijinja::HtmlEscape;

use super::line_breaking;
use super::quoted_printable;
use super::template;
use super::template::TemplatePart;
use crate::secrets::zeroizing::ZeroizingBuf;

/// The values in which mails of a kind, language, lifetime and note differ.
#[derive(Debug, Clone, Copy)]
pub(super) struct PersonalValues<'a> {
    pub(super) greeting: &'a str,
    /// The name in it, which no template of the program writes by itself.
    pub(super) name: Option<&'a str>,
    pub(super) username: &'a str,
    pub(super) link: &'a str,
    pub(super) not_me: &'a str,
    pub(super) code: &'a str,
}

/// How many values these are.
const PLACES: usize = 5;
/// The places of those that templates write by the filter for links.
const LINKS: [usize; 2] = [2, 3];

impl PersonalValues<'_> {
    fn values(&self) -> [&str; PLACES] {
        [self.greeting, self.username, self.link, self.not_me, self.code]
    }
}

/// A piece of a text that mails share.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// What they share.
    Shared(String),
    /// The place of a value that each mail has of its own, by number.
    Place(usize),
}

/// A stretch of a part.
#[derive(Debug, PartialEq, Eq)]
enum Segment {
    /// Lines that all mails share, as they are and in quoted-printable.
    Shared { plain: String, encoded: Vec<u8> },
    /// A line of the rendered template with places in it, neither escaped nor broken.
    Line(Vec<Piece>),
}

/// A part of the mails.
#[derive(Debug, PartialEq, Eq)]
struct PreparedPart {
    part: TemplatePart,
    stretches: Vec<Segment>,
    /// Whether what they share needs no quoted-printable.
    is_plain: bool,
}

/// What mails share.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    parts: [PreparedPart; 2],
}

/// Marks for the places while what is shared is rendered, in two planes that nobody uses: what is found with both is no place.
fn marks(plane: u32) -> [String; PLACES] {
    let mark = |place: u32| char::from_u32(plane + place).unwrap_or(char::REPLACEMENT_CHARACTER).to_string();
    std::array::from_fn(|place| mark(place as u32))
}

impl Prepared {
    /// Prepares what mails share. `render` gives the rendered templates of the text part and of the HTML part. `None`: it cannot
    /// be prepared.
    ///
    /// # Errors
    /// Those of `render`.
    pub(super) fn new<E>(
        render: impl Fn(&PersonalValues<'_>) -> Result<[ZeroizingBuf<String>; 2], E>,
    ) -> Result<Option<Self>, E> {
        let of_plane = |plane| {
            let marks = marks(plane);
            let [greeting, username, link, not_me, code] = marks.each_ref().map(String::as_str);
            let [text, html] = render(&PersonalValues { greeting, name: None, username, link, not_me, code })?;
            Ok::<_, E>(Self {
                parts: [prepared(TemplatePart::Text, &text, &marks), prepared(TemplatePart::Html, &html, &marks)],
            })
        };
        // A note that holds a mark itself holds it in both.
        let (one, other) = (of_plane(0xF_0000)?, of_plane(0x10_0000)?);
        Ok((one == other).then_some(one))
    }

    /// The own lines of a mail: those of the text part and those of the HTML part. `None`: it must be written from the start.
    pub(super) fn lines(&self, own: &PersonalValues<'_>) -> Option<[PersonalLines<'_>; 2]> {
        let values = own.values();
        // Each of them stays within its line.
        if values.iter().any(|value| value.contains(['\r', '\n'])) {
            return None;
        }
        let [text, html] = &self.parts;
        Some([text.lines(&values)?, html.lines(&values)?])
    }
}

/// The lines of a part of one mail that it does not share.
pub(super) struct PersonalLines<'a> {
    part: &'a PreparedPart,
    lines: ZeroizingBuf<String>,
    /// Where each stretch of them ends.
    ends: Vec<usize>,
    /// Whether the part needs no quoted-printable.
    pub(super) is_plain: bool,
}

impl PersonalLines<'_> {
    /// The most bytes that the part can have.
    pub(super) fn most(&self) -> usize {
        let shared = |stretch: &Segment| match stretch {
            Segment::Shared { encoded, .. } => encoded.len(),
            Segment::Line(_) => 0,
        };
        // Each byte becomes three at most, and each 25 of these get a soft line break.
        self.part.stretches.iter().map(shared).sum::<usize>() + self.lines.len() * 4
    }

    /// Writes the part.
    pub(super) fn push_onto(&self, content: &mut Vec<u8>) {
        let mut from = 0;
        let mut ends = self.ends.iter();
        for stretch in &self.part.stretches {
            match stretch {
                Segment::Shared { plain, .. } if self.is_plain => content.extend_from_slice(plain.as_bytes()),
                Segment::Shared { encoded, .. } => content.extend_from_slice(encoded),
                Segment::Line(_) => {
                    let end = ends.next().copied().unwrap_or(from);
                    let own = &self.lines[from..end];
                    from = end;
                    match self.is_plain {
                        true => content.extend_from_slice(own.as_bytes()),
                        false => quoted_printable::encode_onto(content, own),
                    }
                }
            }
        }
    }
}

impl PreparedPart {
    fn lines(&self, values: &[&str; PLACES]) -> Option<PersonalLines<'_>> {
        let longest = |piece: &Piece| match piece {
            Piece::Shared(shared) => shared.len(),
            // An escaped character has six bytes at most.
            Piece::Place(place) => values[*place].len() * 6,
        };
        let own_lines = self.stretches.iter().filter_map(|stretch| match stretch {
            Segment::Line(pieces) => Some(pieces),
            Segment::Shared { .. } => None,
        });
        let room: usize = own_lines.clone().flatten().map(longest).sum();
        let mut ends = Vec::with_capacity(self.stretches.len());
        // Room for all of it, so that nothing is left behind unwiped when a buffer would grow: a line may be broken at each
        // blank.
        let mut lines = ZeroizingBuf::new(String::with_capacity(room * 3 + self.stretches.len() * 4));
        let mut line = ZeroizingBuf::new(String::with_capacity(room));
        for pieces in own_lines {
            line.clear();
            for piece in pieces {
                match piece {
                    Piece::Shared(shared) => line.push_str(shared),
                    Piece::Place(place) => self.push_value(&mut line, *place, values[*place]),
                }
            }
            let trimmed = trim(self.part, &line);
            // Whether an empty line is left depends on those around it.
            if trimmed.is_empty() {
                return None;
            }
            push_line(self.part, &mut lines, trimmed);
            ends.push(lines.len());
        }
        let is_plain = self.is_plain && quoted_printable::is_needless(&lines);
        Some(PersonalLines { part: self, lines, ends, is_plain })
    }

    /// Writes a value as the template's engine does.
    fn push_value(&self, line: &mut String, place: usize, value: &str) {
        // Writing to a string does not fail.
        let _ = match self.part {
            TemplatePart::Text => line.write_str(value),
            TemplatePart::Html if LINKS.contains(&place) => template::push_link(line, value),
            TemplatePart::Html => write!(line, "{}", HtmlEscape(value)),
        };
    }
}

/// A line of a rendered template without what a part does not keep of it.
fn trim(part: TemplatePart, line: &str) -> &str {
    match part {
        TemplatePart::Text => line.trim_end(),
        TemplatePart::Html => line.trim(),
    }
}

fn push_line(part: TemplatePart, lines: &mut String, line: &str) {
    match part {
        TemplatePart::Text => line_breaking::push_broken(lines, line),
        TemplatePart::Html => line_breaking::push_unbroken(lines, line),
    }
}

fn prepared(part: TemplatePart, rendered: &str, marks: &[String; PLACES]) -> PreparedPart {
    let rendered = if part == TemplatePart::Text { rendered.trim() } else { rendered };
    let (mut stretches, mut shared, mut is_after_empty) = (Vec::new(), String::new(), false);
    let end_shared = |shared: &mut String, stretches: &mut Vec<Segment>| {
        if !shared.is_empty() {
            let plain = std::mem::take(shared);
            let encoded = quoted_printable::encode(&plain);
            stretches.push(Segment::Shared { plain, encoded });
        }
    };
    for line in rendered.lines().map(|line| trim(part, line)) {
        let pieces = pieces(line, marks);
        if pieces.iter().any(|piece| matches!(piece, Piece::Place(_))) {
            end_shared(&mut shared, &mut stretches);
            stretches.push(Segment::Line(pieces));
            is_after_empty = false;
            continue;
        }
        // As in `words`: HTML has no empty lines, and text no two of them in a row.
        let is_left_out = line.is_empty() && (part == TemplatePart::Html || is_after_empty);
        if !is_left_out {
            push_line(part, &mut shared, line);
        }
        is_after_empty = line.is_empty();
    }
    end_shared(&mut shared, &mut stretches);
    let is_plain = stretches.iter().all(|stretch| match stretch {
        Segment::Shared { plain, .. } => quoted_printable::is_needless(plain),
        Segment::Line(_) => true,
    });
    PreparedPart { part, stretches, is_plain }
}

/// A text, cut at the places that the marks are in. No mark is a part of another one.
pub(super) fn pieces(text: &str, marks: &[String]) -> Vec<Piece> {
    let (mut pieces, mut shared, mut rest) = (Vec::new(), String::new(), text);
    while let Some(character) = rest.chars().next() {
        let found = marks.iter().enumerate().find_map(|(place, mark)| Some((place, rest.strip_prefix(mark.as_str())?)));
        let Some((place, after)) = found else {
            shared.push(character);
            rest = &rest[character.len_utf8()..];
            continue;
        };
        if !shared.is_empty() {
            pieces.push(Piece::Shared(std::mem::take(&mut shared)));
        }
        pieces.push(Piece::Place(place));
        rest = after;
    }
    if !shared.is_empty() {
        pieces.push(Piece::Shared(shared));
    }
    pieces
}
