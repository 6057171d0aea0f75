//! Runs the function on Lambda.

use importer::State;
use platform::config::Env;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), worker::StartError> {
    platform::telemetry::init();
    let (edge, state) = State::load(&Env::process()).await?;
    edge.run(state).await
}
