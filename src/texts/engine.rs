//! The template engine for sentences and mails: strict and bounded, because an organization may write its own
//! templates.

use minijinja::AutoEscape;
use minijinja::Environment;
use minijinja::Error;
use minijinja::ErrorKind;
use minijinja::UndefinedBehavior;
use minijinja::Value;
use minijinja::syntax::SyntaxConfig;

use crate::domain::text;

/// The work that one rendering may do, which also bounds the memory (64 bytes a unit): hundreds of times what the
/// longest built-in mail needs.
const FUEL: u64 = 100_000;
/// How deep templates may include and call each other.
const DEPTH: usize = 32;

/// An engine without templates. It loads none itself: a template can only include those that were added.
///
/// # Errors
/// If the engine refuses its own syntax, which is a bug.
pub fn environment() -> Result<Environment<'static>, Error> {
    let mut engine = Environment::new();
    engine.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // A missing value is an error, not a gap in a mail.
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    // Otherwise errors would contain the values, one of which is the code.
    engine.set_debug(false);
    // Escaping is decided where a text is shown.
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_formatter(|out, state, value| {
        if value.is_none() {
            let what = "a value that can be absent is written: ask with `if` whether it is there";
            return Err(Error::new(ErrorKind::InvalidOperation, what));
        }
        minijinja::escape_formatter(out, state, value)
    });
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(DEPTH);
    engine.add_filter("grouped", grouped);
    Ok(engine)
}

/// The engine's description of an error.
pub fn words(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too much work: shorten its loops".to_owned(),
        (ErrorKind::UndefinedError, None) => "it uses a value that is not there".to_owned(),
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    }
}

/// The filter for large numbers: inserts a mark between groups of three digits.
fn grouped(number: usize, mark: &str) -> Value {
    let mark = mark.chars().next();
    Value::from(mark.map_or_else(|| number.to_string(), |mark| text::grouped(number as u64, mark)))
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn rendered(source: &str) -> Result<String, Error> {
        environment().unwrap().render_str(source, context! { number => 1_024 })
    }

    #[test]
    fn an_endless_or_ever_growing_template_is_stopped() {
        for endless in [
            "{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}",
            "{{ 'x' * 100000000 }}",
            "{% for i in range(10000) %}{{ 'x' * 100000 }}{% endfor %}",
        ] {
            let error = rendered(endless).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutOfFuel, "{endless}: {error}");
        }
        assert!(rendered("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").is_err());
    }

    #[test]
    fn nothing_is_never_written_as_none() {
        let engine = environment().unwrap();
        let said = |source: &str| engine.render_str(source, context! { contact => None::<&str> });
        assert_eq!(said("{% if contact %}{{ contact }}{% else %}-{% endif %}{{ contact or 'x' }}").unwrap(), "-x");
        assert!(said("{{ contact }}").is_err());
    }

    #[test]
    fn a_number_is_grouped() {
        assert_eq!(rendered("{{ number | grouped('.') }} {{ number }}").unwrap(), "1.024 1024");
    }
}
