//! The families of features of IBSI-1, by the names that a study calls them, and how textures are aggregated.

/// A family of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    Morphology,
    LocalIntensity,
    Statistics,
    Histogram,
    VolumeHistogram,
    Cooccurrence,
    RunLength,
    SizeZone,
    DistanceZone,
    ToneDifference,
    Dependence,
}

impl Family {
    /// All families, in IBSI's order.
    pub const ALL: [Family; 11] = [
        Family::Morphology,
        Family::LocalIntensity,
        Family::Statistics,
        Family::Histogram,
        Family::VolumeHistogram,
        Family::Cooccurrence,
        Family::RunLength,
        Family::SizeZone,
        Family::DistanceZone,
        Family::ToneDifference,
        Family::Dependence,
    ];

    /// The name in a study; PyRadiomics' where both mean the same matrix or region.
    pub fn name(self) -> &'static str {
        match self {
            Family::Morphology => "shape",
            Family::LocalIntensity => "local",
            Family::Statistics => "firstorder",
            Family::Histogram => "histogram",
            Family::VolumeHistogram => "volume-histogram",
            Family::Cooccurrence => "glcm",
            Family::RunLength => "glrlm",
            Family::SizeZone => "glszm",
            Family::DistanceZone => "gldzm",
            Family::ToneDifference => "ngtdm",
            Family::Dependence => "gldm",
        }
    }

    pub fn named(name: &str) -> Option<Family> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }

    /// What IBSI's tags of the family begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Family::Morphology => "morph_",
            Family::LocalIntensity => "loc_",
            Family::Statistics => "stat_",
            Family::Histogram => "ih_",
            Family::VolumeHistogram => "ivh_",
            Family::Cooccurrence => "cm_",
            Family::RunLength => "rlm_",
            Family::SizeZone => "szm_",
            Family::DistanceZone => "dzm_",
            Family::ToneDifference => "ngt_",
            Family::Dependence => "ngl_",
        }
    }

    /// Whether the family is of grey levels and their neighbours.
    pub fn is_texture(self) -> bool {
        self >= Family::Cooccurrence
    }
}

/// Over what the matrices of textures are aggregated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// A matrix a slice, features averaged over slices: 2D.
    Slices,
    /// A matrix a slice, merged over slices: 2.5D.
    MergedSlices,
    /// A matrix of the volume: 3D.
    Volume,
}

impl Aggregation {
    /// All of them.
    pub const ALL: [Aggregation; 3] = [Aggregation::Slices, Aggregation::MergedSlices, Aggregation::Volume];
    /// Those within slices.
    pub const PLANAR: [Aggregation; 2] = [Aggregation::Slices, Aggregation::MergedSlices];

    /// The name in a study.
    pub fn name(self) -> &'static str {
        match self {
            Aggregation::Slices => "slices",
            Aggregation::MergedSlices => "merged-slices",
            Aggregation::Volume => "volume",
        }
    }

    pub fn named(name: &str) -> Option<Aggregation> {
        Self::ALL.into_iter().find(|aggregation| aggregation.name() == name)
    }

    /// What IBSI's tags of textures hold.
    pub fn mark(self) -> &'static str {
        match self {
            Aggregation::Slices => "_2D",
            Aggregation::MergedSlices => "_2_5D",
            Aggregation::Volume => "_3D",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        assert!(Family::ALL.into_iter().all(|family| Family::named(family.name()) == Some(family)));
        assert!(Aggregation::ALL.into_iter().all(|of| Aggregation::named(of.name()) == Some(of)));
        assert!(Family::DistanceZone.is_texture() && !Family::VolumeHistogram.is_texture());
    }
}
