//! A share of a whole, as people write it on the command line: `20%`.

use std::fmt;
use std::str::FromStr;

/// A share, in whole percent from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u8);

/// Why a text is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Not digits and `%`.
    #[error("expected a whole number and `%`, as in `20%`")]
    Form,
    /// More than the whole.
    #[error("expected at most 100%")]
    TooMuch,
}

/// More than this share of failures pauses a job to more than [`MANY`] recipients whose operator gave no other one: so many
/// bounces harm the sender's reputation, and are more than a list of users has by nature.
const UNLESS_GIVEN: Share = Share(30);

/// A job to more recipients than this is not one to try things out.
const MANY: u64 = 50;

impl Share {
    /// The share of failures at which a job to this many recipients pauses whose operator gave none.
    pub fn unless_given(recipients: u64) -> Option<Self> {
        (recipients > MANY).then_some(UNLESS_GIVEN)
    }

    /// Whether `part` is more than this share of `whole`.
    pub fn is_exceeded(self, part: u64, whole: u64) -> bool {
        u128::from(part) * 100 > u128::from(whole) * u128::from(self.0)
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let number = text.strip_suffix('%').ok_or(ShareError::Form)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ShareError::Form);
        }
        // Digits alone can only fail to parse by being too many.
        match number.parse::<u8>() {
            Ok(percent) if percent <= 100 => Ok(Self(percent)),
            _ => Err(ShareError::TooMuch),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}%", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_and_shown_again() {
        for text in ["0%", "1%", "20%", "100%"] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
        for text in ["", "%", "20", "20 %", "-1%", "2.5%", "20%%", "+1%"] {
            assert_eq!(text.parse::<Share>(), Err(ShareError::Form), "{text}");
        }
        for text in ["101%", "200%", "99999999999999999999%"] {
            assert_eq!(text.parse::<Share>(), Err(ShareError::TooMuch), "{text}");
        }
    }

    #[test]
    fn a_job_to_many_has_a_share_unless_one_is_given() {
        assert_eq!(Share::unless_given(50), None);
        assert_eq!(Share::unless_given(51), Some("30%".parse().unwrap()));
    }

    #[test]
    fn a_share_is_exceeded_by_more_than_it_alone() {
        let share: Share = "20%".parse().unwrap();
        assert!(!share.is_exceeded(10, 50));
        assert!(share.is_exceeded(11, 50));
        assert!(!share.is_exceeded(0, 0));
        assert!("0%".parse::<Share>().unwrap().is_exceeded(1, u64::MAX));
        assert!(!"100%".parse::<Share>().unwrap().is_exceeded(u64::MAX, u64::MAX));
    }
}
