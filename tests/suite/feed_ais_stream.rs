//! What an AIS feed does beyond single sentences: parts, stations, times, damage. All data are made here.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use shorewatch::feed::ais::{AisDecoder, Clock, NoContent, Refusal};
use shorewatch::feed::nmea::checksum;
use shorewatch::feed::observation::{AisStation, Content};
use shorewatch::units::EventTime;

/// A message of type 5, whole: 71 characters, two fill bits.
const STATIC: &str = "55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp888888888880";
const POSITION: &str = "15M67FC000G?ufbE`FepT@3n00Sa";

fn sentence(body: &str) -> String {
    format!("!{body}*{:02X}", checksum(body.as_bytes()))
}

fn tagged(tag: &str, body: &str) -> String {
    format!("\\{tag}*{:02X}\\{}", checksum(tag.as_bytes()), sentence(body))
}

/// Both parts of [`STATIC`].
fn parts(sequence: u8, channel: char) -> [String; 2] {
    let (first, second) = STATIC.split_at(59);
    [format!("AIVDM,2,1,{sequence},{channel},{first},0"), format!("AIVDM,2,2,{sequence},{channel},{second},2")]
}

#[derive(Debug, PartialEq)]
struct Heard {
    lines: (u64, u64),
    message_type: u8,
    station: Option<String>,
    time: Option<EventTime>,
}

fn decode(lines: &[String]) -> (Vec<Heard>, AisDecoder) {
    let mut decoder = AisDecoder::new();
    let mut heard = Vec::new();
    for (line, number) in lines.iter().zip(1..) {
        decoder.push_line(line.as_bytes(), number, &mut |received| {
            heard.push(Heard {
                lines: (received.first_line, received.line),
                message_type: received.message.message_type,
                station: received.station.map(|station| station.to_string()),
                time: received.time,
            });
        });
        assert!(decoder.adds_up());
    }
    (heard, decoder)
}

#[test]
fn parts_of_messages_that_alternate_all_survive() {
    let [one, two] = parts(1, 'A');
    let [three, four] = parts(2, 'A');
    let [five, six] = parts(1, 'B');
    let bodies = [&one, &three, &five, &POSITION_BODY.to_owned(), &six, &four, &two].map(|body| sentence(body));
    let (heard, decoder) = decode(&bodies);
    let lines: Vec<_> = heard.iter().map(|heard| (heard.message_type, heard.lines)).collect();
    assert_eq!(lines, [(1, (4, 4)), (5, (3, 5)), (5, (2, 6)), (5, (1, 7))]);
    assert_eq!((decoder.held(), decoder.tally().refused_total()), (0, 0));
}

const POSITION_BODY: &str = "AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0";

#[test]
fn the_same_parts_from_two_stations_are_two_messages() {
    let [one, two] = parts(4, 'A');
    let lines = [
        tagged("s:north,c:1776438400", &one),
        tagged("s:south,c:1776438400801", &one),
        tagged("s:north,c:1776438401", &two),
        tagged("s:south", &two),
    ];
    let (heard, _) = decode(&lines);
    let who: Vec<_> = heard.iter().map(|heard| (heard.lines, heard.station.as_deref().unwrap())).collect();
    assert_eq!(who, [((1, 3), "north"), ((2, 4), "south")]);
    assert_eq!(heard[0].time, Some(EventTime::from_seconds(1_776_438_400)));
    assert_eq!(heard[1].time, Some(EventTime::from_millis(1_776_438_400_801)));
}

#[test]
fn a_second_part_with_nothing_but_its_group_finds_its_first() {
    let [one, two] = parts(4, 'A');
    let lines = [
        tagged("g:1-2-97,s:north,c:1776438400801", &one),
        tagged("g:1-2-98,s:south,c:1776438400802", &one),
        tagged("g:2-2-97", &two),
        tagged("g:2-2-98", &two),
    ];
    let (heard, _) = decode(&lines);
    let who: Vec<_> = heard.iter().map(|heard| (heard.lines, heard.station.as_deref().unwrap())).collect();
    assert_eq!(who, [((1, 3), "north"), ((2, 4), "south")]);
}

#[test]
fn parts_of_one_group_may_come_late_and_in_any_order() {
    let [one, two] = parts(4, 'A');
    let lines = [
        tagged("g:2-2-97", &two),
        tagged("g:1-2-98,s:n,c:1776438400", &one),
        tagged("g:1-2-99,s:n,c:1776438415", &one),
        tagged("g:1-2-97,s:n,c:1776438420", &one),
        tagged("g:2-2-98", &two),
        tagged("g:2-2-99", &two),
    ];
    let (heard, decoder) = decode(&lines);
    let lines: Vec<_> = heard.iter().map(|heard| (heard.lines, heard.time.unwrap().as_millis() % 100_000)).collect();
    assert_eq!(lines, [((1, 4), 38_420_000 % 100_000), ((2, 5), 38_400_000 % 100_000), ((3, 6), 38_415_000 % 100_000)]);
    assert_eq!(decoder.tally().refused_total(), 0);
}

#[test]
fn a_group_number_that_all_messages_share_joins_nothing_out_of_order() {
    let ([one, two], [three, four], [five, six]) = (parts(1, 'A'), parts(2, 'A'), parts(3, 'A'));
    let group = |number: u8, body: &str| tagged(&format!("g:{number}-2-9999,s:n,c:1776438400"), body);
    // The first part of the third message is lost, and so is the second of the fourth, which has its number.
    let lines = [
        group(1, &one),
        group(2, &two),
        group(1, &three),
        group(2, &four),
        group(2, &six),
        group(1, &five),
        group(1, &one),
    ];
    let (heard, mut decoder) = decode(&lines);
    assert_eq!(heard.iter().map(|heard| heard.lines).collect::<Vec<_>>(), [(1, 2), (3, 4)]);
    decoder.finish();
    assert_eq!(decoder.tally().refused(Refusal::OutOfOrder), 1);
    assert_eq!(decoder.tally().refused(Refusal::Incomplete), 2);
}

#[test]
fn parts_that_come_too_late_are_counted_and_not_mixed() {
    let [one, two] = parts(4, 'A');
    let by_time = [tagged("s:n,c:1776438400", &one), tagged("s:n,c:1776438411", &two)];
    let (heard, decoder) = decode(&by_time);
    assert_eq!((heard.len(), decoder.tally().refused(Refusal::Incomplete)), (0, 1));
    assert_eq!(decoder.tally().refused(Refusal::OutOfOrder), 1);

    let mut by_lines = vec![sentence(&one)];
    by_lines.extend(std::iter::repeat_n(sentence(POSITION_BODY), 501));
    by_lines.push(sentence(&two));
    let (heard, decoder) = decode(&by_lines);
    assert_eq!((heard.len(), decoder.tally().refused(Refusal::Incomplete)), (501, 1));
}

#[test]
fn what_never_gets_complete_is_counted_when_the_feed_ends_and_takes_no_memory() {
    let lines: Vec<String> =
        (0..1000).map(|number| tagged(&format!("s:station{number}"), &parts((number % 10) as u8, 'A')[0])).collect();
    let (heard, mut decoder) = decode(&lines);
    assert!(heard.is_empty());
    assert_eq!(decoder.held(), 64);
    assert_eq!(decoder.tally().refused(Refusal::Incomplete), 936);
    decoder.finish();
    assert_eq!(decoder.tally().refused(Refusal::Incomplete), 1000);
    assert!(decoder.tally().adds_up());
}

#[test]
fn a_wrong_tag_block_checksum_costs_its_values_and_not_the_sentence() {
    let line = format!("\\s:north,c:1776438400*00\\{}", sentence(POSITION_BODY));
    let (heard, decoder) = decode(&[line]);
    assert_eq!((heard[0].station.as_deref(), heard[0].time), (None, None));
    assert_eq!(decoder.oddities().tag_blocks_dropped, 1);
}

#[test]
fn time_and_station_come_from_the_line_before_or_the_suffix() {
    let meant = checksum(POSITION_BODY.as_bytes());
    let announced = format!("PGHP,1,2013,11,12,12,0,0,11,219,,2190067,1,{meant:02X}");
    let lines = [
        format!("${announced}*{:02X}", checksum(announced.as_bytes())),
        sentence(POSITION_BODY),
        format!("{},r003669987,1152921693", sentence(POSITION_BODY)),
        sentence(POSITION_BODY),
    ];
    let mut decoder = AisDecoder::new();
    let mut got = Vec::new();
    for (line, number) in lines.iter().zip(1..) {
        decoder.push_line(line.as_bytes(), number, &mut |received| {
            got.push((
                received.station.map(|name| name.to_string()),
                received.time.map(|time| time.to_string()),
                received.clock,
            ));
        });
    }
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(got[0], (text("2190067"), text("2013-11-12T12:00:00.011Z"), Some(Clock::Proxy)));
    assert_eq!(got[1], (text("r003669987"), text("2006-07-15T00:01:33.000Z"), Some(Clock::Suffix)));
    assert_eq!(got[2], (None, None, None));
}

#[test]
fn lines_that_lost_their_end_give_both_sentences() {
    let line = [tagged("s:a,c:1776438400", POSITION_BODY), tagged("s:b,c:1776438401", POSITION_BODY)].concat();
    let cut = format!("{}{}", &sentence(POSITION_BODY)[..20], tagged("s:c,c:1776438402", POSITION_BODY));
    let (heard, decoder) = decode(&[line, cut]);
    let who: Vec<_> = heard.iter().map(|heard| heard.station.clone().unwrap()).collect();
    assert_eq!(who, ["a", "b", "c"]);
    assert_eq!(decoder.tally().refused(Refusal::NoChecksum), 1);
}

#[test]
fn the_own_ship_is_told_apart_and_equal_transmissions_have_one_number() {
    let mut decoder = AisDecoder::new();
    let mut got = Vec::new();
    let other = POSITION_BODY.replace("3n00Sa", "3n00Sb");
    for body in [POSITION_BODY, &POSITION_BODY.replace("AIVDM", "BSVDO"), &other] {
        decoder.push_line(sentence(body).as_bytes(), 1, &mut |received| {
            got.push((received.own_ship, received.talker, received.transmission()));
        });
    }
    assert_eq!((got[0].0, got[1].0, got[1].1), (false, true, *b"BS"));
    assert_eq!(got[0].2, got[1].2);
    assert_ne!(got[0].2, got[2].2);
}

fn contents(payload: &str, fill: u8) -> Result<Vec<Content>, NoContent> {
    let mut decoder = AisDecoder::new();
    let mut got = None;
    let line = sentence(&format!("AIVDM,1,1,,A,{payload},{fill}"));
    decoder.push_line(line.as_bytes(), 1, &mut |received| {
        got = Some(received.message.contents().map(|contents| contents.to_vec()));
    });
    got.expect("a message")
}

#[test]
fn positions_become_observations_in_si_units() {
    let got = contents(POSITION, 0).unwrap();
    let [Content::AisPosition(position)] = &got[..] else { panic!("{got:?}") };
    assert_eq!((position.mmsi.number(), position.station), (366_053_209, AisStation::ClassA));
    assert!((position.position.lat_deg - 37.802_118_333).abs() < 1e-8);
    assert!((position.position.lon_deg + 122.341_618_333).abs() < 1e-8);
    assert_eq!((position.sog_mps, position.nav_status, position.utc_second), (Some(0.0), Some(3), Some(59)));
    assert!((position.step_deg - 1.0 / 600_000.0).abs() < 1e-18);
}

#[test]
fn the_long_range_report_is_coarse_and_says_so() {
    // Accurate, moored, 110.5 E, 20.25 S, 12 knots, 270 degrees.
    let got = contents("K3KLehaD2w>Q56@p", 0).unwrap();
    let [Content::AisPosition(position)] = &got[..] else { panic!("{got:?}") };
    assert!((position.step_deg - 1.0 / 600.0).abs() < 1e-15);
    assert_eq!((position.position.lat_deg, position.position.lon_deg), (-20.25, 110.5));
    assert!((position.sog_mps.unwrap() - 12.0 * 1852.0 / 3600.0).abs() < 1e-9);
    assert_eq!((position.cog_deg, position.nav_status, position.utc_second), (Some(270.0), Some(5), None));
}

#[test]
fn a_type_19_gives_position_and_static_data() {
    let got = contents("C5N3SRgPEnJGEBT>NhWAwwo862PaLELTBJ:V00000000S0D:R220", 0).unwrap();
    assert!(matches!(&got[..], [Content::AisPosition(_), Content::AisStatic(_)]), "{got:?}");
    let Content::AisStatic(data) = &got[1] else { unreachable!() };
    assert_eq!((data.name.as_deref(), data.ship_type), (Some("CAPT.J.RIMES"), Some(70)));
}

#[test]
fn messages_without_anything_to_fuse_say_why() {
    assert_eq!(contents("D03Ovi@00000", 0), Err(NoContent::OtherType));
    assert_eq!(contents("1000000000000000000000000000", 0), Err(NoContent::BadMmsi));
    assert_eq!(contents("16:23rgP?w<tSF0l4Q@>4?wp0000", 0), Err(NoContent::NotAvailable));
}

#[test]
fn message_24_of_an_auxiliary_craft_names_its_parent_ship() {
    let got = contents("H>`mtV4TCBD401==123000>0mP`4", 0).unwrap();
    let [Content::AisStatic(data)] = &got[..] else { panic!("{got:?}") };
    assert_eq!(data.mothership.map(|mmsi| mmsi.number()), Some(235_100_200));
    assert_eq!((data.callsign.as_deref(), data.ship_type, data.dimensions), (Some("MABC"), Some(36), None));
}

/// A generator of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound
    }
}

/// Sound lines of all kinds, among them those of recordings where they are at hand.
fn sound_lines() -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for number in 0..10_u8 {
        let [one, two] = parts(number, 'A');
        lines.push(tagged(&format!("g:1-2-{number},s:north,c:1776438400801"), &one).into_bytes());
        lines.push(tagged(&format!("g:2-2-{number}"), &two).into_bytes());
        lines.push(tagged("s:south,c:1776438400", POSITION_BODY).into_bytes());
        lines.push(format!("{},r003669987,1152921693\r", sentence(POSITION_BODY)).into_bytes());
        lines.push(b"\\si:AISD*3F\\".to_vec());
        lines.push(b"$PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,2B*5B".to_vec());
    }
    if let Some(shared) = crate::support::shared_dir() {
        for name in ["libais_test.aivdm", "kystverket_1000.nm4", "gpsd_sample.aivdm", "libais_tagblock.nmea"] {
            let bytes = std::fs::read(shared.join("samples/ais").join(name)).unwrap();
            lines.extend(bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec));
        }
    }
    lines
}

/// Changes a line as the wire does, and now and then repairs its checksum so that the damage gets deeper.
fn damage(line: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    for _ in 0..numbers.below(3) + 1 {
        let at = numbers.below(line.len() + 1);
        match numbers.below(7) {
            0 if at < line.len() => line[at] ^= 1 << numbers.below(8),
            1 if at < line.len() => line[at] = b"!$*\\,\r\0\xff0w"[numbers.below(10)],
            2 => line.truncate(at),
            3 => line.insert(at, numbers.below(256) as u8),
            4 if at < line.len() => drop(line.drain(at..(at + numbers.below(9)).min(line.len()))),
            5 => line.extend_from_slice(other),
            6 if at < line.len() => line[at] = b"0123456789"[numbers.below(10)],
            _ => {}
        }
    }
    if numbers.below(2) == 0
        && let Some(start) = line.iter().rposition(|&byte| byte == b'!')
        && let Some(star) = line.iter().rposition(|&byte| byte == b'*').filter(|&star| star > start)
    {
        let stated = format!("{:02X}", checksum(&line[start + 1..star]));
        line.truncate(star + 1);
        line.extend_from_slice(stated.as_bytes());
    }
}

/// `SHOREWATCH_DAMAGED_LINES` sets how many lines are tried.
#[test]
fn damaged_lines_never_panic_and_every_record_is_accounted_for() {
    let count =
        std::env::var("SHOREWATCH_DAMAGED_LINES").ok().and_then(|text| text.parse().ok()).unwrap_or(200_000_u64);
    let sound = sound_lines();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut decoder = AisDecoder::new();
    let mut messages = 0_u64;
    for number in 1..=count {
        let mut line = sound[numbers.below(sound.len())].clone();
        damage(&mut line, &sound[numbers.below(sound.len())], &mut numbers);
        decoder.push_line(&line, number, &mut |received| {
            messages += 1;
            // Everything that is read when it is looked at is looked at.
            let _ = (received.message.contents(), received.transmission(), format!("{:?}", received.message));
            shorewatch::decode::write_message(&mut std::io::sink(), received).unwrap();
        });
        assert!(decoder.adds_up(), "line {number}: {}", String::from_utf8_lossy(&line));
    }
    decoder.finish();
    assert!(decoder.adds_up() && decoder.tally().adds_up());
    assert_eq!((decoder.held(), decoder.counts().messages), (0, messages));
    println!("{count} damaged lines: {messages} messages, {} records refused", decoder.tally().refused_total());
}
