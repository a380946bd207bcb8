//! Lines of a stream, without a bound on the stream and with one on memory.

use std::io::{self, BufRead};

use memchr::memchr;

use crate::feed::nmea::LINE_MAX;

/// Gives each line of `input`, without its line feed, and its number from 1 to `each`, until that returns false.
///
/// A line longer than [`LINE_MAX`] is given shortened to one byte more than that, so that its reader refuses it by its
/// length: a file without line ends takes no memory.
///
/// # Errors
/// What reading gives; lines before it were given. A last line without its end is given before the error.
pub fn for_each_line(input: &mut impl BufRead, mut each: impl FnMut(&[u8], u64) -> bool) -> io::Result<()> {
    let mut number = 0;
    // The beginning of a line that does not end in this buffer.
    let mut begun: Vec<u8> = Vec::new();
    let keep = |begun: &mut Vec<u8>, part: &[u8]| {
        let room = (LINE_MAX + 1).saturating_sub(begun.len());
        begun.extend_from_slice(part.get(..room).unwrap_or(part));
    };
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                if !begun.is_empty() {
                    each(&begun, number + 1);
                }
                return Err(error);
            }
        };
        if buffer.is_empty() {
            if !begun.is_empty() {
                each(&begun, number + 1);
            }
            return Ok(());
        }
        let mut rest = buffer;
        while let Some(end) = memchr(b'\n', rest) {
            let (line, behind) = rest.split_at(end);
            number += 1;
            let go_on = if begun.is_empty() {
                each(line.get(..=LINE_MAX).unwrap_or(line), number)
            } else {
                keep(&mut begun, line);
                let go_on = each(&begun, number);
                begun.clear();
                go_on
            };
            if !go_on {
                return Ok(());
            }
            rest = behind.get(1..).unwrap_or_default();
        }
        keep(&mut begun, rest);
        let used = buffer.len();
        input.consume(used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    fn lines(bytes: &[u8], buffer: usize) -> Vec<(Vec<u8>, u64)> {
        let mut got = Vec::new();
        for_each_line(&mut BufReader::with_capacity(buffer, bytes), |line, number| {
            got.push((line.to_vec(), number));
            true
        })
        .unwrap();
        got
    }

    proptest! {
        #[test]
        fn the_size_of_the_buffer_makes_no_difference(
            lengths in prop::collection::vec(prop_oneof![0_usize..40, 2000_usize..5000], 0..6), buffer in 1_usize..6000, ended: bool,
        ) {
            let mut bytes = lengths.iter().map(|&length| vec![b'x'; length]).collect::<Vec<_>>().join(&b'\n');
            if ended {
                bytes.push(b'\n');
            }
            let mut expected: Vec<Vec<u8>> = bytes.split(|&byte| byte == b'\n').map(|line| line[..line.len().min(LINE_MAX + 1)].to_vec()).collect();
            if expected.last().is_some_and(Vec::is_empty) {
                expected.pop();
            }
            let expected: Vec<_> = expected.into_iter().zip(1..).collect();
            prop_assert_eq!(lines(&bytes, buffer), expected);
        }
    }
}
