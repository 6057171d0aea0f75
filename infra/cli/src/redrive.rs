//! `haat redrive`: dead letters go back to the queue that gave them up.
//!
//! By receiving and sending, not by SQS's own message move task, so that it works on every stand-in too. A letter is only
//! taken off the dead-letter queue once the queue has it again; a crash in between makes a second copy, which the
//! consumers recognise.

use clap::ValueEnum;
use platform::queues::{OutgoingMessage, Queues};

use crate::Failure;
use crate::settings::Settings;

/// A queue with dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Queue {
    /// Mails
    Mailer,
    /// Invoices
    Invoicer,
    /// Imports and exports of products
    Importer,
}

impl Queue {
    fn settings(self) -> (&'static str, &'static str) {
        match self {
            Self::Mailer => ("HAAT_MAILER_DLQ_URL", "HAAT_MAILER_QUEUE_URL"),
            Self::Invoicer => ("HAAT_INVOICER_DLQ_URL", "HAAT_INVOICER_QUEUE_URL"),
            Self::Importer => ("HAAT_IMPORTER_DLQ_URL", "HAAT_IMPORTER_QUEUE_URL"),
        }
    }
}

/// Moves about `limit` dead letters: what was received is moved, so that none is left hidden on its queue.
///
/// # Errors
/// When a queue can't be reached; what was moved stays moved.
pub async fn run(settings: &Settings, queue: Queue, limit: u32) -> Result<(), Failure> {
    let (from, to) = queue.settings();
    let (from, to) = (settings.text(from)?, settings.text(to)?);
    let queues = Queues::new(settings.clients().await.sqs());
    let mut moved: u32 = 0;
    while moved < limit {
        let letters = queues.receive(&from, 1).await?;
        if letters.is_empty() {
            break;
        }
        for letter in letters {
            let message = OutgoingMessage { id: "letter".to_owned(), body: letter.body };
            let refused = queues.send(&to, std::slice::from_ref(&message)).await?;
            if !refused.is_empty() {
                return Err(
                    format!("the queue refused a message after {moved} were moved; run the command again").into()
                );
            }
            queues.delete(&from, &letter.receipt).await?;
            moved = moved.saturating_add(1);
        }
        eprintln!("{moved} moved");
    }
    match moved {
        0 => println!("There are no dead letters."),
        _ => println!(
            "Moved {moved} dead letters back. See whether they stay away: `make logs`, or the function's log group."
        ),
    }
    Ok(())
}
