//! The part of a configuration that a login needs: the path of the store, the hashing cost, and the limits on wrong
//! passwords.
//!
//! A mistake in another section must not lock out all users, so only these sections are read, each on its own. A
//! `[store]` that cannot be read is an error, because another store could be used otherwise. The other sections fall
//! back to their defaults: every other command refuses the file and reports the problem.

use std::borrow::Cow;
use std::path::Path;

use super::Config;
use super::ConfigEnv;
use super::Diagnostic;
use super::Diagnostics;
use super::LIMIT;
use super::LoadError;
use super::SignInSection;
use super::StoreSection;
use super::damaged::lines_of;
use super::document::Document;
use super::misplaced_store;
use super::password::PasswordSection;
use crate::private_file;

impl Config {
    /// Reads what a login needs from the file `path`, which others must not be able to write; everything else has its
    /// default.
    ///
    /// # Errors
    /// If the file cannot be read, or the problems of `[store]`.
    pub fn load_for_login(path: &Path, env: ConfigEnv<'_>) -> Result<Self, LoadError> {
        let bytes = private_file::read(path, &private_file::Rule::config(), LIMIT)?;
        Ok(Self::parse_for_login(&String::from_utf8_lossy(&bytes), path, env)?)
    }

    /// Reads what a login needs from the text of the file `name`, in which bytes that are not UTF-8 are replaced by
    /// U+FFFD.
    pub(super) fn parse_for_login(text: &str, name: &Path, env: ConfigEnv<'_>) -> Result<Self, Diagnostics> {
        let directory = name.parent().unwrap_or(Path::new(""));
        let is_sound = Document::is_sound(text);
        let part = |section| if is_sound { Cow::Borrowed(text) } else { Cow::Owned(lines_of(text, section)) };
        let store_text = part("store");
        let document = Document::parse_part(&store_text, directory, env, "store");
        let named = document.has("store");
        let store = StoreSection::read(&document.section("store"));
        let mut problems = document.finish();
        if store.names_replaced_bytes() {
            problems.push(Diagnostic { line: None, text: "[store]: is not UTF-8: save the file as UTF-8".to_owned() });
        }
        if problems.is_empty() && store.path.is_none() {
            problems.extend(misplaced_store::find(text, is_sound, named));
        }
        if !problems.is_empty() {
            return Err(Diagnostics::new(name, problems));
        }
        let password_text = part("password");
        let document = Document::parse_part(&password_text, directory, env, "password");
        let mut password =
            PasswordSection::read(&document.section("password"), &document.section("password.argon2"), &document, true);
        let has_argon2 = document.section("password").has("argon2");
        if document.has_problem_in("password.argon2") {
            password.argon2 = Default::default();
            password.is_argon2_known = false;
        } else if !has_argon2 {
            // If a name is mistyped, or damage hides a section, it is not known that the default applies.
            password.is_argon2_known = Self::parse(text, name, env).is_ok();
        }
        let sign_in_text = part("sign_in");
        let document = Document::parse_part(&sign_in_text, directory, env, "sign_in");
        let sign_in = SignInSection::read(&document.section("sign_in"));
        Ok(Self { store, password, sign_in, ..Self::default() })
    }
}

impl StoreSection {
    fn names_replaced_bytes(&self) -> bool {
        let path = self.path.as_ref().and_then(|path| path.to_str());
        [path, self.reader_group.as_deref()].into_iter().flatten().any(|text| text.contains('\u{fffd}'))
    }
}
