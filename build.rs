//! Compiles the protobuf definitions under `proto/` with protox: no `protoc` is needed on the machine. And gives the program a
//! name of the sources that its state and what comes of it hang on, so that a snapshot is read only by the program that wrote it.

use std::error::Error;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Sources on which it hangs what a snapshot of the engine holds, and what comes of it.
const STATE: [&str; 13] = [
    "Cargo.lock",
    "src/alert",
    "src/behaviour",
    "src/chart",
    "src/coverage",
    "src/engine",
    "src/feed",
    "src/fusion",
    "src/geodesy",
    "src/register",
    "src/serve",
    "src/store",
    "src/units",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rustc-env=SHOREWATCH_STATE_EDITION={}", state_edition()?);
    let root = Path::new("proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(root, "proto", &mut files)?;
    files.sort();

    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true).include_source_info(true).open_files(files)?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    // With its comments, for server reflection.
    std::fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        // Payloads stay slices of the frame that they came in: no copy a record.
        .bytes(".shorewatch.feed.v1.Record")
        .include_file("shorewatch.rs")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// A hash over the sources of [`STATE`]: another one is another program, as far as snapshots go.
fn state_edition() -> Result<String, Box<dyn Error>> {
    let mut files = Vec::new();
    for path in STATE.map(Path::new) {
        println!("cargo:rerun-if-changed={}", path.display());
        if path.is_dir() {
            collect(path, "rs", &mut files)?;
        } else {
            files.push(path.to_owned());
        }
    }
    files.sort();
    let mut hash = Sha256::new();
    for path in files {
        let text = std::fs::read(&path)?;
        hash.update(format!("{} {}\n", path.display(), text.len()));
        hash.update(text);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Gathers the files under `folder` with this extension.
fn collect(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, extension, files)?;
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    Ok(())
}
