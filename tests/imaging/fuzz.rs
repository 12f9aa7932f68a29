//! No bytes make a reader panic, hang, or ask for memory that the file cannot fill.
//!
//! The mutations run for two seconds; `DIPTYCH_FUZZ_SECONDS=600` runs them for ten minutes a family. A limit on the
//! process's memory (`ulimit -v`) turns an allocation by a lying header into a failure.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diptych::imaging::{self, Gaps, Geometry, Mismatch, SeriesChoice, Volume, Voxels};

/// A small generator of its own, so that a seed names the same mutations everywhere (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides.max(1) as u64) as usize
    }
}

/// Numbers that headers lie with.
const NUMBERS: [u32; 12] = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
/// Texts that stand where numbers or names do.
const TEXTS: [&[u8]; 12] =
    [b"0", b"-1", b"nan", b"inf", b"1e300", b"999999999", b"\\", b"none", b"(", b")", b"gzip", b"ascii"];

fn mutate(dice: &mut Dice, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = corpus[dice.roll(corpus.len())].clone();
    for _ in 0..=dice.roll(6) {
        if bytes.is_empty() {
            return bytes;
        }
        // Headers come first and matter most.
        let reach = if dice.roll(3) == 0 { bytes.len() } else { bytes.len().min(900) };
        let at = dice.roll(reach);
        let span = 1 + dice.roll(40);
        let end = (at + span).min(bytes.len());
        match dice.roll(9) {
            0 => bytes[at] = dice.roll(256) as u8,
            1 => bytes[at] ^= 1 << dice.roll(8),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            5 | 6 => {
                let number = NUMBERS[dice.roll(NUMBERS.len())];
                let four = if dice.roll(2) == 0 { number.to_le_bytes() } else { number.to_be_bytes() };
                let width = if dice.roll(2) == 0 { 2 } else { 4 };
                for (index, byte) in four.iter().take(width).enumerate() {
                    if let Some(place) = bytes.get_mut(at + index) {
                        *place = *byte;
                    }
                }
            }
            7 => {
                let text = TEXTS[dice.roll(TEXTS.len())];
                let end = (at + dice.roll(text.len() + 2)).min(bytes.len());
                bytes.splice(at..end, text.iter().copied());
            }
            _ => {
                let other = &corpus[dice.roll(corpus.len())];
                let from = dice.roll(other.len());
                let to = (from + span * 4).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    bytes
}

fn budget() -> Duration {
    let seconds = std::env::var("DIPTYCH_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2.0);
    Duration::from_secs_f64(seconds)
}

/// Reads mutations of a corpus until the time is up. What was read last lies in the folder when a read does not return.
fn survive(name: &str, corpus: &[Vec<u8>], read: impl Fn(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let seed = std::env::var("DIPTYCH_FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let (mut dice, start, mut rounds, mut slowest) = (Dice(seed), Instant::now(), 0u64, Duration::ZERO);
    while start.elapsed() < budget() {
        let bytes = mutate(&mut dice, corpus);
        std::fs::write(&path, &bytes).unwrap();
        let before = Instant::now();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&path)));
        let took = before.elapsed();
        slowest = slowest.max(took);
        if outcome.is_err() || took > Duration::from_secs(20) {
            let kept = std::env::temp_dir().join(format!("diptych_fuzz_{rounds}_{name}"));
            std::fs::write(&kept, &bytes).unwrap();
            panic!("{name}, round {rounds}, took {took:?}: see {}", kept.display());
        }
        rounds += 1;
    }
    println!("{name}: {rounds} mutations, the slowest took {slowest:?}");
}

fn files(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| std::fs::read(super::data(&format!("{name}.dcm"))).unwrap()).collect()
}

/// A volume has no more voxels than its file could hold.
fn plausible(path: &Path, volume: &Volume) {
    let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    assert!(volume.voxels.len() as u64 <= bytes.saturating_mul(1100), "{} of {bytes} bytes", volume.voxels.len());
}

fn sample(kind: usize) -> Volume {
    let geometry = Geometry::axis_aligned([5, 4, 3], [0.5, 0.75, 2.0]).unwrap();
    let values = (0..60i32).map(|value| value % 7);
    let voxels = match kind {
        0 => Voxels::I16(values.map(|value| value as i16 * 100).collect()),
        1 => Voxels::U8(values.map(|value| value as u8).collect()),
        _ => Voxels::F32(values.map(|value| value as f32 / 3.0).collect()),
    };
    Volume::new(geometry, voxels).unwrap()
}

fn written(name: &str) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    (0..3)
        .map(|kind| {
            imaging::write_image(&path, &sample(kind)).unwrap();
            std::fs::read(&path).unwrap()
        })
        .collect()
}

#[test]
fn dicom_images() {
    let uncompressed = ["explicit", "implicit", "big_endian", "deflated", "signed", "eight", "monochrome1", "enhanced"];
    survive("image.dcm", &files(&uncompressed), |path| {
        if let Ok(volume) = imaging::read(path) {
            plausible(path, &volume);
        }
        let _ = imaging::read_segmentation(path);
    });
}

#[test]
fn dicom_run_length_and_jpeg() {
    let packed = ["rle", "rle_eight", "jpeg_lossless", "jpeg_lossless_6", "jpeg_lossless_signed", "jpeg_baseline"];
    survive("packed.dcm", &files(&packed), |path| drop(imaging::read(path)));
}

#[test]
fn dicom_jpeg_ls() {
    let packed = ["jpeg_ls", "jpeg_ls_signed", "jpeg_ls_eight", "jpeg_ls_near"];
    survive("ls.dcm", &files(&packed), |path| drop(imaging::read(path)));
}

#[test]
fn dicom_jpeg_2000() {
    let packed = ["jpeg2000", "jpeg2000_signed", "jpeg2000_lossy"];
    survive("j2k.dcm", &files(&packed), |path| drop(imaging::read(path)));
}

#[test]
fn dicom_segmentations() {
    survive("seg.dcm", &files(&["seg_binary", "seg_fractional"]), |path| {
        let _ = imaging::read_segmentation(path);
        let _ = imaging::read_mask(path, &super::grid(5), Mismatch::ResampleMask);
    });
}

#[test]
fn dicom_structure_sets() {
    survive("structures.dcm", &files(&["structures"]), |path| {
        let _ = imaging::read_mask(path, &super::grid(5), Mismatch::Refuse);
    });
}

#[test]
fn dicom_series() {
    let folder = tempfile::tempdir().unwrap();
    let text = imaging::dicom::SeriesText { patient: "P".into(), description: "fuzz".into(), number: 1, seed: 1 };
    let slices: Vec<PathBuf> = imaging::dicom::write_series(folder.path(), &sample(0), &text).unwrap();
    let corpus: Vec<Vec<u8>> = slices.iter().map(|path| std::fs::read(path).unwrap()).collect();
    // One spoilt slice among sound ones.
    survive("slice.dcm", &corpus, |path| {
        let _ = std::fs::copy(path, &slices[1]);
        for gaps in [Gaps::Refuse, Gaps::Interpolate] {
            let _ = imaging::dicom::read(folder.path(), &SeriesChoice { series: None, gaps });
        }
    });
}

#[test]
fn nifti() {
    survive("volume.nii", &written("a.nii"), |path| {
        if let Ok(volume) = imaging::read(path) {
            plausible(path, &volume);
        }
        let _ = imaging::read_segmentation(path);
    });
}

#[test]
fn nifti_packed() {
    survive("volume.nii.gz", &written("a.nii.gz"), |path| {
        if let Ok(volume) = imaging::read(path) {
            plausible(path, &volume);
        }
    });
}

#[test]
fn nrrd() {
    let mut corpus = written("a.nrrd");
    for head in [
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 3 2\nspacings: 1 1 2\nencoding: ascii\n\n1 2\n3 -4 5 6 7 8 9 10 11 12\n",
        "NRRD0005\ntype: uint8\ndimension: 4\nsizes: 2 2 1 2\nspace: left-posterior-superior\nspace directions: none \
         (1,0,0) (0,1,0) (0,0,1)\nkinds: list domain domain domain\nencoding: raw\nspace origin: (1,2,3)\n\
         Segment0_ID:=a\nSegment0_LabelValue:=1\nSegment0_Layer:=0\nSegment1_ID:=b\nSegment1_LabelValue:=2\n\
         Segment1_Layer:=1\n\n\x01\x02\x03\x04\x01\x00\x02\x01",
        "NRRD0004\ntype: float\ndimension: 3\nsizes: 1 1 2\nendian: big\nencoding: raw\nbyte skip: 2\nline skip: 1\n\n\
         line\nxx\0\0\0\0\0\0\0\0",
        "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\ndata file: data%02d.raw 1 2 1\n",
        "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\ndata file: LIST\na.raw\nb.raw\n",
    ] {
        corpus.push(head.as_bytes().to_vec());
    }
    survive("volume.nrrd", &corpus, |path| {
        if let Ok(volume) = imaging::read(path) {
            plausible(path, &volume);
        }
        let _ = imaging::read_segmentation(path);
    });
}
