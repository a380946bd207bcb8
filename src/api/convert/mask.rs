//! Field masks of alerts: `id,kind,life`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use prost::Message;
use prost_types::{FieldMask, FileDescriptorSet};

use super::BadField;
use crate::api::proto::DESCRIPTORS;
use crate::api::proto::alert::v1::Alert;

/// The fields of an alert that are asked for; empty: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertMask(Vec<u32>);

/// Numbers of the fields of an alert, by name.
fn fields() -> &'static BTreeMap<String, u32> {
    static FIELDS: OnceLock<BTreeMap<String, u32>> = OnceLock::new();
    FIELDS.get_or_init(|| {
        let files = FileDescriptorSet::decode(DESCRIPTORS).map(|set| set.file).unwrap_or_default();
        let messages = files.into_iter().filter(|file| file.package() == "shorewatch.alert.v1");
        let alert = messages.flat_map(|file| file.message_type).find(|message| message.name() == "Alert");
        let fields = alert.map(|alert| alert.field).unwrap_or_default();
        fields.into_iter().map(|field| (field.name().to_owned(), field.number() as u32)).collect()
    })
}

/// The mask, from the wire.
///
/// # Errors
/// For a name that is no field of an alert.
pub fn checked(mask: Option<&FieldMask>) -> Result<AlertMask, BadField> {
    let number = |path: &String| {
        fields().get(path).copied().ok_or_else(|| {
            let known: Vec<&str> = fields().keys().map(String::as_str).collect();
            BadField::new("read_mask", format!("'{path}' is no field of Alert: {}", known.join(", ")))
        })
    };
    mask.map_or(Ok(AlertMask::default()), |mask| {
        Ok(AlertMask(mask.paths.iter().map(number).collect::<Result<_, _>>()?))
    })
}

impl AlertMask {
    /// An alert with nothing but the fields that are asked for.
    pub fn apply(&self, alert: Alert) -> Alert {
        if self.0.is_empty() {
            return alert;
        }
        let whole = alert.encode_to_vec();
        let mut kept = Vec::with_capacity(whole.len());
        let mut rest = whole.as_slice();
        while let Some((number, length)) = field(rest) {
            if self.0.contains(&number) {
                kept.extend_from_slice(rest.get(..length).unwrap_or_default());
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        Alert::decode(kept.as_slice()).unwrap_or_default()
    }
}

/// Number and length in bytes of the field at the beginning of a message.
fn field(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut rest = bytes;
    let (number, wire_type) = prost::encoding::decode_key(&mut rest).ok()?;
    let context = prost::encoding::DecodeContext::default();
    prost::encoding::skip_field(wire_type, number, &mut rest, context).ok()?;
    Some((number, bytes.len() - rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::proto::r#type::v1::LatLon;

    #[test]
    fn only_the_fields_that_are_asked_for_remain() {
        let alert = Alert {
            id: "a".to_owned(),
            kind: "loitering".to_owned(),
            position: Some(LatLon { lat_deg: 20.0, lon_deg: 110.0 }),
            revision: 3,
            ..Alert::default()
        };
        let mask = |paths: &[&str]| FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
        let kept = checked(Some(&mask(&["id", "position"]))).unwrap().apply(alert.clone());
        assert_eq!(kept, Alert { id: "a".to_owned(), position: alert.position, ..Alert::default() });
        assert_eq!(checked(None).unwrap().apply(alert.clone()), alert);
        assert_eq!(checked(Some(&mask(&[]))).unwrap().apply(alert.clone()), alert);
        let refused = checked(Some(&mask(&["colour"]))).unwrap_err().to_string();
        assert!(
            refused.starts_with("read_mask: 'colour' is no field of Alert: ") && refused.contains(", life, "),
            "{refused}"
        );
    }
}
