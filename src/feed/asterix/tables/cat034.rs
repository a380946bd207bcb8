//! CAT034, monoradar service messages, edition 1.29: north and sector crossings, status of the station.
//!
//! To the level of items: records can be walked, named and counted, their values are not read yet.
//!
//! **Source**: EUROCONTROL specification for ASTERIX CAT034 edition 1.29; lengths as in the asterix-specs project.

use super::super::table::{Category, compound, explicit, fixed, repetitive};

/// The category.
pub static CAT034: Category = Category {
    number: 34,
    edition: "1.29",
    name: "Monoradar service messages",
    uap: &[
        fixed("010", "Data Source Identifier", 2),
        fixed("000", "Message Type", 1),
        fixed("030", "Time of Day", 3),
        fixed("020", "Sector Number", 1),
        fixed("041", "Antenna Rotation Speed", 2),
        compound(
            "050",
            "System Configuration and Status",
            &[
                fixed("COM", "Common Part", 1),
                None,
                None,
                fixed("PSR", "Specific Status Information for a PSR Sensor", 1),
                fixed("SSR", "Specific Status Information for a SSR Sensor", 1),
                fixed("MDS", "Specific Status Information for a Mode S Sensor", 2),
            ],
        ),
        compound(
            "060",
            "System Processing Mode",
            &[
                fixed("COM", "Common Part", 1),
                None,
                None,
                fixed("PSR", "Specific Processing Mode Information for a PSR Sensor", 1),
                fixed("SSR", "Specific Processing Mode Information for a SSR Sensor", 1),
                fixed("MDS", "Specific Processing Mode Information for a Mode S Sensor", 1),
            ],
        ),
        repetitive("070", "Message Count Values", 2),
        fixed("100", "Generic Polar Window", 8),
        fixed("110", "Data Filter", 1),
        fixed("120", "3D-Position Of Data Source", 8),
        fixed("090", "Collimation Error", 2),
        explicit("RE", "Reserved Expansion Field"),
        explicit("SP", "Special Purpose Field"),
    ],
};
