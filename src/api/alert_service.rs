//! `AlertService`: what a watch officer is told, and why.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::convert::alert as convert;
use super::proto::alert::v1 as wire;
use super::proto::alert::v1::alert_service_server::AlertService;
use super::streams::{Answers, Places, shutting_down};
use crate::alert::Alert;
use crate::serve::alert_board::{AlertWatch, AlertWindow};
use crate::serve::limits::WATCH_QUEUE;

/// The service.
#[derive(Debug)]
pub struct Alerts {
    window: AlertWindow<Alert>,
    places: Places,
}

impl Alerts {
    /// A service that shows what `window` shows; watchers take one of `places` each.
    pub fn new(window: AlertWindow<Alert>, places: Places) -> Self {
        Self { window, places }
    }
}

#[tonic::async_trait]
impl AlertService for Alerts {
    type WatchAlertsStream = Answers<wire::WatchAlertsResponse>;

    async fn get_alert(
        &self,
        request: Request<wire::GetAlertRequest>,
    ) -> Result<Response<wire::GetAlertResponse>, Status> {
        let id = request.into_inner().id;
        let posted = self.window.get(&id).ok_or_else(|| Status::not_found("no alert of that id is kept"))?;
        Ok(Response::new(wire::GetAlertResponse { alert: Some(convert::alert(&posted.alert)) }))
    }

    async fn watch_alerts(
        &self,
        request: Request<wire::WatchAlertsRequest>,
    ) -> Result<Response<Self::WatchAlertsStream>, Status> {
        let kinds = convert::checked_kinds(&request.into_inner().kinds)?;
        let place = self.places.take()?;
        let mut window = self.window.clone();
        let (changes, queue) = mpsc::channel(WATCH_QUEUE);
        tokio::spawn(async move {
            let _place = place;
            let mut watch = AlertWatch::default();
            let mut snapshot = true;
            loop {
                // Before the look: what is posted during it is looked at again.
                window.mark_seen();
                for (change, posted) in watch.look(&window) {
                    let wanted = kinds.is_empty() || kinds.contains(&posted.alert.kind);
                    // Waits while the watcher does not read; meanwhile the board keeps the latest of each alert.
                    if wanted && changes.send(Ok(convert::alert_change(change, &posted.alert))).await.is_err() {
                        return;
                    }
                }
                if std::mem::take(&mut snapshot) && changes.send(Ok(convert::snapshot_end())).await.is_err() {
                    return;
                }
                let goes_on = tokio::select! {
                    goes_on = window.changed() => goes_on,
                    () = changes.closed() => return,
                };
                if !goes_on {
                    break;
                }
            }
            let _ = changes.send(Err(shutting_down())).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(queue))))
    }

    async fn list_alerts(
        &self,
        _: Request<wire::ListAlertsRequest>,
    ) -> Result<Response<wire::ListAlertsResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn acknowledge_alert(
        &self,
        _: Request<wire::AcknowledgeAlertRequest>,
    ) -> Result<Response<wire::AcknowledgeAlertResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn verify_alert(
        &self,
        _: Request<wire::VerifyAlertRequest>,
    ) -> Result<Response<wire::VerifyAlertResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn confirm_alert(
        &self,
        _: Request<wire::ConfirmAlertRequest>,
    ) -> Result<Response<wire::ConfirmAlertResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn dismiss_alert(
        &self,
        _: Request<wire::DismissAlertRequest>,
    ) -> Result<Response<wire::DismissAlertResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn dispatch_alert(
        &self,
        _: Request<wire::DispatchAlertRequest>,
    ) -> Result<Response<wire::DispatchAlertResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn dispose_alert(
        &self,
        _: Request<wire::DisposeAlertRequest>,
    ) -> Result<Response<wire::DisposeAlertResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn close_alert(
        &self,
        _: Request<wire::CloseAlertRequest>,
    ) -> Result<Response<wire::CloseAlertResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn comment_alert(
        &self,
        _: Request<wire::CommentAlertRequest>,
    ) -> Result<Response<wire::CommentAlertResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn hand_over_alert(
        &self,
        _: Request<wire::HandOverAlertRequest>,
    ) -> Result<Response<wire::HandOverAlertResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn list_alert_events(
        &self,
        _: Request<wire::ListAlertEventsRequest>,
    ) -> Result<Response<wire::ListAlertEventsResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }

    async fn get_evidence(
        &self,
        _: Request<wire::GetEvidenceRequest>,
    ) -> Result<Response<wire::GetEvidenceResponse>, Status> {
        Err(Status::unimplemented("this server keeps no records yet"))
    }
}
