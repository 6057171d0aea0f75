//! What the kernel knows of a process: CPU time and resident memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The functions' processes at one moment, by function name.
#[derive(Debug, Clone, Default)]
pub struct Snapshot(BTreeMap<String, Sample>);

/// One function's processes, added up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// CPU time used, in nanoseconds.
    pub cpu_ns: u64,
    /// The largest resident set of its processes, in bytes.
    pub resident: u64,
}

/// Reads the running functions of the stack whose AWS is at `endpoint`: another stack may run beside it.
///
/// Their command is called `bootstrap`, and the runtime tells them their name in `AWS_LAMBDA_FUNCTION_NAME`.
pub fn snapshot(endpoint: &str) -> Snapshot {
    let mut functions: BTreeMap<String, Sample> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let process = entry.path();
        if fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "bootstrap")
            && environment(&process, "AWS_ENDPOINT_URL").is_some_and(|used| used == endpoint)
            && let Some(function) = environment(&process, "AWS_LAMBDA_FUNCTION_NAME")
        {
            let sample = functions.entry(function).or_default();
            sample.cpu_ns += cpu_ns(&process);
            sample.resident = sample.resident.max(resident(&process));
        }
    }
    Snapshot(functions)
}

impl Snapshot {
    /// Returns the CPU nanoseconds that all functions together used since `earlier`.
    pub fn cpu_since(&self, earlier: &Self) -> u64 {
        let total = |snapshot: &Self| snapshot.0.values().map(|sample| sample.cpu_ns).sum::<u64>();
        total(self).saturating_sub(total(earlier))
    }

    /// Returns each function's resident bytes.
    pub fn resident(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, sample)| (name.as_str(), sample.resident))
    }
}

fn environment(process: &Path, name: &str) -> Option<String> {
    let bytes = fs::read(process.join("environ")).ok()?;
    let prefix = format!("{name}=");
    bytes
        .split(|byte| *byte == 0)
        .map(String::from_utf8_lossy)
        .find_map(|pair| pair.strip_prefix(&prefix).map(str::to_owned))
}

/// Adds up the run time of all threads: `schedstat` counts nanoseconds where `stat` counts hundredths of a second.
fn cpu_ns(process: &Path) -> u64 {
    let threads = fs::read_dir(process.join("task")).into_iter().flatten().flatten();
    threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok())
        .filter_map(|text| text.split_whitespace().next()?.parse::<u64>().ok())
        .sum()
}

/// Reads the resident set of one process, in bytes.
pub fn resident(process: &Path) -> u64 {
    field(process, "VmRSS:")
}

/// Reads the largest resident set that one process ever had, in bytes.
pub fn peak(process: &Path) -> u64 {
    field(process, "VmHWM:")
}

fn field(process: &Path, name: &str) -> u64 {
    let status = fs::read_to_string(process.join("status")).unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
