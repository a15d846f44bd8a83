//! The wasm of the browser build: bindings made for it, then optimised for size. Same input, same options: done once.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::Arguments;

/// What LLVM takes for granted in wasm since 2025, and every browser of the last years has.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

pub(crate) struct Built {
    pub(crate) script: String,
    pub(crate) wasm: Vec<u8>,
}

pub(crate) fn build(arguments: &Arguments) -> anyhow::Result<Built> {
    let wasm = fs::read(&arguments.wasm).with_context(|| format!("cannot read {}", arguments.wasm.display()))?;
    let kept = arguments.cache.join(key(&wasm, arguments.wasm_opt.is_some()));
    if !kept.join("done").is_file() {
        bind(&arguments.wasm, &kept)?;
        if let Some(optimiser) = &arguments.wasm_opt {
            optimise(optimiser, &kept.join("khanut_bg.wasm"))?;
        }
        fs::write(kept.join("done"), "")?;
    }
    Ok(Built { script: fs::read_to_string(kept.join("khanut.js"))?, wasm: fs::read(kept.join("khanut_bg.wasm"))? })
}

fn key(wasm: &[u8], optimised: bool) -> String {
    let hash: String = Sha256::digest(wasm).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{hash}{}", if optimised { "-small" } else { "" })
}

fn bind(wasm: &Path, out: &PathBuf) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).typescript(false).remove_name_section(true).remove_producers_section(true);
    bindgen.out_name("khanut");
    bindgen.web(true)?.generate(out).context("wasm-bindgen")?;
    // A snippet is a script of a dependency: it would need a name in the manifest and a line in the page.
    if out.join("snippets").exists() {
        bail!(
            "a dependency brings scripts of its own ({}): the bundle does not serve them",
            out.join("snippets").display()
        );
    }
    Ok(())
}

fn optimise(optimiser: &Path, wasm: &Path) -> anyhow::Result<()> {
    let status = Command::new(optimiser)
        .args(FEATURES)
        .arg("-Oz")
        .arg(wasm)
        .arg("-o")
        .arg(wasm)
        .status()
        .with_context(|| format!("cannot run {}", optimiser.display()))?;
    if !status.success() {
        bail!("{} failed", optimiser.display());
    }
    Ok(())
}
