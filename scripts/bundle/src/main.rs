//! `bundle`: from sources and the wasm of the browser build to the folder that Khanut serves.
//!
//! The folder holds `assets/` (every file under a name with its content's hash, with `.br` and `.gz` beside it) and
//! `manifest.json` (logical name → hashed name). It appears whole or not at all.

mod browser;
mod css;
mod folder;

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::Parser;

use crate::folder::Folder;

/// Builds the folder of the browser's files.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// The wasm that cargo built
    #[arg(long)]
    wasm: PathBuf,
    /// The repository: `style` and `public` are read from it
    #[arg(long)]
    sources: PathBuf,
    /// Where the folder goes; what was there is replaced
    #[arg(long)]
    out: PathBuf,
    /// Keeps the optimised wasm between runs
    #[arg(long)]
    cache: PathBuf,
    /// Binaryen's optimiser; without it the wasm is about twice as large
    #[arg(long)]
    wasm_opt: Option<PathBuf>,
    /// Compress less, in a tenth of the time
    #[arg(long)]
    quick: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut folder = Folder::begin(&arguments.out, arguments.quick)?;
    add_public(&mut folder, &arguments.sources.join("public"))?;
    for sheet in css::sheets(&arguments.sources.join("style"))? {
        let text = css::with_hashed_urls(&sheet.text, |path| folder.hashed(path))
            .with_context(|| format!("style/{}", sheet.name))?;
        folder.add(&sheet.name, text.as_bytes())?;
    }
    let built = browser::build(&arguments)?;
    folder.add("khanut.js", built.script.as_bytes())?;
    folder.add("khanut_bg.wasm", &built.wasm)?;
    folder.finish()
}

fn add_public(folder: &mut Folder, public: &std::path::Path) -> anyhow::Result<()> {
    for file in folder::files_below(public)? {
        let bytes = fs::read(public.join(&file)).with_context(|| format!("cannot read public/{file}"))?;
        folder.add(&file, &bytes)?;
    }
    Ok(())
}
