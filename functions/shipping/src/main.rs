//! Runs the function on Lambda.

use platform::config::Env;
use shipping::State;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), web::Failure> {
    platform::telemetry::init();
    let state = State::load(&Env::process()).await?;
    web::run(shipping::router(state)).await
}
