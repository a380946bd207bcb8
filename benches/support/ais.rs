//! Making AIS: sentences of position reports, for floods of vessels that no recording has.

/// A class A position report (ITU-R M.1371-5, message 1) as an NMEA sentence. Position: latitude and longitude in degrees.
pub(crate) fn position_report(mmsi: u32, [lat_deg, lon_deg]: [f64; 2], knots: f64, course_deg: f64) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(1, 6);
    bits.put(0, 2);
    bits.put(u64::from(mmsi), 30);
    bits.put(0, 4);
    bits.put(128, 8);
    bits.put((knots * 10.0) as u64, 10);
    bits.put(1, 1);
    bits.put((lon_deg * 600_000.0) as i64 as u64, 28);
    bits.put((lat_deg * 600_000.0) as i64 as u64, 27);
    bits.put((course_deg * 10.0) as u64, 12);
    // Heading and second: not available.
    bits.put(511, 9);
    bits.put(60, 6);
    bits.put(0, 6);
    bits.put(0, 19);
    bits.sentence()
}

/// Bits of an AIS message.
#[derive(Default)]
struct Bits {
    bits: Vec<u8>,
}

impl Bits {
    fn put(&mut self, value: u64, width: u32) {
        self.bits.extend((0..width).rev().map(|bit| (value >> bit & 1) as u8));
    }

    fn sentence(&self) -> Vec<u8> {
        let mut line = b"!AIVDM,1,1,,A,".to_vec();
        for six in self.bits.chunks(6) {
            let value = six.iter().fold(0, |value, bit| value << 1 | bit);
            line.push(if value < 40 { value + 48 } else { value + 56 });
        }
        line.extend_from_slice(b",0");
        let sum = line[1..].iter().fold(0, |sum, byte| sum ^ byte);
        line.extend_from_slice(format!("*{sum:02X}").as_bytes());
        line
    }
}
