//! Writes a volume as a CT series: one file a slice, explicit little endian, uncompressed.
//!
//! The values are stored as signed 16-bit numbers with slope 1 and intercept 0. The UIDs follow from a seed and a name,
//! so that the same call writes the same bytes.
//! Source: PS3.3, A.3 (CT Image IOD) and PS3.10 (file format).

use std::path::{Path, PathBuf};

use rand_xoshiro::rand_core::Rng;

use super::fault::DicomFault;
use super::tag;
use crate::imaging::error::{Fault, ImagingError};
use crate::imaging::geometry::VoxelPosition;
use crate::imaging::volume::{Number, Volume};
use crate::imaging::whole::write_whole;
use crate::on_voxels;
use crate::random::Stream;

/// What a written series says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesText {
    /// Whose it is: PatientID and PatientName.
    pub patient: String,
    /// SeriesDescription
    pub description: String,
    /// Its number within the study, from 1.
    pub number: u32,
    /// The UIDs follow from this seed with the patient (study) and with patient, number and slice.
    pub seed: u64,
}

const CT_IMAGE_STORAGE: &str = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";
/// The implementation's own identifier; made once from a random number (PS3.5, B.2).
const IMPLEMENTATION: &str = "2.25.202911060312977409273391478611803945117";

/// A unique identifier that follows from a stream of random numbers (PS3.5, B.2).
pub fn uid(stream: &Stream) -> String {
    let mut rng = stream.rng();
    format!("2.25.{}", u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64()))
}

/// Writes a series into a folder, which is made if it is not there; gives the names of the files, first slice first.
///
/// # Errors
/// [`ImagingError`] when a file cannot be written, or the volume is none that a CT series can hold: values that are not
/// whole numbers of 16 bits, axes that are not perpendicular, more rows or columns than 65535.
pub fn write_series(folder: &Path, volume: &Volume, text: &SeriesText) -> Result<Vec<PathBuf>, ImagingError> {
    let failed = |fault: Fault| ImagingError::new(folder, fault);
    let stored = stored(volume).map_err(|fault| failed(fault.into()))?;
    let attributes = Series::of(volume, text).map_err(|fault| failed(fault.into()))?;
    std::fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
    let [columns, rows, slices] = volume.size();
    let mut files = Vec::with_capacity(slices);
    for (index, values) in stored.chunks_exact(columns * rows).enumerate() {
        let path = folder.join(format!("slice{:04}.dcm", index + 1));
        let bytes = attributes.slice(volume, index, values);
        write_whole::<Fault>(&path, |sink| Ok(sink.write_all(&bytes)?))
            .map_err(|fault| ImagingError::new(&path, fault))?;
        files.push(path);
    }
    Ok(files)
}

/// The values as 16-bit numbers.
fn stored(volume: &Volume) -> Result<Vec<i16>, DicomFault> {
    let mut out = Vec::with_capacity(volume.voxels.len());
    on_voxels!(&volume.voxels, values => for value in values {
        let value = value.real();
        if value.fract() != 0.0 || value < f64::from(i16::MIN) || value > f64::from(i16::MAX) {
            let reason = "is no whole number of 16 bits, which a CT series stores";
            return Err(DicomFault::Value { keyword: tag::PIXEL_DATA.keyword, value: value.to_string(), reason });
        }
        out.push(value as i16);
    });
    Ok(out)
}

struct Series<'a> {
    text: &'a SeriesText,
    stream: Stream,
    study: String,
    series: String,
    frame_of_reference: String,
}

/// Attributes in ascending order, as bytes.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn raw(&mut self, group: u16, element: u16, kind: &[u8; 2], value: &[u8]) {
        self.0.extend(group.to_le_bytes());
        self.0.extend(element.to_le_bytes());
        self.0.extend(kind);
        if matches!(kind, b"OB" | b"OW") {
            self.0.extend([0, 0]);
            self.0.extend((value.len() as u32).to_le_bytes());
        } else {
            self.0.extend((value.len() as u16).to_le_bytes());
        }
        self.0.extend(value);
    }

    /// A text, padded to an even length as its type asks.
    fn text(&mut self, group: u16, element: u16, kind: &[u8; 2], value: &str) {
        let mut bytes = value.as_bytes().to_vec();
        if bytes.len() % 2 == 1 {
            bytes.push(if kind == b"UI" { 0 } else { b' ' });
        }
        self.raw(group, element, kind, &bytes);
    }

    fn short(&mut self, group: u16, element: u16, value: u16) {
        self.raw(group, element, b"US", &value.to_le_bytes());
    }
}

/// A number as text of at most 16 characters, which is what a decimal string may have.
fn decimal(value: f64) -> String {
    let plain = (value + 0.0).to_string();
    if plain.len() <= 16 {
        return plain;
    }
    let rounded = (0..=12).rev().map(|digits| format!("{value:.digits$}")).find(|text| text.len() <= 16);
    match rounded.filter(|_| value.abs() >= 1e-4) {
        Some(text) => text,
        None => format!("{value:.8e}"),
    }
}

fn decimals(values: &[f64]) -> String {
    values.iter().map(|value| decimal(*value)).collect::<Vec<_>>().join("\\")
}

/// Text that fits an attribute of at most 64 characters, without the separator of values.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c == '\\' || c.is_control() { ' ' } else { c }).take(64).collect()
}

impl<'a> Series<'a> {
    fn of(volume: &Volume, text: &'a SeriesText) -> Result<Series<'a>, DicomFault> {
        let direction = volume.geometry.direction();
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let product: f64 = (0..3).map(|row| direction[row][a] * direction[row][b]).sum();
            if product.abs() > 1e-4 {
                let reason = "has axes that are not perpendicular";
                let keyword = tag::IMAGE_ORIENTATION_PATIENT.keyword;
                return Err(DicomFault::Value { keyword, value: format!("{direction:?}"), reason });
            }
        }
        let [columns, rows, _] = volume.size();
        for (tag, count) in [(tag::ROWS, rows), (tag::COLUMNS, columns)] {
            if u16::try_from(count).is_err() {
                let reason = "is more than DICOM can say";
                return Err(DicomFault::Value { keyword: tag.keyword, value: count.to_string(), reason });
            }
        }
        let patient = Stream::root(text.seed).named("dicom").named(&text.patient);
        let stream = patient.named("series").indexed(u64::from(text.number));
        Ok(Series {
            text,
            study: uid(&patient.named("study")),
            frame_of_reference: uid(&patient.named("frame of reference")),
            series: uid(&stream),
            stream,
        })
    }

    /// The file of one slice.
    fn slice(&self, volume: &Volume, index: usize, values: &[i16]) -> Vec<u8> {
        let geometry = &volume.geometry;
        let [columns, rows, _] = volume.size();
        let [across, down, depth] = geometry.spacing().0;
        let direction = geometry.direction();
        let position = geometry.point(VoxelPosition([0.0, 0.0, index as f64]));
        let orientation: Vec<f64> = [0, 1].iter().flat_map(|axis| direction.map(|row| row[*axis])).collect();
        let instance = uid(&self.stream.indexed(index as u64));

        let mut meta = Bytes::default();
        meta.raw(0x0002, 0x0001, b"OB", &[0, 1]);
        meta.text(0x0002, 0x0002, b"UI", CT_IMAGE_STORAGE);
        meta.text(0x0002, 0x0003, b"UI", &instance);
        meta.text(0x0002, 0x0010, b"UI", EXPLICIT_LITTLE_ENDIAN);
        meta.text(0x0002, 0x0012, b"UI", IMPLEMENTATION);
        meta.text(0x0002, 0x0013, b"SH", "DIPTYCH");

        let mut data = Bytes::default();
        data.text(0x0008, 0x0005, b"CS", "ISO_IR 192");
        data.text(0x0008, 0x0008, b"CS", "DERIVED\\PRIMARY\\AXIAL");
        data.text(0x0008, 0x0016, b"UI", CT_IMAGE_STORAGE);
        data.text(0x0008, 0x0018, b"UI", &instance);
        for element in [0x0020, 0x0030] {
            data.text(0x0008, element, if element == 0x0020 { b"DA" } else { b"TM" }, "");
        }
        data.text(0x0008, 0x0050, b"SH", "");
        data.text(0x0008, 0x0060, b"CS", "CT");
        data.text(0x0008, 0x0070, b"LO", "Diptych");
        data.text(0x0008, 0x0090, b"PN", "");
        data.text(0x0008, 0x103e, b"LO", &plain(&self.text.description));
        data.text(0x0010, 0x0010, b"PN", &plain(&self.text.patient));
        data.text(0x0010, 0x0020, b"LO", &plain(&self.text.patient));
        data.text(0x0010, 0x0030, b"DA", "");
        data.text(0x0010, 0x0040, b"CS", "");
        data.text(0x0018, 0x0050, b"DS", &decimal(depth));
        data.text(0x0018, 0x0060, b"DS", "");
        data.text(0x0018, 0x0088, b"DS", &decimal(depth));
        data.text(0x0020, 0x000d, b"UI", &self.study);
        data.text(0x0020, 0x000e, b"UI", &self.series);
        data.text(0x0020, 0x0010, b"SH", "");
        data.text(0x0020, 0x0011, b"IS", &self.text.number.to_string());
        data.text(0x0020, 0x0012, b"IS", "");
        data.text(0x0020, 0x0013, b"IS", &(index + 1).to_string());
        data.text(0x0020, 0x0032, b"DS", &decimals(&position.0));
        data.text(0x0020, 0x0037, b"DS", &decimals(&orientation));
        data.text(0x0020, 0x0052, b"UI", &self.frame_of_reference);
        data.text(0x0020, 0x1040, b"LO", "");
        data.short(0x0028, 0x0002, 1);
        data.text(0x0028, 0x0004, b"CS", "MONOCHROME2");
        data.short(0x0028, 0x0010, rows as u16);
        data.short(0x0028, 0x0011, columns as u16);
        data.text(0x0028, 0x0030, b"DS", &decimals(&[down, across]));
        for (element, value) in [(0x0100, 16), (0x0101, 16), (0x0102, 15), (0x0103, 1)] {
            data.short(0x0028, element, value);
        }
        data.text(0x0028, 0x1052, b"DS", "0");
        data.text(0x0028, 0x1053, b"DS", "1");
        data.text(0x0028, 0x1054, b"LO", "HU");
        let pixels: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        data.raw(0x7fe0, 0x0010, b"OW", &pixels);

        let mut file = vec![0u8; 128];
        file.extend(b"DICM");
        let mut length = Bytes::default();
        length.raw(0x0002, 0x0000, b"UL", &(meta.0.len() as u32).to_le_bytes());
        file.extend(length.0);
        file.extend(meta.0);
        file.extend(data.0);
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::dicom::{SeriesChoice, read};
    use crate::imaging::{Geometry, Millimetres, Voxels};

    fn text(seed: u64) -> SeriesText {
        SeriesText { patient: "P 001".into(), description: "arterial".into(), number: 2, seed }
    }

    fn oblique() -> Volume {
        let (s, c) = (0.2f64.sin(), 0.2f64.cos());
        let direction = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
        let origin = Millimetres([-10.123456789, 20.5, -300.25]);
        let geometry = Geometry::new([4, 3, 5], origin, Millimetres([0.7, 0.8, 2.5]), direction).unwrap();
        Volume::new(geometry, Voxels::I16((0..60).map(|v| v * 500 - 27_000).collect())).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let files = write_series(folder.path(), &oblique(), &text(1)).unwrap();
        assert_eq!(files.len(), 5);
        let back = read(folder.path(), &SeriesChoice::default()).unwrap();
        assert_eq!(back.voxels, oblique().voxels);
        assert!(back.geometry.mismatch(&oblique().geometry, 1e-9).is_none(), "{}", back.geometry);
    }

    #[test]
    fn the_seed_makes_the_bytes() {
        let written = |seed| {
            let folder = tempfile::tempdir().unwrap();
            let files = write_series(folder.path(), &oblique(), &text(seed)).unwrap();
            files.iter().map(|file| std::fs::read(file).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(written(1), written(1));
        assert_ne!(written(1), written(2));
    }

    #[test]
    fn what_a_series_cannot_hold_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for values in [vec![0.5], vec![40_000.0], vec![f64::NAN]] {
            let geometry = Geometry::axis_aligned([1, 1, 1], [1.0; 3]).unwrap();
            let volume = Volume::new(geometry, Voxels::F64(values)).unwrap();
            assert!(write_series(folder.path(), &volume, &text(1)).unwrap_err().to_string().contains("16 bits"));
        }
    }

    #[test]
    fn decimals_stay_within_sixteen_characters() {
        for value in [0.1 + 0.2, -1.0 / 3.0, 1e-7 / 3.0, -123_456.789_012_345, 1e20, 0.0] {
            let text = decimal(value);
            assert!(text.len() <= 16, "{text}");
            assert!((text.parse::<f64>().unwrap() - value).abs() <= 1e-9 * value.abs().max(1.0));
        }
    }
}
