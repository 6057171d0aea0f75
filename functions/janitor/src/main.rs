//! Runs the function on Lambda.

use janitor::State;
use platform::config::Env;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), worker::StartError> {
    platform::telemetry::init();
    let state = State::load(&Env::process()).await?;
    worker::run_schedule("janitor", platform::ambient::system(), state).await
}
