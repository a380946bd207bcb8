//! The tables of the categories, and the names of those without one.

mod cat010;
mod cat034;
mod cat048;
mod cat062;

pub use cat010::CAT010;
pub use cat034::CAT034;
pub use cat048::CAT048;
pub use cat062::CAT062;

use super::table::Category;

/// The table of a category; `None` when its blocks are only counted, or refused.
pub fn category(number: u8) -> Option<&'static Category> {
    match number {
        10 => Some(&CAT010),
        34 => Some(&CAT034),
        48 => Some(&CAT048),
        62 => Some(&CAT062),
        _ => None,
    }
}

/// What a category carries by the EUROCONTROL list of categories; `None` for a number that the list does not know.
pub fn category_name(number: u8) -> Option<&'static str> {
    Some(match number {
        1 => "Monoradar target reports (replaced by CAT048)",
        2 => "Monoradar service messages (replaced by CAT034)",
        3 => "Summary of surveillance data",
        4 => "Safety net messages",
        7 => "Directed interrogation messages",
        8 => "Monoradar derived weather information",
        9 => "Composite weather reports",
        10 => CAT010.name,
        11 => "Surface movement system data",
        15 => "Independent non-cooperative surveillance target reports",
        16 => "Independent non-cooperative surveillance configuration",
        17 => "Mode S surveillance coordination",
        18 => "Mode S data link messages",
        19 => "Multilateration system status",
        20 => "Multilateration target reports",
        21 => "ADS-B target reports",
        23 => "CNS/ATM ground station service messages",
        24 => "Image of a surveillance picture",
        25 => "CNS/ATM ground system status reports",
        30 => "Exchange of air situation pictures (before CAT062)",
        31 => "Sensor information for air situation pictures (before CAT063)",
        32 => "Miniplan reports to a surveillance data processing system",
        34 => CAT034.name,
        48 => CAT048.name,
        62 => CAT062.name,
        63 => "Sensor status reports",
        65 => "Surveillance data processing service messages",
        150 => "Flight data of military systems",
        204 => "UAS remote identification",
        205 => "Radio direction finder reports",
        240 => "Radar video",
        244 => "Hub airport data",
        247 => "Version number exchange",
        252 => "Session and service control",
        _ => return None,
    })
}
