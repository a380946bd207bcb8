//! ONVIF Profile M metadata: what the analytics of IP cameras see, as XML.
//!
//! A record is one `tt:MetadataStream` document. An object with a geolocation becomes a detection with range, one without a
//! bearing alone: heading of the mount + pan + its place in the frame. The field of view stands in no document, so it is
//! configured ([`CameraMount`]); without it only an object in the middle of the frame has a bearing. Classes are an open list
//! that knows no ships: the word is kept, and mapped where it can be.

mod document;
mod refusal;

use super::{class_of_word, label_of_word};
use crate::feed::observation::{Content, EoDetection};
use crate::feed::sensor::{CameraMount, SensorKind, SensorTable};
use crate::feed::tally::{Place, Tally};
use crate::geodesy::{LatLon, position_to_polar};
use crate::units::{Bearing, EventTime, SensorId};

pub use document::{OnvifDocument, OnvifFrame, OnvifObject, PanTilt, read_document};
pub use refusal::OnvifRefusal;

/// The longest document that is read, in bytes: a busy frame takes 30 KiB. No more than a record may have on the wire.
pub const DOCUMENT_BYTES_MAX: usize = 65_535;

/// How long a pan holds that came with another document, in milliseconds.
const POINTING_MS_MAX: i64 = 2_000;
/// Within this of the frame's middle an object has the bearing of the camera, whatever the field of view.
const MIDDLE: f64 = 0.02;
/// One sigma of a place that a camera works out itself, as a share of the range; and at least in metres.
const PLACE_SIGMA_SHARE: f64 = 0.05;
const PLACE_SIGMA_MIN_M: f64 = 30.0;
/// How sure a camera is that does not say.
const USUAL_CONFIDENCE: f64 = 0.5;

/// What was passed over in accepted documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PassedOver {
    /// Objects off the middle of a frame, of a camera whose field of view is not configured, or without pan.
    pub without_bearing: u64,
}

/// Decodes the metadata of one camera, document by document.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct OnvifDecoder {
    site: Option<LatLon>,
    mount: CameraMount,
    /// The latest pan that was told, and when it was received.
    pointing: Option<(EventTime, PanTilt)>,
    passed_over: PassedOver,
    tally: Tally<OnvifRefusal, { OnvifRefusal::COUNT }>,
}

impl OnvifDecoder {
    /// A decoder for the camera `sensor` of a table.
    pub fn new(sensor: SensorId, sensors: &SensorTable) -> Self {
        let camera = sensors.get(sensor).filter(|camera| camera.kind == SensorKind::Eo);
        Self {
            site: camera.and_then(|camera| camera.position),
            mount: camera.and_then(|camera| camera.mount).unwrap_or_default(),
            pointing: None,
            passed_over: PassedOver::default(),
            tally: Tally::default(),
        }
    }

    /// Reads one document and gives each detection in it to `give`, with the time of its frame.
    pub fn document(
        &mut self,
        bytes: &[u8],
        place: u64,
        received: EventTime,
        give: &mut impl FnMut(Option<EventTime>, Content),
    ) {
        self.tally.receive();
        match self.read(bytes) {
            Ok((site, document)) => {
                self.tally.accept();
                self.take(site, document, received, give);
            }
            Err(why) => self.tally.refuse_text(why, Place::Line(place), bytes),
        }
    }

    /// Documents received, accepted and refused.
    pub fn tally(&self) -> &Tally<OnvifRefusal, { OnvifRefusal::COUNT }> {
        &self.tally
    }

    /// What was passed over in accepted documents.
    pub fn passed_over(&self) -> PassedOver {
        self.passed_over
    }

    fn read(&self, bytes: &[u8]) -> Result<(LatLon, OnvifDocument), OnvifRefusal> {
        if bytes.len() > DOCUMENT_BYTES_MAX {
            return Err(OnvifRefusal::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| OnvifRefusal::NoText)?;
        let document = read_document(text)?;
        Ok((self.site.ok_or(OnvifRefusal::UnknownSensor)?, document))
    }

    fn take(
        &mut self,
        site: LatLon,
        document: OnvifDocument,
        received: EventTime,
        give: &mut impl FnMut(Option<EventTime>, Content),
    ) {
        if let Some(pointing) = document.pointing {
            self.pointing = Some((received, pointing));
        }
        for frame in document.frames {
            if let Some(pointing) = frame.pointing {
                self.pointing = Some((received, pointing));
            }
            for object in frame.objects {
                match self.detection(site, &object, received) {
                    Some(detection) => give(frame.time, Content::EoDetection(detection)),
                    None => self.passed_over.without_bearing += 1,
                }
            }
        }
    }

    fn detection(&self, site: LatLon, object: &OnvifObject, received: EventTime) -> Option<EoDetection> {
        let (azimuth_deg, range) = match object.place {
            Some(place) => {
                let (azimuth, range_m) = position_to_polar(site, place);
                (azimuth.deg(), Some((range_m, (range_m * PLACE_SIGMA_SHARE).max(PLACE_SIGMA_MIN_M))))
            }
            None => (self.true_bearing_deg(object.middle_x?, received)?, None),
        };
        let word = object.class.as_deref().unwrap_or("");
        Some(EoDetection {
            azimuth_deg,
            elevation_deg: None,
            range_m: range.map(|(range_m, _)| range_m).filter(|range_m| *range_m > 0.0),
            class: class_of_word(word),
            class_confidence: object.likelihood.unwrap_or(USUAL_CONFIDENCE),
            length_m: None,
            activity: None,
            hull_mmsi: None,
            image: None,
            image_sha256: None,
            range_sigma_m: range.map(|(_, sigma_m)| sigma_m),
            label: label_of_word(word),
        })
    }

    /// True bearing of what lies at `x` of the frame, -1 to 1.
    fn true_bearing_deg(&self, x: f64, received: EventTime) -> Option<f64> {
        // A camera that never tells its pan is fixed: its mount is its bearing.
        let pan_deg = match self.pointing {
            None => 0.0,
            Some((told, pointing)) if received.millis_since(told).abs() <= POINTING_MS_MAX => pointing.pan_deg,
            Some(_) => return None,
        };
        let off_deg = match self.mount.half_view_deg {
            // Over the few degrees of a long lens the angle goes with the place in the frame.
            Some(half_view_deg) => x * half_view_deg,
            None if x.abs() <= MIDDLE => 0.0,
            None => return None,
        };
        Some(Bearing::from_deg(self.mount.heading_deg + pan_deg + off_deg).deg())
    }
}
