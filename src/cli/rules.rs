//! Reads the rules that `replay`, `serve` and `backtest` are given.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::behaviour::BehaviourConfig;

/// The rules of a file; the built-in ones where none is named.
///
/// # Errors
/// When it cannot be read, or a rule of it cannot be.
pub(super) fn read(path: Option<&Path>) -> Result<BehaviourConfig> {
    let Some(path) = path else { return Ok(BehaviourConfig::default()) };
    let at = || format!("--rules {}", path.display());
    BehaviourConfig::from_toml(&fs::read_to_string(path).with_context(at)?).with_context(at)
}
