//! Runs the function on Lambda.

use platform::config::Env;
use relay::State;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), worker::StartError> {
    platform::telemetry::init();
    worker::run_stream(State::load(&Env::process()).await?).await
}
