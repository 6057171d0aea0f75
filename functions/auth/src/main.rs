//! Runs the function on Lambda.

use auth::State;
use platform::config::Env;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), web::Failure> {
    platform::telemetry::init();
    let state = State::load(&Env::process()).await?;
    web::run(auth::router(state)).await
}
