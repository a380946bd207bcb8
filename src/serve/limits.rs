//! Every bound of the server in one place: what clients from outside can make it hold is finite.

use std::time::Duration;

/// Largest message that the server reads, in bytes: a batch of 10,000 AIS lines has about 1 MiB.
pub const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// Largest register that a call may bring, in bytes: some 150,000 vessels.
pub const REGISTER_BYTES_MAX: usize = 16 << 20;

/// HTTP/2 window of one stream in bytes, see [`CONNECTION_WINDOW_BYTES`].
pub const STREAM_WINDOW_BYTES: u32 = 256 << 10;

/// HTTP/2 window of one connection in bytes.
///
/// h2 grants a connection a budget of half this window for small unread DATA frames, of which each costs up to 256
/// bytes less its length. At hyper's defaults (both windows 1 MiB) the budget runs out before flow control stops the
/// sender, and the server cuts a fast client off (ENHANCE_YOUR_CALM) instead of holding it back. With a stream window
/// this much smaller than the connection's, flow control always wins.
pub const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;

/// Streams that one connection may have open: six full ingest streams fit the small-frame budget, watchers send nothing.
pub const STREAMS_PER_CONNECTION: u32 = 64;

/// How long a connection may be silent before the server asks whether the client is still there.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// How long the client may take to answer that.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Work items (batches, advances, ticks) that wait for the engine. Full: ingest streams stop being read.
pub const ENGINE_QUEUE: usize = 64;

/// Batches of one ingest stream that may be under way: sent to the engine, or answered and the answer not yet read.
pub const ACKS_PER_STREAM: usize = 16;

/// Records in one batch.
pub const BATCH_RECORDS_MAX: usize = 10_000;

/// Bytes of one record: an ASTERIX block has at most 65,535, an NMEA line with its tag block some 200.
pub const RECORD_BYTES_MAX: usize = 65_535;

/// The earliest and the latest receipt that a recording may state, milliseconds since 1970: there is no AIS or ASTERIX of
/// before 1980, and 2200 is far away. The core may count on it that times do not overflow.
pub const RECEIVED_MS: std::ops::RangeInclusive<i64> = 315_532_800_000..=7_258_118_400_000;

/// Rejections listed in one acknowledgement; all are counted.
pub const REJECTIONS_PER_ACK: usize = 1_000;

/// Feeds that one stream may name, so also the least number that is no handle.
pub const HANDLES_PER_STREAM: usize = 1_024;

/// Feeds that the server keeps a position for.
pub const FEEDS_MAX: usize = 4_096;

/// Characters in the name of a feed.
pub const FEED_ID_CHARS_MAX: usize = 64;

/// Ingest streams at once. Each can hold one batch of [`MESSAGE_BYTES_MAX`] that waits for the engine.
pub const INGEST_STREAMS_MAX: usize = 256;

/// Posts of detections that are worked on at once; others wait. Each holds one batch of [`MESSAGE_BYTES_MAX`] at most.
pub const DETECTION_POSTS_AT_ONCE: usize = 32;

/// Watchers at once, of tracks and alerts together.
pub const WATCHERS_MAX: usize = 1_024;

/// Streams of sites that take cues for their cameras.
pub const CUE_STREAMS_MAX: usize = 256;

/// Cameras for which one stream takes cues.
pub const CUE_CAMERAS_MAX: usize = 64;

/// Characters in a site's reason to refuse a cue.
pub const CUE_REFUSAL_CHARS_MAX: usize = 200;

/// How far event time goes on between two steps of the schedule of cameras, milliseconds.
pub const CUE_STEP_MS: i64 = 1_000;

/// How often the engine is asked where cameras are and what they see.
pub const CUE_SCENE_INTERVAL: Duration = Duration::from_secs(10);

/// Changes that wait in one watcher's stream. What comes after them waits in the picture itself, the latest of each track.
pub const WATCH_QUEUE: usize = 64;

/// Pictures that are kept for watchers whose line broke, so far apart in event time, milliseconds.
pub const STILL_INTERVAL_MS: i64 = 10_000;

/// How many of them: two minutes.
pub const STILLS_MAX: usize = 12;

/// States of tracks in all of them together, less than a kilobyte each. With more tracks there are fewer pictures.
pub const STILL_STATES_MAX: usize = 200_000;

/// Ended tracks of which is remembered how they ended, for watchers that have not looked for a while.
pub const FAREWELLS_MAX: usize = 16_384;

/// Alerts kept to be listed and watched, the latest changed.
pub const ALERTS_KEPT: usize = 10_000;

/// At a start the engine is told again what officers said of craft in so many milliseconds before: two days, longer than nearly all tracks.
pub const STATEMENTS_KEPT_MS: i64 = 2 * 86_400_000;

/// Zones in a track filter.
pub const FILTER_ZONES_MAX: usize = 50;

/// Corners of the outline in a track filter.
pub const FILTER_CORNERS_MAX: usize = 1_000;

/// MMSIs in a track filter.
pub const FILTER_MMSIS_MAX: usize = 1_000;

/// Things to be put on record that wait for the disk. Full: whoever has more waits, the engine too.
pub const RECORDS_QUEUE: usize = 4_096;

/// Things that are put on record in one transaction.
pub const RECORDS_GROUP: usize = 512;

/// Connections that read the records and are kept open while idle.
pub const RECORDS_READERS: usize = 4;

/// Events that wait for one endpoint of other systems. Full: later ones stay in the chain of entries and are taken from there when
/// there is room; nothing is lost, and it is told.
pub const OUTBOX_WAITING_MAX: i64 = 100_000;

/// Entries that are looked at in one go when an outbox is filled from the chain.
pub const OUTBOX_CATCH_UP: usize = 512;

/// Dead letters of one endpoint: one that has refused so many is sent nothing more until somebody has looked at it.
pub const DEAD_LETTERS_MAX: i64 = 10_000;

/// TLS handshakes at once; further clients wait.
pub const HANDSHAKES_AT_ONCE: usize = 256;

/// How long a TLS handshake may take.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long no connection is taken after the system had none to give.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of a callback.
pub const CALLBACK_BYTES_MAX: usize = 64 << 10;

/// Characters in the name of a call (`request_id`).
pub const REQUEST_ID_CHARS_MAX: usize = 64;

/// Characters in a note or comment.
pub const NOTE_CHARS_MAX: usize = 4_000;

/// Alerts or entries on a page when the client does not say.
pub const ALERT_PAGE_DEFAULT: usize = 100;

/// Alerts or entries on a page at most: some 2 kB each, so within [`MESSAGE_BYTES_MAX`].
pub const ALERT_PAGE_MAX: usize = 1_000;

/// Vessels of the register on a page when no size is asked for.
pub const REGISTER_PAGE_DEFAULT: usize = 100;

/// Vessels of the register on one page.
pub const REGISTER_PAGE_MAX: usize = 1_000;

/// How often it is looked whether somebody is to be reminded.
pub const REMINDER_INTERVAL: Duration = Duration::from_secs(1);

/// Every so many of these, what was entered on record is signed: once a minute.
pub const CHECKPOINT_TICKS: u64 = 60;

/// Kinds in an alert filter.
pub const FILTER_KINDS_MAX: usize = 64;

/// Tracks on a page when the client does not say.
pub const TRACK_PAGE_DEFAULT: usize = 1_000;

/// Tracks on a page at most: about 200 bytes each, so within [`MESSAGE_BYTES_MAX`].
pub const TRACK_PAGE_MAX: usize = 10_000;

/// Points of tracks on a page when the client does not say.
pub const POINT_PAGE_DEFAULT: usize = 1_000;

/// Points of tracks on a page at most: about 70 bytes each, so within [`MESSAGE_BYTES_MAX`].
pub const POINT_PAGE_MAX: usize = 10_000;

/// Points of tracks that are looked at for one page at most, 27 bytes each on disk: a tenth of a second. Then the page is given as
/// it is, and the next goes on.
pub const POINTS_LOOKED_AT_MAX: usize = 4_000_000;

/// Readings of history at once; others wait.
pub const HISTORY_READS_AT_ONCE: usize = 4;

/// Parts of a stream of history that wait for its reader.
pub const HISTORY_QUEUE: usize = 2;

/// Zones on a page at most; with 73 zones of Hainan a page has some 200 kB.
pub const ZONE_PAGE_MAX: usize = 1_000;

/// Points in one request to locate.
pub const LOCATE_POINTS_MAX: usize = 10_000;

/// Requests to locate that are worked on at once; others wait.
pub const LOCATES_AT_ONCE: usize = 4;

/// Features on a page of OGC API Features when the client does not say.
pub const ITEMS_PAGE_DEFAULT: usize = 100;

/// Features on a page of OGC API Features at most.
pub const ITEMS_PAGE_MAX: usize = 10_000;

/// Vector tiles that are cut at once; others wait.
pub const TILES_AT_ONCE: usize = 2;

/// Questions about sensors, coverage and the making of tracks that are worked on at once; others wait.
pub const QUESTIONS_AT_ONCE: usize = 4;

/// The longest stretch of the log that rules are tried on, in milliseconds: a day.
pub const TRIAL_SPAN_MS_MAX: i64 = 86_400_000;

/// Alerts of one set of rules in a trial: who tries rules that tell more has learnt what there is to learn.
pub const TRIAL_ALERTS_MAX: usize = 5_000;

/// Changes that the result of a trial lists; all are counted.
pub const TRIAL_CHANGES_LISTED: usize = 1_000;

/// Bytes of changed rules.
pub const RULES_BYTES_MAX: usize = 64 << 10;

/// How often a trial says how far it is.
pub const TRIAL_PROGRESS_INTERVAL: Duration = Duration::from_millis(250);

/// Observations kept of each track, to explain it: about 25 kB a track.
pub const EXPLAINED_PER_TRACK: usize = 256;

/// How often the picture is shown to watchers, by the wall clock. What the engine does never depends on it.
pub const SHOW_INTERVAL: Duration = Duration::from_millis(100);

/// Making the picture takes no more than one part in so many of the engine's time: with tens of thousands of vessels it is shown less
/// often, so that what is received does not wait for it.
pub const SHOW_PARTS: u32 = 20;

/// How often the picture is shown at the least, where something is received.
pub const SHOW_INTERVAL_MAX: Duration = Duration::from_secs(1);

/// How far apart groups of the input log are at least: a record waits no longer than this and one write for its
/// acknowledgement.
pub const GROUP_INTERVAL: Duration = Duration::from_millis(5);

/// A group of the input log that has so many bytes is written at once.
pub const GROUP_BYTES_MAX: usize = 1 << 20;

/// Batches that wait for the disk, of at most [`MESSAGE_BYTES_MAX`] each. Full: the engine waits.
pub const JOURNAL_QUEUE: usize = 16;

/// With less room than this on the disk of the store no more input is taken: what is under way still fits.
pub const STORE_RESERVE_BYTES: u64 = 128 << 20;

/// How long open streams may take to end when the server shuts down.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

const _: () = assert!(STREAM_WINDOW_BYTES * 6 * 10 <= CONNECTION_WINDOW_BYTES * 4, "six ingest streams fit the budget");
const _: () = assert!(RECORD_BYTES_MAX < MESSAGE_BYTES_MAX);
const _: () = assert!(RECORD_BYTES_MAX + 64 <= crate::store::log::frame::BODY_BYTES_MAX);
const _: () = assert!(
    ((JOURNAL_QUEUE + 2) * MESSAGE_BYTES_MAX * 3 / 2) as u64 <= STORE_RESERVE_BYTES,
    "what is under way when the disk is found to be full still fits, with what the log adds to each record"
);
const _: () = assert!(TRACK_PAGE_DEFAULT <= TRACK_PAGE_MAX && TRACK_PAGE_MAX * 400 <= MESSAGE_BYTES_MAX);
const _: () = assert!(HANDLES_PER_STREAM <= FEEDS_MAX && REJECTIONS_PER_ACK <= BATCH_RECORDS_MAX);

/// Zones that may be changed while the server runs; more belong into the chart's file.
pub const ZONES_CHANGED_MAX: usize = 5_000;

/// Zones in one import.
pub const ZONES_PER_IMPORT: usize = 1_000;

/// Points in the outlines of one zone that is drawn or imported.
pub const ZONE_POINTS_MAX: usize = 20_000;

/// Characters in the id of a zone.
pub const ZONE_ID_CHARS_MAX: usize = 64;

/// Characters in a name or another text of a zone.
pub const ZONE_TEXT_CHARS_MAX: usize = 200;

/// Versions of a zone that one answer lists.
pub const ZONE_VERSIONS_PAGE: usize = 100;
