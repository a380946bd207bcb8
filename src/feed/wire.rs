//! The wire formats that a kind of sensor may speak, behind one face: how a record begins, how it is decoded, what came of it.

use super::ais::{AisDecoder, NoContent};
use super::asterix::category_name;
use super::decoder::{DecodeReport, Progress, block_frame};
use super::eo::EoDecoder;
use super::eo::klv::{KEY_PREFIX, KlvDecoder};
use super::eo::onvif::OnvifDecoder;
use super::nmea_radar::NmeaRadarDecoder;
use super::observation::Content;
use super::radar::RadarDecoder;
use super::report::ReportDecoder;
use super::sensor::{SensorKind, SensorTable};
use super::tally::Reason;
use crate::units::{EventTime, SensorId};

/// Fewer records than this of a SAC/SIC that no sensor has are taken for damage rather than for a forgotten radar.
const SOURCE_RECORDS_MIN: u64 = 10;

/// Takes what a record says: of which sensor, where it names one, and when, where it says so.
pub(super) type Give<'a> = dyn FnMut(Option<SensorId>, Option<EventTime>, Content) + 'a;

/// One format with its decoder.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) enum Wire {
    Ais { decoder: Box<AisDecoder>, without_content: WithoutContent },
    Asterix(Box<RadarDecoder>),
    NmeaRadar(Box<NmeaRadarDecoder>),
    EoJson(Box<EoDecoder>),
    Onvif(Box<OnvifDecoder>),
    Klv(Box<KlvDecoder>),
    ReportLines(Box<ReportDecoder>),
}

/// Sound AIS messages that say nothing of a vessel's position or identity.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct WithoutContent {
    other_type: u64,
    bad_mmsi: u64,
    not_available: u64,
}

impl Wire {
    /// The formats that a kind of sensor speaks, the usual one first.
    pub(super) fn of_kind(kind: SensorKind, sensor: SensorId, sensors: &SensorTable) -> Vec<Self> {
        let asterix = || Self::Asterix(Box::new(RadarDecoder::new(sensors)));
        match kind {
            SensorKind::Ais => {
                vec![Self::Ais { decoder: Box::default(), without_content: WithoutContent::default() }]
            }
            SensorKind::Radar => vec![asterix(), Self::NmeaRadar(Box::new(NmeaRadarDecoder::new(sensor, sensors)))],
            SensorKind::Eo => vec![
                Self::EoJson(Box::new(EoDecoder::new(sensors))),
                Self::Onvif(Box::new(OnvifDecoder::new(sensor, sensors))),
                Self::Klv(Box::new(KlvDecoder::new(sensor, sensors))),
            ],
            SensorKind::Report => vec![Self::ReportLines(Box::new(ReportDecoder::new(sensor, sensors))), asterix()],
        }
    }

    /// Whether a record shows by its beginning that it is of this format.
    pub(super) fn begins(&self, record: &[u8]) -> bool {
        match self {
            Self::Ais { .. } => true,
            // Three zeros stand for a stretch that is no block, see `junk_record`.
            Self::Asterix(_) => {
                record.first().is_some_and(|&number| category_name(number).is_some()) || record.starts_with(&[0, 0, 0])
            }
            Self::NmeaRadar(_) => matches!(record.trim_ascii_start().first(), Some(b'$' | b'!' | b'\\')),
            Self::EoJson(_) => record.trim_ascii_start().starts_with(b"{"),
            Self::Onvif(_) => record.trim_ascii_start().starts_with(b"<"),
            Self::Klv(_) => record.starts_with(&KEY_PREFIX[..4]),
            // Lines of text, be they JSON or CSV; a block begins with its category and the high byte of its length.
            Self::ReportLines(_) => record.iter().take(4).all(|byte| matches!(byte, b' '..=b'~' | b'\t' | 0x80..)),
        }
    }

    pub(super) fn decode(&mut self, record: &[u8], place: u64, received: EventTime, give: &mut Give<'_>) {
        match self {
            Self::Ais { decoder, without_content } => {
                decoder.push_line(record, place, &mut |heard| match heard.message.contents() {
                    Ok(contents) => {
                        for content in contents {
                            give(None, heard.time, content);
                        }
                    }
                    Err(NoContent::OtherType) => without_content.other_type += 1,
                    Err(NoContent::BadMmsi) => without_content.bad_mmsi += 1,
                    Err(NoContent::NotAvailable) => without_content.not_available += 1,
                });
            }
            Self::Asterix(decoder) => {
                let frame = block_frame(record, place);
                decoder.frame(&frame, received, |report| {
                    give(Some(report.sensor), Some(report.time), report.content);
                });
            }
            Self::NmeaRadar(decoder) => {
                decoder.push_line(record, place, received, &mut |time, content| give(None, time, content));
            }
            Self::Onvif(decoder) => {
                decoder.document(record, place, received, &mut |time, content| give(None, time, content));
            }
            Self::Klv(decoder) => {
                decoder.packet(record, place, received, &mut |time, content| give(None, time, content));
            }
            Self::ReportLines(decoder) => {
                if let Some((time, report)) = decoder.line(record, place) {
                    give(None, Some(time), Content::TrackReport(report));
                }
            }
            Self::EoJson(decoder) => {
                if let Some(report) = decoder.line(record, place) {
                    give(Some(report.sensor), Some(report.time), Content::EoDetection(report.detection));
                }
            }
        }
    }

    pub(super) fn finish(&mut self) {
        if let Self::Ais { decoder, .. } = self {
            decoder.finish();
        }
    }

    pub(super) fn progress(&self) -> Progress {
        match self {
            Self::Ais { decoder, .. } => Progress::of(decoder.tally()),
            Self::Asterix(decoder) => Progress::of(decoder.tally()),
            Self::NmeaRadar(decoder) => Progress::of(decoder.tally()),
            Self::EoJson(decoder) => Progress::of(decoder.tally()),
            Self::Onvif(decoder) => Progress::of(decoder.tally()),
            Self::Klv(decoder) => Progress::of(decoder.tally()),
            Self::ReportLines(decoder) => Progress::of(decoder.tally()),
        }
    }

    pub(super) fn last_refused(&self) -> Option<&'static str> {
        match self {
            Self::Ais { decoder, .. } => decoder.tally().last_refused().map(Reason::as_str),
            Self::Asterix(decoder) => decoder.tally().last_refused().map(Reason::as_str),
            Self::NmeaRadar(decoder) => decoder.tally().last_refused().map(Reason::as_str),
            Self::EoJson(decoder) => decoder.tally().last_refused().map(Reason::as_str),
            Self::Onvif(decoder) => decoder.tally().last_refused().map(Reason::as_str),
            Self::Klv(decoder) => decoder.tally().last_refused().map(Reason::as_str),
            Self::ReportLines(decoder) => decoder.tally().last_refused().map(Reason::as_str),
        }
    }

    /// What came in by this format.
    pub(super) fn report(&self) -> DecodeReport {
        let (mut report, notes) = match self {
            Self::Ais { decoder, without_content } => {
                (DecodeReport::of(decoder.tally()), ais_notes(decoder, without_content))
            }
            Self::Asterix(decoder) => (DecodeReport::of(decoder.tally()), asterix_notes(decoder)),
            Self::NmeaRadar(decoder) => (DecodeReport::of(decoder.tally()), nmea_radar_notes(decoder)),
            Self::EoJson(decoder) => (DecodeReport::of(decoder.tally()), eo_json_notes(decoder)),
            Self::Onvif(decoder) => {
                let without = decoder.passed_over().without_bearing;
                let notes = counted([(
                    without,
                    "objects without a bearing: configure half_view_deg, and let the camera tell its pan",
                )]);
                (DecodeReport::of(decoder.tally()), notes)
            }
            Self::Klv(decoder) => {
                let without = decoder.passed_over().without_bearing;
                let notes = counted([(
                    without,
                    "targets without a bearing: no ST 0601 with pointing and field of view in the last 2 s",
                )]);
                (DecodeReport::of(decoder.tally()), notes)
            }
            Self::ReportLines(decoder) => (DecodeReport::of(decoder.tally()), Vec::new()),
        };
        report.notes = notes;
        report
    }
}

/// Counts in words; those of nothing are left out.
fn counted<const N: usize>(counts: [(u64, &str); N]) -> Vec<String> {
    counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
}

fn ais_notes(decoder: &AisDecoder, without_content: &WithoutContent) -> Vec<String> {
    let odd = decoder.oddities();
    counted([
        (decoder.counts().other_sentences, "sentences that are not AIS: passed over"),
        (without_content.other_type, "messages of types without position or identity"),
        (without_content.not_available, "messages that say 'not available'"),
        (without_content.bad_mmsi, "messages whose MMSI is 0 or too long"),
        (odd.tag_blocks_dropped, "tag blocks with a wrong checksum: their values were dropped"),
        (odd.tag_times_unreadable, "tag block times that are neither seconds nor milliseconds"),
    ])
}

fn asterix_notes(decoder: &RadarDecoder) -> Vec<String> {
    let mut notes = counted([(decoder.blocks_cut(), "blocks that end before their stated length")]);
    let mut damaged = 0;
    for (sac, sic, count) in decoder.unknown_sources() {
        if count < SOURCE_RECORDS_MIN {
            damaged += count;
        } else {
            notes.push(format!("{count} records of SAC/SIC {sac}/{sic}, which no sensor has: add it to the sensors"));
        }
    }
    notes.extend(counted([(damaged, "records of single SAC/SICs that no sensor has: damage, by the look of it")]));
    if let Some((_, apart_m)) = decoder.moved_site() {
        notes.push(format!("the station says that it stands {apart_m:.0} m from where it is configured (I034/120)"));
    }
    notes
}

fn nmea_radar_notes(decoder: &NmeaRadarDecoder) -> Vec<String> {
    let passed = decoder.passed_over();
    counted([
        (passed.other_sentences, "sentences of other kinds: passed over"),
        (passed.told_again, "targets that another sentence tells better (TTM before TTD before TLL)"),
        (passed.not_tracked, "targets that the radar does not track"),
    ])
}

fn eo_json_notes(decoder: &EoDecoder) -> Vec<String> {
    let odd = decoder.odd_words();
    counted([
        (odd.class, "unknown classes taken as 'other'"),
        (odd.activity, "unknown activities left out"),
        (odd.hull_mmsi, "hull numbers that are no MMSI left out"),
        (odd.image, "image references that are too long left out"),
        (odd.image_sha256, "hashes of images that are not 64 hexadecimal digits left out"),
    ])
}
