//! Who may do what, where: units with their areas, roles with their rights, and the one place where every call is checked.
//!
//! - [`organisation`]: units, their areas and who stands above whom.
//! - [`role`]: roles and what each may do.
//! - [`rules`]: what each call of the interface asks for; a call without a rule is refused.
//! - [`principal`]: who calls, and what he may see.
//! - [`token`], [`keyring`]: who a caller is by his token or certificate.
//! - [`setup`]: certificates, keys and tokens from nothing.
//! - [`layer`]: checks every call before any service sees it.
//!
//! Nothing is allowed that is not said to be. Lists, watches and single calls ask the same [`principal::Principal`], so what a unit
//! may not see it sees nowhere.

pub mod keyring;
pub mod layer;
pub mod organisation;
pub mod principal;
pub mod role;
pub mod rules;
pub mod setup;
pub mod token;
