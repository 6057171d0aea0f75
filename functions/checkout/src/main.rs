//! Runs the function on Lambda.

use checkout::State;
use platform::config::Env;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), web::Failure> {
    platform::telemetry::init();
    let state = State::load(&Env::process()).await?;
    web::run(checkout::router(state)).await
}
