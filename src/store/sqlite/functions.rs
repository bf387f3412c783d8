//! Functions of the domain for use in SQL. The schema uses none of them, so that other programs can read the file.

use std::borrow::Cow;

use rusqlite::Connection;
use rusqlite::functions::Context;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

use super::Result;
use super::constraints;
use super::index_entries;
use super::time;
use crate::domain::bounce::Bounce;
use crate::domain::email_address;
use crate::domain::search;

/// Registers the functions with a connection. A schema, which another program may have written, cannot call them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    // canonical_email(email): see `email_address::key`.
    connection.create_scalar_function("canonical_email", 1, flags, |context| {
        Ok(text(context, 0).and_then(|email| email_address::key(&email)))
    })?;
    // finds_user(folded text, username, email, name, email_key): see `search::finds_user`.
    connection.create_scalar_function("finds_user", 5, flags, |context| {
        let argument = |index| text(context, index).unwrap_or_default();
        let key = text(context, 4);
        Ok(search::finds_user(&argument(0), &argument(1), &argument(2), &argument(3), key.as_deref()))
    })?;
    // text_holds(folded text, text): see `search::holds`.
    connection.create_scalar_function("text_holds", 2, flags, |context| {
        Ok(search::holds(&text(context, 1).unwrap_or_default(), &text(context, 0).unwrap_or_default()))
    })?;
    // bounce_words(bounced_at, bounce_reply, now): see `Bounce::words`.
    connection.create_scalar_function("bounce_words", 3, flags, |context| {
        let moment = |index| context.get_raw(index).as_i64().map(time).unwrap_or_default();
        let reply = text(context, 1).unwrap_or_default().into_owned();
        Ok(Bounce { at: moment(0), reply }.words(moment(2)))
    })?;
    // has_types(letters, value…): see `constraints`.
    connection.create_scalar_function("has_types", -1, flags, |context| Ok(constraints::has_types(context)))?;
    // entries(value…), ordered_entries(shape, value…): see `index_entries`.
    index_entries::register(connection, flags)?;
    Ok(())
}

/// A text; `None`: the value has another type. Bytes that are not UTF-8, because another program wrote them, are replaced.
fn text<'a>(context: &'a Context<'_>, index: usize) -> Option<Cow<'a, str>> {
    match context.get_raw(index) {
        ValueRef::Text(bytes) => Some(match str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        }),
        _ => None,
    }
}
