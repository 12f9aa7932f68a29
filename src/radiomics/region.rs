//! The region of interest: its box, its voxels, and their grey levels in the layout the texture matrices walk.

use crate::imaging::VoxelBox;

/// Which voxels of a box are inside; everything else of the engine is told only of this box.
#[derive(Clone, Debug)]
pub struct Region {
    /// The box in the image.
    pub place: VoxelBox,
    /// Size of the box, (x, y, z).
    pub size: [usize; 3],
    /// Spacing in mm, (x, y, z).
    pub spacing: [f64; 3],
    /// 1 inside, 0 outside, x fastest.
    pub inside: Vec<u8>,
    /// Number of voxels inside.
    pub voxels: usize,
}

impl Region {
    /// A region from the flags of a box.
    pub fn new(place: VoxelBox, spacing: [f64; 3], inside: Vec<u8>) -> Region {
        let voxels = inside.iter().filter(|v| **v != 0).count();
        Region { size: place.size(), place, spacing, inside, voxels }
    }

    /// The values of the voxels inside, in the order of the box, from the values of the whole box.
    pub fn gather<T: Copy, U>(&self, values: &[T], convert: impl Fn(T) -> U) -> Vec<U> {
        let mut out = Vec::with_capacity(self.voxels);
        out.extend(self.inside.iter().zip(values).filter(|(flag, _)| **flag != 0).map(|(_, value)| convert(*value)));
        out
    }
}

/// Grey levels of a region, padded so that neighbours need no bounds check.
#[derive(Clone, Debug)]
pub struct Levels {
    /// Ranks of grey levels, 0 outside, with the padding; x fastest.
    pub ranks: Vec<u16>,
    /// Size with the padding, (x, y, z).
    pub padded: [usize; 3],
    pub pad: usize,
    /// Size of the box without the padding.
    pub size: [usize; 3],
    /// The grey level of rank r + 1, ascending.
    pub grey: Vec<f64>,
    /// How many voxels have each rank.
    pub counts: Vec<u64>,
    pub voxels: usize,
    /// Rows that hold voxels: their slice z (without padding), the index of the first voxel and of the one after the
    /// last.
    pub rows: Vec<Row>,
}

/// One row along x.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub y: usize,
    pub z: usize,
    pub start: usize,
    pub end: usize,
}

/// More grey levels than a matrix over pairs of them can hold.
pub const MOST_LEVELS: usize = 8192;

/// Discretisation left more grey levels than the matrices can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} grey levels are more than texture matrices hold ({MOST_LEVELS}); use wider bins or fewer of them")]
pub struct TooManyLevels {
    pub found: usize,
}

impl Levels {
    /// Lays out one grey level per voxel of the region, in the region's order.
    ///
    /// # Errors
    /// [`TooManyLevels`].
    pub fn new(region: &Region, levels: &[u32], pad: usize) -> Result<Levels, TooManyLevels> {
        let highest = levels.iter().copied().max().unwrap_or(0) as usize;
        let mut grey: Vec<u32>;
        let rank_of: Box<dyn Fn(u32) -> u16>;
        if highest <= 1 << 20 {
            let mut seen = vec![0u16; highest + 1];
            for level in levels {
                seen[*level as usize] = 1;
            }
            grey = (0..=highest as u32).filter(|level| seen[*level as usize] != 0).collect();
            if grey.len() > MOST_LEVELS {
                return Err(TooManyLevels { found: grey.len() });
            }
            for (rank, level) in grey.iter().enumerate() {
                seen[*level as usize] = rank as u16 + 1;
            }
            rank_of = Box::new(move |level| seen[level as usize]);
        } else {
            grey = levels.to_vec();
            grey.sort_unstable();
            grey.dedup();
            if grey.len() > MOST_LEVELS {
                return Err(TooManyLevels { found: grey.len() });
            }
            let sorted = grey.clone();
            rank_of = Box::new(move |level| sorted.partition_point(|known| *known < level) as u16 + 1);
        }
        let padded = region.size.map(|n| n + 2 * pad);
        let mut ranks = vec![0u16; padded.iter().product()];
        let mut counts = vec![0u64; grey.len()];
        let mut rows = Vec::new();
        let mut next = levels.iter();
        for (row, line) in region.inside.chunks_exact(region.size[0].max(1)).enumerate() {
            let (y, z) = (row % region.size[1], row / region.size[1]);
            let Some(first) = line.iter().position(|v| *v != 0) else { continue };
            let last = line.iter().rposition(|v| *v != 0).unwrap_or(first);
            let base = ((z + pad) * padded[1] + y + pad) * padded[0] + pad;
            let target = &mut ranks[base + first..=base + last];
            for (rank, flag) in target.iter_mut().zip(&line[first..=last]) {
                if *flag != 0
                    && let Some(level) = next.next()
                {
                    *rank = rank_of(*level);
                    counts[usize::from(*rank) - 1] += 1;
                }
            }
            rows.push(Row { y, z, start: base + first, end: base + last + 1 });
        }
        let grey = grey.into_iter().map(f64::from).collect();
        Ok(Levels { ranks, padded, pad, size: region.size, grey, counts, voxels: levels.len(), rows })
    }

    /// The step in `ranks` of an offset (z, y, x).
    pub fn step(&self, offset: [isize; 3]) -> isize {
        (offset[0] * self.padded[1] as isize + offset[1]) * self.padded[0] as isize + offset[2]
    }

    /// The rows of one slice, or all.
    pub fn rows_of(&self, slice: Option<usize>) -> &[Row] {
        match slice {
            None => &self.rows,
            Some(z) => {
                let low = self.rows.partition_point(|row| row.z < z);
                let high = self.rows.partition_point(|row| row.z <= z);
                &self.rows[low..high]
            }
        }
    }

    /// The highest grey level.
    pub fn highest(&self) -> f64 {
        self.grey.last().copied().unwrap_or(0.0)
    }
}

/// The half of all neighbour offsets (z, y, x) at the given distances (largest absolute component), in PyRadiomics'
/// order; the other half are their negatives. With `flat`, offsets stay in the plane across that axis (0 is z).
pub fn offsets(distances: &[usize], flat: Option<usize>) -> Vec<[isize; 3]> {
    let far = distances.iter().copied().max().unwrap_or(0) as isize;
    let mut out = Vec::new();
    for z in (0..=far).rev() {
        for y in (-far..=far).rev() {
            for x in (-far..=far).rev() {
                let offset = [z, y, x];
                let distance = z.abs().max(y.abs()).max(x.abs()) as usize;
                let leads = offset.iter().find(|v| **v != 0).is_some_and(|v| *v > 0);
                let in_plane = flat.is_none_or(|axis| offset[axis] == 0);
                if leads && in_plane && distances.contains(&distance) {
                    out.push(offset);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_come_in_the_known_order() {
        let all = offsets(&[1], None);
        assert_eq!(all.len(), 13);
        assert_eq!(all[0], [1, 1, 1]);
        assert_eq!(all[12], [0, 0, 1]);
        assert_eq!(offsets(&[1], Some(0)), vec![[0, 1, 1], [0, 1, 0], [0, 1, -1], [0, 0, 1]]);
        assert_eq!(offsets(&[1, 2], None).len(), 62);
    }

    #[test]
    fn levels_are_ranked_and_padded() {
        let region = Region::new(VoxelBox { low: [0; 3], high: [3, 2, 1] }, [1.0; 3], vec![1, 0, 1, 0, 1, 0]);
        let levels = Levels::new(&region, &[7, 2, 7], 1).unwrap();
        assert_eq!(levels.grey, vec![2.0, 7.0]);
        assert_eq!(levels.counts, vec![1, 2]);
        assert_eq!(levels.rows.len(), 2);
        // Rows run along x: the first holds 7 and 2 around a gap, the second 7 in its middle.
        let at = |row: usize| &levels.ranks[levels.rows[row].start..levels.rows[row].end];
        assert_eq!((at(0), at(1)), (&[2, 0, 1][..], &[2][..]));
    }
}
