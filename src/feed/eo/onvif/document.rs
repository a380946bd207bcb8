//! An ONVIF metadata document: frames with their objects, and where the camera points.
//!
//! Only the elements that say where something is are read; all others are walked over. Names are compared without their
//! namespace prefix, which every maker chooses for himself.
//!
//! **Source**: ONVIF Analytics Service and Media2 metadata, schema `http://www.onvif.org/ver10/schema` (MetadataStream, Frame,
//! PTZStatus, Object, Appearance, GeoLocation, ObjectTree).

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::OnvifRefusal;
use crate::geodesy::LatLon;
use crate::units::EventTime;

/// The deepest nesting that is followed: real documents have ten levels.
const DEPTH_MAX: usize = 64;
/// The most objects of one document.
const OBJECTS_MAX: usize = 1024;
/// Bytes of the longest class or object name that is kept.
const TEXT_BYTES_MAX: usize = 64;

/// One document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OnvifDocument {
    /// Frames of video analytics.
    pub frames: Vec<OnvifFrame>,
    /// Where the camera points, told outside a frame.
    pub pointing: Option<PanTilt>,
}

/// One frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OnvifFrame {
    /// When it was taken.
    pub time: Option<EventTime>,
    /// Where the camera points.
    pub pointing: Option<PanTilt>,
    /// What it shows.
    pub objects: Vec<OnvifObject>,
    /// Objects that are gone.
    pub deleted: Vec<String>,
    /// Scale and shift that bring its coordinates to -1 to 1.
    transformation: Transformation,
}

/// Where a camera points.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PanTilt {
    /// Pan in degrees, clockwise seen from above, from the mount's zero.
    pub pan_deg: f64,
    /// Tilt in degrees above the horizon.
    pub tilt_deg: f64,
}

/// One object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OnvifObject {
    /// Its number in the camera.
    pub id: String,
    /// Its class by the camera: an open list.
    pub class: Option<String>,
    /// How sure the camera is of the class, 0 to 1.
    pub likelihood: Option<f64>,
    /// Where its middle lies in the frame, -1 (left) to 1 (right).
    pub middle_x: Option<f64>,
    /// Where it is on earth.
    pub place: Option<LatLon>,
    /// Its left and right edge in the frame, until the middle is known.
    edges: (Option<f64>, Option<f64>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Transformation {
    scale_x: f64,
    shift_x: f64,
}

impl Default for Transformation {
    fn default() -> Self {
        Self { scale_x: 1.0, shift_x: 0.0 }
    }
}

/// Reads a document.
///
/// # Errors
/// [`OnvifRefusal`] when it is no XML, no metadata, or holds a number that cannot be right.
pub fn read_document(text: &str) -> Result<OnvifDocument, OnvifRefusal> {
    let mut reader = Reader::from_str(text);
    let mut reading = Reading::default();
    loop {
        match reader.read_event().map_err(|_| OnvifRefusal::BadXml)? {
            Event::Start(element) => {
                let name = local_name(&element);
                reading.open(&name, &element)?;
                reading.path.push(name);
                if reading.path.len() > DEPTH_MAX {
                    return Err(OnvifRefusal::TooDeep);
                }
            }
            Event::Empty(element) => {
                let name = local_name(&element);
                reading.open(&name, &element)?;
                reading.close(&name);
            }
            Event::End(_) => {
                if let Some(name) = reading.path.pop() {
                    reading.close(&name);
                }
            }
            Event::Text(text) => reading.text(&text.xml10_content()),
            // Entities of a maker's own could grow without bound; metadata has no use for them.
            Event::DocType(_) => return Err(OnvifRefusal::DocType),
            Event::Eof => break,
            _ => {}
        }
    }
    match (reading.is_metadata, reading.path.is_empty()) {
        (true, true) => Ok(reading.document),
        (true, false) => Err(OnvifRefusal::CutShort),
        (false, _) => Err(OnvifRefusal::NoMetadata),
    }
}

/// The state between two elements.
#[derive(Default)]
struct Reading {
    document: OnvifDocument,
    /// Names of the elements that are open, outermost first.
    path: Vec<String>,
    is_metadata: bool,
    frame: Option<OnvifFrame>,
    object: Option<OnvifObject>,
    /// A class is open, with its likelihood.
    class: Option<(String, Option<f64>)>,
    objects: usize,
}

impl Reading {
    fn parent(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    fn open(&mut self, name: &str, element: &BytesStart<'_>) -> Result<(), OnvifRefusal> {
        match (self.parent(), name) {
            ("", "MetadataStream") => self.is_metadata = true,
            (_, "Frame") => {
                let time = attribute(element, "UtcTime")?;
                let time =
                    time.map(|time| EventTime::parse_rfc3339(&time).map_err(|_| OnvifRefusal::BadTime)).transpose()?;
                self.frame = Some(OnvifFrame { time, ..OnvifFrame::default() });
            }
            ("Position", "PanTilt") => {
                let pointing = pan_tilt(element)?;
                match &mut self.frame {
                    Some(frame) => frame.pointing = pointing,
                    None => self.document.pointing = pointing.or(self.document.pointing),
                }
            }
            ("Transformation", "Translate") if self.object.is_none() => {
                if let (Some(frame), Some(x)) = (&mut self.frame, number(element, "x")?) {
                    frame.transformation.shift_x = x;
                }
            }
            ("Transformation", "Scale") if self.object.is_none() => {
                if let (Some(frame), Some(x)) = (&mut self.frame, number(element, "x")?) {
                    frame.transformation.scale_x = x;
                }
            }
            ("Frame", "Object") => {
                self.objects += 1;
                if self.objects > OBJECTS_MAX {
                    return Err(OnvifRefusal::TooMany);
                }
                let id = attribute(element, "ObjectId")?.unwrap_or_default();
                self.object = Some(OnvifObject { id: shortened(&id), ..OnvifObject::default() });
            }
            ("Delete", "ObjectId") | ("ObjectTree", "Delete") => {
                // The schema has `Delete` hold an `ObjectId` element; some cameras write it as an attribute of `Delete`.
                let id = attribute(element, "ObjectId")?;
                if let (Some(frame), Some(id)) = (&mut self.frame, id)
                    && frame.deleted.len() < OBJECTS_MAX
                {
                    frame.deleted.push(shortened(&id));
                }
            }
            _ => self.open_in_object(name, element)?,
        }
        Ok(())
    }

    fn open_in_object(&mut self, name: &str, element: &BytesStart<'_>) -> Result<(), OnvifRefusal> {
        let in_shape = self.parent() == "Shape";
        let Some(object) = &mut self.object else { return Ok(()) };
        match name {
            "BoundingBox" if in_shape => object.edges = (number(element, "left")?, number(element, "right")?),
            "CenterOfGravity" if in_shape => object.middle_x = number(element, "x")?,
            "GeoLocation" => {
                let (lat, lon) = (number(element, "lat")?, number(element, "lon")?);
                let place = lat.zip(lon).map(|(lat, lon)| LatLon::new(lat, lon));
                if place.is_some_and(|place| !place.is_valid()) {
                    return Err(OnvifRefusal::BadPlace);
                }
                object.place = place;
            }
            // `Class/Type`, and the older `Class/ClassCandidate/Type` with its likelihood beside it.
            "Type" => {
                let likelihood = number(element, "Likelihood")?;
                if likelihood.is_some_and(|likelihood| !(0.0..=1.0).contains(&likelihood)) {
                    return Err(OnvifRefusal::BadNumber);
                }
                self.class = Some((String::new(), likelihood));
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some((class, _)) = &mut self.class
            && self.path.last().is_some_and(|name| name == "Type")
        {
            class.push_str(&shortened(text.trim()));
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "Type" => {
                // Of several candidates the likeliest.
                if let (Some(object), Some((class, likelihood))) = (&mut self.object, self.class.take())
                    && !class.is_empty()
                    && (object.class.is_none() || likelihood > object.likelihood)
                {
                    object.class = Some(class);
                    object.likelihood = likelihood;
                }
            }
            "Object" => {
                if let (Some(frame), Some(mut object)) = (&mut self.frame, self.object.take()) {
                    let (left, right) = object.edges;
                    let by_box = left.zip(right).map(|(left, right)| f64::midpoint(left, right));
                    object.middle_x = object.middle_x.or(by_box);
                    frame.objects.push(object);
                }
            }
            "Frame" => {
                if let Some(mut frame) = self.frame.take() {
                    let Transformation { scale_x, shift_x } = frame.transformation;
                    for object in &mut frame.objects {
                        object.middle_x = object.middle_x.map(|x| x * scale_x + shift_x);
                    }
                    self.document.frames.push(frame);
                }
            }
            _ => {}
        }
    }
}

fn local_name(element: &BytesStart<'_>) -> String {
    element.local_name().into_inner().to_owned()
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, OnvifRefusal> {
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|_| OnvifRefusal::BadXml)?;
        if attribute.key.local_name().into_inner() == name {
            return Ok(Some(
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| OnvifRefusal::BadXml)?.into_owned(),
            ));
        }
    }
    Ok(None)
}

/// An attribute as a finite number.
fn number(element: &BytesStart<'_>, name: &str) -> Result<Option<f64>, OnvifRefusal> {
    let Some(text) = attribute(element, name)? else { return Ok(None) };
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        _ => Err(OnvifRefusal::BadNumber),
    }
}

/// Pan and tilt by the space that they are in: degrees, or shares of half a turn.
fn pan_tilt(element: &BytesStart<'_>) -> Result<Option<PanTilt>, OnvifRefusal> {
    let (Some(x), Some(y)) = (number(element, "x")?, number(element, "y")?) else { return Ok(None) };
    let space = attribute(element, "space")?.unwrap_or_default();
    if space.contains("SphericalPositionSpace") {
        if !(-360.0..=360.0).contains(&x) || !(-180.0..=180.0).contains(&y) {
            return Err(OnvifRefusal::BadNumber);
        }
        return Ok(Some(PanTilt { pan_deg: x, tilt_deg: y }));
    }
    if !(-1.0..=1.0).contains(&x) || !(-1.0..=1.0).contains(&y) {
        return Err(OnvifRefusal::BadNumber);
    }
    Ok(Some(PanTilt { pan_deg: x * 180.0, tilt_deg: y * 90.0 }))
}

/// At most so many bytes of a text, cut between characters.
fn shortened(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}
