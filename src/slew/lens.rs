//! How far a camera zooms in: so that the craft fills a good part of the picture, and is in it although its place is uncertain.

/// How many times its length a craft has beside it in the picture.
const LENGTHS: f64 = 5.0;
/// The length of a craft of which nothing is known: a large fishing boat, metres.
const LENGTH_UNKNOWN_M: f64 = 30.0;
/// Sigmas of the azimuth that have to be in the picture, three on each side.
const SIGMAS: f64 = 6.0;
/// What the camera may be off, degrees.
const MARGIN_DEG: f64 = 1.0;

/// How wide a camera sees, as its maker says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lens {
    /// Horizontal field of view with the zoom at its smallest, degrees.
    pub wide_deg: f64,
    /// With the zoom at its largest, degrees.
    pub tele_deg: f64,
}

impl Lens {
    /// The field of view for a craft, degrees: as narrow as may be, and never narrower than the uncertainty of where it is.
    pub fn field_of_view_deg(&self, length_m: Option<f64>, range_m: f64, azimuth_sigma_deg: f64) -> f64 {
        let length_m = length_m.unwrap_or(LENGTH_UNKNOWN_M);
        let craft_deg = (LENGTHS * length_m).atan2(range_m.max(1.0)).to_degrees();
        craft_deg.max(SIGMAS * azimuth_sigma_deg + MARGIN_DEG).clamp(self.tele_deg, self.wide_deg)
    }

    /// Where the zoom has to be, from 0 (wide) to 1. ONVIF does not say what lies between; the magnification is taken to grow evenly.
    pub fn zoom(&self, field_of_view_deg: f64) -> f64 {
        let width = |degrees: f64| (degrees.to_radians() / 2.0).tan();
        let (wide, tele) = (width(self.wide_deg), width(self.tele_deg));
        let times = wide / width(field_of_view_deg.clamp(self.tele_deg, self.wide_deg));
        ((times - 1.0) / (wide / tele - 1.0)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENS: Lens = Lens { wide_deg: 60.0, tele_deg: 2.0 };

    #[test]
    fn a_craft_fills_a_fifth_of_the_picture() {
        let near = LENS.field_of_view_deg(Some(20.0), 1_000.0, 0.1);
        assert!((near - 5.71).abs() < 0.01, "{near}");
        let far = LENS.field_of_view_deg(Some(20.0), 10_000.0, 0.01);
        assert_eq!(far, 2.0, "no narrower than the lens is");
        assert_eq!(LENS.field_of_view_deg(Some(300.0), 100.0, 0.1), 60.0, "no wider either");
        assert!(LENS.field_of_view_deg(None, 0.0, 0.1).is_finite());
    }

    #[test]
    fn a_craft_whose_place_is_uncertain_is_looked_at_with_a_wide_view() {
        assert_eq!(LENS.field_of_view_deg(Some(20.0), 5_000.0, 3.0), 19.0);
    }

    #[test]
    fn the_ends_of_the_zoom_are_the_ends_of_the_lens() {
        assert_eq!((LENS.zoom(60.0), LENS.zoom(2.0)), (0.0, 1.0));
        let half = LENS.zoom(30.0);
        assert!((half - 0.0360).abs() < 0.001, "half the width is little more than twice as near, of 33 times: {half}");
    }
}
