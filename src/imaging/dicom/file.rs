//! A DICOM file: preamble, file meta information, and the data set in its transfer syntax.

use std::io::Read;
use std::path::Path;

use flate2::bufread::DeflateDecoder;

use super::data_set::{DataSet, EXPLICIT_BIG, EXPLICIT_LITTLE, Encoding, IMPLICIT_LITTLE};
use super::fault::DicomFault;
use super::tag;
use crate::imaging::error::Fault;

/// How pixel data are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Native,
    RunLength,
    Jpeg,
    JpegLs,
    Jpeg2000,
}

/// A transfer syntax that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferSyntax {
    pub encoding: Encoding,
    pub deflated: bool,
    pub packing: Packing,
}

impl TransferSyntax {
    fn of(uid: &str) -> Result<TransferSyntax, DicomFault> {
        let native = |encoding, deflated| TransferSyntax { encoding, deflated, packing: Packing::Native };
        let packed = |packing| TransferSyntax { encoding: EXPLICIT_LITTLE, deflated: false, packing };
        let unknown = || DicomFault::TransferSyntax(uid.to_owned());
        if uid == "1.2.840.10008.1.2" {
            return Ok(native(IMPLICIT_LITTLE, false));
        }
        Ok(match uid.strip_prefix("1.2.840.10008.1.2.").ok_or_else(unknown)? {
            "1" => native(EXPLICIT_LITTLE, false),
            "1.99" => native(EXPLICIT_LITTLE, true),
            "2" => native(EXPLICIT_BIG, false),
            "5" => packed(Packing::RunLength),
            // Baseline, extended, lossless, lossless of first order.
            "4.50" | "4.51" | "4.57" | "4.70" => packed(Packing::Jpeg),
            "4.80" | "4.81" => packed(Packing::JpegLs),
            "4.90" | "4.91" => packed(Packing::Jpeg2000),
            _ => return Err(unknown()),
        })
    }
}

/// The bytes of a data set, inflated where they were deflated.
pub struct DicomFile {
    bytes: Vec<u8>,
    start: usize,
    pub syntax: TransferSyntax,
}

/// What a header with its overlays and private attributes rarely exceeds.
const PREFIX: u64 = 1 << 16;
/// No data set of one deflated file is larger.
const INFLATED_LIMIT: u64 = 1 << 29;

/// Whether a file starts as DICOM files do, with or without the preamble.
pub fn is_dicom(start: &[u8]) -> bool {
    start.get(128..132) == Some(b"DICM") || bare(start).is_some()
}

/// The encoding of a file without preamble and meta information, as very old ones are: its first attribute is one of
/// group 8, and short.
fn bare(start: &[u8]) -> Option<Encoding> {
    match *start.first_chunk::<8>()? {
        [8, 0, _, 0, a, b, _, _] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Some(EXPLICIT_LITTLE),
        [8, 0, _, 0, _, _, 0, 0] => Some(IMPLICIT_LITTLE),
        _ => None,
    }
}

impl DicomFile {
    /// Reads a whole file.
    ///
    /// # Errors
    /// [`Fault`] of the file.
    pub fn read(path: &Path) -> Result<DicomFile, Fault> {
        Self::of_bytes(std::fs::read(path)?)
    }

    /// Reads what comes before the pixel data, and no more of the file than that takes, where it can.
    ///
    /// # Errors
    /// [`Fault`] of the file.
    pub fn read_header(path: &Path) -> Result<DicomFile, Fault> {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path)?;
        let whole = file.metadata()?.len();
        file.take(PREFIX).read_to_end(&mut bytes)?;
        if whole <= PREFIX {
            return Self::of_bytes(bytes);
        }
        match Self::of_bytes(bytes) {
            Ok(file) if !file.syntax.deflated && file.header().is_ok() => Ok(file),
            _ => Self::read(path),
        }
    }

    fn of_bytes(bytes: Vec<u8>) -> Result<DicomFile, Fault> {
        if bytes.get(128..132) != Some(b"DICM") {
            let encoding = bare(&bytes).ok_or(Fault::NoSignature("DICOM"))?;
            let syntax = TransferSyntax { encoding, deflated: false, packing: Packing::Native };
            return Ok(DicomFile { bytes, start: 0, syntax });
        }
        let (uid, start) = meta(&bytes)?;
        let syntax = TransferSyntax::of(&uid)?;
        if !syntax.deflated {
            return Ok(DicomFile { bytes, start, syntax });
        }
        let mut inflated = Vec::new();
        DeflateDecoder::new(&bytes[start..])
            .take(INFLATED_LIMIT)
            .read_to_end(&mut inflated)
            .map_err(|_| DicomFault::Deflate("its stream is damaged or cut short"))?;
        if inflated.len() as u64 == INFLATED_LIMIT {
            return Err(DicomFault::Deflate("it grows beyond 512 MB").into());
        }
        Ok(DicomFile { bytes: inflated, start: 0, syntax })
    }

    fn body(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// The attributes, pixel data included.
    ///
    /// # Errors
    /// [`DicomFault`] when a length lies or the structure is none.
    pub fn data_set(&self) -> Result<DataSet<'_>, DicomFault> {
        DataSet::parse(self.body(), self.start, self.syntax.encoding)
    }

    /// The attributes before the pixel data.
    ///
    /// # Errors
    /// As [`DicomFile::data_set`].
    pub fn header(&self) -> Result<DataSet<'_>, DicomFault> {
        DataSet::parse_header(self.body(), self.start, self.syntax.encoding)
    }
}

/// The transfer syntax, and where the meta information ends. Its announced length is not relied on: the group is over
/// where its attributes are.
fn meta(bytes: &[u8]) -> Result<(String, usize), DicomFault> {
    let mut at = 132;
    while bytes.get(at..at + 2) == Some(&[2, 0]) {
        let Some(head) = bytes.get(at..at + 8) else { return Err(DicomFault::EndsEarly(bytes.len())) };
        let long = matches!(&head[4..6], b"OB" | b"OW" | b"UN" | b"UT" | b"SQ");
        let (length, skip) = if long {
            let Some(four) = bytes.get(at + 8..at + 12) else { return Err(DicomFault::EndsEarly(bytes.len())) };
            (u32::from_le_bytes([four[0], four[1], four[2], four[3]]) as usize, 12)
        } else {
            (usize::from(u16::from_le_bytes([head[6], head[7]])), 8)
        };
        at += skip;
        if length > bytes.len() - at {
            let name = tag::name(2 << 16 | u32::from(u16::from_le_bytes([head[2], head[3]])));
            let (announced, left) = (length as u64, bytes.len() - at);
            return Err(DicomFault::Length { name, at, announced, left });
        }
        at += length;
    }
    let information = DataSet::parse(&bytes[132..at], 132, EXPLICIT_LITTLE)?;
    Ok((information.need_text(tag::TRANSFER_SYNTAX_UID)?, at))
}
