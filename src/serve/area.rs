//! What a server watches: the sensors and the chart of an area.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::limits::EXPLAINED_PER_TRACK;
use super::session::{Plan, Span};
use crate::behaviour::{BehaviourConfig, RulesError};
use crate::chart::Chart;
use crate::engine::EngineConfig;
use crate::feed::sensor::SensorTable;
use crate::fusion::Explain;
use crate::recording::{
    ChartFileError, Recording, RecordingError, SCENARIO_FILE, builtin_chart_files, chart_files, load_builtin_chart,
    load_chart,
};
use crate::store::area::{RULES_FILE, has_sensors};

/// Why an area cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum AreaError {
    /// Its sensors.
    #[error(transparent)]
    Scenario(#[from] RecordingError),
    /// Its coast or zones.
    #[error(transparent)]
    Chart(#[from] ChartFileError),
    /// A file of it cannot be read.
    #[error("cannot read {} ({source})", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Its rules.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

/// Files under their own names.
fn named(files: Vec<PathBuf>) -> Vec<(String, PathBuf)> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    files.into_iter().map(|path| (name(&path), path)).collect()
}

/// An area.
#[derive(Clone, Debug)]
pub struct Area {
    /// Its sensors.
    pub sensors: SensorTable,
    /// Its coast and zones.
    pub chart: Arc<Chart>,
    /// When its recording was made, if it comes from one.
    pub span: Option<Span>,
    /// What looked odd: for the operator.
    pub notes: Vec<String>,
    /// Rules of behaviour.
    pub rules: BehaviourConfig,
    /// The files that it was read from, by the name that a store keeps them under: `scenario.json` where there is one, coastline
    /// and zones, `rules.toml` where they are not the built-in ones.
    pub files: Vec<(String, PathBuf)>,
}

impl Area {
    /// The built-in chart, without sensors.
    ///
    /// # Errors
    /// When the chart is not found.
    pub fn built_in() -> Result<Self, AreaError> {
        Ok(Self { files: named(builtin_chart_files()), ..Self::of_chart(load_builtin_chart()?) })
    }

    /// The same area with the rules of a file.
    ///
    /// # Errors
    /// When it cannot be read, or a rule of it cannot be.
    pub fn with_rules(mut self, file: &Path) -> Result<Self, AreaError> {
        let text = fs::read_to_string(file).map_err(|source| AreaError::Read { path: file.to_owned(), source })?;
        self.rules = BehaviourConfig::from_toml(&text)?;
        self.files.push((RULES_FILE.to_owned(), file.to_owned()));
        Ok(self)
    }

    /// The area that a store keeps in `folder`: with sensors where a scenario says them, else a chart alone, and its rules.
    ///
    /// # Errors
    /// When scenario, chart or rules in it are missing or wrong.
    pub fn kept(folder: &Path) -> Result<Self, AreaError> {
        let area = match has_sensors(folder) {
            true => Self::open(folder)?,
            false => Self { files: named(chart_files(folder)), ..Self::of_chart(load_chart(folder, None)?) },
        };
        let rules = folder.join(RULES_FILE);
        if rules.is_file() { area.with_rules(&rules) } else { Ok(area) }
    }

    /// The area of a scenario folder; its feed files need not be there.
    ///
    /// # Errors
    /// When the scenario or the chart in it is missing or wrong.
    pub fn open(folder: &Path) -> Result<Self, AreaError> {
        Self::of_recording(&Recording::describe(folder)?)
    }

    /// The area that a recording was made in: its own chart when it is a scenario folder, else the built-in one.
    ///
    /// # Errors
    /// When the chart is missing or wrong.
    pub fn of_recording(recording: &Recording) -> Result<Self, AreaError> {
        let mut area = Self::of_chart(recording.chart(None)?);
        area.sensors = recording.sensors.clone();
        area.span = recording.start.map(|start| Span { start, duration_ms: recording.duration_ms });
        area.files = match &recording.folder {
            Some(folder) => named(std::iter::once(folder.join(SCENARIO_FILE)).chain(chart_files(folder)).collect()),
            None => named(builtin_chart_files()),
        };
        Ok(area)
    }

    fn of_chart(chart: Chart) -> Self {
        let notes = chart.warnings().iter().map(ToString::to_string).collect();
        Self {
            sensors: SensorTable::default(),
            chart: Arc::new(chart),
            span: None,
            notes,
            rules: BehaviourConfig::default(),
            files: Vec::new(),
        }
    }

    /// What a session needs of it; `tracks.csv` and `alerts.jsonl` go to `out`.
    pub fn into_plan(self, out: Option<PathBuf>) -> Plan {
        let mut engine = EngineConfig { rules: self.rules, ..EngineConfig::default() };
        engine.fusion.explain = Explain::Latest(EXPLAINED_PER_TRACK);
        Plan { sensors: self.sensors, chart: self.chart, engine, span: self.span, out, history: false }
    }
}
