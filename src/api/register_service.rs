//! `RegisterService`: who vessels are, what they may do, and whom to watch.

use std::sync::Arc;

use tokio::sync::Mutex;
use tonic::{Code, Request, Response, Status};

use super::alert_service::unreadable;
use super::convert::{BadField, life, register as convert};
use super::faults::reasoned;
use super::proto::register::v1 as wire;
use super::proto::register::v1::register_service_server::RegisterService;
use super::tokens;
use crate::access::layer::caller;
use crate::access::principal::Principal;
use crate::access::role::Permission;
use crate::register::{Register, Registered, Sheet, Watch};
use crate::serve::clock;
use crate::serve::engine_task::EngineHandle;
use crate::serve::limits::{REGISTER_PAGE_DEFAULT, REGISTER_PAGE_MAX};
use crate::store::records::entry::sha256_hex;
use crate::store::records::register::{self as records, Changes, Imported, RegisterOrderError, VesselRecord};
use crate::store::records::{Book, Records};
use crate::units::Mmsi;

/// The service.
#[derive(Debug)]
pub struct Registers {
    records: Records,
    engine: EngineHandle,
    /// What the rules know. Held over each change, so that they hear of changes in the order in which these are on record.
    present: Mutex<Arc<Register>>,
}

impl Registers {
    /// A service of the register on record, which is `present`; changes are told to the `engine`.
    pub fn new(records: Records, engine: EngineHandle, present: Arc<Register>) -> Self {
        Self { records, engine, present: Mutex::new(present) }
    }

    async fn say(&self, present: &mut Arc<Register>, changes: Changes, sequence: i64) {
        if changes.is_empty() {
            return;
        }
        *present = Arc::new(present.with(changes));
        // A server that shuts down reads the register when it is started again.
        let _ = self.engine.set_register(Arc::clone(present), sequence).await;
    }

    async fn change_watch(
        &self,
        mmsi: Mmsi,
        watch: Option<Watch>,
        version: Option<i64>,
        request: records::Request,
    ) -> Result<VesselRecord, Status> {
        let mut present = self.present.lock().await;
        let write = move |book: &mut Book<'_>| book.watch_vessel(mmsi, watch, version, &request);
        let record = self.records.write(write).await.map_err(refused)?;
        self.say(&mut present, vec![(mmsi, record.vessel.clone())], record.sequence).await;
        Ok(record)
    }
}

/// Who asks, and how the call is known again.
fn checked_request(caller: &Principal, request_id: String, note: String) -> Result<records::Request, BadField> {
    Ok(records::Request {
        actor: caller.actor(Permission::EditChart),
        request_id,
        note: life::checked_note(note)?,
        at_ms: clock::now().as_millis(),
    })
}

#[tonic::async_trait]
impl RegisterService for Registers {
    async fn import_vessels(
        &self,
        request: Request<wire::ImportVesselsRequest>,
    ) -> Result<Response<wire::ImportVesselsResponse>, Status> {
        let caller = caller(&request)?;
        let wire::ImportVesselsRequest { csv, replace, validate_only, request_id, note } = request.into_inner();
        let request_id = if validate_only { String::new() } else { life::checked_request_id(request_id)? };
        let order = checked_request(&caller, request_id, note)?;
        let read = tokio::task::spawn_blocking(move || {
            let sheet = Sheet::from_csv(&csv).map_err(|error| BadField::new("csv", error.to_string()))?;
            Ok::<_, BadField>((sheet, sha256_hex(csv.as_bytes())))
        });
        let (sheet, sha256) = read.await.map_err(|error| Status::internal(error.to_string()))??;
        let imported = if validate_only {
            let compare = move |book: &mut Book<'_>| {
                records::compare(book.connection(), &sheet, replace).map(|(_, imported)| imported)
            };
            self.records.write(compare).await.map_err(refused)?
        } else {
            let mut present = self.present.lock().await;
            let write = move |book: &mut Book<'_>| book.import_register(&sheet, &sha256, replace, &order);
            let (changes, imported) = self.records.write(write).await.map_err(refused)?;
            self.say(&mut present, changes, imported.sequence).await;
            imported
        };
        let Imported { added, changed, removed, unchanged, sequence } = imported;
        Ok(Response::new(wire::ImportVesselsResponse { added, changed, removed, unchanged, sequence }))
    }

    async fn list_vessels(
        &self,
        request: Request<wire::ListVesselsRequest>,
    ) -> Result<Response<wire::ListVesselsResponse>, Status> {
        let request = request.into_inner();
        let of = format!("vessels watched {}", request.watched_only);
        let after = tokens::read(&request.page_token, &of)?.and_then(|place| u32::try_from(place).ok()).unwrap_or(0);
        let size = match request.page_size as usize {
            0 => REGISTER_PAGE_DEFAULT,
            size => size.min(REGISTER_PAGE_MAX),
        };
        let now = clock::now();
        let selects = move |vessel: &Registered| !request.watched_only || vessel.watched(now).is_some();
        // One more than the page shows whether there is a next one.
        let read = move |connection: &rusqlite::Connection| records::list(connection, after, size + 1, selects);
        let mut found = self.records.read(read).await.map_err(unreadable)?;
        let more = found.len() > size;
        found.truncate(size);
        let next = found.last().filter(|_| more).map(|last| tokens::write(i64::from(last.mmsi.number()), &of));
        let vessels = found.iter().map(convert::vessel).collect();
        Ok(Response::new(wire::ListVesselsResponse { vessels, next_page_token: next.unwrap_or_default() }))
    }

    async fn get_vessel(
        &self,
        request: Request<wire::GetVesselRequest>,
    ) -> Result<Response<wire::GetVesselResponse>, Status> {
        let mmsi = convert::checked_mmsi(request.into_inner().mmsi)?;
        let found = self.records.read(move |connection| records::vessel(connection, mmsi)).await.map_err(unreadable)?;
        let listed = found.filter(|record| record.vessel.is_some());
        let record = listed.ok_or_else(|| Status::not_found(format!("the register does not list vessel {mmsi}")))?;
        Ok(Response::new(wire::GetVesselResponse { vessel: Some(convert::vessel(&record)) }))
    }

    async fn watch_vessel(
        &self,
        request: Request<wire::WatchVesselRequest>,
    ) -> Result<Response<wire::WatchVesselResponse>, Status> {
        let caller = caller(&request)?;
        let asked = request.into_inner();
        let mmsi = convert::checked_mmsi(asked.mmsi)?;
        let watch = convert::checked_watch(&asked.reason, asked.until_ms, clock::now())?;
        let version = convert::checked_etag(&asked.etag)?;
        let order = checked_request(&caller, life::checked_request_id(asked.request_id)?, asked.note)?;
        let record = self.change_watch(mmsi, Some(watch), version, order).await?;
        Ok(Response::new(wire::WatchVesselResponse { vessel: Some(convert::vessel(&record)) }))
    }

    async fn unwatch_vessel(
        &self,
        request: Request<wire::UnwatchVesselRequest>,
    ) -> Result<Response<wire::UnwatchVesselResponse>, Status> {
        let caller = caller(&request)?;
        let asked = request.into_inner();
        let mmsi = convert::checked_mmsi(asked.mmsi)?;
        let version = convert::checked_etag(&asked.etag)?;
        let order = checked_request(&caller, life::checked_request_id(asked.request_id)?, asked.note)?;
        let record = self.change_watch(mmsi, None, version, order).await?;
        let vessel = record.vessel.is_some().then(|| convert::vessel(&record));
        Ok(Response::new(wire::UnwatchVesselResponse { vessel }))
    }

    async fn list_vessel_versions(
        &self,
        request: Request<wire::ListVesselVersionsRequest>,
    ) -> Result<Response<wire::ListVesselVersionsResponse>, Status> {
        let mmsi = convert::checked_mmsi(request.into_inner().mmsi)?;
        let read = move |connection: &rusqlite::Connection| records::versions(connection, mmsi);
        let all = self.records.read(read).await.map_err(unreadable)?;
        let versions = all.iter().map(|(record, entry)| convert::version(record, entry)).collect();
        Ok(Response::new(wire::ListVesselVersionsResponse { versions }))
    }
}

/// Why a change was not made, in the words of the interface.
fn refused(error: RegisterOrderError) -> Status {
    let message = error.to_string();
    match error {
        RegisterOrderError::NotWatched(_) => Status::not_found(message),
        RegisterOrderError::Changed { present } => {
            reasoned(Code::Aborted, message, "ETAG_MISMATCH", ("etag", &present.to_string()))
        }
        RegisterOrderError::RequestReused => {
            reasoned(Code::AlreadyExists, message, "REQUEST_ID_REUSED", ("field", "request_id"))
        }
        RegisterOrderError::Full => Status::resource_exhausted(message),
        RegisterOrderError::Records(error) => unreadable(error),
    }
}
