//! How a camera stands, and what it must be told to look in a true direction.

/// A camera's mount: where its pan zero looks, and by how much its mast leans.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mount {
    /// True bearing of pan zero, degrees.
    pub heading_deg: f64,
    /// Elevation of tilt zero above the camera's own horizontal, degrees.
    pub elevation_deg: f64,
    /// By how much the mast leans, degrees …
    pub lean_deg: f64,
    /// … and towards which true bearing.
    pub lean_towards_deg: f64,
    /// Pan grows to the left, as it does in a camera that hangs from a ceiling or in some that are built so.
    pub pan_inverted: bool,
    /// Tilt grows downwards.
    pub tilt_inverted: bool,
}

/// What a camera's motors are to be turned to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PanTilt {
    /// Degrees from pan zero, -180 (left out) to 180; to the right unless the mount is inverted.
    pub pan_deg: f64,
    /// Degrees from tilt zero; upwards unless the mount is inverted.
    pub tilt_deg: f64,
}

impl Mount {
    /// Pan and tilt at which the camera looks in a true direction.
    pub fn towards(&self, azimuth_deg: f64, elevation_deg: f64) -> PanTilt {
        let direction = unit_vector(azimuth_deg, elevation_deg);
        // The mast's lean is a turn about the horizontal axis across it; in the camera's own frame the world is turned back.
        let lean = self.lean_towards_deg.to_radians();
        let axis = [-lean.cos(), lean.sin(), 0.0];
        let [east, north, up] = turned(direction, axis, -self.lean_deg.to_radians());
        let azimuth_deg = east.atan2(north).to_degrees();
        let elevation_deg = up.clamp(-1.0, 1.0).asin().to_degrees();
        let pan_deg = wrapped(azimuth_deg - self.heading_deg);
        let tilt_deg = elevation_deg - self.elevation_deg;
        PanTilt {
            pan_deg: if self.pan_inverted { wrapped(-pan_deg) } else { pan_deg },
            tilt_deg: if self.tilt_inverted { -tilt_deg } else { tilt_deg },
        }
    }
}

/// East, north, up.
fn unit_vector(azimuth_deg: f64, elevation_deg: f64) -> [f64; 3] {
    let (sin, cos) = azimuth_deg.to_radians().sin_cos();
    let (up, level) = elevation_deg.to_radians().sin_cos();
    [sin * level, cos * level, up]
}

/// A vector turned about a unit axis, right-handed (Rodrigues' formula).
fn turned(v: [f64; 3], axis: [f64; 3], angle_rad: f64) -> [f64; 3] {
    let (sin, cos) = angle_rad.sin_cos();
    let [x, y, z] = v;
    let [a, b, c] = axis;
    let dot = (a * x + b * y + c * z) * (1.0 - cos);
    let cross = [b * z - c * y, c * x - a * z, a * y - b * x];
    [x * cos + cross[0] * sin + a * dot, y * cos + cross[1] * sin + b * dot, z * cos + cross[2] * sin + c * dot]
}

/// More than -180, up to 180 degrees.
fn wrapped(degrees: f64) -> f64 {
    let turned = degrees.rem_euclid(360.0);
    if turned > 180.0 { turned - 360.0 } else { turned }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(found: PanTilt, pan_deg: f64, tilt_deg: f64) {
        let off = wrapped(found.pan_deg - pan_deg).abs().max((found.tilt_deg - tilt_deg).abs());
        assert!(off < 1e-9, "{found:?}, not {pan_deg} {tilt_deg}");
    }

    #[test]
    fn a_camera_that_stands_straight_turns_by_the_bearing_less_its_heading() {
        let mount = Mount { heading_deg: 300.0, elevation_deg: 1.5, ..Mount::default() };
        close(mount.towards(10.0, -0.5), 70.0, -2.0);
        close(mount.towards(290.0, 0.0), -10.0, -1.5);
        let hanging = Mount { pan_inverted: true, tilt_inverted: true, ..mount };
        close(hanging.towards(10.0, -0.5), -70.0, 2.0);
    }

    #[test]
    fn a_mast_that_leans_forward_must_look_up_in_front_and_down_behind() {
        let mount = Mount { lean_deg: 2.0, lean_towards_deg: 90.0, ..Mount::default() };
        close(mount.towards(90.0, 0.0), 90.0, 2.0);
        close(mount.towards(270.0, 0.0), -90.0, -2.0);
        // Across the lean the horizon is level, and stays where it is.
        close(mount.towards(0.0, 0.0), 0.0, 0.0);
        close(mount.towards(90.0, -2.0), 90.0, 0.0);
    }

    proptest! {
        #[test]
        fn a_lean_never_moves_a_direction_by_more_than_itself(
            azimuth in 0.0..360.0_f64, elevation in -60.0..60.0_f64, lean in 0.0..5.0_f64, towards in 0.0..360.0_f64,
        ) {
            let straight = unit_vector(azimuth, elevation);
            let found = Mount { lean_deg: lean, lean_towards_deg: towards, ..Mount::default() }.towards(azimuth, elevation);
            let seen = unit_vector(found.pan_deg, found.tilt_deg);
            let cos: f64 = straight.iter().zip(seen).map(|(a, b)| a * b).sum();
            prop_assert!(cos.clamp(-1.0, 1.0).acos().to_degrees() <= lean + 1e-6);
        }
    }
}
