//! Compiles the MJML templates to HTML while building.
//!
//! The function then carries ready HTML and only fills in values: nothing is parsed or laid out when it starts,
//! the MJML compiler is not in its package, and a value can never be read as MJML.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a build script talks to cargo by variables and output"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use mrml::prelude::render::RenderOptions;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("templates");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files = Vec::new();
    for folder in sorted(&root)? {
        for file in sorted(&folder)? {
            let name = file.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
            files.push((name, fs::read_to_string(&file)?));
        }
    }
    let mut index = String::from("&[\n");
    for (name, source) in &files {
        let (name, compiled) = match name.strip_suffix(".mjml") {
            // A part of other templates is no document of its own.
            Some(_) if !source.trim_start().starts_with("<mjml") => continue,
            Some(stem) => (format!("{stem}.html"), compile(name, source, &files)?),
            None => (name.clone(), source.clone()),
        };
        let path = out.join(name.replace('/', "-"));
        fs::write(&path, compiled)?;
        writeln!(index, "    ({name:?}, include_str!({:?})),", path.to_string_lossy())?;
    }
    index.push(']');
    fs::write(out.join("templates.rs"), index)?;
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut paths: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

fn compile(name: &str, source: &str, files: &[(String, String)]) -> Result<String, Box<dyn Error>> {
    // Parts are put in as text: the compiler's own include gives sections another width than the document has.
    let mut source = source.to_owned();
    for (path, part) in files {
        source = source.replace(&format!("<mj-include path=\"{path}\" />"), part);
    }
    if source.contains("<mj-include") {
        return Err(format!("{name}: includes a file that is not there").into());
    }
    let parsed = mrml::parse(&source).map_err(|error| format!("{name}: {error}"))?;
    // No web fonts: a mail must not fetch anything from anybody when it is opened.
    let options = RenderOptions { fonts: std::collections::HashMap::new(), ..RenderOptions::default() };
    Ok(parsed.element.render(&options).map_err(|error| format!("{name}: {error}"))?)
}
