//! Mails that only differ in a few values, as those of a job do. Their common lines are rendered, wrapped and encoded
//! once. The lines with different values are escaped, wrapped and encoded for each mail by the same functions that
//! compose a mail from the templates ([`super::compose`]), so that the bytes are the same. Mails for which this does
//! not hold are composed from the templates.

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
    /// The name in the greeting, which no built-in template writes on its own.
    pub(super) name: Option<&'a str>,
    pub(super) username: &'a str,
    pub(super) link: &'a str,
    pub(super) not_me: &'a str,
    pub(super) code: &'a str,
}

/// Number of these values.
const PLACES: usize = 5;
/// The indices of those that templates write with the filter for links.
const LINKS: [usize; 2] = [2, 3];

impl PersonalValues<'_> {
    fn values(&self) -> [&str; PLACES] {
        [self.greeting, self.username, self.link, self.not_me, self.code]
    }
}

/// A piece of a text that mails share.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Common text.
    Shared(String),
    /// The index of a value that is different in each mail.
    Place(usize),
}

/// A segment of a part.
#[derive(Debug, PartialEq, Eq)]
enum Segment {
    /// Lines that all mails share, as they are and in quoted-printable.
    Shared { plain: String, encoded: Vec<u8> },
    /// A line of the rendered template with gaps, before escaping and wrapping.
    Line(Vec<Piece>),
}

/// One part of the mails.
#[derive(Debug, PartialEq, Eq)]
struct PreparedPart {
    part: TemplatePart,
    segments: Vec<Segment>,
    /// Whether the common lines need no quoted-printable.
    is_plain: bool,
}

/// What the mails share.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    parts: [PreparedPart; 2],
}

/// Characters that mark the gaps while the common lines are rendered, in two planes for private use: a gap counts
/// only if it is found with both.
fn marks(plane: u32) -> [String; PLACES] {
    let mark = |place: u32| char::from_u32(plane + place).unwrap_or(char::REPLACEMENT_CHARACTER).to_string();
    std::array::from_fn(|place| mark(place as u32))
}

impl Prepared {
    /// Prepares what mails share. `render` returns the rendered templates of the text part and of the HTML part.
    /// `None`: these mails cannot be prepared.
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
        // If a note contains a mark itself, the two results differ.
        let (one, other) = (of_plane(0xF_0000)?, of_plane(0x10_0000)?);
        Ok((one == other).then_some(one))
    }

    /// The lines of one mail for the text part and for the HTML part. `None`: it must be composed from the templates.
    pub(super) fn lines(&self, own: &PersonalValues<'_>) -> Option<[PersonalLines<'_>; 2]> {
        let values = own.values();
        // A value must not break its line.
        if values.iter().any(|value| value.contains(['\r', '\n'])) {
            return None;
        }
        let [text, html] = &self.parts;
        Some([text.lines(&values)?, html.lines(&values)?])
    }
}

/// The lines of a part that are different in each mail.
pub(super) struct PersonalLines<'a> {
    part: &'a PreparedPart,
    lines: ZeroizingBuf<String>,
    /// The end of each segment in `lines`.
    ends: Vec<usize>,
    /// Whether the part needs no quoted-printable.
    pub(super) is_plain: bool,
}

impl PersonalLines<'_> {
    /// An upper bound for the bytes of the part.
    pub(super) fn max_length(&self) -> usize {
        let shared = |segment: &Segment| match segment {
            Segment::Shared { encoded, .. } => encoded.len(),
            Segment::Line(_) => 0,
        };
        // Each byte becomes at most three, and each 25 of these get a soft line break.
        self.part.segments.iter().map(shared).sum::<usize>() + self.lines.len() * 4
    }

    /// Appends the part to `content`.
    pub(super) fn push_onto(&self, content: &mut Vec<u8>) {
        let mut from = 0;
        let mut ends = self.ends.iter();
        for segment in &self.part.segments {
            match segment {
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
            // An escaped character has at most six bytes.
            Piece::Place(place) => values[*place].len() * 6,
        };
        let own_lines = self.segments.iter().filter_map(|segment| match segment {
            Segment::Line(pieces) => Some(pieces),
            Segment::Shared { .. } => None,
        });
        let room: usize = own_lines.clone().flatten().map(longest).sum();
        let mut ends = Vec::with_capacity(self.segments.len());
        // The capacity suffices for all of it, even if a line is broken at each blank. A buffer that grew would leave
        // an unwiped copy behind.
        let mut lines = ZeroizingBuf::new(String::with_capacity(room * 3 + self.segments.len() * 4));
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
            // Whether an empty line is kept depends on the lines around it.
            if trimmed.is_empty() {
                return None;
            }
            push_line(self.part, &mut lines, trimmed);
            ends.push(lines.len());
        }
        let is_plain = self.is_plain && quoted_printable::is_needless(&lines);
        Some(PersonalLines { part: self, lines, ends, is_plain })
    }

    /// Writes a value like the template engine does.
    fn push_value(&self, line: &mut String, place: usize, value: &str) {
        // Writing to a string does not fail.
        let _ = match self.part {
            TemplatePart::Text => line.write_str(value),
            TemplatePart::Html if LINKS.contains(&place) => template::push_link(line, value),
            TemplatePart::Html => write!(line, "{}", HtmlEscape(value)),
        };
    }
}

/// A line of a rendered template without the white space that the part drops.
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
    let (mut segments, mut shared, mut is_after_empty) = (Vec::new(), String::new(), false);
    let end_shared = |shared: &mut String, segments: &mut Vec<Segment>| {
        if !shared.is_empty() {
            let plain = std::mem::take(shared);
            let encoded = quoted_printable::encode(&plain);
            segments.push(Segment::Shared { plain, encoded });
        }
    };
    for line in rendered.lines().map(|line| trim(part, line)) {
        let pieces = pieces(line, marks);
        if pieces.iter().any(|piece| matches!(piece, Piece::Place(_))) {
            end_shared(&mut shared, &mut segments);
            segments.push(Segment::Line(pieces));
            is_after_empty = false;
            continue;
        }
        // As in `line_breaking`: HTML has no empty lines, and text no two in a row.
        let is_left_out = line.is_empty() && (part == TemplatePart::Html || is_after_empty);
        if !is_left_out {
            push_line(part, &mut shared, line);
        }
        is_after_empty = line.is_empty();
    }
    end_shared(&mut shared, &mut segments);
    let is_plain = segments.iter().all(|segment| match segment {
        Segment::Shared { plain, .. } => quoted_printable::is_needless(plain),
        Segment::Line(_) => true,
    });
    PreparedPart { part, segments, is_plain }
}

/// A text, split at the marks. No mark is a part of another one.
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
