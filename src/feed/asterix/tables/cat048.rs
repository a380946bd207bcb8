//! CAT048, monoradar target reports, edition 1.32: plots and tracks of one radar, polar.
//!
//! To the level of items: records can be walked, named and counted, their values are not read yet.
//!
//! **Source**: EUROCONTROL specification for ASTERIX CAT048 edition 1.32; lengths as in the asterix-specs project.

use super::super::table::{Category, compound, explicit, extended, fixed, repetitive};

/// The category.
pub static CAT048: Category = Category {
    number: 48,
    edition: "1.32",
    name: "Monoradar target reports",
    uap: &[
        fixed("010", "Data Source Identifier", 2),
        fixed("140", "Time of Day", 3),
        extended("020", "Target Report Descriptor"),
        fixed("040", "Measured Position in Polar Co-ordinates", 4),
        fixed("070", "Mode-3/A Code in Octal Representation", 2),
        fixed("090", "Flight Level in Binary Representation", 2),
        compound(
            "130",
            "Radar Plot Characteristics",
            &[
                fixed("SRL", "SSR Plot Runlength", 1),
                fixed("SRR", "Number of Received Replies for (M)SSR", 1),
                fixed("SAM", "Amplitude of (M)SSR Reply", 1),
                fixed("PRL", "Primary Plot Runlength", 1),
                fixed("PAM", "Amplitude of Primary Plot", 1),
                fixed("RPD", "Difference in Range Between PSR and SSR Plot", 1),
                fixed("APD", "Difference in Azimuth Between PSR and SSR Plot", 1),
            ],
        ),
        fixed("220", "Aircraft Address", 3),
        fixed("240", "Aircraft Identification", 6),
        repetitive("250", "BDS Register Data", 8),
        fixed("161", "Track Number", 2),
        fixed("042", "Calculated Position in Cartesian Co-ordinates", 4),
        fixed("200", "Calculated Track Velocity in Polar Co-ordinates", 4),
        extended("170", "Track Status"),
        fixed("210", "Track Quality", 4),
        extended("030", "Warning/Error Conditions and Target Classification"),
        fixed("080", "Mode-3/A Code Confidence Indicator", 2),
        fixed("100", "Mode-C Code and Code Confidence Indicator", 4),
        fixed("110", "Height Measured by a 3D Radar", 2),
        compound(
            "120",
            "Radial Doppler Speed",
            &[fixed("CAL", "Calculated Doppler Speed", 2), repetitive("RDS", "Raw Doppler Speed", 6)],
        ),
        fixed("230", "Communications/ACAS Capability and Flight Status", 2),
        fixed("260", "ACAS Resolution Advisory Report", 7),
        fixed("055", "Mode-1 Code in Octal Representation", 1),
        fixed("050", "Mode-2 Code in Octal Representation", 2),
        fixed("065", "Mode-1 Code Confidence Indicator", 1),
        fixed("060", "Mode-2 Code Confidence Indicator", 2),
        explicit("SP", "Special Purpose Field"),
        explicit("RE", "Reserved Expansion Field"),
    ],
};
