//! Who calls: what he may do and what he may see. Every service asks here, for lists, watches and single calls alike.

use std::sync::Arc;

use super::organisation::Organisation;
use super::role::{Permission, Role};
use crate::geodesy::LatLon;
use crate::life::Actor;
use crate::store::records::alert::AlertRecord;

/// A caller whose token or certificate has been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    id: String,
    name: String,
    credential: String,
    roles: Vec<Role>,
    /// The user of a server that nobody has set up for others: he may do everything.
    is_local: bool,
    unit: Option<String>,
    /// When his token runs out, milliseconds since 1970; `None`: it does not.
    pub expires_ms: Option<i64>,
    organisation: Arc<Organisation>,
}

impl Principal {
    /// The user of this machine, on a server that is set up for nobody else.
    pub fn local(organisation: Arc<Organisation>) -> Self {
        Self {
            id: "local".to_owned(),
            name: String::new(),
            credential: String::new(),
            roles: Vec::new(),
            is_local: true,
            unit: None,
            expires_ms: None,
            organisation,
        }
    }

    /// Somebody with roles, of a unit or of none.
    pub fn new(
        id: &str,
        name: &str,
        credential: &str,
        roles: Vec<Role>,
        unit: Option<String>,
        organisation: Arc<Organisation>,
    ) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            credential: credential.to_owned(),
            roles,
            is_local: false,
            unit,
            expires_ms: None,
            organisation,
        }
    }

    /// Whether he may do that.
    pub fn may(&self, permission: Permission) -> bool {
        self.is_local || self.roles.iter().any(|role| role.may(permission))
    }

    /// Whether he may see what is at that place.
    pub fn sees_place(&self, place: LatLon) -> bool {
        self.sees_everything() || self.unit.as_ref().is_some_and(|unit| self.organisation.answers_for(unit, place))
    }

    /// Whether no place is hidden from him. Without units there are no areas; with units, somebody without one sees nothing.
    pub fn sees_everything(&self) -> bool {
        self.is_local || self.organisation.is_empty()
    }

    /// Whether he may see an alert: in his unit's waters, or in the hands of his unit, of one below it, or joint with one.
    pub fn sees_alert(&self, alert: &AlertRecord) -> bool {
        if self.sees_place(alert.news.facts.position) {
            return true;
        }
        let Some(unit) = &self.unit else { return false };
        let concerned = std::iter::once(&alert.life.unit).chain(&alert.life.joint);
        concerned.filter(|it| !it.is_empty()).any(|it| self.organisation.is_within(it, unit))
    }

    /// Under which name he goes on record.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// His name for people. Empty: it is not known.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// His roles; none for the user of this machine.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// His unit.
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// The units of this server.
    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// Under which name he goes on record when he does that.
    pub fn actor(&self, permission: Permission) -> Actor {
        let role = self.roles.iter().find(|role| role.may(permission)).or(self.roles.first());
        Actor {
            id: self.id.clone(),
            name: self.name.clone(),
            unit: self.unit.clone().unwrap_or_default(),
            role: role.map_or("local", |role| role.as_str()).to_owned(),
            credential: self.credential.clone(),
        }
    }
}
