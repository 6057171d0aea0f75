//! The queue edge: what stands between Lambda and the work of a consumer.
//!
//! [`queue`] turns a batch of messages into jobs, each under its own tenant and done once per consumer; [`stream`]
//! reads new events off the table's stream; [`schedule`] is for what runs by the clock.
//! Depends on `domain`, `store` and `platform`.
//!
//! Architecture invariant: a message that fails, panics or can't be read fails alone, and no error leaves with
//! its cause: it is logged here once, with the request that started the story.
//!
//! Start reading at [`job`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod backoff;
pub mod job;
pub mod queue;
pub mod schedule;
pub mod stream;

pub use backoff::Backoff;
pub use job::{Handler, Job, JobError};
pub use lambda_runtime::Error as StartError;
pub use queue::Edge;
pub use schedule::{Scheduled, run_schedule};
pub use stream::{Listener, run_stream};
