//! Writes BENCHMARKS.md from the figures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Failure;
use crate::cold_start::ColdStarts;
use crate::journey::Journeys;

/// What checkouts of several sizes write, as the test that makes them writes it down.
#[derive(Deserialize)]
struct Capacity {
    checkouts: Vec<Checkout>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checkout {
    lines: u64,
    sellers: u64,
    items: u64,
    bytes: u64,
    table_units: u64,
    index_units: u64,
}

/// Writes the document and prints it.
pub fn write(figures: &[PathBuf], out: &Path) -> Result<(), Failure> {
    let mut text = heading()?;
    for path in figures {
        let json = std::fs::read(path)?;
        if let Ok(cold) = serde_json::from_slice::<ColdStarts>(&json) {
            cold_starts(&mut text, &cold)?;
        } else if let Ok(capacity) = serde_json::from_slice::<Capacity>(&json) {
            checkouts(&mut text, &capacity)?;
        } else {
            journeys(&mut text, &serde_json::from_slice::<Journeys>(&json)?)?;
        }
    }
    println!("{text}");
    std::fs::write(out, text)?;
    Ok(())
}

fn heading() -> Result<String, Failure> {
    let model = first("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = first("/proc/meminfo", "MemTotal").unwrap_or_default();
    let cores = std::thread::available_parallelism()?;
    Ok(format!(
        "# Benchmarks\n\n\
         Written by `make bench`. Machine: {model}, {cores} cores, {memory}. The local AWS, the payment stand-in and the load run on the same\n\
         cores, so compare ratios and counts between versions, not absolute times.\n\n\
         Method: release binaries (`opt-level = \"s\"`, fat LTO). Cold start: process start to the first answer, over a runtime API of the\n\
         benchmark's own: once where the function answers by itself, once where it asks a table first, which answers at once, over the\n\
         SDK. CPU is the function processes' only, from `/proc/<pid>/task/*/schedstat`. Trips are sequential table round trips as the\n\
         function counts them; RCU and WCU are what the local table reports: it counts items, transactional writes double, and\n\
         neither their size nor indexes. What a checkout costs on AWS is computed in a table of its own. Paying\n\
         brings several webhooks: their units are added up, their trips are those of the longest.\n"
    ))
}

fn first(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| Some(line.strip_prefix(key)?.trim_start().strip_prefix(':')?.trim().to_owned()))
}

fn cold_starts(text: &mut String, cold: &ColdStarts) -> Result<(), Failure> {
    let hello = cold.functions.first().map_or(1.0, |hello| median(&hello.alone));
    writeln!(text, "\n## Cold start and size\n")?;
    writeln!(
        text,
        "| function | median ms | fastest | slowest | × hello | median ms with the table | peak MiB | package MB (zip) |"
    )?;
    writeln!(text, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")?;
    for function in &cold.functions {
        let times = &function.alone;
        let asking =
            if function.asking.is_empty() { String::new() } else { format!("{:.1}", median(&function.asking)) };
        writeln!(
            text,
            "| {} | {:.1} | {:.1} | {:.1} | {:.2} | {asking} | {:.1} | {:.2} |",
            function.function,
            median(times),
            times.first().unwrap_or(&0.0),
            times.last().unwrap_or(&0.0),
            median(times) / hello,
            function.peak as f64 / 1_048_576.0,
            function.zipped as f64 / 1_000_000.0,
        )?;
    }
    Ok(())
}

fn journeys(text: &mut String, figures: &Journeys) -> Result<(), Failure> {
    writeln!(text, "\n## Journey, {}\n", figures.mode)?;
    writeln!(text, "| step | trips | RCU | WCU | CPU ms | wall ms (median) |")?;
    writeln!(text, "| --- | ---: | ---: | ---: | ---: | ---: |")?;
    for step in &figures.steps {
        writeln!(
            text,
            "| {} | {} | {:.1} | {:.1} | {:.2} | {:.1} |",
            step.name,
            step.round_trips,
            step.read_units,
            step.write_units,
            step.cpu_ms,
            median(&step.milliseconds),
        )?;
    }
    writeln!(text, "\n| shoppers at a time | journeys | seconds | journeys/s | CPU ms per journey |")?;
    writeln!(text, "| ---: | ---: | ---: | ---: | ---: |")?;
    for load in &figures.loads {
        writeln!(
            text,
            "| {} | {} | {:.1} | {:.1} | {:.1} |",
            load.at_once,
            load.journeys,
            load.seconds,
            load.journeys as f64 / load.seconds,
            load.cpu_ms_per_journey,
        )?;
    }
    writeln!(text, "\nResident memory of the warm functions afterwards:\n")?;
    writeln!(text, "| function | MiB |\n| --- | ---: |")?;
    for (function, bytes) in &figures.resident {
        writeln!(text, "| {function} | {:.1} |", *bytes as f64 / 1_048_576.0)?;
    }
    Ok(())
}

fn checkouts(text: &mut String, capacity: &Capacity) -> Result<(), Failure> {
    writeln!(
        text,
        "\n## What a checkout writes\n\n\
         Computed by AWS's published rules from the items as they are stored, each line one piece of a product with finite stock and one\n\
         model file: a write unit for each kilobyte of an item, twice in a transaction; one more for each kilobyte and index, which\n\
         follow after the transaction at the simple price. Each line takes its stock (1 item, 2 units) and makes the group, the cart,\n\
         its order and, in the stored answer, the group again longer; each seller is an order of their own, which is in two indexes. The\n\
         fixed part is the group, which is in two indexes as well, the stored answer, the cart, an event, an audit row and the count\n\
         of payments in this minute. An order of one line is a little more than a kilobyte, so it counts as two. A coupon is 2 items\n\
         and 4 units more.\n"
    )?;
    writeln!(text, "| lines | sellers | items | KiB | table WCU | index WCU | WCU | WCU per line |")?;
    writeln!(text, "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")?;
    for checkout in &capacity.checkouts {
        let all = checkout.table_units.saturating_add(checkout.index_units);
        writeln!(
            text,
            "| {} | {} | {} | {:.1} | {} | {} | {all} | {:.1} |",
            checkout.lines,
            checkout.sellers,
            checkout.items,
            checkout.bytes as f64 / 1024.0,
            checkout.table_units,
            checkout.index_units,
            all as f64 / checkout.lines as f64,
        )?;
    }
    Ok(())
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
