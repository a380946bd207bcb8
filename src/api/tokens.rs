//! Page tokens: where the next page begins, bound to the question that they belong to.

use super::convert::BadField;
use crate::store::records::entry::sha256_hex;

/// The token of the page that follows `place`, of the question `of`.
pub fn write(place: i64, of: &str) -> String {
    format!("{place:x}-{}", mark(of))
}

/// Where the page of a token begins; `None` for the empty token, which is the first page.
///
/// # Errors
/// When the token is none of ours, or of another question.
pub fn read(token: &str, of: &str) -> Result<Option<i64>, BadField> {
    if token.is_empty() {
        return Ok(None);
    }
    let (place, of_token) = token.split_once('-').unwrap_or((token, ""));
    match i64::from_str_radix(place, 16) {
        Ok(place) if of_token == mark(of) => Ok(Some(place)),
        Ok(_) => Err(BadField::new("page_token", "of another question: keep filter and id the same from page to page")),
        Err(_) => Err(BadField::new("page_token", "not ours: send next_page_token as it came")),
    }
}

fn mark(of: &str) -> String {
    sha256_hex(of.as_bytes()).chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_place_and_fits_no_other_question() {
        let token = write(4_711, "loitering");
        assert_eq!(read(&token, "loitering"), Ok(Some(4_711)));
        assert_eq!(read("", "loitering"), Ok(None));
        assert!(read(&token, "unloading").is_err() && read("x", "loitering").is_err());
    }
}
