//! Any text as a register of vessels, with and without its line of columns: taken, or refused with the lines at fault.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::register::Register;

fuzz_target!(|text: &str| {
    // The columns in front, so that the lines are reached.
    let columns = "mmsi,name,class,length_m,owner,credit,permits,watch_reason,watch_until\n";
    for text in [text, &format!("{columns}{text}")] {
        if let Err(error) = Register::from_csv(text) {
            assert!(!error.to_string().is_empty());
        }
    }
});
