//! Holds a request's writes back until something that runs beside its first read has let it in.
//!
//! So a limit that is counted in the table costs no round trip of its own, and who is over it changes nothing.

use std::future::Future;

use tokio::sync::watch;

tokio::task_local! {
    static CURRENT: watch::Receiver<bool>;
}

/// A gate that is closed until it is opened. Dropped closed, it stays closed.
#[derive(Debug)]
pub struct Gate(watch::Sender<bool>);

impl Default for Gate {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Gate {
    /// Runs `work`, whose writes to the table wait until the gate opens. Its reads don't.
    pub async fn hold<F: Future>(&self, work: F) -> F::Output {
        CURRENT.scope(self.0.subscribe(), work).await
    }

    /// Lets the writes through.
    pub fn open(&self) {
        self.0.send_replace(true);
    }
}

/// Runs `work` as if there were no gate, for what counts by itself who may come in.
pub(crate) async fn around<F: Future>(work: F) -> F::Output {
    let open = watch::Sender::new(true);
    CURRENT.scope(open.subscribe(), work).await
}

/// Waits for the gate of the request at hand, if it has one.
pub(crate) async fn pass() {
    let Ok(mut gate) = CURRENT.try_with(Clone::clone) else { return };
    if gate.wait_for(|open| *open).await.is_err() {
        // Whoever held it has given up on this request and drops it.
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn writes_wait_for_the_gate_and_never_pass_one_that_was_given_up() {
        let gate = Gate::default();
        let soon = Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, gate.hold(pass())).await.is_err());
        assert!(tokio::time::timeout(soon, gate.hold(around(pass()))).await.is_ok());
        gate.open();
        assert!(tokio::time::timeout(soon, gate.hold(pass())).await.is_ok());
        let given_up = CURRENT.scope(Gate::default().0.subscribe(), pass());
        assert!(tokio::time::timeout(soon, given_up).await.is_err());
        assert!(tokio::time::timeout(soon, pass()).await.is_ok());
    }
}
