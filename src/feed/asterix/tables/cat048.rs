//! CAT048, monoradar target reports, edition 1.32: plots and tracks of one radar, polar.
//!
//! Complete: every item with the meaning of its bits. Editions 1.15 to 1.32 have the same profile: later ones only add
//! extensions to items, and give spare bits a meaning.
//!
//! **Source**: EUROCONTROL specification for ASTERIX CAT048 edition 1.32; lengths, bits and units as in the asterix-specs
//! project (BSD-3-Clause).

use super::super::table::{
    Category, FX, chain, code, compound, explicit, extended, fixed, icao, octal, repetitive, signed, spare, unsigned,
    with,
};

/// The category.
pub static CAT048: Category = Category {
    number: 48,
    edition: "1.32",
    name: "Monoradar target reports",
    uap: &[
        with(fixed("010", "Data Source Identifier", 2), &[code("SAC", 8), code("SIC", 8)]),
        with(fixed("140", "Time of Day", 3), &[unsigned("", 24, 1.0 / 128.0, "s")]),
        with(
            extended("020", "Target Report Descriptor"),
            &[
                code("TYP", 3),
                code("SIM", 1),
                code("RDP", 1),
                code("SPI", 1),
                code("RAB", 1),
                FX,
                code("TST", 1),
                code("ERR", 1),
                code("XPP", 1),
                code("ME", 1),
                code("MI", 1),
                code("FOEFRI", 2),
                FX,
                code("ADSB.EP", 1),
                code("ADSB.VAL", 1),
                code("SCN.EP", 1),
                code("SCN.VAL", 1),
                code("PAI.EP", 1),
                code("PAI.VAL", 1),
                spare(1),
                FX,
                code("ACASXV.EP", 1),
                code("ACASXV.VAL", 4),
                code("POXPR.EP", 1),
                code("POXPR.VAL", 1),
                FX,
                code("POACT.EP", 1),
                code("POACT.VAL", 1),
                code("DTFXPR.EP", 1),
                code("DTFXPR.VAL", 1),
                code("DTFACT.EP", 1),
                code("DTFACT.VAL", 1),
                spare(1),
                FX,
                code("IRMXPR.EP", 1),
                code("IRMXPR.VAL", 1),
                code("IRMACT.EP", 1),
                code("IRMACT.VAL", 1),
                spare(3),
                FX,
            ],
        ),
        with(
            fixed("040", "Measured Position in Polar Co-ordinates", 4),
            &[unsigned("RHO", 16, 1.0 / 256.0, "NM"), unsigned("THETA", 16, DEGREES_16, "°")],
        ),
        with(
            fixed("070", "Mode-3/A Code in Octal Representation", 2),
            &[code("V", 1), code("G", 1), code("L", 1), spare(1), octal("MODE3A", 12)],
        ),
        with(
            fixed("090", "Flight Level in Binary Representation", 2),
            &[code("V", 1), code("G", 1), signed("FL", 14, 0.25, "FL")],
        ),
        compound(
            "130",
            "Radar Plot Characteristics",
            &[
                with(fixed("SRL", "SSR Plot Runlength", 1), &[unsigned("", 8, 45.0 / 1024.0, "°")]),
                with(fixed("SRR", "Number of Received Replies for (M)SSR", 1), &[code("", 8)]),
                with(fixed("SAM", "Amplitude of (M)SSR Reply", 1), &[signed("", 8, 1.0, "dBm")]),
                with(fixed("PRL", "Primary Plot Runlength", 1), &[unsigned("", 8, 45.0 / 1024.0, "°")]),
                with(fixed("PAM", "Amplitude of Primary Plot", 1), &[signed("", 8, 1.0, "dBm")]),
                with(
                    fixed("RPD", "Difference in Range Between PSR and SSR Plot", 1),
                    &[signed("", 8, 1.0 / 256.0, "NM")],
                ),
                with(
                    fixed("APD", "Difference in Azimuth Between PSR and SSR Plot", 1),
                    &[signed("", 8, 45.0 / 2048.0, "°")],
                ),
            ],
        ),
        with(fixed("220", "Aircraft Address", 3), &[code("", 24)]),
        with(fixed("240", "Aircraft Identification", 6), &[icao("", 48)]),
        with(repetitive("250", "BDS Register Data", 8), &[code("MBDATA", 56), code("BDS1", 4), code("BDS2", 4)]),
        with(fixed("161", "Track Number", 2), &[spare(4), code("TRN", 12)]),
        with(
            fixed("042", "Calculated Position in Cartesian Co-ordinates", 4),
            &[signed("X", 16, 1.0 / 128.0, "NM"), signed("Y", 16, 1.0 / 128.0, "NM")],
        ),
        with(
            fixed("200", "Calculated Track Velocity in Polar Co-ordinates", 4),
            &[unsigned("GSP", 16, 1.0 / 16384.0, "NM/s"), unsigned("HDG", 16, DEGREES_16, "°")],
        ),
        with(
            extended("170", "Track Status"),
            &[
                code("CNF", 1),
                code("RAD", 2),
                code("DOU", 1),
                code("MAH", 1),
                code("CDM", 2),
                FX,
                code("TRE", 1),
                code("GHO", 1),
                code("SUP", 1),
                code("TCC", 1),
                spare(3),
                FX,
            ],
        ),
        with(
            fixed("210", "Track Quality", 4),
            &[
                unsigned("SIGX", 8, 1.0 / 128.0, "NM"),
                unsigned("SIGY", 8, 1.0 / 128.0, "NM"),
                unsigned("SIGV", 8, 1.0 / 16384.0, "NM/s"),
                unsigned("SIGH", 8, 45.0 / 512.0, "°"),
            ],
        ),
        with(chain("030", "Warning/Error Conditions and Target Classification", 1), &[code("", 7), FX]),
        with(
            fixed("080", "Mode-3/A Code Confidence Indicator", 2),
            &[
                spare(4),
                code("QA4", 1),
                code("QA2", 1),
                code("QA1", 1),
                code("QB4", 1),
                code("QB2", 1),
                code("QB1", 1),
                code("QC4", 1),
                code("QC2", 1),
                code("QC1", 1),
                code("QD4", 1),
                code("QD2", 1),
                code("QD1", 1),
            ],
        ),
        with(
            fixed("100", "Mode-C Code and Code Confidence Indicator", 4),
            &[
                code("V", 1),
                code("G", 1),
                spare(2),
                code("MODEC", 12),
                spare(4),
                code("QC1", 1),
                code("QA1", 1),
                code("QC2", 1),
                code("QA2", 1),
                code("QC4", 1),
                code("QA4", 1),
                code("QB1", 1),
                code("QD1", 1),
                code("QB2", 1),
                code("QD2", 1),
                code("QB4", 1),
                code("QD4", 1),
            ],
        ),
        with(fixed("110", "Height Measured by a 3D Radar", 2), &[spare(2), signed("3DH", 14, 25.0, "ft")]),
        compound(
            "120",
            "Radial Doppler Speed",
            &[
                with(
                    fixed("CAL", "Calculated Doppler Speed", 2),
                    &[code("D", 1), spare(5), signed("CAL", 10, 1.0, "m/s")],
                ),
                with(
                    repetitive("RDS", "Raw Doppler Speed", 6),
                    &[
                        unsigned("DOP", 16, 1.0, "m/s"),
                        unsigned("AMB", 16, 1.0, "m/s"),
                        unsigned("FRQ", 16, 1.0, "MHz"),
                    ],
                ),
            ],
        ),
        with(
            fixed("230", "Communications/ACAS Capability and Flight Status", 2),
            &[
                code("COM", 3),
                code("STAT", 3),
                code("SI", 1),
                spare(1),
                code("MSSC", 1),
                code("ARC", 1),
                code("AIC", 1),
                code("B1A", 1),
                code("B1B", 4),
            ],
        ),
        with(fixed("260", "ACAS Resolution Advisory Report", 7), &[code("", 56)]),
        with(
            fixed("055", "Mode-1 Code in Octal Representation", 1),
            &[code("V", 1), code("G", 1), code("L", 1), code("MODE1", 5)],
        ),
        with(
            fixed("050", "Mode-2 Code in Octal Representation", 2),
            &[code("V", 1), code("G", 1), code("L", 1), spare(1), octal("MODE2", 12)],
        ),
        with(
            fixed("065", "Mode-1 Code Confidence Indicator", 1),
            &[spare(3), code("QA4", 1), code("QA2", 1), code("QA1", 1), code("QB2", 1), code("QB1", 1)],
        ),
        with(
            fixed("060", "Mode-2 Code Confidence Indicator", 2),
            &[
                spare(4),
                code("QA4", 1),
                code("QA2", 1),
                code("QA1", 1),
                code("QB4", 1),
                code("QB2", 1),
                code("QB1", 1),
                code("QC4", 1),
                code("QC2", 1),
                code("QC1", 1),
                code("QD4", 1),
                code("QD2", 1),
                code("QD1", 1),
            ],
        ),
        explicit("SP", "Special Purpose Field"),
        explicit("RE", "Reserved Expansion Field"),
    ],
};

/// A turn in 16 bits.
const DEGREES_16: f64 = 360.0 / 65536.0;
