//! The folder being built: hashed names, compressed twins, a manifest; put in place in one step.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// Files that are packed already: packing them again only costs time.
const PACKED: [&str; 7] = ["woff2", "png", "webp", "jpg", "jpeg", "gif", "ico"];

pub(crate) struct Folder {
    out: PathBuf,
    fresh: PathBuf,
    names: BTreeMap<String, String>,
    quality: u32,
}

impl Folder {
    pub(crate) fn begin(out: &Path, quick: bool) -> anyhow::Result<Self> {
        let fresh = out.with_extension("fresh");
        remove(&fresh)?;
        fs::create_dir_all(fresh.join("assets")).with_context(|| format!("cannot make {}", fresh.display()))?;
        let quality = if quick { 5 } else { 11 };
        Ok(Self { out: out.to_owned(), fresh, names: BTreeMap::new(), quality })
    }

    /// The hashed name of a file added before.
    pub(crate) fn hashed(&self, name: &str) -> Option<&str> {
        self.names.get(name).map(String::as_str)
    }

    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let hashed = hashed_name(name, bytes);
        let path = self.fresh.join("assets").join(&hashed);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        }
        write(&path, bytes)?;
        if !PACKED.contains(&ending(name)) {
            write(&with_ending(&path, "gz"), &gzip(bytes)?)?;
            write(&with_ending(&path, "br"), &self.brotli(bytes)?)?;
        }
        if self.names.insert(name.to_owned(), hashed).is_some() {
            bail!("two files want the name {name}");
        }
        Ok(())
    }

    /// Writes the manifest and swaps the folder in.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        write(&self.fresh.join("manifest.json"), serde_json::to_string_pretty(&self.names)?.as_bytes())?;
        remove(&self.out)?;
        fs::rename(&self.fresh, &self.out).with_context(|| format!("cannot put {} in place", self.out.display()))
    }

    fn brotli(&self, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut packed = Vec::new();
        brotli::CompressorWriter::new(&mut packed, 1 << 16, self.quality, 24).write_all(bytes)?;
        Ok(packed)
    }
}

/// Every file below `folder`, by its path with `/`, in order.
pub(crate) fn files_below(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(below) = open.pop() {
        let here = folder.join(&below);
        for entry in fs::read_dir(&here).with_context(|| format!("cannot list {}", here.display()))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { bail!("a name in {} is not text", here.display()) };
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            if entry.file_type()?.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// `fonts/inter.woff2` → `fonts/inter.1a2b3c4d.woff2`.
fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let hash: String = Sha256::digest(bytes).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[file..].rfind('.') {
        Some(dot) => format!("{}.{hash}{}", &name[..file + dot], &name[file + dot..]),
        None => format!("{name}.{hash}"),
    }
}

fn ending(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    path.into()
}

fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_goes_before_the_ending() {
        assert_eq!(hashed_name("a.css", b""), "a.e3b0c442.css");
        assert_eq!(hashed_name("fonts.d/a", b""), "fonts.d/a.e3b0c442");
        assert_eq!(hashed_name("fonts/a.b.woff2", b""), "fonts/a.b.e3b0c442.woff2");
    }

    #[test]
    fn the_folder_appears_whole() {
        let out = std::env::temp_dir().join(format!("khanut-bundle-{}", std::process::id()));
        let mut folder = Folder::begin(&out, true).unwrap();
        folder.add("a.css", b"body{}").unwrap();
        folder.add("fonts/a.woff2", b"font").unwrap();
        assert!(folder.add("a.css", b"").is_err());
        assert!(!out.exists());
        folder.finish().unwrap();
        let names: BTreeMap<String, String> =
            serde_json::from_str(&fs::read_to_string(out.join("manifest.json")).unwrap()).unwrap();
        let css = &names["a.css"];
        for file in [css.clone(), format!("{css}.br"), format!("{css}.gz"), names["fonts/a.woff2"].clone()] {
            assert!(out.join("assets").join(&file).is_file(), "{file}");
        }
        assert!(!out.join("assets").join(format!("{}.br", names["fonts/a.woff2"])).exists());
        fs::remove_dir_all(out).unwrap();
    }
}
