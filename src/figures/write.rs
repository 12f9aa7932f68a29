//! A figure as files.

use super::{Figure, FigureError};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was written of a figure.
#[derive(Clone, Debug)]
pub struct Written {
    /// SVG, PNG and CSV.
    pub files: [PathBuf; 3],
    /// Letters that the embedded font lacks; see [`Page::foreign`](super::Page::foreign).
    pub foreign: BTreeMap<char, Option<&'static Path>>,
}

/// Writes `name.svg`, `name.png` (300 dpi) and `name.csv` into the folder at the figure's own width.
/// All three are made before the first takes its place, so there are three files or none.
///
/// # Errors
/// What cannot be drawn; what the file system reports.
pub fn write(folder: &Path, name: &str, figure: &dyn Figure) -> Result<Written, FigureError> {
    let page = figure.draw(figure.width())?;
    let contents = [("svg", page.svg()?.into_bytes()), ("png", page.png()?), ("csv", figure.csv().into_bytes())];
    std::fs::create_dir_all(folder)?;
    let mut ready = Vec::new();
    for (ending, content) in &contents {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        file.flush()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // A temporary file is private; a figure is as readable as any file its owner writes.
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644))?;
        }
        ready.push((file, ending));
    }
    let paths = ["svg", "png", "csv"].map(|ending| folder.join(format!("{name}.{ending}")));
    for ((file, _), path) in ready.into_iter().zip(&paths) {
        file.persist(path).map_err(|error| error.error)?;
    }
    Ok(Written { files: paths, foreign: page.foreign() })
}
