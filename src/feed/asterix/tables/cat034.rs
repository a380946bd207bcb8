//! CAT034, monoradar service messages, edition 1.29: north and sector crossings, status of the station.
//!
//! Complete: every item with the meaning of its bits.
//!
//! **Source**: EUROCONTROL specification for ASTERIX CAT034 edition 1.29; lengths, bits and units as in the asterix-specs
//! project (BSD-3-Clause).

use super::super::table::{Category, code, compound, explicit, fixed, repetitive, signed, spare, unsigned, with};

/// The category.
pub static CAT034: Category = Category {
    number: 34,
    edition: "1.29",
    name: "Monoradar service messages",
    uap: &[
        with(fixed("010", "Data Source Identifier", 2), &[code("SAC", 8), code("SIC", 8)]),
        with(fixed("000", "Message Type", 1), &[code("", 8)]),
        with(fixed("030", "Time of Day", 3), &[unsigned("", 24, 1.0 / 128.0, "s")]),
        with(fixed("020", "Sector Number", 1), &[unsigned("", 8, 180.0 / 128.0, "°")]),
        with(fixed("041", "Antenna Rotation Speed", 2), &[unsigned("", 16, 1.0 / 128.0, "s")]),
        compound(
            "050",
            "System Configuration and Status",
            &[
                with(
                    fixed("COM", "Common Part", 1),
                    &[
                        code("NOGO", 1),
                        code("RDPC", 1),
                        code("RDPR", 1),
                        code("OVLRDP", 1),
                        code("OVLXMT", 1),
                        code("MSC", 1),
                        code("TSV", 1),
                        spare(1),
                    ],
                ),
                None,
                None,
                with(
                    fixed("PSR", "Specific Status Information for a PSR Sensor", 1),
                    &[code("ANT", 1), code("CHAB", 2), code("OVL", 1), code("MSC", 1), spare(3)],
                ),
                with(
                    fixed("SSR", "Specific Status Information for a SSR Sensor", 1),
                    &[code("ANT", 1), code("CHAB", 2), code("OVL", 1), code("MSC", 1), spare(3)],
                ),
                with(
                    fixed("MDS", "Specific Status Information for a Mode S Sensor", 2),
                    &[
                        code("ANT", 1),
                        code("CHAB", 2),
                        code("OVLSUR", 1),
                        code("MSC", 1),
                        code("SCF", 1),
                        code("DLF", 1),
                        code("OVLSCF", 1),
                        code("OVLDLF", 1),
                        spare(7),
                    ],
                ),
            ],
        ),
        compound(
            "060",
            "System Processing Mode",
            &[
                with(fixed("COM", "Common Part", 1), &[spare(1), code("REDRDP", 3), code("REDXMT", 3), spare(1)]),
                None,
                None,
                with(
                    fixed("PSR", "Specific Processing Mode Information for a PSR Sensor", 1),
                    &[code("POL", 1), code("REDRAD", 3), code("STC", 2), spare(2)],
                ),
                with(
                    fixed("SSR", "Specific Processing Mode Information for a SSR Sensor", 1),
                    &[code("REDRAD", 3), spare(5)],
                ),
                with(
                    fixed("MDS", "Specific Processing Mode Information for a Mode S Sensor", 1),
                    &[code("REDRAD", 3), code("CLU", 1), spare(4)],
                ),
            ],
        ),
        with(repetitive("070", "Message Count Values", 2), &[code("TYP", 5), code("COUNT", 11)]),
        with(
            fixed("100", "Generic Polar Window", 8),
            &[
                unsigned("RHOST", 16, 1.0 / 256.0, "NM"),
                unsigned("RHOEND", 16, 1.0 / 256.0, "NM"),
                unsigned("THETAST", 16, DEGREES_16, "°"),
                unsigned("THETAEND", 16, DEGREES_16, "°"),
            ],
        ),
        with(fixed("110", "Data Filter", 1), &[code("", 8)]),
        with(
            fixed("120", "3D-Position Of Data Source", 8),
            &[
                signed("HGT", 16, 1.0, "m"),
                signed("LAT", 24, 180.0 / 8388608.0, "°"),
                signed("LON", 24, 180.0 / 8388608.0, "°"),
            ],
        ),
        with(
            fixed("090", "Collimation Error", 2),
            &[signed("RNG", 8, 1.0 / 128.0, "NM"), signed("AZM", 8, 45.0 / 2048.0, "°")],
        ),
        explicit("RE", "Reserved Expansion Field"),
        explicit("SP", "Special Purpose Field"),
    ],
};

/// A turn in 16 bits.
const DEGREES_16: f64 = 360.0 / 65536.0;
