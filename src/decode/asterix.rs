//! ASTERIX to JSON Lines: one object a record, every item and field by the names of the specification.
//!
//! For integrators who want to see what a radar says, and for comparing with other decoders. It knows no sensors: a record
//! that can be walked is written, whoever sent it. Quantities are in the unit of the item (NM, degrees, seconds), codes are
//! numbers, Mode 3/A codes and call signs text; items whose layout is between sender and receiver are hexadecimal.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};

use serde_json::{Map, Number, Value, json};

use crate::feed::asterix::{
    Block, BlockReader, Coding, FieldValue, Format, Frame, Item, Record, RecordFault, Records, category, category_name,
    fields, fields_per_round, parts,
};
use crate::recording::pcap::PcapReader;
use crate::units::EventTime;

/// Bytes of a file read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// What was found in a file of ASTERIX.
#[derive(Clone, Debug, Default)]
pub struct AsterixSummary {
    /// Records written, by category.
    pub records: BTreeMap<u8, u64>,
    /// Blocks of categories without a table: counted by number.
    pub not_read: BTreeMap<u8, u64>,
    /// Blocks whose records could not all be walked, by what was wrong; with where the first stood.
    pub faults: BTreeMap<&'static str, (u64, u64)>,
    /// Bytes that are no block.
    pub junk_bytes: u64,
    /// Packets of a capture that are no datagram.
    pub no_datagrams: u64,
}

/// A record as JSON: `{"010": {"SAC": 25, "SIC": 201}, "140": 27354.6, ...}`.
pub fn record_json(record: &Record<'_>) -> Value {
    Value::Object(record.items().map(|(item, bytes)| (item.code.to_owned(), item_json(item, bytes))).collect())
}

fn item_json(item: &'static Item, bytes: &[u8]) -> Value {
    match item.format {
        Format::Compound(_) => Value::Object(
            parts(item, bytes).map(|(part, bytes)| (part.code.to_owned(), item_json(part, bytes))).collect(),
        ),
        Format::Explicit => json!(hex(bytes.get(1..).unwrap_or_default())),
        _ if item.fields.is_empty() => json!(hex(bytes)),
        Format::Repetitive(_) | Format::Chain(_) => {
            let values: Vec<FieldValue> = fields(item, bytes).collect();
            values.chunks(fields_per_round(item).max(1)).map(once_json).collect()
        }
        Format::Fixed(_) | Format::Extended(_) => {
            let values: Vec<FieldValue> = fields(item, bytes).collect();
            once_json(&values)
        }
    }
}

/// The fields of one repetition: a value where it is the whole item, else an object.
fn once_json(values: &[FieldValue]) -> Value {
    if let [only] = values
        && only.field.name.is_empty()
    {
        return value_json(only);
    }
    let mut object = Map::new();
    for value in values {
        match value.field.name.split_once('.') {
            None => {
                object.insert(value.field.name.to_owned(), value_json(value));
            }
            Some((group, part)) => {
                let group = object.entry(group).or_insert_with(|| json!({}));
                if let Some(group) = group.as_object_mut() {
                    group.insert(part.to_owned(), value_json(value));
                }
            }
        }
    }
    Value::Object(object)
}

fn value_json(value: &FieldValue) -> Value {
    match value.field.coding {
        Coding::Unsigned { .. } | Coding::Signed { .. } => Number::from_f64(value.quantity()).into(),
        _ => match value.text() {
            Some(text) => json!(text.as_str()),
            None => json!(value.raw),
        },
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decodes a raw file of blocks, one behind the other.
///
/// # Errors
/// When the input cannot be read or the output not written.
pub(super) fn decode_blocks(mut input: impl Read, out: &mut dyn Write) -> io::Result<AsterixSummary> {
    let (mut reader, mut summary) = (BlockReader::new(), AsterixSummary::default());
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = input.read(&mut chunk)?;
        match count {
            0 => reader.finish(),
            _ => reader.push(chunk.get(..count).unwrap_or_default()),
        }
        while let Some(frame) = reader.next_frame() {
            summary.frame(&frame, None, out)?;
        }
        if count == 0 {
            return Ok(summary);
        }
    }
}

/// Decodes the datagrams of a capture.
///
/// # Errors
/// When the output cannot be written. A capture that breaks off is told in the summary.
pub(super) fn decode_capture(mut capture: PcapReader, out: &mut dyn Write) -> io::Result<AsterixSummary> {
    let (mut reader, mut summary) = (BlockReader::new(), AsterixSummary::default());
    while let Some(datagram) = capture.next_datagram() {
        reader.push(datagram.payload);
        reader.finish();
        while let Some(frame) = reader.next_frame() {
            summary.frame(&frame, Some((datagram.packet, datagram.received)), out)?;
        }
    }
    summary.no_datagrams = capture.tally().refused_total();
    Ok(summary)
}

impl AsterixSummary {
    fn frame(&mut self, frame: &Frame<'_>, packet: Option<(u64, EventTime)>, out: &mut dyn Write) -> io::Result<()> {
        match frame {
            Frame::Junk(junk) => {
                self.junk_bytes += junk.length;
                Ok(())
            }
            Frame::Block(block) => self.block(block, packet, out),
        }
    }

    fn block(&mut self, block: &Block<'_>, packet: Option<(u64, EventTime)>, out: &mut dyn Write) -> io::Result<()> {
        let Some(table) = category(block.category) else {
            *self.not_read.entry(block.category).or_default() += 1;
            return Ok(());
        };
        for record in Records::new(table, block.body()) {
            let record = match record {
                Ok(record) => record,
                Err(fault) => {
                    let place = packet.map_or(block.offset, |(packet, _)| packet);
                    self.faults.entry(fault_word(fault)).or_insert((0, place)).0 += 1;
                    continue;
                }
            };
            *self.records.entry(block.category).or_default() += 1;
            let mut line = Map::new();
            match packet {
                None => line.insert("byte".to_owned(), json!(block.offset)),
                Some((packet, received)) => {
                    line.insert("packet".to_owned(), json!(packet));
                    line.insert("received".to_owned(), json!(received.to_string()))
                }
            };
            line.insert("cat".to_owned(), json!(block.category));
            line.insert("edition".to_owned(), json!(table.edition));
            line.insert("record".to_owned(), record_json(&record));
            serde_json::to_writer(&mut *out, &line)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

fn fault_word(fault: RecordFault) -> &'static str {
    match fault {
        RecordFault::Truncated => "truncated",
        RecordFault::Empty => "empty_record",
        RecordFault::NoSuchItem => "no_such_item",
        RecordFault::BadLength => "bad_length",
    }
}

/// A few lines for an operator.
impl fmt::Display for AsterixSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |number: u8| category_name(number).unwrap_or("no category of ASTERIX");
        writeln!(f, "{} records", self.records.values().sum::<u64>())?;
        for (&number, count) in &self.records {
            writeln!(f, "  {count} of CAT{number:03}, {}", name(number))?;
        }
        for (&number, count) in &self.not_read {
            writeln!(f, "  {count} blocks of CAT{number:03} counted only: {}", name(number))?;
        }
        for (word, (count, place)) in &self.faults {
            writeln!(f, "  {count} blocks with a record that cannot be walked, {word}, the first at {place}")?;
        }
        if self.junk_bytes > 0 {
            writeln!(f, "  {} bytes that are no block", self.junk_bytes)?;
        }
        if self.no_datagrams > 0 {
            writeln!(f, "  {} packets that hold no datagram", self.no_datagrams)?;
        }
        Ok(())
    }
}
