//! `SensorService`: how the sensors are doing, and what they cover.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::convert::sensor as convert;
use super::proto::sensor::v1 as wire;
use super::proto::sensor::v1::sensor_service_server::SensorService;
use super::streams::shutting_down;
use crate::access::layer::caller;
use crate::chart::Chart;
use crate::coverage::Coverage;
use crate::serve::engine_task::EngineHandle;
use crate::serve::sensor_board::SensorBoard;

/// The service.
#[derive(Debug)]
pub struct Sensors {
    engine: EngineHandle,
    chart: Arc<Chart>,
    questions: Arc<Semaphore>,
}

impl Sensors {
    /// A service that asks `engine`, and lays what it says over `chart`; `questions` says how many may ask at once.
    pub fn new(engine: EngineHandle, chart: Arc<Chart>, questions: Arc<Semaphore>) -> Self {
        Self { engine, chart, questions }
    }

    async fn board(&self) -> Result<SensorBoard, Status> {
        self.engine.sensors().await.map_err(|_| shutting_down())
    }

    async fn coverage(&self) -> Result<Coverage, Status> {
        self.engine.coverage().await.map_err(|_| shutting_down())
    }
}

#[tonic::async_trait]
impl SensorService for Sensors {
    async fn list_sensors(
        &self,
        _request: Request<wire::ListSensorsRequest>,
    ) -> Result<Response<wire::ListSensorsResponse>, Status> {
        let _place = self.questions.acquire().await.map_err(|_| shutting_down())?;
        Ok(Response::new(convert::sensors(&self.board().await?)))
    }

    async fn get_coverage(
        &self,
        request: Request<wire::GetCoverageRequest>,
    ) -> Result<Response<wire::GetCoverageResponse>, Status> {
        let caller = caller(&request)?;
        let (grid, height_m) = convert::checked_grid(&request.into_inner())?;
        let _place = self.questions.acquire().await.map_err(|_| shutting_down())?;
        let (board, coverage) = (self.board().await?, self.coverage().await?);
        let chart = Arc::clone(&self.chart);
        // Some tens of milliseconds of arithmetic: not on the threads that carry the streams.
        let laid = tokio::task::spawn_blocking(move || {
            let time = board.time.unwrap_or_default();
            let layers = coverage.layers(&grid, height_m, time, &chart, |place| caller.sees_place(place));
            convert::coverage(&grid, layers, &board.sensors, time)
        });
        Ok(Response::new(laid.await.map_err(|_| Status::internal("the grid could not be laid"))?))
    }
}
