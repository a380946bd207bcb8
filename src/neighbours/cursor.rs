//! How far a broker has been told of what is on record.

use std::io;
use std::path::{Path, PathBuf};

use crate::store::records::{Records, RecordsError};

/// A cursor that outlives the server where there is a file for it.
#[derive(Debug)]
pub(super) struct Cursor {
    file: Option<PathBuf>,
    /// The name of the records that it counts in: those of another folder begin anew.
    records: String,
    place: i64,
    kept: Option<i64>,
}

impl Cursor {
    /// The cursor that is kept in a file; where none is, the end of the record: a new neighbour is told what happens from now on.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub(super) async fn open(file: Option<&Path>, records: &Records) -> Result<Self, RecordsError> {
        let last = records
            .read(|connection| {
                Ok(connection.query_row("SELECT coalesce(max(sequence), 0) FROM entries", [], |row| row.get(0))?)
            })
            .await?;
        let text = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        let kept = parse(&text, records.name());
        if let Some(place) = kept.filter(|place| *place > last) {
            tracing::warn!(place, last, "the record is older than what was told of it: it was restored from a backup");
        }
        let place = kept.unwrap_or(last).min(last);
        let mut cursor = Self { file: file.map(Path::to_owned), records: records.name().to_owned(), place, kept };
        if let Err(error) = cursor.keep() {
            tracing::warn!(%error, "how far a neighbour was told cannot be kept");
        }
        Ok(cursor)
    }

    /// The place in the chain of the last entry that was told; 0: none.
    pub(super) fn place(&self) -> i64 {
        self.place
    }

    /// An entry was told.
    pub(super) fn advance(&mut self, place: i64) {
        self.place = self.place.max(place);
    }

    /// Keeps the place on disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep(&mut self) -> io::Result<()> {
        if self.kept == Some(self.place) {
            return Ok(());
        }
        if let Some(file) = &self.file {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            // As a whole or not at all: a torn one would read as another place.
            let new = file.with_extension("new");
            std::fs::write(&new, format!("{} {}\n", self.records, self.place))?;
            std::fs::rename(&new, file)?;
        }
        self.kept = Some(self.place);
        Ok(())
    }
}

/// The place in a file of these records.
fn parse(text: &str, records: &str) -> Option<i64> {
    let (name, place) = text.trim_end().split_once(' ')?;
    place.parse().ok().filter(|place| name == records && *place >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::Actor;
    use crate::store::records::entry::Draft;
    use crate::store::records::{Place as Kept, Watchkeeping};

    async fn enter(records: &Records, count: usize) {
        let actor = Actor::system();
        let written = records.write(move |book| {
            for _ in 0..count {
                book.enter(Draft {
                    time_ms: 1,
                    kind: "noted",
                    subject: "server".to_owned(),
                    actor: &actor,
                    request_id: "",
                    note: "",
                    life: None,
                    content: None,
                    wire_sha256: String::new(),
                })?;
            }
            Ok::<(), RecordsError>(())
        });
        written.await.unwrap();
    }

    #[tokio::test]
    async fn a_new_neighbour_begins_at_the_end_and_goes_on_where_it_was_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("neighbours/joint.cursor");
        let open = || Records::open(&Kept::Folder(folder.path().to_owned()), Watchkeeping::default(), 1).unwrap();
        let records = open();
        enter(&records, 3).await;
        let mut cursor = Cursor::open(Some(&file), &records).await.unwrap();
        assert_eq!(cursor.place(), 3);
        enter(&records, 2).await;
        cursor.advance(4);
        cursor.keep().unwrap();
        records.close().await;
        let records = open();
        assert_eq!(Cursor::open(Some(&file), &records).await.unwrap().place(), 4);

        let other = Records::open(&Kept::Memory, Watchkeeping::default(), 1).unwrap();
        assert_eq!(Cursor::open(Some(&file), &other).await.unwrap().place(), 0, "other records count for themselves");
    }

    #[test]
    fn a_file_that_is_none_is_no_place() {
        for text in ["", "a", "a b\n", "b 3\n", "a -1\n"] {
            assert_eq!(parse(text, "a"), None, "{text}");
        }
        assert_eq!(parse("a 17\n", "a"), Some(17));
    }
}
