//! One line of a list.

/// The hexadecimal digits of a SHA-1 hash.
pub(super) const SHA1_DIGITS: usize = 40;
/// Those of an NTLM hash.
pub(super) const NTLM_DIGITS: usize = 32;
/// Those of a hash without the five that the name of a range file has.
pub(super) const RANGE_DIGITS: usize = 35;

/// The value of each hexadecimal digit; 16 for what is none.
const DIGIT: [u8; 256] = {
    let mut table = [16; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            _ => 16,
        };
        byte += 1;
    }
    table
};

/// The key of a line `HASH` or `HASH:COUNT`, with a hash of so many digits; `None`: it is no such line.
pub(super) fn hash_key(line: &[u8], digits: usize) -> Option<u64> {
    let (hash, rest) = line.trim_ascii().split_at_checked(digits)?;
    let is_count = match rest {
        [] => true,
        [b':', count @ ..] => !count.is_empty() && count.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    let values = || hash.iter().map(|byte| DIGIT[usize::from(*byte)]);
    let is_hash = values().fold(0, |all, value| all | value) < 16;
    (is_count && is_hash).then(|| values().take(16).fold(0, |key, value| key << 4 | u64::from(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_may_have_a_count_and_letters_of_either_case() {
        let hash = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
        for line in [hash.to_owned(), hash.to_lowercase(), format!("{hash}:10434004"), format!(" {hash}:1 \r")] {
            assert_eq!(hash_key(line.as_bytes(), SHA1_DIGITS), Some(0x5baa_61e4_c9b9_3f3f), "{line}");
        }
        assert_eq!(hash_key(b"8846F7EAEE8FB117AD06BDD830B7586C:1", NTLM_DIGITS), Some(0x8846_f7ea_ee8f_b117));
    }

    #[test]
    fn anything_else_is_no_hash() {
        let hash = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
        let lines = [
            String::new(),
            hash[1..].to_owned(),
            format!("{hash}0"),
            format!("{hash}:"),
            format!("{hash}:x"),
            format!("{hash};1"),
            format!("{hash} 1"),
            format!("{}G", &hash[1..]),
            format!("{}\u{e9}", &hash[2..]),
        ];
        for line in lines {
            assert_eq!(hash_key(line.as_bytes(), SHA1_DIGITS), None, "{line}");
        }
    }
}
