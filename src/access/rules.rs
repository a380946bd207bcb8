//! What each call of the interface asks for. A call that stands here in no line is refused, and `tests/suite/access.rs` fails.

use super::role::Permission;

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Anybody may call, even without a name: the health of the server, the files of the console.
    Open,
    /// Whoever has the permission; what he is shown or may change is what his unit may see.
    InArea(Permission),
    /// Whoever has the permission; it is not about a place.
    Anywhere(Permission),
}

impl Rule {
    /// The permission that is asked for.
    pub const fn permission(self) -> Option<Permission> {
        match self {
            Self::Open => None,
            Self::InArea(permission) | Self::Anywhere(permission) => Some(permission),
        }
    }
}

/// The calls of gRPC: package and service, call, rule.
pub const CALLS: &[(&str, &str, Rule)] = {
    use Permission::{Act, Describe, EditChart, Feed, Look, ReadRecord};
    const ALERTS: &str = "shorewatch.alert.v1.AlertService";
    const FEEDS: &str = "shorewatch.feed.v1.FeedService";
    const SENSORS: &str = "shorewatch.sensor.v1.SensorService";
    const CUES: &str = "shorewatch.sensor.v1.CueService";
    const REGISTER: &str = "shorewatch.register.v1.RegisterService";
    const RULES: &str = "shorewatch.rule.v1.RuleService";
    const TRACKS: &str = "shorewatch.track.v1.TrackService";
    const ZONES: &str = "shorewatch.zone.v1.ZoneService";
    &[
        (ALERTS, "GetAlert", Rule::InArea(Look)),
        (ALERTS, "ListAlerts", Rule::InArea(Look)),
        (ALERTS, "WatchAlerts", Rule::InArea(Look)),
        (ALERTS, "AcknowledgeAlert", Rule::InArea(Act)),
        (ALERTS, "VerifyAlert", Rule::InArea(Act)),
        (ALERTS, "ConfirmAlert", Rule::InArea(Act)),
        (ALERTS, "DismissAlert", Rule::InArea(Act)),
        (ALERTS, "DispatchAlert", Rule::InArea(Act)),
        (ALERTS, "DisposeAlert", Rule::InArea(Act)),
        (ALERTS, "CloseAlert", Rule::InArea(Act)),
        (ALERTS, "CommentAlert", Rule::InArea(Act)),
        (ALERTS, "HandOverAlert", Rule::InArea(Act)),
        // The life of one alert is part of it; that of all asks for ReadRecord in the service.
        (ALERTS, "ListAlertEvents", Rule::InArea(Look)),
        (ALERTS, "GetEvidence", Rule::InArea(Look)),
        (ALERTS, "GetPicture", Rule::InArea(Look)),
        (FEEDS, "Ingest", Rule::Anywhere(Feed)),
        // How a sensor does is no secret of the waters that it looks at; what is seen where is.
        (SENSORS, "ListSensors", Rule::Anywhere(Look)),
        (SENSORS, "GetCoverage", Rule::InArea(Look)),
        // Who sends a camera's detections turns it, and is told of no more than he must turn it to, in his unit's waters.
        (CUES, "TakeCues", Rule::InArea(Feed)),
        (CUES, "AnswerCue", Rule::InArea(Feed)),
        (CUES, "RequestCue", Rule::InArea(Act)),
        (CUES, "WithdrawCue", Rule::InArea(Act)),
        (CUES, "ListCues", Rule::InArea(Look)),
        (TRACKS, "OverrideTrack", Rule::InArea(EditChart)),
        (TRACKS, "ExplainTrack", Rule::InArea(Look)),
        // Vessels have no place.
        (REGISTER, "ImportVessels", Rule::Anywhere(EditChart)),
        (REGISTER, "ListVessels", Rule::Anywhere(Look)),
        (REGISTER, "GetVessel", Rule::Anywhere(Look)),
        (REGISTER, "WatchVessel", Rule::Anywhere(EditChart)),
        (REGISTER, "UnwatchVessel", Rule::Anywhere(EditChart)),
        (REGISTER, "ListVesselVersions", Rule::Anywhere(ReadRecord)),
        // By what thresholds one is watched is no secret of those who watch; what would have been told is of some waters.
        (RULES, "GetRules", Rule::Anywhere(Look)),
        (RULES, "TryRules", Rule::InArea(EditChart)),
        (TRACKS, "GetTrack", Rule::InArea(Look)),
        (TRACKS, "ListTracks", Rule::InArea(Look)),
        (TRACKS, "WatchTracks", Rule::InArea(Look)),
        (TRACKS, "ListTrackPoints", Rule::InArea(Look)),
        (TRACKS, "StreamTrackPoints", Rule::InArea(Look)),
        // The chart is the same for everybody, as on paper.
        (ZONES, "ListZones", Rule::Anywhere(Look)),
        (ZONES, "LocateZones", Rule::Anywhere(Look)),
        (ZONES, "GetZone", Rule::Anywhere(Look)),
        (ZONES, "WatchZones", Rule::Anywhere(Look)),
        (ZONES, "ListZoneVersions", Rule::Anywhere(Look)),
        // A unit changes what lies in its own waters.
        (ZONES, "CreateZone", Rule::InArea(EditChart)),
        (ZONES, "UpdateZone", Rule::InArea(EditChart)),
        (ZONES, "DeleteZone", Rule::InArea(EditChart)),
        (ZONES, "ImportZones", Rule::InArea(EditChart)),
        ("grpc.health.v1.Health", "Check", Rule::Open),
        ("grpc.health.v1.Health", "List", Rule::Open),
        ("grpc.health.v1.Health", "Watch", Rule::Open),
        ("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo", Rule::Anywhere(Describe)),
        ("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo", Rule::Anywhere(Describe)),
    ]
};

/// Plain HTTP: path, rule; the path itself and what lies below it. The longest that fits counts.
///
/// Data there is not cut to a unit's area, so only callers from whom no place is hidden get it (see the layer).
pub const PATHS: &[(&str, Rule)] = &[
    ("/", Rule::Open),
    ("/index.html", Rule::Open),
    ("/map.html", Rule::Open),
    ("/assets", Rule::Open),
    ("/favicon.ico", Rule::Open),
    ("/favicon.svg", Rule::Open),
    ("/healthz", Rule::Open),
    ("/metrics", Rule::Anywhere(Permission::Monitor)),
    ("/session", Rule::Anywhere(Permission::Describe)),
    // Whoever sends one shows by its signature who he is.
    ("/v1/callbacks", Rule::Open),
    ("/v1/feeds", Rule::Anywhere(Permission::Feed)),
    ("/v1/pictures", Rule::Anywhere(Permission::Feed)),
    ("/v1/endpoints", Rule::Anywhere(Permission::Deliver)),
    ("/ogc", Rule::InArea(Permission::Look)),
    ("/tiles", Rule::InArea(Permission::Look)),
    // The chart and where sensors stand are the same for everybody, as on paper.
    ("/ogc/collections/zones", Rule::Anywhere(Permission::Look)),
    ("/ogc/collections/ports", Rule::Anywhere(Permission::Look)),
    ("/ogc/collections/sensors", Rule::Anywhere(Permission::Look)),
    ("/tiles/coast", Rule::Anywhere(Permission::Look)),
    ("/tiles/coast.json", Rule::Anywhere(Permission::Look)),
    ("/tiles/zones", Rule::Anywhere(Permission::Look)),
    ("/tiles/zones.json", Rule::Anywhere(Permission::Look)),
];

/// The rule of a gRPC path: `/shorewatch.alert.v1.AlertService/GetAlert`. `None`: there is none, so nobody may.
pub fn of_call(path: &str) -> Option<Rule> {
    let (service, call) = path.strip_prefix('/')?.split_once('/')?;
    CALLS.iter().find(|(known, name, _)| (*known, *name) == (service, call)).map(|(.., rule)| *rule)
}

/// The rule of a path of plain HTTP. `None`: nobody may.
pub fn of_path(path: &str) -> Option<Rule> {
    let fits = |prefix: &str| path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
    PATHS.iter().filter(|(prefix, _)| fits(prefix)).max_by_key(|(prefix, _)| prefix.len()).map(|(_, rule)| *rule)
}
