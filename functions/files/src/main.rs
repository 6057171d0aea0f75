//! Runs the delivery of files on Lambda.

use files::State;
use platform::aws::Clients;
use platform::config::Env;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), web::Failure> {
    platform::telemetry::init();
    let env = Env::process();
    let clients = Clients::load().await;
    web::run(files::router(State::load(&env, &clients)?)).await
}
