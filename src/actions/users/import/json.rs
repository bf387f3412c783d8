//! A row that is a JSON object.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de;
use serde::de::DeserializeSeed;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Visitor;

use super::columns;
use super::columns::ACCEPTED;
use super::columns::Fields;
use super::columns::ImportColumn;
use super::columns::MUST_CHANGE;
use crate::domain::text;

/// Reads an object. An empty text and null mean the same: the field is not given. Errors are one line.
pub(super) fn fields(json: &[u8], ignore_unknown: bool, clears: [bool; ACCEPTED.len()]) -> Result<Fields<'_>, String> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = reader.deserialize_map(ObjectVisitor { ignore_unknown, clears });
    read.and_then(|fields| reader.end().map(|()| fields)).map_err(|error| {
        let words = error.to_string();
        // serde_json counts lines within the row.
        let words = words.split(" at line ").next().unwrap_or_default();
        format!("is not a user as a JSON object: {}", text::quoted(words, 400))
    })
}

struct ObjectVisitor {
    ignore_unknown: bool,
    clears: [bool; ACCEPTED.len()],
}

impl<'json> Visitor<'json> for ObjectVisitor {
    type Value = Fields<'json>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'json>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut fields = Fields::default();
        let mut seen = [false; ACCEPTED.len()];
        while let Some(column) = map.next_key_seed(KeySeed { ignore_unknown: self.ignore_unknown })? {
            let ImportColumn::Accepted(place) = column else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if std::mem::replace(&mut seen[place], true) {
                return Err(de::Error::custom(format!("`{}` appears twice", ACCEPTED[place])));
            }
            let text = map
                .next_value_seed(ValueSeed { is_flag: place == MUST_CHANGE })
                .map_err(|error| de::Error::custom(format!("`{}`: {error}", ACCEPTED[place])))?;
            let text = match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
                Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
            };
            fields[place] = Some(text).filter(|text| !text.is_empty() || self.clears[place]);
        }
        Ok(fields)
    }
}

struct KeySeed {
    ignore_unknown: bool,
}

impl<'json> DeserializeSeed<'json> for KeySeed {
    type Value = ImportColumn;

    fn deserialize<D: de::Deserializer<'json>>(self, deserializer: D) -> Result<ImportColumn, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = ImportColumn;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a column")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<ImportColumn, E> {
        columns::column(&name.trim().to_ascii_lowercase(), self.ignore_unknown).map_err(E::custom)
    }
}

struct ValueSeed {
    /// Whether true, false, 1 and 0 are values too.
    is_flag: bool,
}

impl<'json> DeserializeSeed<'json> for ValueSeed {
    type Value = Cow<'json, str>;

    fn deserialize<D: de::Deserializer<'json>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'json> Visitor<'json> for ValueSeed {
    type Value = Cow<'json, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_flag { "true or false" } else { "a string" })
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'json str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        if !self.is_flag {
            return Err(E::invalid_type(de::Unexpected::Bool(value), &self));
        }
        Ok(Cow::Borrowed(if value { "true" } else { "false" }))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        match value {
            0 if self.is_flag => Ok(Cow::Borrowed("0")),
            1 if self.is_flag => Ok(Cow::Borrowed("1")),
            other => Err(E::invalid_type(de::Unexpected::Unsigned(other), &self)),
        }
    }
}
