//! What a login needs of a configuration: where the store is, what a hash costs, and what wrong passwords cost.
//!
//! A mistake anywhere else must not lock everybody out, so nothing else is read, and each of the sections is read on its
//! own. A `[store]` that cannot be read is an error, or another store could be asked. The others fall back to their
//! defaults: every other command refuses the file and says why.

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
    /// Reads what a login needs of the file at `path`, which others must not be able to write; all else is the default.
    ///
    /// # Errors
    /// When the file cannot be read, or with what is wrong in `[store]`.
    pub fn load_for_login(path: &Path, env: ConfigEnv<'_>) -> Result<Self, LoadError> {
        let bytes = private_file::read(path, &private_file::Rule::config(), LIMIT)?;
        Ok(Self::parse_for_login(&String::from_utf8_lossy(&bytes), path, env)?)
    }

    /// Reads what a login needs of the text of the file `name`. Bytes that are not UTF-8 are U+FFFD in it.
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
            PasswordSection::read(&document.section("password"), &document.section("password.argon2"), true);
        let has_argon2 = document.section("password").has("argon2");
        if document.has_problem_in("password.argon2") {
            password.argon2 = Default::default();
            password.is_argon2_known = false;
        } else if !has_argon2 {
            // Where a name is mistyped or a section is hidden by what is damaged, the file does not say that the default holds.
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
