//! CAT010, monosensor surface movement data, edition 1.1: plots and tracks of coastal and surface radars.
//!
//! Complete: every item with the meaning of its bits.
//!
//! **Source**: EUROCONTROL-SPEC-0149-7 (CAT010), edition 1.1, March 2007. The last bits of I010/202 (0.25 m/s) and
//! I010/210 (0.25 m/s²) are those of the specification: its ranges of ±8192 m/s in 16 bits and ±31 m/s² in 8 bits allow
//! nothing else, and the velocities of a recorded track agree with its polar velocity only so. Decoders generated from
//! asterix-specs (2026) take 1/16 there.

use super::super::table::{
    Category, FX, code, explicit, extended, fixed, icao, octal, repetitive, signed, spare, unsigned, with,
};

/// The category.
pub static CAT010: Category = Category {
    number: 10,
    edition: "1.1",
    name: "Monosensor surface movement data",
    uap: &[
        with(fixed("010", "Data Source Identifier", 2), &[code("SAC", 8), code("SIC", 8)]),
        with(fixed("000", "Message Type", 1), &[code("", 8)]),
        with(
            extended("020", "Target Report Descriptor"),
            &[
                code("TYP", 3),
                code("DCR", 1),
                code("CHN", 1),
                code("GBS", 1),
                code("CRT", 1),
                FX,
                code("SIM", 1),
                code("TST", 1),
                code("RAB", 1),
                code("LOP", 2),
                code("TOT", 2),
                FX,
                code("SPI", 1),
                spare(6),
                FX,
            ],
        ),
        with(fixed("140", "Time of Day", 3), &[unsigned("", 24, 1.0 / 128.0, "s")]),
        with(
            fixed("041", "Position in WGS-84 Co-ordinates", 8),
            &[signed("LAT", 32, DEGREES_32, "°"), signed("LON", 32, DEGREES_32, "°")],
        ),
        with(
            fixed("040", "Measured Position in Polar Co-ordinates", 4),
            &[unsigned("RHO", 16, 1.0, "m"), unsigned("TH", 16, DEGREES_16, "°")],
        ),
        with(
            fixed("042", "Position in Cartesian Co-ordinates", 4),
            &[signed("X", 16, 1.0, "m"), signed("Y", 16, 1.0, "m")],
        ),
        with(
            fixed("200", "Calculated Track Velocity in Polar Co-ordinates", 4),
            &[unsigned("GSP", 16, 1.0 / 16384.0, "NM/s"), unsigned("TRA", 16, DEGREES_16, "°")],
        ),
        with(
            fixed("202", "Calculated Track Velocity in Cartesian Co-ordinates", 4),
            &[signed("VX", 16, 0.25, "m/s"), signed("VY", 16, 0.25, "m/s")],
        ),
        with(fixed("161", "Track Number", 2), &[spare(4), code("TRK", 12)]),
        with(
            extended("170", "Track Status"),
            &[
                code("CNF", 1),
                code("TRE", 1),
                code("CST", 2),
                code("MAH", 1),
                code("TCC", 1),
                code("STH", 1),
                FX,
                code("TOM", 2),
                code("DOU", 3),
                code("MRS", 2),
                FX,
                code("GHO", 1),
                spare(6),
                FX,
            ],
        ),
        with(
            fixed("060", "Mode-3/A Code in Octal Representation", 2),
            &[code("V", 1), code("G", 1), code("L", 1), spare(1), octal("MODE3A", 12)],
        ),
        with(fixed("220", "Target Address", 3), &[code("", 24)]),
        with(fixed("245", "Target Identification", 7), &[code("STI", 2), spare(6), icao("CHR", 48)]),
        with(repetitive("250", "Mode S MB Data", 8), &[code("MBDATA", 56), code("BDS1", 4), code("BDS2", 4)]),
        with(fixed("300", "Vehicle Fleet Identification", 1), &[code("", 8)]),
        with(
            fixed("090", "Flight Level in Binary Representation", 2),
            &[code("V", 1), code("G", 1), signed("FL", 14, 0.25, "FL")],
        ),
        with(fixed("091", "Measured Height", 2), &[signed("", 16, 6.25, "ft")]),
        with(
            extended("270", "Target Size and Orientation"),
            &[
                unsigned("LENGTH", 7, 1.0, "m"),
                FX,
                unsigned("ORIENTATION", 7, 360.0 / 128.0, "°"),
                FX,
                unsigned("WIDTH", 7, 1.0, "m"),
                FX,
            ],
        ),
        with(
            fixed("550", "System Status", 1),
            &[code("NOGO", 2), code("OVL", 1), code("TSV", 1), code("DIV", 1), code("TTF", 1), spare(2)],
        ),
        with(fixed("310", "Pre-programmed Message", 1), &[code("TRB", 1), code("MSG", 7)]),
        with(
            fixed("500", "Standard Deviation of Position", 4),
            &[unsigned("DEVX", 8, 0.25, "m"), unsigned("DEVY", 8, 0.25, "m"), signed("COVXY", 16, 0.25, "m2")],
        ),
        with(repetitive("280", "Presence", 2), &[signed("DRHO", 8, 1.0, "m"), signed("DTHETA", 8, 0.15, "°")]),
        with(fixed("131", "Amplitude of Primary Plot", 1), &[code("", 8)]),
        with(
            fixed("210", "Calculated Acceleration", 2),
            &[signed("AX", 8, 0.25, "m/s2"), signed("AY", 8, 0.25, "m/s2")],
        ),
        None,
        explicit("SP", "Special Purpose Field"),
        explicit("RE", "Reserved Expansion Field"),
    ],
};

/// A turn in 16 bits.
const DEGREES_16: f64 = 360.0 / 65536.0;

/// Half a turn in 31 bits and a sign.
const DEGREES_32: f64 = 180.0 / 2_147_483_648.0;
