//! A data set: the attributes of a DICOM file, of an item of a sequence, as slices of the file's bytes.
//!
//! Nothing is copied and nothing is allocated by a length that a file announces: a value is a slice of what is there,
//! and a length beyond it is a fault. Sequences are taken apart when they are asked for.
//! Source: PS3.5, Data Structures and Encoding, <https://dicom.nema.org/medical/dicom/current/output/html/part05.html>.

use super::fault::DicomFault;
use super::tag::{self, Tag};

/// How numbers and attributes are laid down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// Whether an attribute names the type of its value.
    pub explicit: bool,
    pub little: bool,
}

pub const IMPLICIT_LITTLE: Encoding = Encoding { explicit: false, little: true };
pub const EXPLICIT_LITTLE: Encoding = Encoding { explicit: true, little: true };
pub const EXPLICIT_BIG: Encoding = Encoding { explicit: true, little: false };

/// Sequences within sequences: the standard's own go no deeper than about ten.
const DEEPEST: usize = 40;

const ITEM: u32 = 0xfffe_e000;
const ITEM_END: u32 = 0xfffe_e00d;
const SEQUENCE_END: u32 = 0xfffe_e0dd;
const UNDEFINED: u32 = u32::MAX;

/// One attribute and its value.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    pub number: u32,
    pub value: &'a [u8],
    /// Whether the length was left open, so that the value is a sequence of items.
    pub open: bool,
    /// How the items of the value are laid down.
    inner: Encoding,
    at: usize,
}

/// Attributes in the order of the file.
#[derive(Clone, Debug)]
pub struct DataSet<'a> {
    elements: Vec<Element<'a>>,
    little: bool,
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where `bytes` starts in the file, for faults.
    base: usize,
}

struct Head {
    number: u32,
    length: u32,
    inner: Encoding,
}

impl<'a> Cursor<'a> {
    fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    fn place(&self) -> usize {
        self.base + self.at
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], DicomFault> {
        let slice = self.at.checked_add(count).and_then(|end| self.bytes.get(self.at..end));
        let slice = slice.ok_or(DicomFault::EndsEarly(self.base + self.bytes.len()))?;
        self.at += count;
        Ok(slice)
    }

    fn u16(&mut self, little: bool) -> Result<u16, DicomFault> {
        let bytes = self.take(2)?;
        let pair = [bytes[0], bytes[1]];
        Ok(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    }

    fn u32(&mut self, little: bool) -> Result<u32, DicomFault> {
        let bytes = self.take(4)?;
        let four = [bytes[0], bytes[1], bytes[2], bytes[3]];
        Ok(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
    }

    fn number(&mut self, little: bool) -> Result<u32, DicomFault> {
        let group = self.u16(little)?;
        let element = self.u16(little)?;
        Ok(u32::from(group) << 16 | u32::from(element))
    }

    fn head(&mut self, encoding: Encoding) -> Result<Head, DicomFault> {
        let at = self.place();
        let number = self.number(encoding.little)?;
        // Items and their ends have no type in any encoding.
        if !encoding.explicit || number >> 16 == 0xfffe {
            return Ok(Head { number, length: self.u32(encoding.little)?, inner: encoding });
        }
        let kind = self.take(2)?;
        if !kind.iter().all(u8::is_ascii_uppercase) {
            return Err(DicomFault::Structure { at, reason: "the type of a value is no two letters" });
        }
        let long = matches!(
            kind,
            b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV"
        );
        let length = if long {
            self.take(2)?;
            self.u32(encoding.little)?
        } else {
            u32::from(self.u16(encoding.little)?)
        };
        // A sequence of unknown type is laid down without types, whatever surrounds it (PS3.5, 6.2.2).
        let inner = if kind == b"UN" { IMPLICIT_LITTLE } else { encoding };
        Ok(Head { number, length, inner })
    }

    /// The value behind a head, and whether its length was open.
    fn value(&mut self, head: &Head, depth: usize) -> Result<(&'a [u8], bool), DicomFault> {
        let at = self.place();
        if head.length == UNDEFINED {
            let start = self.at;
            let end = self.skip_items(head.inner, depth)?;
            return Ok((&self.bytes[start..end], true));
        }
        if head.length as usize > self.left() {
            let (name, announced) = (tag::name(head.number), u64::from(head.length));
            return Err(DicomFault::Length { name, at, announced, left: self.left() });
        }
        Ok((self.take(head.length as usize)?, false))
    }

    /// Walks over items up to the end of their sequence; gives where the last item ends.
    fn skip_items(&mut self, encoding: Encoding, depth: usize) -> Result<usize, DicomFault> {
        if depth > DEEPEST {
            return Err(DicomFault::Structure { at: self.place(), reason: "sequences are nested without end" });
        }
        loop {
            let (end, at) = (self.at, self.place());
            let number = self.number(encoding.little)?;
            let length = self.u32(encoding.little)?;
            match number {
                SEQUENCE_END => return Ok(end),
                ITEM if length == UNDEFINED => self.skip_elements(encoding, depth + 1)?,
                ITEM if length as usize > self.left() => {
                    let (name, announced) = ("of an item".to_owned(), u64::from(length));
                    return Err(DicomFault::Length { name, at, announced, left: self.left() });
                }
                ITEM => {
                    self.take(length as usize)?;
                }
                _ => return Err(DicomFault::Structure { at, reason: "a sequence holds what is no item" }),
            }
        }
    }

    /// Walks over the attributes of an item up to its end.
    fn skip_elements(&mut self, encoding: Encoding, depth: usize) -> Result<(), DicomFault> {
        loop {
            let head = self.head(encoding)?;
            if head.number == ITEM_END {
                return Ok(());
            }
            self.value(&head, depth)?;
        }
    }
}

impl<'a> DataSet<'a> {
    /// Takes apart the attributes of `bytes`, which start at `base` in their file, up to the pixel data and with them;
    /// what follows the pixels (padding, signatures) is of no interest.
    ///
    /// # Errors
    /// [`DicomFault`] when a length lies or the structure is none.
    pub fn parse(bytes: &'a [u8], base: usize, encoding: Encoding) -> Result<DataSet<'a>, DicomFault> {
        Self::parse_until(bytes, base, encoding, false)
    }

    /// As [`DataSet::parse`], but stops before the pixel data.
    ///
    /// # Errors
    /// As [`DataSet::parse`].
    pub fn parse_header(bytes: &'a [u8], base: usize, encoding: Encoding) -> Result<DataSet<'a>, DicomFault> {
        Self::parse_until(bytes, base, encoding, true)
    }

    fn parse_until(bytes: &'a [u8], base: usize, encoding: Encoding, header: bool) -> Result<DataSet<'a>, DicomFault> {
        let mut cursor = Cursor { bytes, at: 0, base };
        let mut elements = Vec::new();
        while cursor.left() > 0 {
            let at = cursor.place();
            let head = cursor.head(encoding)?;
            if header && head.number >= tag::FLOAT_PIXEL_DATA.number() {
                break;
            }
            if head.number == ITEM_END {
                break;
            }
            if head.number >> 16 == 0xfffe {
                return Err(DicomFault::Structure { at, reason: "an item stands outside any sequence" });
            }
            let (value, open) = cursor.value(&head, 0)?;
            elements.push(Element { number: head.number, value, open, inner: head.inner, at });
            if head.number == tag::PIXEL_DATA.number() {
                break;
            }
        }
        Ok(DataSet { elements, little: encoding.little })
    }

    pub fn get(&self, tag: Tag) -> Option<&Element<'a>> {
        self.elements.iter().find(|element| element.number == tag.number())
    }

    /// An attribute that has a value.
    fn filled(&self, tag: Tag) -> Option<&'a [u8]> {
        self.get(tag).map(|element| element.value).filter(|value| !value.is_empty())
    }

    /// A text without its padding; empty counts as absent. Texts that are not UTF-8 are read as Latin-1.
    pub fn text(&self, tag: Tag) -> Option<String> {
        let bytes = self.filled(tag)?;
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        let text = text.trim_matches(['\0', ' ', '\n', '\r', '\t']);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A text that has to be there.
    ///
    /// # Errors
    /// [`DicomFault::Missing`].
    pub fn need_text(&self, tag: Tag) -> Result<String, DicomFault> {
        self.text(tag).ok_or(DicomFault::Missing(tag.keyword))
    }

    /// A binary whole number of 16 or 32 bits, unsigned.
    ///
    /// # Errors
    /// [`DicomFault::Value`] when its width is another.
    pub fn unsigned(&self, tag: Tag) -> Result<Option<u32>, DicomFault> {
        let Some(bytes) = self.filled(tag) else { return Ok(None) };
        let little = self.little;
        match *bytes {
            [a, b] => Ok(Some(u32::from(if little { u16::from_le_bytes([a, b]) } else { u16::from_be_bytes([a, b]) }))),
            [a, b, c, d] => {
                let four = [a, b, c, d];
                Ok(Some(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }))
            }
            _ => {
                let value = format!("{} bytes", bytes.len());
                Err(DicomFault::Value { keyword: tag.keyword, value, reason: "is no number of 16 or 32 bits" })
            }
        }
    }

    /// A binary whole number that has to be there.
    ///
    /// # Errors
    /// [`DicomFault::Missing`] or as [`DataSet::unsigned`].
    pub fn need_unsigned(&self, tag: Tag) -> Result<u32, DicomFault> {
        self.unsigned(tag)?.ok_or(DicomFault::Missing(tag.keyword))
    }

    /// Numbers written as text, separated by backslashes; none where the attribute is absent or empty.
    ///
    /// # Errors
    /// [`DicomFault::Value`] when one is no finite number.
    pub fn decimals(&self, tag: Tag) -> Result<Option<Vec<f64>>, DicomFault> {
        let Some(text) = self.text(tag) else { return Ok(None) };
        let numbers: Option<Vec<f64>> = text
            .split('\\')
            .map(|word| word.trim_matches(['\0', ' ']).parse::<f64>().ok().filter(|number| number.is_finite()))
            .collect();
        match numbers {
            Some(numbers) => Ok(Some(numbers)),
            None => {
                let value = text.chars().take(80).collect();
                Err(DicomFault::Value { keyword: tag.keyword, value, reason: "is no list of numbers" })
            }
        }
    }

    /// Exactly `N` numbers written as text.
    ///
    /// # Errors
    /// [`DicomFault::Missing`], or [`DicomFault::Value`] for another count.
    pub fn need_decimals<const N: usize>(&self, tag: Tag) -> Result<[f64; N], DicomFault> {
        let numbers = self.decimals(tag)?.ok_or(DicomFault::Missing(tag.keyword))?;
        <[f64; N]>::try_from(numbers).map_err(|numbers| DicomFault::Value {
            keyword: tag.keyword,
            value: format!("{numbers:?}"),
            reason: "does not have as many numbers as the standard asks",
        })
    }

    /// One number written as text.
    ///
    /// # Errors
    /// As [`DataSet::decimals`].
    pub fn decimal(&self, tag: Tag) -> Result<Option<f64>, DicomFault> {
        Ok(self.decimals(tag)?.and_then(|numbers| numbers.first().copied()))
    }

    /// The items of a sequence; none where the attribute is absent.
    ///
    /// # Errors
    /// [`DicomFault`] when the items are none.
    pub fn items(&self, tag: Tag) -> Result<Vec<DataSet<'a>>, DicomFault> {
        let Some(element) = self.get(tag) else { return Ok(Vec::new()) };
        let mut cursor = Cursor { bytes: element.value, at: 0, base: element.at };
        let mut items = Vec::new();
        while cursor.left() > 0 {
            let at = cursor.place();
            let number = cursor.number(element.inner.little)?;
            let length = cursor.u32(element.inner.little)?;
            if number == SEQUENCE_END {
                break;
            }
            if number != ITEM {
                return Err(DicomFault::Structure { at, reason: "a sequence holds what is no item" });
            }
            let (start, base) = (cursor.at, cursor.place());
            let bytes = if length == UNDEFINED {
                cursor.skip_elements(element.inner, 1)?;
                &element.value[start..cursor.at]
            } else if length as usize > cursor.left() {
                let (name, announced) = (format!("{} (an item)", tag.keyword), u64::from(length));
                return Err(DicomFault::Length { name, at, announced, left: cursor.left() });
            } else {
                cursor.take(length as usize)?
            };
            items.push(DataSet::parse(bytes, base, element.inner)?);
        }
        Ok(items)
    }

    /// The fragments of encapsulated pixel data, the offset table first.
    ///
    /// # Errors
    /// [`DicomFault`] when there are no items.
    pub fn fragments(&self, tag: Tag) -> Result<Vec<&'a [u8]>, DicomFault> {
        let element = self.get(tag).ok_or(DicomFault::Missing(tag.keyword))?;
        let mut cursor = Cursor { bytes: element.value, at: 0, base: element.at };
        let mut fragments = Vec::new();
        while cursor.left() > 0 {
            let at = cursor.place();
            let number = cursor.number(true)?;
            let length = cursor.u32(true)? as usize;
            if number != ITEM {
                return Err(DicomFault::Structure { at, reason: "compressed pixel data hold what is no item" });
            }
            if length > cursor.left() {
                let (name, announced) = (format!("{} (a fragment)", tag.keyword), length as u64);
                return Err(DicomFault::Length { name, at, announced, left: cursor.left() });
            }
            fragments.push(cursor.take(length)?);
        }
        Ok(fragments)
    }
}
