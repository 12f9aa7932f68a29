//! NRRD and NHDR: raw, gzip and text encodings, detached data in one or several files, Slicer's `.seg.nrrd`.
//!
//! Source: the NRRD format definition, <http://teem.sourceforge.net/nrrd/format.html>.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::bytes::{plausible, read_voxels, write_voxels};
use super::error::{Fault, ImagingError};
use super::geometry::{Geometry, Millimetres};
use super::volume::{Number, Volume, VoxelType, Voxels};
use super::whole::write_whole;
use crate::on_voxels;

/// What a file holds: one volume per layer (one unless the file has a list axis), and its `key:=value` entries.
#[derive(Clone, Debug, PartialEq)]
pub struct NrrdFile {
    pub layers: Vec<Volume>,
    pub metadata: BTreeMap<String, String>,
}

/// A header is text; no sensible one is longer.
const HEADER_LIMIT: u64 = 4 << 20;

/// Reads an NRRD or NHDR file.
///
/// # Errors
/// [`ImagingError`] with the fault.
pub fn read(path: &Path) -> Result<NrrdFile, ImagingError> {
    read_faulty(path).map_err(|fault| ImagingError::new(path, fault))
}

#[derive(Default)]
struct Header {
    fields: BTreeMap<String, String>,
    metadata: BTreeMap<String, String>,
    /// File names after `data file: LIST`.
    list: Vec<String>,
}

fn read_header(reader: &mut impl BufRead) -> Result<Header, Fault> {
    let mut limited = reader.take(HEADER_LIMIT);
    let mut line = Vec::new();
    limited.read_until(b'\n', &mut line)?;
    if !line.starts_with(b"NRRD00") {
        return Err(Fault::NoSignature("NRRD"));
    }
    let mut header = Header::default();
    let mut listing = false;
    loop {
        line.clear();
        let read = limited.read_until(b'\n', &mut line)?;
        if limited.limit() == 0 {
            return Err(Fault::Header { field: "header", value: "4 MB".into(), reason: "is longer than any header" });
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        if read == 0 || text.is_empty() {
            return Ok(header);
        }
        if text.starts_with('#') {
            continue;
        }
        if listing {
            header.list.push(text.to_owned());
        } else if let Some((key, value)) = text.split_once(":=") {
            header.metadata.insert(key.trim().to_owned(), value.trim().to_owned());
        } else if let Some((key, value)) = text.split_once(':') {
            let key = key.trim().to_ascii_lowercase();
            let value = value.trim().to_owned();
            listing = matches!(key.as_str(), "data file" | "datafile") && value.starts_with("LIST");
            header.fields.insert(key, value);
        } else {
            return Err(Fault::Header { field: "line", value: text.to_owned(), reason: "is no `field: value`" });
        }
    }
}

impl Header {
    fn get(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.fields.get(*name)).map(String::as_str)
    }

    fn need(&self, name: &'static str) -> Result<&str, Fault> {
        self.get(&[name]).ok_or(Fault::MissingField(name))
    }
}

fn fault(field: &'static str, value: &str, reason: &'static str) -> Fault {
    Fault::Header { field, value: value.to_owned(), reason }
}

fn kind(text: &str) -> Result<VoxelType, Fault> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => VoxelType::U8,
        "signed char" | "int8" | "int8_t" => VoxelType::I8,
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => VoxelType::U16,
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => VoxelType::I16,
        "uint" | "unsigned int" | "uint32" | "uint32_t" => VoxelType::U32,
        "int" | "signed int" | "int32" | "int32_t" => VoxelType::I32,
        "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => VoxelType::U64,
        "longlong"
        | "long long"
        | "long long int"
        | "signed long long"
        | "signed long long int"
        | "int64"
        | "int64_t" => VoxelType::I64,
        "float" => VoxelType::F32,
        "double" => VoxelType::F64,
        _ => return Err(fault("type", text, "is no type with one real number per voxel")),
    })
}

/// One vector in parentheses, or `none`.
fn vectors(field: &'static str, text: &str) -> Result<Vec<Option<[f64; 3]>>, Fault> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("none") {
            out.push(None);
            rest = after.trim_start();
            continue;
        }
        let inner = rest.strip_prefix('(').ok_or_else(|| fault(field, text, "is no list of vectors"))?;
        let (numbers, after) = inner.split_once(')').ok_or_else(|| fault(field, text, "lacks a parenthesis"))?;
        let mut parsed = [0.0; 3];
        for (count, number) in numbers.split(',').enumerate() {
            let value = number.trim().parse::<f64>().map_err(|_| fault(field, text, "has a word for a number"))?;
            *parsed.get_mut(count).ok_or_else(|| fault(field, text, "has vectors of more than three numbers"))? = value;
        }
        out.push(Some(parsed));
        rest = after.trim_start();
    }
    Ok(out)
}

struct Layout {
    size: [usize; 3],
    layers: usize,
    /// Which axis of the file runs over layers.
    layer_axis: Option<usize>,
    geometry: Geometry,
}

fn layout(header: &Header) -> Result<Layout, Fault> {
    let text = header.need("sizes")?;
    let mut sizes = Vec::new();
    for word in text.split_whitespace() {
        let n: usize = word.parse().map_err(|_| fault("sizes", text, "is no list of whole numbers"))?;
        if n == 0 {
            return Err(fault("sizes", text, "has an axis without voxels"));
        }
        sizes.push(n);
    }
    let dimension: usize =
        header.need("dimension")?.parse().map_err(|_| fault("dimension", text, "is no whole number"))?;
    if dimension != sizes.len() {
        return Err(fault("sizes", text, "does not have as many numbers as `dimension` says"));
    }
    let directions = match header.get(&["space directions"]) {
        Some(text) => {
            let found = vectors("space directions", text)?;
            if found.len() != dimension {
                return Err(fault("space directions", text, "does not have one vector per axis"));
            }
            Some(found)
        }
        None => None,
    };
    // The axis that is no direction in space runs over layers (or over the components of a voxel).
    let kinds: Vec<&str> = header.get(&["kinds"]).map(|k| k.split_whitespace().collect()).unwrap_or_default();
    let layer_axis = match (&directions, dimension) {
        (_, 1..=3) if directions.as_ref().is_none_or(|d| d.iter().all(Option::is_some)) => None,
        (Some(found), 4) if found.iter().filter(|v| v.is_none()).count() == 1 => found.iter().position(Option::is_none),
        (Some(found), 3) if found.iter().filter(|v| v.is_none()).count() == 1 => found.iter().position(Option::is_none),
        (None, 4) => {
            let spatial = |k: &&str| matches!(k.to_ascii_lowercase().as_str(), "domain" | "space");
            Some(kinds.iter().position(|k| !spatial(k)).unwrap_or(3))
        }
        _ => return Err(fault("dimension", &dimension.to_string(), "is no volume of three axes")),
    };
    let layers = layer_axis.map_or(1, |axis| sizes[axis]);
    let spatial: Vec<usize> = (0..dimension).filter(|axis| Some(*axis) != layer_axis).collect();
    let size: [usize; 3] = std::array::from_fn(|axis| spatial.get(axis).map_or(1, |source| sizes[*source]));
    let mut spacing = [1.0; 3];
    let mut axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    if let Some(found) = &directions {
        for (axis, source) in spatial.iter().enumerate() {
            let vector = found[*source].unwrap_or_default();
            let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
            spacing[axis] = length;
            // Times the inverse, as Teem does; a length of nothing is told below.
            let inverse = 1.0 / length;
            for (row, value) in vector.iter().enumerate() {
                axes[row][axis] = value * inverse;
            }
        }
    } else if let Some(text) = header.get(&["spacings"]) {
        let words: Vec<&str> = text.split_whitespace().collect();
        for (axis, source) in spatial.iter().enumerate() {
            let word = words.get(*source).ok_or_else(|| fault("spacings", text, "has too few numbers"))?;
            let length: f64 = word.parse().map_err(|_| fault("spacings", text, "has a word for a number"))?;
            // An axis without a spacing says nan; one voxel wide counts as one.
            spacing[axis] = if length.is_nan() { 1.0 } else { length.abs() };
        }
    }
    let mut origin = match header.get(&["space origin"]) {
        Some(text) => vectors("space origin", text)?.first().copied().flatten().unwrap_or_default(),
        None => [0.0; 3],
    };
    let flips = match header.get(&["space"]).map(str::to_ascii_lowercase).as_deref() {
        None | Some("left-posterior-superior" | "lps" | "scanner-xyz") => [1.0, 1.0, 1.0],
        Some("right-anterior-superior" | "ras") => [-1.0, -1.0, 1.0],
        Some("left-anterior-superior" | "las") => [1.0, -1.0, 1.0],
        Some(other) => return Err(fault("space", other, "is no space of a patient this reader knows")),
    };
    for (row, flip) in flips.iter().enumerate() {
        origin[row] *= flip;
        for value in &mut axes[row] {
            *value = *value * flip + 0.0;
        }
    }
    let geometry = Geometry::new(size, Millimetres(origin), Millimetres(spacing), axes)?;
    Ok(Layout { size, layers, layer_axis, geometry })
}

/// The files that hold the voxels, and whether the first is this header's own file.
fn data_files(path: &Path, header: &Header) -> Result<Option<Vec<PathBuf>>, Fault> {
    let Some(text) = header.get(&["data file", "datafile"]) else { return Ok(None) };
    let folder = path.parent().unwrap_or(Path::new("."));
    if text.starts_with("LIST") {
        return Ok(Some(header.list.iter().map(|name| folder.join(name)).collect()));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [pattern, low, high, step, ..] = words[..]
        && pattern.contains('%')
    {
        let number = |word: &str| word.parse::<i64>().map_err(|_| fault("data file", text, "has a word for a number"));
        let (low, high, step) = (number(low)?, number(high)?, number(step)?);
        let steps = if step == 0 { -1 } else { high.saturating_sub(low) / step };
        if !(0..=100_000).contains(&steps) {
            return Err(fault("data file", text, "counts through no sensible number of files"));
        }
        return (0..=steps)
            .map(|k| numbered(pattern, low + k * step).map(|name| folder.join(name)))
            .collect::<Result<_, _>>()
            .map(Some);
    }
    Ok(Some(vec![folder.join(text)]))
}

/// A name with its `%03d` filled in.
fn numbered(pattern: &str, number: i64) -> Result<String, Fault> {
    let wrong = || fault("data file", pattern, "has no `%d` to fill in");
    let (before, rest) = pattern.split_once('%').ok_or_else(wrong)?;
    let (digits, after) = rest.split_once('d').ok_or_else(wrong)?;
    let width: usize = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| wrong())? };
    if width > 64 {
        return Err(wrong());
    }
    Ok(if digits.starts_with('0') {
        format!("{before}{number:0width$}{after}")
    } else {
        format!("{before}{number:width$}{after}")
    })
}

fn read_faulty(path: &Path) -> Result<NrrdFile, Fault> {
    let file = File::open(path)?;
    let own_bytes = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let header = read_header(&mut reader)?;
    let kind = kind(header.need("type")?)?;
    let layout = layout(&header)?;
    let encoding = header.need("encoding")?.to_ascii_lowercase();
    let little = match header.get(&["endian"]) {
        Some(text) if text.eq_ignore_ascii_case("big") => false,
        Some(text) if text.eq_ignore_ascii_case("little") => true,
        Some(text) => return Err(fault("endian", text, "is neither little nor big")),
        None if kind.bytes() == 1 || matches!(encoding.as_str(), "txt" | "text" | "ascii") => true,
        None => return Err(Fault::MissingField("endian")),
    };
    let skip = |names: [&str; 2], field| match header.get(&names) {
        Some(text) => text.parse::<i64>().map_err(|_| fault(field, text, "is no whole number")),
        None => Ok(0),
    };
    let byte_skip = skip(["byte skip", "byteskip"], "byte skip")?;
    let line_skip = skip(["line skip", "lineskip"], "line skip")?;
    if line_skip < 0 || byte_skip < -1 {
        return Err(fault("byte skip", &byte_skip.to_string(), "is negative"));
    }
    let files = data_files(path, &header)?;
    let file_bytes = match &files {
        None => own_bytes,
        Some(files) => {
            let mut sum = 0u64;
            for name in files {
                sum = sum.saturating_add(std::fs::metadata(name)?.len());
            }
            sum
        }
    };
    let deflated = matches!(encoding.as_str(), "gzip" | "gz");
    let text = matches!(encoding.as_str(), "txt" | "text" | "ascii");
    let voxels = layout.size.iter().map(|n| *n as u128).product::<u128>() * layout.layers as u128;
    // Text needs at least a digit and a space per number.
    let count = if text {
        plausible(voxels, VoxelType::U8, file_bytes, false)?
    } else {
        plausible(voxels, kind, file_bytes, deflated)?
    };
    let mut source: Box<dyn BufRead> = match &files {
        None => Box::new(reader),
        Some(files) if files.len() == 1 || !deflated => {
            let mut chain: Box<dyn BufRead> = Box::new(std::io::empty());
            for name in files {
                let mut part = BufReader::with_capacity(1 << 16, File::open(name)?);
                if files.len() > 1 {
                    skip_into(&mut part, line_skip, byte_skip)?;
                }
                chain = Box::new(chain.chain(part));
            }
            chain
        }
        Some(_) => return Err(Fault::Encoding("gzip in several files".into())),
    };
    if byte_skip == -1 && files.is_none() {
        return Err(fault("byte skip", "-1", "counts from the end, which needs the voxels in a file of their own"));
    }
    if files.as_ref().is_none_or(|files| files.len() == 1) {
        let bytes = match byte_skip {
            // From the end of the file.
            -1 => file_bytes.saturating_sub((count * kind.bytes()) as u64) as i64,
            _ if deflated => 0,
            bytes => bytes,
        };
        skip_into(&mut source, line_skip, bytes)?;
    }
    let voxels = match encoding.as_str() {
        "raw" => read_voxels(source, kind, count, little)?,
        "gzip" | "gz" => {
            let mut inflated = MultiGzDecoder::new(source);
            std::io::copy(&mut (&mut inflated).take(byte_skip.max(0) as u64), &mut std::io::sink())?;
            read_voxels(inflated, kind, count, little)?
        }
        "txt" | "text" | "ascii" => read_text(source, kind, count)?,
        other => return Err(Fault::Encoding(other.to_owned())),
    };
    Ok(NrrdFile { layers: split_layers(voxels, &layout)?, metadata: header.metadata })
}

fn skip_into(source: &mut (impl BufRead + ?Sized), lines: i64, bytes: i64) -> Result<(), Fault> {
    let mut line = Vec::new();
    for _ in 0..lines {
        line.clear();
        if source.take(HEADER_LIMIT).read_until(b'\n', &mut line)? == 0 {
            break;
        }
    }
    std::io::copy(&mut source.take(bytes.max(0) as u64), &mut std::io::sink())?;
    Ok(())
}

fn read_text(mut source: impl Read, kind: VoxelType, count: usize) -> Result<Voxels, Fault> {
    let mut text = String::new();
    source
        .read_to_string(&mut text)
        .map_err(|_| fault("encoding", "text", "does not hold for bytes that are no text"))?;
    let mut values = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).take(count) {
        values.push(word.parse::<f64>().map_err(|_| fault("encoding", "text", "does not hold: a voxel is no number"))?);
    }
    if values.len() < count {
        return Err(Fault::Truncated { expected: count as u64, found: values.len() as u64 });
    }
    let voxels = kind.cast(values.clone());
    // Whole numbers beyond the type's range, and fractions in a type that has none, came out as others.
    let kept = on_voxels!(&voxels, out => out.iter().zip(&values).all(|(v, value)| v.real() == *value));
    if kind.is_integer() && !kept {
        return Err(fault("type", name(kind), "does not fit a voxel's number"));
    }
    Ok(voxels)
}

fn split_layers(voxels: Voxels, layout: &Layout) -> Result<Vec<Volume>, Fault> {
    let Some(axis) = layout.layer_axis else {
        return Ok(vec![Volume::new(layout.geometry.clone(), voxels)?]);
    };
    // `inner` voxels lie side by side before the layer changes.
    let inner: usize = layout.size[..axis.min(3)].iter().product();
    let each: usize = layout.size.iter().product();
    let mut layers = Vec::with_capacity(layout.layers);
    for layer in 0..layout.layers {
        macro_rules! pick {
            ($values:expr, $variant:ident) => {{
                let mut out = Vec::with_capacity(each);
                for block in $values.chunks_exact(inner * layout.layers) {
                    out.extend_from_slice(&block[layer * inner..(layer + 1) * inner]);
                }
                Voxels::$variant(out)
            }};
        }
        let picked = match &voxels {
            Voxels::U8(v) => pick!(v, U8),
            Voxels::I8(v) => pick!(v, I8),
            Voxels::U16(v) => pick!(v, U16),
            Voxels::I16(v) => pick!(v, I16),
            Voxels::U32(v) => pick!(v, U32),
            Voxels::I32(v) => pick!(v, I32),
            Voxels::U64(v) => pick!(v, U64),
            Voxels::I64(v) => pick!(v, I64),
            Voxels::F32(v) => pick!(v, F32),
            Voxels::F64(v) => pick!(v, F64),
        };
        layers.push(Volume::new(layout.geometry.clone(), picked)?);
    }
    Ok(layers)
}

/// The type's name in a header.
fn name(kind: VoxelType) -> &'static str {
    match kind {
        VoxelType::U8 => "unsigned char",
        VoxelType::I8 => "signed char",
        VoxelType::U16 => "unsigned short",
        VoxelType::I16 => "short",
        VoxelType::U32 => "unsigned int",
        VoxelType::I32 => "int",
        VoxelType::U64 => "unsigned long long",
        VoxelType::I64 => "long long",
        VoxelType::F32 => "float",
        VoxelType::F64 => "double",
    }
}

/// Writes one volume, gzip-packed, with `metadata` as `key:=value` entries.
///
/// # Errors
/// [`ImagingError`] when the file cannot be written.
pub fn write(path: &Path, volume: &Volume, metadata: &[(String, String)]) -> Result<(), ImagingError> {
    write_faulty(path, volume, metadata).map_err(|fault| ImagingError::new(path, fault))
}

fn write_faulty(path: &Path, volume: &Volume, metadata: &[(String, String)]) -> Result<(), Fault> {
    let geometry = &volume.geometry;
    let kind = name(volume.voxels.kind());
    let [x, y, z] = geometry.size();
    let vector = |axis: usize| {
        let part = |row: usize| geometry.direction()[row][axis] * geometry.spacing().0[axis];
        format!("({},{},{})", part(0), part(1), part(2))
    };
    let Millimetres([ox, oy, oz]) = geometry.origin();
    write_whole(path, |sink| {
        write!(
            sink,
            "NRRD0004\ntype: {kind}\ndimension: 3\nspace: left-posterior-superior\nsizes: {x} {y} {z}\n\
             space directions: {} {} {}\nkinds: domain domain domain\nendian: little\nencoding: gzip\n\
             space origin: ({ox},{oy},{oz})\n",
            vector(0),
            vector(1),
            vector(2),
        )?;
        for (key, value) in metadata {
            writeln!(sink, "{}:={}", key.replace(['\n', ':'], " "), value.replace('\n', " "))?;
        }
        sink.write_all(b"\n")?;
        let mut packed = GzEncoder::new(sink, Compression::default());
        write_voxels(&mut packed, &volume.voxels)?;
        packed.finish()?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Volume {
        let geometry = Geometry::axis_aligned([3, 2, 2], [0.5, 0.75, 2.0]).unwrap();
        Volume::new(geometry, Voxels::I16((0..12).map(|v| v * 100 - 500).collect())).unwrap()
    }

    fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nrrd");
        write(&path, &sample(), &[("Segment0_ID".into(), "liver".into())]).unwrap();
        let back = read(&path).unwrap();
        assert_eq!(back.layers, vec![sample()]);
        assert_eq!(back.metadata["Segment0_ID"], "liver");
    }

    #[test]
    fn text_detached_and_layered_files() {
        let folder = tempfile::tempdir().unwrap();
        let text = file(
            &folder,
            "t.nrrd",
            b"NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 1\nspacings: 1 1 2\nencoding: ascii\n\n1 2\n3 -4\n",
        );
        assert_eq!(read(&text).unwrap().layers[0].voxels, Voxels::I16(vec![1, 2, 3, -4]));
        file(&folder, "d.raw", &[9, 9, 1, 2, 3, 4]);
        let head =
            b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 2 1\nencoding: raw\nbyte skip: 2\ndata file: d.raw\n";
        let detached = file(&folder, "d.nhdr", head);
        assert_eq!(read(&detached).unwrap().layers[0].voxels, Voxels::U8(vec![1, 2, 3, 4]));
        let head = b"NRRD0004\ntype: uint8\ndimension: 4\nsizes: 2 2 1 1\nspace: left-posterior-superior\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\nkinds: list domain domain domain\nencoding: raw\n\n\x01\x02\x03\x04";
        let layered = read(&file(&folder, "l.seg.nrrd", head)).unwrap();
        assert_eq!(layered.layers.len(), 2);
        assert_eq!(layered.layers[1].voxels, Voxels::U8(vec![2, 4]));
    }

    #[test]
    fn broken_files_say_what_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let head = "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nendian: little\nencoding: raw\n\n";
        let short = file(&folder, "s.nrrd", format!("{head}ab").as_bytes());
        assert!(matches!(read(&short).unwrap_err().fault, Fault::Truncated { expected: 16, found: 2 }));
        let absurd = head.replace("2 2 2", "999999999 999999999 999999999");
        assert!(read(&file(&folder, "h.nrrd", absurd.as_bytes())).is_err());
        let absurd = head.replace("2 2 2", "99999 99999 99");
        let error = read(&file(&folder, "h.nrrd", absurd.as_bytes())).unwrap_err();
        assert!(matches!(error.fault, Fault::AnnouncesTooMuch { .. }) && error.to_string().contains("h.nrrd"));
        let zero = head.replace("2 2 2", "2 0 2");
        assert!(matches!(read(&file(&folder, "z.nrrd", zero.as_bytes())).unwrap_err().fault, Fault::Header { .. }));
        assert!(matches!(read(&file(&folder, "n.nrrd", b"hello")).unwrap_err().fault, Fault::NoSignature(_)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(at in 0usize..200, byte in any::<u8>(), cut in 1usize..400) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.nrrd");
            write(&path, &sample(), &[]).unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            if at < bytes.len() {
                bytes[at] = byte;
            }
            bytes.truncate(cut);
            std::fs::write(&path, &bytes).unwrap();
            let _ = read(&path);
        }
    }
}
