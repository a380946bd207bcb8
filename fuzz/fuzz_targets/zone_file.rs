//! Any text as a file of zones: refused in words, or zones that can be asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::chart::ZoneSet;
use shorewatch::geodesy::LatLon;
use shorewatch::units::EventTime;

fuzz_target!(|text: &str| {
    match ZoneSet::from_geojson(text) {
        Ok(zones) => {
            let (here, now) = (LatLon::new(20.05, 110.33), EventTime::from_seconds(1_776_438_402));
            assert!(zones.containing(here, now).len() <= zones.zones().len());
            assert!(zones.within(here, 1_000.0, now).len() <= zones.zones().len());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
