//! The providers that have no emulator, for `make dev` and the end-to-end tests.

use clap::Parser;
use harness::razorpay::StandIn;

/// Runs the stand-ins of the payment providers and of the identity providers until stopped, all at one address.
///
/// Prints one line of JSON with the address when it is ready: {"razorpay":"http://127.0.0.1:PORT"}.
#[derive(Parser)]
#[command(name = "stand-ins")]
struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The address of the API that webhooks go to, such as <http://127.0.0.1:8080>.
    #[arg(long)]
    webhook_url_base: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
#[allow(clippy::print_stdout, reason = "the address on standard output is this program's interface")]
async fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let razorpay = StandIn::start(options.port, options.webhook_url_base.as_deref()).await?;
    println!("{}", serde_json::json!({ "razorpay": razorpay.url }));
    razorpay.serve().await;
    Ok(())
}
