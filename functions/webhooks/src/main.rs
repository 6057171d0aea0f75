//! Takes what payment providers tell us. See `lib.rs`.

use platform::aws::Clients;
use platform::config::Env;
use web::Edge;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), web::Failure> {
    platform::telemetry::init();
    let edge = Edge::load(&Env::process(), &Clients::load().await)?;
    web::run(web::layers(webhooks::router(webhooks::State::new(edge.clone())), edge)).await
}
