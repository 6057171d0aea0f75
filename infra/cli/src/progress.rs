//! Shows how far a long step has come: a bar on a terminal, lines elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// A step of known length.
pub struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    total: usize,
    done: usize,
}

impl Progress {
    /// Begins a step of `total` parts.
    pub fn of(what: &'static str, total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::try_from(total).unwrap_or(0));
            let style = ProgressStyle::with_template("{prefix:>12} [{bar:30}] {pos}/{len} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(what);
            bar
        });
        Self { bar, what, total, done: 0 }
    }

    /// Notes that a part is done.
    pub fn step(&mut self, name: &str) {
        self.done = self.done.saturating_add(1);
        match &self.bar {
            Some(bar) => {
                bar.set_message(name.to_owned());
                bar.inc(1);
            }
            None if self.done.is_multiple_of(10) || self.done == self.total => {
                eprintln!("{}: {} of {}", self.what, self.done, self.total);
            }
            None => {}
        }
    }

    /// Ends the step.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
