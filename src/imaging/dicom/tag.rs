//! The attributes that are read, with the keywords that a fault names them by.

/// An attribute of a data set: its number, and its keyword in the standard's dictionary (PS3.6).
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    pub group: u16,
    pub element: u16,
    pub keyword: &'static str,
}

impl Tag {
    pub const fn number(self) -> u32 {
        (self.group as u32) << 16 | self.element as u32
    }
}

macro_rules! tags {
    ($($name:ident = $group:literal, $element:literal, $keyword:literal;)*) => {
        $(pub const $name: Tag = Tag { group: $group, element: $element, keyword: $keyword };)*
        /// Every attribute above, for naming a number that was met in a file.
        const ALL: &[Tag] = &[$($name),*];
    };
}

tags! {
    TRANSFER_SYNTAX_UID = 0x0002, 0x0010, "TransferSyntaxUID";
    SPECIFIC_CHARACTER_SET = 0x0008, 0x0005, "SpecificCharacterSet";
    SOP_CLASS_UID = 0x0008, 0x0016, "SOPClassUID";
    SOP_INSTANCE_UID = 0x0008, 0x0018, "SOPInstanceUID";
    MODALITY = 0x0008, 0x0060, "Modality";
    SERIES_DESCRIPTION = 0x0008, 0x103e, "SeriesDescription";
    SLICE_THICKNESS = 0x0018, 0x0050, "SliceThickness";
    SPACING_BETWEEN_SLICES = 0x0018, 0x0088, "SpacingBetweenSlices";
    SERIES_INSTANCE_UID = 0x0020, 0x000e, "SeriesInstanceUID";
    IMAGE_POSITION_PATIENT = 0x0020, 0x0032, "ImagePositionPatient";
    IMAGE_ORIENTATION_PATIENT = 0x0020, 0x0037, "ImageOrientationPatient";
    SAMPLES_PER_PIXEL = 0x0028, 0x0002, "SamplesPerPixel";
    PHOTOMETRIC_INTERPRETATION = 0x0028, 0x0004, "PhotometricInterpretation";
    NUMBER_OF_FRAMES = 0x0028, 0x0008, "NumberOfFrames";
    ROWS = 0x0028, 0x0010, "Rows";
    COLUMNS = 0x0028, 0x0011, "Columns";
    PIXEL_SPACING = 0x0028, 0x0030, "PixelSpacing";
    BITS_ALLOCATED = 0x0028, 0x0100, "BitsAllocated";
    BITS_STORED = 0x0028, 0x0101, "BitsStored";
    HIGH_BIT = 0x0028, 0x0102, "HighBit";
    PIXEL_REPRESENTATION = 0x0028, 0x0103, "PixelRepresentation";
    RESCALE_INTERCEPT = 0x0028, 0x1052, "RescaleIntercept";
    RESCALE_SLOPE = 0x0028, 0x1053, "RescaleSlope";
    MODALITY_LUT_SEQUENCE = 0x0028, 0x3000, "ModalityLUTSequence";
    FLOAT_PIXEL_DATA = 0x7fe0, 0x0008, "FloatPixelData";
    DOUBLE_FLOAT_PIXEL_DATA = 0x7fe0, 0x0009, "DoubleFloatPixelData";
    PLANE_POSITION_SEQUENCE = 0x0020, 0x9113, "PlanePositionSequence";
    PLANE_ORIENTATION_SEQUENCE = 0x0020, 0x9116, "PlaneOrientationSequence";
    PIXEL_VALUE_TRANSFORMATION_SEQUENCE = 0x0028, 0x9145, "PixelValueTransformationSequence";
    PIXEL_MEASURES_SEQUENCE = 0x0028, 0x9110, "PixelMeasuresSequence";
    SEGMENTATION_TYPE = 0x0062, 0x0001, "SegmentationType";
    SEGMENT_SEQUENCE = 0x0062, 0x0002, "SegmentSequence";
    SEGMENT_NUMBER = 0x0062, 0x0004, "SegmentNumber";
    SEGMENT_LABEL = 0x0062, 0x0005, "SegmentLabel";
    SEGMENT_IDENTIFICATION_SEQUENCE = 0x0062, 0x000a, "SegmentIdentificationSequence";
    REFERENCED_SEGMENT_NUMBER = 0x0062, 0x000b, "ReferencedSegmentNumber";
    MAXIMUM_FRACTIONAL_VALUE = 0x0062, 0x000e, "MaximumFractionalValue";
    STRUCTURE_SET_ROI_SEQUENCE = 0x3006, 0x0020, "StructureSetROISequence";
    ROI_NUMBER = 0x3006, 0x0022, "ROINumber";
    ROI_NAME = 0x3006, 0x0026, "ROIName";
    ROI_CONTOUR_SEQUENCE = 0x3006, 0x0039, "ROIContourSequence";
    CONTOUR_SEQUENCE = 0x3006, 0x0040, "ContourSequence";
    CONTOUR_GEOMETRIC_TYPE = 0x3006, 0x0042, "ContourGeometricType";
    CONTOUR_DATA = 0x3006, 0x0050, "ContourData";
    REFERENCED_ROI_NUMBER = 0x3006, 0x0084, "ReferencedROINumber";
    SHARED_FUNCTIONAL_GROUPS_SEQUENCE = 0x5200, 0x9229, "SharedFunctionalGroupsSequence";
    PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE = 0x5200, 0x9230, "PerFrameFunctionalGroupsSequence";
    PIXEL_DATA = 0x7fe0, 0x0010, "PixelData";
}

/// How a fault names an attribute: by its keyword where it is one of ours.
pub fn name(number: u32) -> String {
    match ALL.iter().find(|tag| tag.number() == number) {
        Some(tag) => tag.keyword.to_owned(),
        None => format!("({:04X},{:04X})", number >> 16, number & 0xffff),
    }
}
