//! Hellos, batches of records, and their answers.

use bytes::Bytes;

use super::BadField;
use super::geo;
use crate::api::proto::feed::v1 as wire;
use crate::serve::limits::{BATCH_RECORDS_MAX, HANDLES_PER_STREAM, RECORD_BYTES_MAX};
use crate::serve::work::{Ack, FeedName, FeedNumber, Hello, Payload, Record, Standing, Welcome};
use crate::units::EventTime;

/// The version of the record formats that this server speaks.
pub const SCHEMA_VERSION: u32 = 1;

/// A hello from the wire.
///
/// # Errors
/// For a bad name, kind, handle or version.
pub fn checked_hello(hello: &wire::Hello) -> Result<Hello, BadField> {
    let name = FeedName::new(&hello.feed_id).ok_or_else(|| {
        BadField::new("hello.feed_id", "a name has 1 to 64 letters, digits, '-', '_' and '.', and nothing else")
    })?;
    if hello.schema_version != SCHEMA_VERSION {
        let problem =
            format!("{} is not spoken here: this server speaks version {SCHEMA_VERSION}", hello.schema_version);
        return Err(BadField::new("hello.schema_version", problem));
    }
    if hello.handle as usize >= HANDLES_PER_STREAM {
        return Err(BadField::new("hello.handle", format!("{} is not below {HANDLES_PER_STREAM}", hello.handle)));
    }
    Ok(Hello {
        name,
        kind: geo::checked_sensor_kind(hello.kind).map_err(|bad| bad.within("hello"))?,
        handle: hello.handle,
        last_sequence: hello.last_sequence,
    })
}

/// The feeds that one stream has introduced, by the client's handles.
#[derive(Clone, Debug, Default)]
pub struct Handles(Vec<Option<FeedNumber>>);

impl Handles {
    /// Remembers which feed a handle stands for.
    pub fn set(&mut self, handle: u32, feed: FeedNumber) {
        let index = handle as usize;
        if index >= HANDLES_PER_STREAM {
            return;
        }
        if self.0.len() <= index {
            self.0.resize(index + 1, None);
        }
        if let Some(place) = self.0.get_mut(index) {
            *place = Some(feed);
        }
    }

    fn get(&self, handle: u32) -> Option<FeedNumber> {
        self.0.get(handle as usize).copied().flatten()
    }
}

/// The records of a batch from the wire. Damage inside a record is no business of this layer.
///
/// # Errors
/// For a handle without a hello, or too many records.
pub fn checked_batch(batch: wire::Batch, handles: &Handles) -> Result<Vec<Record>, BadField> {
    if batch.records.len() > BATCH_RECORDS_MAX {
        let problem = format!("{} are more than {BATCH_RECORDS_MAX}: send smaller batches", batch.records.len());
        return Err(BadField::new("batch.records", problem));
    }
    let mut records = Vec::with_capacity(batch.records.len());
    for (index, record) in batch.records.into_iter().enumerate() {
        let Some(feed) = handles.get(record.handle) else {
            let problem = format!("{} has not been introduced: say Hello first", record.handle);
            return Err(BadField::new(format!("batch.records[{index}].handle"), problem));
        };
        records.push(Record {
            feed,
            handle: record.handle,
            sequence: record.sequence,
            received: record.received_ms.map(EventTime::from_millis),
            payload: payload(record.payload),
        });
    }
    Ok(records)
}

fn payload(payload: Option<wire::record::Payload>) -> Payload {
    let within = |bytes: Bytes, make: fn(Bytes) -> Payload| {
        if bytes.len() > RECORD_BYTES_MAX { Payload::TooLong } else { make(bytes) }
    };
    match payload {
        Some(wire::record::Payload::AisSentence(bytes)) => within(bytes, Payload::AisSentence),
        Some(wire::record::Payload::AsterixBlock(bytes)) => within(bytes, Payload::AsterixBlock),
        Some(wire::record::Payload::EoJson(bytes)) => within(bytes, Payload::EoJson),
        Some(wire::record::Payload::NmeaSentence(bytes)) => within(bytes, Payload::NmeaSentence),
        Some(wire::record::Payload::ReportLine(bytes)) => within(bytes, Payload::ReportLine),
        Some(wire::record::Payload::OnvifMetadata(bytes)) => within(bytes, Payload::OnvifMetadata),
        Some(wire::record::Payload::KlvPacket(bytes)) => within(bytes, Payload::KlvPacket),
        Some(wire::record::Payload::Detection(detection)) => within(detection_json(&detection), Payload::EoJson),
        None => Payload::Missing,
    }
}

/// A typed detection as the line that the decoder of cameras reads, so that there is one way in and one set of checks.
fn detection_json(detection: &wire::Detection) -> Bytes {
    let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let hash = &detection.image_sha256;
    let hash = (!hash.is_empty()).then(|| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let line = serde_json::json!({
        "time": EventTime::from_millis(detection.time_ms).to_string(),
        "sensor": detection.sensor,
        "azimuth_deg": detection.azimuth_deg,
        "elevation_deg": detection.elevation_deg,
        "range_m": detection.range_m,
        "class": set(&detection.class).unwrap_or_else(|| "other".to_owned()),
        "class_confidence": detection.class_confidence,
        "length_m": detection.length_m,
        "activity": set(&detection.activity),
        "hull_mmsi": detection.hull_mmsi,
        "image": set(&detection.image),
        "image_sha256": hash,
    });
    line.to_string().into()
}

/// A record, to the wire. [`Payload::Missing`] and [`Payload::TooLong`] go without payload.
pub fn record(handle: u32, sequence: u64, received: Option<EventTime>, payload: Payload) -> wire::Record {
    let payload = match payload {
        Payload::AisSentence(bytes) => Some(wire::record::Payload::AisSentence(bytes)),
        Payload::AsterixBlock(bytes) => Some(wire::record::Payload::AsterixBlock(bytes)),
        Payload::EoJson(bytes) => Some(wire::record::Payload::EoJson(bytes)),
        Payload::NmeaSentence(bytes) => Some(wire::record::Payload::NmeaSentence(bytes)),
        Payload::ReportLine(bytes) => Some(wire::record::Payload::ReportLine(bytes)),
        Payload::OnvifMetadata(bytes) => Some(wire::record::Payload::OnvifMetadata(bytes)),
        Payload::KlvPacket(bytes) => Some(wire::record::Payload::KlvPacket(bytes)),
        Payload::Missing | Payload::TooLong => None,
    };
    wire::Record { handle, sequence, received_ms: received.map(EventTime::as_millis), payload }
}

/// A welcome, to the wire.
pub fn welcome(welcome: &Welcome) -> wire::IngestResponse {
    let standing = match welcome.standing {
        Standing::Known => wire::Standing::Known,
        Standing::Adopted => wire::Standing::Adopted,
        Standing::Unknown => wire::Standing::Unknown,
    };
    let welcome = wire::Welcome {
        handle: welcome.handle,
        last_sequence: welcome.last_sequence,
        standing: standing as i32,
        lost: welcome.lost,
    };
    wire::IngestResponse { message: Some(wire::ingest_response::Message::Welcome(welcome)) }
}

/// An acknowledgement, to the wire.
pub fn ack(ack: &Ack) -> wire::IngestResponse {
    let position = |position: &crate::serve::work::FeedPosition| wire::FeedPosition {
        handle: position.handle,
        last_sequence: position.last_sequence,
    };
    let rejection = |rejection: &crate::serve::work::Rejection| wire::Rejection {
        index: rejection.index,
        reason: rejection.reason.to_owned(),
        taken: rejection.taken,
    };
    let ack = wire::Ack {
        number: ack.number,
        positions: ack.positions.iter().map(position).collect(),
        accepted: ack.accepted,
        repeated: ack.repeated,
        rejections: ack.rejections.iter().map(rejection).collect(),
        refused: ack.refused,
    };
    wire::IngestResponse { message: Some(wire::ingest_response::Message::Ack(ack)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> wire::Hello {
        wire::Hello { feed_id: "radar1".to_owned(), kind: 2, handle: 5, schema_version: 1, ..Default::default() }
    }

    #[test]
    fn a_hello_is_checked_field_by_field() {
        assert_eq!(checked_hello(&hello()).unwrap().name.as_str(), "radar1");
        let refused = |hello| checked_hello(&hello).unwrap_err().to_string();
        assert!(refused(wire::Hello { feed_id: "../x".to_owned(), ..hello() }).starts_with("hello.feed_id"));
        assert!(refused(wire::Hello { kind: 0, ..hello() }).starts_with("hello.kind"));
        assert!(refused(wire::Hello { handle: 1024, ..hello() }).starts_with("hello.handle"));
        assert!(refused(wire::Hello { schema_version: 2, ..hello() }).starts_with("hello.schema_version"));
    }

    #[test]
    fn records_survive_the_wire_and_strangers_are_refused() {
        let mut handles = Handles::default();
        handles.set(5, FeedNumber(2));
        let sent = record(5, 9, Some(EventTime::from_millis(1)), Payload::EoJson(Bytes::from_static(b"{}")));
        let batch = |records| wire::Batch { number: 1, records };
        let read = checked_batch(batch(vec![sent.clone()]), &handles).unwrap();
        assert_eq!((read[0].feed, read[0].sequence), (FeedNumber(2), 9));
        assert_eq!(read[0].payload, Payload::EoJson(Bytes::from_static(b"{}")));
        let long = record(5, 10, None, Payload::AsterixBlock(vec![0; RECORD_BYTES_MAX + 1].into()));
        let none = record(5, 11, None, Payload::Missing);
        let read = checked_batch(batch(vec![long, none]), &handles).unwrap();
        assert_eq!((&read[0].payload, &read[1].payload), (&Payload::TooLong, &Payload::Missing));
        let stranger = wire::Record { handle: 6, ..sent };
        let refused = checked_batch(batch(vec![stranger]), &handles).unwrap_err().to_string();
        assert!(refused.starts_with("batch.records[0].handle: 6"), "{refused}");
        let flood = vec![wire::Record::default(); BATCH_RECORDS_MAX + 1];
        assert!(checked_batch(batch(flood), &handles).is_err());
    }
}
