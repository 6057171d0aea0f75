//! Who may depend on whom, read from the manifests; and what may stand in one place only, read from the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// One of our packages.
struct Package {
    name: String,
    folder: String,
    /// What it is built from.
    needs: BTreeSet<String>,
    /// What only its tests are built from.
    tests_need: BTreeSet<String>,
}

impl Package {
    fn is_function(&self) -> bool {
        self.folder.starts_with("functions/")
    }

    fn is_test_tool(&self) -> bool {
        self.folder == "tests" || self.folder.starts_with("tests/")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn packages() -> Vec<Package> {
    let mut cargo = Command::new(env!("CARGO"));
    let cargo =
        cargo.args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"]).current_dir(root());
    let said = cargo.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let metadata: Value = serde_json::from_slice(&said.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let package = |package: &Value| {
        let manifest = text(&package["manifest_path"]);
        let folder = Path::new(&manifest).parent().unwrap().strip_prefix(root()).unwrap();
        let of = |dev: bool| {
            let all = package["dependencies"].as_array().unwrap().iter();
            all.filter(|one| (one["kind"] == "dev") == dev).map(|one| text(&one["name"])).collect()
        };
        Package {
            name: text(&package["name"]),
            folder: folder.to_str().unwrap().to_owned(),
            needs: of(false),
            tests_need: of(true),
        }
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

/// Returns what a package may be built from, of our own.
fn may_need(package: &Package) -> Option<&'static [&'static str]> {
    Some(match package.name.as_str() {
        "domain" => &[],
        "store" | "payments" | "platform" => &["domain"],
        "web" | "worker" => &["domain", "platform", "store"],
        "admin" | "checkout" | "webhooks" => &["domain", "payments", "platform", "store", "web"],
        "janitor" => &["domain", "payments", "platform", "store", "worker"],
        _ if package.is_function() => &["domain", "platform", "store", "web", "worker"],
        // The harness serves the tests of functions, so it may know none of them.
        "tests" => &["domain", "payments", "platform", "store", "web", "worker"],
        "bench" => &["tests", "domain", "payments", "platform", "store", "web"],
        "hello" => &[],
        "haat" => return None,
        other => panic!("where in the house does {other} stand? Say so here and in ARCHITECTURE.md"),
    })
}

#[test]
fn every_package_depends_only_on_those_below_it() {
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    assert!(packages.iter().filter(|package| package.is_function()).count() >= 10);
    for package in &packages {
        let Some(allowed) = may_need(package) else { continue };
        for need in package.needs.iter().filter(|need| ours.contains(need.as_str())) {
            assert!(allowed.contains(&need.as_str()), "{} may not depend on {need}", package.name);
        }
    }
}

#[test]
fn no_function_knows_another_not_even_in_its_tests() {
    let packages = packages();
    let functions: BTreeSet<&str> =
        packages.iter().filter(|package| package.is_function()).map(|package| package.name.as_str()).collect();
    for package in packages.iter().filter(|package| !package.is_test_tool() && package.name != "haat") {
        for need in package.needs.iter().chain(&package.tests_need) {
            assert!(!functions.contains(need.as_str()), "{} may not know {need}", package.name);
        }
    }
}

#[test]
fn only_store_speaks_to_the_table_and_only_platform_to_the_rest_of_aws() {
    for package in packages().iter().filter(|package| !package.is_test_tool()) {
        for need in package.needs.iter().filter(|need| need.starts_with("aws-sdk-")) {
            let owner = if need == "aws-sdk-dynamodb" { "store" } else { "platform" };
            assert_eq!(package.name, owner, "{} may not depend on {need}", package.name);
        }
    }
}

/// Reads the sources that run in production, without their tests: by path below the root.
fn sources() -> BTreeMap<String, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !matches!(name, "tests" | "test_support" | "snapshots") {
                walk(&path, found);
            } else if name.ends_with(".rs") && !matches!(name, "tests.rs" | "test_support.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
                found.insert(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(), code);
            }
        }
    }
    let mut found = BTreeMap::new();
    for folder in ["functions", "shared", "infra/cli/src"] {
        walk(&root().join(folder), &mut found);
    }
    assert!(found.len() > 100);
    found
}

#[test]
fn only_the_edges_establish_for_whom_they_act() {
    let calls = |text: &str| {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.map(|line| line.matches("TenantScope::assume(").count()).sum::<usize>()
    };
    let found: BTreeMap<String, usize> =
        sources().into_iter().map(|(path, text)| (path, calls(&text))).filter(|(_, count)| *count > 0).collect();
    let known = [
        // The operator's tool, which makes the tenant itself, and adds up the books of all.
        ("infra/cli/src/ledger.rs", 1),
        ("infra/cli/src/platform.rs", 1),
        ("infra/cli/src/scope.rs", 1),
        ("infra/cli/src/seed.rs", 1),
        ("infra/cli/src/seed/tenant.rs", 1),
        // The platform's own jobs: holds, open payments, refunds, key rotations and erasures of all tenants; superusers who
        // open and close tenants, and let owners in.
        ("shared/store/src/platform.rs", 2),
        ("shared/store/src/platform/due.rs", 7),
        // The daily comparison with providers, which goes over the list of all tenants.
        ("functions/janitor/src/comparison.rs", 3),
        // The HTTP edge: from the host, and from a verified token of that host's tenant.
        ("shared/web/src/caller.rs", 3),
        ("shared/web/src/idempotency.rs", 1),
        ("shared/web/src/limits.rs", 2),
        ("shared/web/src/session.rs", 1),
        ("shared/web/src/tenants.rs", 1),
        // The queue edge: from an envelope.
        ("shared/worker/src/queue.rs", 1),
    ];
    assert_eq!(found, known.map(|(path, count)| (path.to_owned(), count)).into());
}

#[test]
fn keys_of_the_table_are_made_in_one_module() {
    for (path, text) in sources() {
        if !path.starts_with("shared/store/src/key") {
            assert!(!text.contains("\"T#") && !text.contains("\"P#"), "{path} makes a key of the table");
        }
    }
}

#[test]
fn a_functions_main_is_telemetry_configuration_state_and_run() {
    let mains: Vec<_> = sources().into_iter().filter(|(path, _)| path.ends_with("/src/main.rs")).collect();
    assert!(mains.len() >= 10);
    for (path, text) in mains.iter().filter(|(path, _)| path.starts_with("functions/")) {
        assert!(text.lines().count() <= 15, "{path} does more than start the function");
    }
}

#[test]
fn every_crate_says_what_it_is() {
    for (path, text) in sources().iter().filter(|(path, _)| path.ends_with("/src/lib.rs")) {
        assert!(text.starts_with("//! "), "{path} does not say what lives there");
    }
}
