//! Segments: files of frames, and the header that each begins with.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::LogError;
use super::frame::FrameScanner;
use crate::store::disk::Disk;
use crate::units::EventTime;

/// Version of the layout of segments.
pub const VERSION: u16 = 1;
/// Number of the first segment that a log ever has.
pub const FIRST_NUMBER: u64 = 1;
/// Bytes of a header.
pub const SEGMENT_HEADER_BYTES: usize = 40;

/// What a segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Records as received.
    Input,
    /// Points of tracks.
    History,
}

impl Content {
    const fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Input => b"SHWINPUT",
            Self::History => b"SHWTRACK",
        }
    }

    /// How names of its files begin.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::History => "track",
        }
    }
}

/// The first bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// What it holds.
    pub content: Content,
    /// Its number: counted up by one, never used twice.
    pub number: u64,
    /// Receipt of the first thing in it: by its hour the segment is sealed.
    pub begun: EventTime,
}

impl SegmentHeader {
    /// The bytes of the header.
    pub fn to_bytes(self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[..8].copy_from_slice(self.content.magic());
        bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
        bytes[10..12].copy_from_slice(&(SEGMENT_HEADER_BYTES as u16).to_le_bytes());
        bytes[12..20].copy_from_slice(&self.number.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.begun.as_millis().to_le_bytes());
        let sum = crc32c::crc32c(&bytes[..36]);
        bytes[36..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads a header; says in words what is wrong with it.
    fn read(bytes: &[u8; SEGMENT_HEADER_BYTES], content: Content) -> Result<Self, String> {
        let sum = crc32c::crc32c(&bytes[..36]).to_le_bytes();
        let word = |at: usize| bytes[at..].first_chunk().copied().unwrap_or_default();
        if bytes[..8] != content.magic()[..] {
            return Err("it does not begin as a segment does".to_owned());
        }
        if bytes[36..] != sum {
            return Err("the checksum of its header is wrong".to_owned());
        }
        match u16::from_le_bytes([bytes[8], bytes[9]]) {
            VERSION => Ok(Self {
                content,
                number: u64::from_le_bytes(word(12)),
                begun: EventTime::from_millis(i64::from_le_bytes(word(20))),
            }),
            version => {
                Err(format!("it is of version {version}, and this program reads version {VERSION}: use a newer one"))
            }
        }
    }
}

/// A segment in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFile {
    /// Its number, by its name.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

impl SegmentFile {
    /// The name of a segment: `input-0000000017-20260417T15.seg`, number and hour of the first receipt.
    pub fn name_of(header: SegmentHeader) -> String {
        let stamp: String = header.begun.to_string().chars().filter(|it| it.is_ascii_digit() || *it == 'T').collect();
        // YYYYMMDDTHH
        let hour = stamp.get(..11).unwrap_or("unknown");
        format!("{}-{:010}-{hour}.seg", header.content.prefix(), header.number)
    }

    /// Where it is.
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(&self.name)
    }

    /// The segments in a folder, in order of their numbers.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(disk: &dyn Disk, folder: &Path, content: Content) -> Result<Vec<Self>, LogError> {
        let files = disk.list(folder).map_err(|source| LogError::disk(folder, "read", source))?;
        let number = |name: &str| {
            let rest = name.strip_prefix(content.prefix())?.strip_prefix('-')?.strip_suffix(".seg")?;
            rest.split('-').next()?.parse::<u64>().ok()
        };
        let segment = |file: crate::store::disk::Listed| {
            Some(Self { number: number(&file.name)?, name: file.name, bytes: file.bytes })
        };
        let mut segments: Vec<Self> = files.into_iter().filter_map(segment).collect();
        segments.sort_by_key(|segment| segment.number);
        Ok(segments)
    }

    /// Opens it behind its header.
    ///
    /// # Errors
    /// When it cannot be read, or its header is wrong.
    pub fn open(&self, disk: &dyn Disk, folder: &Path, content: Content) -> Result<(SegmentHeader, Scanner), LogError> {
        self.open_at(disk, folder, content, SEGMENT_HEADER_BYTES as u64)
    }

    /// Opens it at a place behind its header.
    ///
    /// # Errors
    /// When it cannot be read, or its header is wrong.
    pub fn open_at(
        &self,
        disk: &dyn Disk,
        folder: &Path,
        content: Content,
        offset: u64,
    ) -> Result<(SegmentHeader, Scanner), LogError> {
        let path = self.path(folder);
        let fault = |source| LogError::disk(&path, "read", source);
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        let mut input = disk.open_read(&path, 0).map_err(fault)?;
        input.read_exact(&mut bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                LogError::Header { path: path.clone(), problem: "it is shorter than a header".to_owned() }
            }
            _ => fault(error),
        })?;
        let header = SegmentHeader::read(&bytes, content)
            .and_then(|header| match header.number == self.number {
                true => Ok(header),
                false => Err(format!("it says that it is number {}", header.number)),
            })
            .map_err(|problem| LogError::Header { path: path.clone(), problem })?;
        if offset != SEGMENT_HEADER_BYTES as u64 {
            input = disk.open_read(&path, offset).map_err(fault)?;
        }
        Ok((header, FrameScanner::new(input, self.number, offset)))
    }
}

/// Finds the frames of a segment on disk.
pub type Scanner = FrameScanner<Box<dyn Read + Send>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> SegmentHeader {
        let begun = EventTime::parse_rfc3339("2026-04-17T15:07:00Z").unwrap();
        SegmentHeader { content: Content::Input, number: 17, begun }
    }

    #[test]
    fn a_header_is_read_as_written_and_any_flipped_bit_is_noticed() {
        let bytes = header().to_bytes();
        assert_eq!(SegmentHeader::read(&bytes, Content::Input), Ok(header()));
        assert!(SegmentHeader::read(&bytes, Content::History).is_err());
        for place in 0..bytes.len() {
            let mut bad = bytes;
            bad[place] ^= 4;
            assert!(SegmentHeader::read(&bad, Content::Input).is_err(), "byte {place}");
        }
    }

    #[test]
    fn segments_are_named_by_number_and_hour() {
        assert_eq!(SegmentFile::name_of(header()), "input-0000000017-20260417T15.seg");
    }
}
