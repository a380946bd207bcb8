//! The few ONVIF messages that turning a camera takes: SOAP 1.2 with a WS-Security UsernameToken.
//!
//! No client crate is used: those that there are send absolute positions without the name of their space, so a camera is never told
//! degrees. Answers are read by local names, for prefixes are each maker's own, and some makers do not even declare them.
//!
//! **Source**: ONVIF Core, Device, Media and PTZ Service Specifications (WSDL `ver10/device`, `ver10/media`, `ver20/ptz`); OASIS Web
//! Services Security UsernameToken Profile 1.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use sha1::{Digest, Sha1};

use super::space::Position;
use crate::units::EventTime;

/// Bytes of an answer that are looked at: capabilities and profiles of a large camera have some 100 kB.
pub const ANSWER_BYTES_MAX: usize = 1 << 20;
/// The deepest nesting that is followed.
const DEPTH_MAX: usize = 32;
/// Elements of one answer.
const ELEMENTS_MAX: usize = 20_000;
/// Characters of a fault that are shown.
const FAULT_CHARS_MAX: usize = 200;

/// What is asked of a camera.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// What time it is there: needs no name.
    Time,
    /// Where its services are.
    Capabilities,
    /// Its media profiles.
    Profiles,
    /// What its motors can do.
    Node(String),
    /// Turn there.
    AbsoluteMove {
        /// The profile.
        profile: String,
        /// The space of the position.
        space: String,
        /// Where to.
        position: Position,
        /// The zoom, where it is to change: its space, and the place in it.
        zoom: Option<(String, f64)>,
    },
    /// Turn so fast, for a second: whoever wants more says so again.
    ContinuousMove {
        /// The profile.
        profile: String,
        /// The space of the speed.
        space: String,
        /// The speed.
        speed: Position,
    },
    /// Where it points, and whether it moves.
    Status(String),
    /// Stop turning.
    Stop(String),
}

impl Ask {
    /// The action, as the header of the call names it.
    pub fn action(&self) -> String {
        let (service, name) = self.names();
        format!("http://www.onvif.org/{service}/wsdl/{name}")
    }

    fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Time => ("ver10/device", "GetSystemDateAndTime"),
            Self::Capabilities => ("ver10/device", "GetCapabilities"),
            Self::Profiles => ("ver10/media", "GetProfiles"),
            Self::Node(_) => ("ver20/ptz", "GetNode"),
            Self::AbsoluteMove { .. } => ("ver20/ptz", "AbsoluteMove"),
            Self::ContinuousMove { .. } => ("ver20/ptz", "ContinuousMove"),
            Self::Status(_) => ("ver20/ptz", "GetStatus"),
            Self::Stop(_) => ("ver20/ptz", "Stop"),
        }
    }

    fn body(&self) -> String {
        let profile = |token: &str| format!("<q:ProfileToken>{}</q:ProfileToken>", escape(token));
        match self {
            Self::Time | Self::Profiles => String::new(),
            Self::Capabilities => "<q:Category>All</q:Category>".to_owned(),
            Self::Node(token) => format!("<q:NodeToken>{}</q:NodeToken>", escape(token.as_str())),
            Self::AbsoluteMove { profile: token, space, position, zoom } => {
                let zoom = zoom.as_ref().map_or_else(String::new, |(space, x)| {
                    format!("<tt:Zoom x=\"{x}\" space=\"{}\"/>", escape(space.as_str()))
                });
                format!("{}<q:Position>{}{zoom}</q:Position>", profile(token), pan_tilt(space, *position))
            }
            Self::ContinuousMove { profile: token, space, speed } => {
                let velocity = pan_tilt(space, *speed);
                format!("{}<q:Velocity>{velocity}</q:Velocity><q:Timeout>PT1S</q:Timeout>", profile(token))
            }
            Self::Status(token) => profile(token),
            Self::Stop(token) => format!("{}<q:PanTilt>true</q:PanTilt><q:Zoom>false</q:Zoom>", profile(token)),
        }
    }

    /// The whole message; with a token where the caller has a name.
    pub fn envelope(&self, token: Option<&Token>) -> String {
        let (service, name) = self.names();
        let header = token.map_or_else(String::new, Token::header);
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">{header}\
             <s:Body><q:{name} xmlns:q=\"http://www.onvif.org/{service}/wsdl\" \
             xmlns:tt=\"http://www.onvif.org/ver10/schema\">{}</q:{name}></s:Body></s:Envelope>",
            self.body()
        )
    }
}

fn pan_tilt(space: &str, Position { x, y }: Position) -> String {
    format!("<tt:PanTilt x=\"{x}\" y=\"{y}\" space=\"{}\"/>", escape(space))
}

/// Proof of who calls: a digest that holds for one message.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    user: String,
    digest: String,
    nonce: String,
    created: String,
}

impl Token {
    /// The token of a message that is made at `created` by the camera's clock, with a nonce that was never used before.
    pub fn new(user: &str, password: &str, nonce: &[u8], created: EventTime) -> Self {
        let created = created.to_string();
        let digest = Sha1::new().chain_update(nonce).chain_update(&created).chain_update(password).finalize();
        Self { user: user.to_owned(), digest: STANDARD.encode(digest), nonce: STANDARD.encode(nonce), created }
    }

    fn header(&self) -> String {
        const WSS: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";
        format!(
            "<s:Header><w:Security s:mustUnderstand=\"1\" xmlns:w=\"{WSS}-wssecurity-secext-1.0.xsd\"><w:UsernameToken>\
             <w:Username>{}</w:Username>\
             <w:Password Type=\"{WSS}-username-token-profile-1.0#PasswordDigest\">{}</w:Password>\
             <w:Nonce EncodingType=\"{WSS}-soap-message-security-1.0#Base64Binary\">{}</w:Nonce>\
             <u:Created xmlns:u=\"{WSS}-wssecurity-utility-1.0.xsd\">{}</u:Created>\
             </w:UsernameToken></w:Security></s:Header>",
            escape(self.user.as_str()),
            self.digest,
            self.nonce,
            self.created
        )
    }
}

/// Why an answer is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// No XML that can be followed.
    #[error("the camera's answer is no XML, or nested or long beyond reason")]
    BadXml,
    /// The camera says no.
    #[error("the camera refuses: {0}")]
    Fault(String),
    /// What was asked for is not in it.
    #[error("the camera's answer has no {0}")]
    Missing(&'static str),
}

/// An element of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The first element of that name below this one, at any depth.
    fn find(&self, name: &str) -> Option<&Self> {
        self.children.iter().find_map(|child| if child.name == name { Some(child) } else { child.find(name) })
    }

    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<f64> {
        finite(self.attribute(name)?)
    }

    fn text(&self) -> &str {
        self.text.trim()
    }
}

fn finite(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Reads an answer as a tree; its body, or the fault in it.
fn read(answer: &str) -> Result<Element, AnswerError> {
    let root = tree(answer)?;
    if let Some(fault) = root.find("Fault") {
        let reason = fault.find("Text").or_else(|| fault.find("faultstring")).map_or("", Element::text);
        let subcode = fault.find("Subcode").and_then(|code| code.find("Value")).map_or("", Element::text);
        let words: String = format!("{reason} {subcode}").trim().chars().take(FAULT_CHARS_MAX).collect();
        return Err(AnswerError::Fault(words.replace(char::is_control, " ")));
    }
    root.find("Body").cloned().ok_or(AnswerError::Missing("body"))
}

fn tree(answer: &str) -> Result<Element, AnswerError> {
    let mut reader = Reader::from_str(answer);
    // The elements that are open, below a root that has no name.
    let mut open = vec![Element::default()];
    let mut elements = 0;
    loop {
        match reader.read_event().map_err(|_| AnswerError::BadXml)? {
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => {
                let empty = element(&start)?;
                open.last_mut().ok_or(AnswerError::BadXml)?.children.push(empty);
            }
            Event::End(_) => {
                let done = open.pop().ok_or(AnswerError::BadXml)?;
                open.last_mut().ok_or(AnswerError::BadXml)?.children.push(done);
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                open.last_mut().ok_or(AnswerError::BadXml)?.text.push_str(&text);
            }
            Event::CData(data) => {
                open.last_mut().ok_or(AnswerError::BadXml)?.text.push_str(&data);
            }
            Event::GeneralRef(name) => {
                let known = resolve_predefined_entity(&name).ok_or(AnswerError::BadXml)?;
                open.last_mut().ok_or(AnswerError::BadXml)?.text.push_str(known);
            }
            // Entities of a maker's own could grow without bound.
            Event::DocType(_) => return Err(AnswerError::BadXml),
            Event::Eof => break,
            _ => {}
        }
        elements += 1;
        if open.len() > DEPTH_MAX || elements > ELEMENTS_MAX {
            return Err(AnswerError::BadXml);
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => Err(AnswerError::BadXml),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, AnswerError> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| AnswerError::BadXml)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| AnswerError::BadXml)?;
        attributes.push((attribute.key.local_name().into_inner().to_owned(), value.into_owned()));
    }
    let name = start.local_name().into_inner().to_owned();
    Ok(Element { name, attributes, ..Element::default() })
}

/// The camera's clock.
///
/// # Errors
/// When the answer has no time.
pub fn time(answer: &str) -> Result<EventTime, AnswerError> {
    let body = read(answer)?;
    let utc = body.find("UTCDateTime").ok_or(AnswerError::Missing("UTCDateTime"))?;
    let number = |name: &str| utc.find(name).and_then(|it| it.text().parse::<u16>().ok());
    let small = |name: &str| number(name).and_then(|it| u8::try_from(it).ok());
    let fields = (number("Year"), small("Month"), small("Day"), small("Hour"), small("Minute"), small("Second"));
    let (Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second)) = fields else {
        return Err(AnswerError::Missing("UTCDateTime"));
    };
    EventTime::from_utc(year, month, day, hour, minute, second, 0).ok_or(AnswerError::Missing("UTCDateTime"))
}

/// Where the media and the PTZ service are.
///
/// # Errors
/// When the camera has none of one.
pub fn services(answer: &str) -> Result<(String, String), AnswerError> {
    let body = read(answer)?;
    let address = |service: &str| body.find(service).and_then(|it| it.find("XAddr")).map(|it| it.text().to_owned());
    let media = address("Media").ok_or(AnswerError::Missing("media service"))?;
    let ptz = address("PTZ").ok_or(AnswerError::Missing("PTZ service: is it a camera that turns?"))?;
    Ok((media, ptz))
}

/// A media profile that can be turned, and the node of its motors.
///
/// # Errors
/// When there is none, or none of the name that was asked for.
pub fn profile(answer: &str, wanted: Option<&str>) -> Result<(String, String), AnswerError> {
    let body = read(answer)?;
    let response = body.child("GetProfilesResponse").ok_or(AnswerError::Missing("profiles"))?;
    let turned = response.all("Profiles").filter_map(|profile| {
        let node = profile.find("PTZConfiguration")?.find("NodeToken")?.text().to_owned();
        Some((profile.attribute("token")?.to_owned(), node))
    });
    let mut fitting = turned.filter(|(token, _)| wanted.is_none_or(|wanted| wanted == token));
    fitting.next().ok_or(AnswerError::Missing("profile with a PTZ configuration"))
}

/// A space of positions or speeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// Its name.
    pub uri: String,
    /// The smallest and the largest pan.
    pub x: (f64, f64),
    /// The smallest and the largest tilt; of zoom: nothing.
    pub y: (f64, f64),
}

/// What a node of motors takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spaces {
    /// Absolute positions.
    pub absolute: Vec<Space>,
    /// Absolute places of the zoom.
    pub zoom: Vec<Space>,
    /// Speeds.
    pub velocity: Vec<Space>,
}

/// What the motors of a node take.
///
/// # Errors
/// When the answer describes no node.
pub fn spaces(answer: &str) -> Result<Spaces, AnswerError> {
    let body = read(answer)?;
    let supported = body.find("SupportedPTZSpaces").ok_or(AnswerError::Missing("PTZ spaces"))?;
    let range = |space: &Element, name: &str| {
        let range = space.child(name)?;
        Some((finite(range.child("Min")?.text())?, finite(range.child("Max")?.text())?))
    };
    let plane = |space: &Element| {
        let uri = space.child("URI")?.text().to_owned();
        Some(Space { uri, x: range(space, "XRange")?, y: range(space, "YRange")? })
    };
    let line = |space: &Element| {
        let uri = space.child("URI")?.text().to_owned();
        Some(Space { uri, x: range(space, "XRange")?, y: (0.0, 0.0) })
    };
    Ok(Spaces {
        absolute: supported.all("AbsolutePanTiltPositionSpace").filter_map(plane).collect(),
        zoom: supported.all("AbsoluteZoomPositionSpace").filter_map(line).collect(),
        velocity: supported.all("ContinuousPanTiltVelocitySpace").filter_map(plane).collect(),
    })
}

/// Where a camera points.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Where, in the space that it names.
    pub position: Option<(Position, Option<String>)>,
    /// Whether it turns, where it says so.
    pub moving: Option<bool>,
}

/// A camera's status.
///
/// # Errors
/// When the answer has none.
pub fn status(answer: &str) -> Result<Status, AnswerError> {
    let body = read(answer)?;
    let status = body.find("PTZStatus").ok_or(AnswerError::Missing("PTZ status"))?;
    let position = status.child("Position").and_then(|it| it.child("PanTilt")).and_then(|it| {
        let position = Position { x: it.number("x")?, y: it.number("y")? };
        Some((position, it.attribute("space").map(str::to_owned)))
    });
    let moving = status.child("MoveStatus").and_then(|it| it.child("PanTilt")).and_then(|it| match it.text() {
        "IDLE" => Some(false),
        "MOVING" => Some(true),
        _ => None,
    });
    Ok(Status { position, moving })
}

/// That the camera has done what it was told.
///
/// # Errors
/// When it says no.
pub fn done(answer: &str) -> Result<(), AnswerError> {
    read(answer).map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::space::{GENERIC, SPHERICAL};
    use super::*;
    use proptest::prelude::*;

    fn answer(body: &str) -> String {
        format!("<?xml version=\"1.0\"?><env:Envelope xmlns:env=\"x\"><env:Body>{body}</env:Body></env:Envelope>")
    }

    #[test]
    fn the_token_is_the_one_of_the_standard() {
        // The example of the ONVIF Application Programmer's Guide, 6.1.1.3.
        let nonce = STANDARD.decode("LKqI6G/AikKCQrN0zqZFlg==").unwrap();
        let digest = Sha1::new().chain_update(nonce).chain_update("2010-09-16T07:50:45Z").chain_update("userpassword");
        assert_eq!(STANDARD.encode(digest.finalize()), "tuOSpGlFlIXsozq4HFNeeGeFLEI=");
        let created = EventTime::from_seconds(1_284_623_445);
        let token = Token::new("o'neil", "userpassword", b"0123456789abcdef", created);
        assert_eq!(token, Token::new("o'neil", "userpassword", b"0123456789abcdef", created));
        let header = Ask::Status("p".to_owned()).envelope(Some(&token));
        assert!(
            header.contains("<u:Created") && header.contains("2010-09-16T07:50:45") && header.contains("o&apos;neil")
        );
        assert!(!header.contains("userpassword"), "the password itself is never sent");
    }

    #[test]
    fn a_move_says_in_which_space_it_is() {
        let position = Position { x: -12.5, y: -0.25 };
        let zoom = Some(("z".to_owned(), 0.25));
        let ask = Ask::AbsoluteMove { profile: "main".to_owned(), space: SPHERICAL.to_owned(), position, zoom };
        let message = ask.envelope(None);
        assert!(message.contains("<tt:Zoom x=\"0.25\" space=\"z\"/></q:Position>"), "{message}");
        assert!(message.contains(&format!("<tt:PanTilt x=\"-12.5\" y=\"-0.25\" space=\"{SPHERICAL}\"/>")), "{message}");
        assert_eq!(ask.action(), "http://www.onvif.org/ver20/ptz/wsdl/AbsoluteMove");
        assert!(tree(&message).is_ok());
    }

    #[test]
    fn what_a_camera_answers_is_read_whatever_its_prefixes() {
        let capabilities = answer(
            "<a:GetCapabilitiesResponse><a:Capabilities><b:Media><b:XAddr>http://c/media</b:XAddr></b:Media>\
             <b:PTZ><b:XAddr> http://c/ptz?a=1&amp;b=2 </b:XAddr></b:PTZ></a:Capabilities></a:GetCapabilitiesResponse>",
        );
        assert_eq!(services(&capabilities), Ok(("http://c/media".to_owned(), "http://c/ptz?a=1&b=2".to_owned())));
        let profiles = answer(
            "<GetProfilesResponse><Profiles token=\"fixed\"/><Profiles token=\"p1\"><PTZConfiguration token=\"c\">\
             <NodeToken>n1</NodeToken></PTZConfiguration></Profiles></GetProfilesResponse>",
        );
        assert_eq!(profile(&profiles, None), Ok(("p1".to_owned(), "n1".to_owned())));
        assert_eq!(profile(&profiles, Some("fixed")), Err(AnswerError::Missing("profile with a PTZ configuration")));
        let node = answer(&format!(
            "<x:PTZNode><SupportedPTZSpaces><AbsolutePanTiltPositionSpace><URI>{GENERIC}</URI><XRange><Min>-1</Min><Max>1.0</Max></XRange>\
             <YRange><Min>-1</Min><Max>1</Max></YRange></AbsolutePanTiltPositionSpace><AbsolutePanTiltPositionSpace><URI>odd</URI>\
             </AbsolutePanTiltPositionSpace><AbsoluteZoomPositionSpace><URI>z</URI><XRange><Min>0</Min><Max>1</Max></XRange>\
             </AbsoluteZoomPositionSpace></SupportedPTZSpaces></x:PTZNode>"
        ));
        let found = spaces(&node).unwrap();
        assert_eq!(found.absolute, [Space { uri: GENERIC.to_owned(), x: (-1.0, 1.0), y: (-1.0, 1.0) }]);
        assert_eq!((found.zoom.len(), found.velocity.len()), (1, 0), "one of which nothing is known is left out");
        let pointing = answer(
            "<PTZStatus><Position><PanTilt x=\"0.5\" y=\"-0.1\" space=\"s\"/></Position><MoveStatus><PanTilt>MOVING</PanTilt></MoveStatus>\
             </PTZStatus>",
        );
        let read = status(&pointing).unwrap();
        assert_eq!(read.position, Some((Position { x: 0.5, y: -0.1 }, Some("s".to_owned()))));
        assert_eq!(read.moving, Some(true));
        let silent =
            status(&answer("<PTZStatus><MoveStatus><PanTilt>{{x}}</PanTilt></MoveStatus></PTZStatus>")).unwrap();
        assert_eq!((silent.position, silent.moving), (None, None));
        let clock = answer(
            "<UTCDateTime><Time><Hour>7</Hour><Minute>50</Minute><Second>45</Second></Time><Date><Year>2010</Year><Month>9</Month>\
             <Day>16</Day></Date></UTCDateTime>",
        );
        assert_eq!(time(&clock), Ok(EventTime::from_seconds(1_284_623_445)));
    }

    #[test]
    fn a_fault_is_told_in_the_words_of_the_camera() {
        let fault = answer(
            "<Fault><Code><Value>Sender</Value><Subcode><Value>ter:NotAuthorized</Value></Subcode></Code><Reason><Text>Sender not \
             authorized</Text></Reason></Fault>",
        );
        assert_eq!(done(&fault), Err(AnswerError::Fault("Sender not authorized ter:NotAuthorized".to_owned())));
        assert_eq!(done("<html>"), Err(AnswerError::BadXml));
        assert_eq!(done("<!DOCTYPE a><a/>"), Err(AnswerError::BadXml));
        assert_eq!(done(&"<a>".repeat(1_000)), Err(AnswerError::BadXml));
    }

    proptest! {
        #[test]
        fn no_answer_panics(text in "[<>/a-zA-Z:=\"' {}&;!-]{0,200}") {
            let _ = (time(&text), services(&text), profile(&text, None), spaces(&text), status(&text), done(&text));
        }
    }
}
