//! Keys by the environment: `SHOREWATCH_TLS_KEY` for `tls.key`.

use toml::{Table, Value};

/// Before every key in the environment.
pub const PREFIX: &str = "SHOREWATCH_";

/// A value of the environment that fits no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}='{value}': {expected} is expected")]
pub struct EnvError {
    name: String,
    value: String,
    expected: &'static str,
}

/// Every key that is one value, as `tls.key`, with its default. Lists of units and services have no name in the environment.
pub(super) fn leaves(table: &Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => {
                found.extend(leaves(inner).into_iter().map(|(name, value)| (format!("{key}.{name}"), value)));
            }
            Value::Array(_) => {}
            value => found.push((key.clone(), value.clone())),
        }
    }
    found
}

/// Puts what the environment says over what a file says.
///
/// # Errors
/// When a value is not of the key's sort.
pub(super) fn overlay(
    table: &mut Table,
    defaults: &Table,
    env: impl Fn(&str) -> Option<String>,
) -> Result<(), EnvError> {
    for (key, default) in leaves(defaults) {
        let name = format!("{PREFIX}{}", key.replace('.', "_").to_uppercase());
        let Some(text) = env(&name) else { continue };
        let wrong = |expected| EnvError { name: name.clone(), value: text.clone(), expected };
        let value = match default {
            Value::Integer(_) => Value::Integer(text.parse().map_err(|_| wrong("a whole number"))?),
            Value::Float(_) => Value::Float(text.parse().map_err(|_| wrong("a number"))?),
            Value::Boolean(_) => Value::Boolean(text.parse().map_err(|_| wrong("true or false"))?),
            _ => Value::String(text.clone()),
        };
        let defaults_of = |path: &[&str]| path.iter().try_fold(defaults, |table, part| table.get(*part)?.as_table());
        let parts: Vec<&str> = key.split('.').collect();
        if let Some((last, path)) = parts.split_last() {
            let mut place = &mut *table;
            for depth in 0..path.len() {
                let part = path.get(depth).copied().unwrap_or_default();
                // A table that must be whole where it stands begins with its defaults.
                let fresh = defaults_of(path.get(..=depth).unwrap_or_default()).cloned().unwrap_or_default();
                let inner = place.entry(part).or_insert(Value::Table(fresh));
                match inner {
                    Value::Table(inner) => place = inner,
                    _ => return Err(wrong("a file whose keys are of the right sort")),
                }
            }
            place.insert((*last).to_owned(), value);
        }
    }
    Ok(())
}
