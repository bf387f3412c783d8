//! Values of arguments that are one of a few words, which a shell completes.

use std::ffi::OsStr;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::PossibleValue;
use clap::builder::TypedValueParser;
use strum::VariantArray;

use crate::actions::users::import::Clearable;
use crate::domain::event::EventOutcome;
use crate::domain::message::MailKind;
use crate::domain::role::Permission;
use crate::domain::user::SignIn;
use crate::domain::user::Status;
use crate::store::messages::LinkState;

/// Parses a value as its type does, with its words, and knows the words that there are.
#[derive(Debug)]
pub struct OneOf<T> {
    words: Vec<&'static str>,
    value: PhantomData<fn() -> T>,
}

/// `active` or `locked`.
pub fn status() -> OneOf<Status> {
    OneOf::all()
}

/// `password` or `saml`.
pub fn sign_in() -> OneOf<SignIn> {
    OneOf::all()
}

/// The state of a link.
pub fn link_state() -> OneOf<LinkState> {
    OneOf::all()
}

/// A kind of mail.
pub fn mail_kind() -> OneOf<MailKind> {
    OneOf::all()
}

/// The outcome of an event.
pub fn event_outcome() -> OneOf<EventOutcome> {
    OneOf::all()
}

/// A permission.
pub fn permission() -> OneOf<Permission> {
    OneOf::all()
}

/// A column whose value an import clears.
pub fn clearable() -> OneOf<Clearable> {
    OneOf::all()
}

impl<T> OneOf<T> {
    /// One of these words.
    pub fn new(words: impl IntoIterator<Item = &'static str>) -> Self {
        Self { words: words.into_iter().collect(), value: PhantomData }
    }
}

impl<T: VariantArray + Into<&'static str> + Copy> OneOf<T> {
    fn all() -> Self {
        Self::new(T::VARIANTS.iter().map(|&variant| variant.into()))
    }
}

impl<T> Clone for OneOf<T> {
    fn clone(&self) -> Self {
        Self { words: self.words.clone(), value: PhantomData }
    }
}

impl<T> TypedValueParser for OneOf<T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: fmt::Display + Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        TypedValueParser::parse_ref(&(|text: &str| text.parse::<T>()), command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.words.iter().map(PossibleValue::new)))
    }
}
