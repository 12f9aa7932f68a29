//! A liver with a lesion on CT: small volumes, in which the geometry of a patient's tumour shows as
//! shape, and its tissue, which is the tumour's own, as texture and enhancement.

use std::path::Path;

use crate::imaging::{Geometry, Millimetres, Volume, Voxels, nrrd};
use crate::random::Stream;
use crate::simulate::SimulationFault;
use crate::simulate::draw::Draw;

const SIZE: [usize; 3] = [48, 48, 20];
/// Radius of a ball of the lesion's volume in the image: this for a tumour of `USUAL` millimetres
/// in the table, and otherwise by this power of the ratio, within bounds, so that volumes stay small.
pub(super) const RADIUS: f64 = 12.0;
pub(super) const USUAL: f64 = 78.0;
pub(super) const POWER: f64 = 0.25;
const RADIUS_WITHIN: (f64, f64) = (9.5, 14.0);
/// Logarithm of the longest axis over the two others: where the geometry is 0, for each of its
/// standard deviations, and within bounds.
pub(super) const ELONGATION: f64 = 0.50;
pub(super) const ELONGATION_PER_SD: f64 = -0.27;
const ELONGATION_WITHIN: (f64, f64) = (0.02, 0.95);

/// A phase of contrast enhancement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Arterial,
    Venous,
}

impl Phase {
    pub fn word(self) -> &'static str {
        match self {
            Phase::Arterial => "arterial",
            Phase::Venous => "venous",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    First,
    Second,
}

impl Reader {
    pub fn word(self) -> &'static str {
        match self {
            Reader::First => "reader 1",
            Reader::Second => "reader 2",
        }
    }
}

/// How a centre's scanner differs from another's.
struct Scanner {
    spacing: [f64; 3],
    /// Standard deviation of the noise, in HU.
    noise: f64,
    /// How often the image is smoothed within the slice.
    smoothing: usize,
    /// Offset of the calibration, in HU.
    offset: f64,
}

impl Scanner {
    fn of(centre: &str) -> Self {
        match centre {
            "SCH" => Scanner { spacing: [1.5, 1.5, 3.0], noise: 16.0, smoothing: 1, offset: 0.0 },
            "QL" => Scanner { spacing: [1.6, 1.6, 2.8], noise: 22.0, smoothing: 2, offset: 4.0 },
            _ => Scanner { spacing: [1.4, 1.4, 3.2], noise: 20.0, smoothing: 1, offset: -3.0 },
        }
    }
}

/// A smooth random function: a sum of waves.
struct Waves(Vec<([f64; 3], f64, f64)>);

impl Waves {
    /// Waves of these lengths, in the unit of what they are asked at; variance 1.
    fn new(count: usize, lengths: (f64, f64), draw: &mut Draw) -> Self {
        let amplitude = (2.0 / count as f64).sqrt();
        Waves(
            (0..count)
                .map(|_| {
                    let mut direction = [draw.normal(), draw.normal(), draw.normal()];
                    let norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-9);
                    let number = std::f64::consts::TAU / draw.between(lengths.0, lengths.1);
                    direction.iter_mut().for_each(|x| *x *= number / norm);
                    (direction, std::f64::consts::TAU * draw.uniform(), amplitude)
                })
                .collect(),
        )
    }

    fn at(&self, point: [f64; 3]) -> f64 {
        self.0
            .iter()
            .map(|(wave, phase, amplitude)| {
                amplitude * (wave[0] * point[0] + wave[1] * point[1] + wave[2] * point[2] + phase).cos()
            })
            .sum()
    }
}

/// A patient's lesion, the same in both phases.
pub struct Lesion {
    scanner: Scanner,
    centre: [f64; 3],
    /// Semi-axes, and their directions.
    axes: [f64; 3],
    directions: [[f64; 3]; 3],
    /// Of the surface, as a share of the radius.
    roughness: f64,
    surface: Waves,
    /// Standard deviation of the texture, in HU.
    heterogeneity: f64,
    texture: Waves,
    /// Radius of the necrotic core, as a share of the radius.
    core: f64,
    /// Enhancement above the liver in the arterial phase, washout in the venous one, in HU.
    enhancement: f64,
    washout: f64,
}

impl Lesion {
    /// The lesion of a patient: `geometry` is its latent number (round and smooth where it is high),
    /// `size` its diameter in the table in millimetres. Texture, necrosis and enhancement are drawn
    /// for themselves, so that they tell nothing of the geometry.
    pub fn new(centre: &str, geometry: f64, size: f64, stream: &Stream) -> Self {
        let mut draw = Draw::new(stream);
        let elongation = (ELONGATION + ELONGATION_PER_SD * (geometry + 0.15 * draw.normal()))
            .clamp(ELONGATION_WITHIN.0, ELONGATION_WITHIN.1);
        let roughness = (0.08 - 0.02 * (geometry + draw.normal())).clamp(0.015, 0.16);
        let heterogeneity = (17.0 + 5.0 * draw.normal()).clamp(3.0, 40.0);
        let core = (0.34 + 0.14 * draw.normal()).clamp(0.0, 0.62);
        let enhancement = (32.0 + 12.0 * draw.normal()).clamp(0.0, 80.0);
        let washout = 22.0 + 8.0 * draw.normal();
        let radius =
            (RADIUS * (size / USUAL).powf(POWER) * draw.between(0.95, 1.05)).clamp(RADIUS_WITHIN.0, RADIUS_WITHIN.1);
        // The volume stays that of the ball.
        let (long, short) = ((elongation * 2.0 / 3.0).exp(), (-elongation / 3.0).exp());
        let (turn, tilt) = (std::f64::consts::TAU * draw.uniform(), draw.between(-0.5, 0.5));
        let directions = [
            [tilt.cos() * turn.cos(), tilt.cos() * turn.sin(), tilt.sin()],
            [-turn.sin(), turn.cos(), 0.0],
            [-tilt.sin() * turn.cos(), -tilt.sin() * turn.sin(), tilt.cos()],
        ];
        let middle = [draw.between(-2.0, 2.0), draw.between(-2.0, 2.0), draw.between(-2.0, 2.0)];
        Lesion {
            scanner: Scanner::of(centre),
            centre: middle,
            axes: [radius * long, radius * short, radius * short],
            directions,
            roughness,
            surface: Waves::new(10, (0.7, 2.5), &mut draw),
            heterogeneity,
            texture: Waves::new(14, (5.0, 16.0), &mut draw),
            core,
            enhancement,
            washout,
        }
    }

    /// Of the first voxel: the middle of the volume is 0.
    fn origin(&self) -> [f64; 3] {
        std::array::from_fn(|axis| -0.5 * self.scanner.spacing[axis] * (SIZE[axis] - 1) as f64)
    }

    fn geometry(&self) -> Result<Geometry, SimulationFault> {
        let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        Geometry::new(SIZE, Millimetres(self.origin()), Millimetres(self.scanner.spacing), axes)
            .map_err(|fault| SimulationFault::Refused(fault.to_string()))
    }

    /// How far a point lies from the centre as a share of the surface in its direction; below 1 is
    /// inside. `jitter` moves the surface.
    fn depth(&self, point: [f64; 3], jitter: &dyn Fn([f64; 3]) -> f64) -> f64 {
        let from: [f64; 3] = std::array::from_fn(|axis| point[axis] - self.centre[axis]);
        let distance = from.iter().map(|x| x * x).sum::<f64>().sqrt();
        if distance < 1e-6 {
            return 0.0;
        }
        // In shares of the semi-axes, in which the lesion is a ball but for its roughness.
        let within: [f64; 3] = std::array::from_fn(|axis| {
            from.iter().zip(&self.directions[axis]).map(|(x, d)| x * d).sum::<f64>() / self.axes[axis]
        });
        let share = within.iter().map(|x| x * x).sum::<f64>().sqrt();
        let moved = jitter(from.map(|x| x / distance)) * share / distance;
        share / (1.0 + self.roughness * self.surface.at(within.map(|x| x / share)) + moved).max(0.2)
    }

    fn points(&self) -> impl Iterator<Item = [f64; 3]> + '_ {
        let (spacing, origin) = (self.scanner.spacing, self.origin());
        (0..SIZE[2]).flat_map(move |z| {
            (0..SIZE[1]).flat_map(move |y| {
                (0..SIZE[0]).map(move |x| {
                    [
                        origin[0] + spacing[0] * x as f64,
                        origin[1] + spacing[1] * y as f64,
                        origin[2] + spacing[2] * z as f64,
                    ]
                })
            })
        })
    }

    /// The image of one phase, in HU.
    pub fn volume(&self, phase: Phase, stream: &Stream) -> Result<Volume, SimulationFault> {
        let mut draw = Draw::new(stream);
        let (liver, lesion, core) = match phase {
            Phase::Arterial => (68.0, 68.0 + self.enhancement, 35.0),
            Phase::Venous => (112.0, 112.0 - self.washout, 42.0),
        };
        let vessels = Waves::new(6, (12.0, 30.0), &mut draw);
        let mut values: Vec<f64> = self
            .points()
            .map(|point| {
                let depth = self.depth(point, &|_| 0.0);
                if depth < self.core {
                    return core + 0.4 * self.heterogeneity * self.texture.at(point);
                }
                if depth < 1.0 {
                    return lesion + self.heterogeneity * self.texture.at(point);
                }
                let outside = (point[0] / 35.0).powi(2) + (point[1] / 33.0).powi(2) > 1.0;
                if outside { -95.0 } else { liver + 5.0 * vessels.at(point) }
            })
            .collect();
        for value in &mut values {
            *value += self.scanner.noise * draw.normal() + self.scanner.offset;
        }
        for _ in 0..self.scanner.smoothing {
            smooth(&mut values);
        }
        let stored = values.iter().map(|value| value.round().clamp(-1024.0, 3071.0) as i16).collect();
        Volume::new(self.geometry()?, Voxels::I16(stored)).map_err(|fault| SimulationFault::Refused(fault.to_string()))
    }

    /// What a reader outlines: the lesion, by a hand that is not quite steady.
    pub fn mask(&self, reader: Reader, stream: &Stream) -> Result<Volume, SimulationFault> {
        let mut draw = Draw::new(stream);
        let (spread, bias) = match reader {
            Reader::First => (0.5, 0.0),
            Reader::Second => (1.1, 0.3),
        };
        let hand = Waves::new(8, (0.5, 2.0), &mut draw);
        let bias = bias + 0.45 * draw.normal();
        let inside: Vec<u8> = self
            .points()
            .map(|point| u8::from(self.depth(point, &|direction| bias + spread * hand.at(direction)) < 1.0))
            .collect();
        Volume::new(self.geometry()?, Voxels::U8(inside)).map_err(|fault| SimulationFault::Refused(fault.to_string()))
    }
}

/// Writes a mask as 3D Slicer writes one: a single segment, the lesion.
///
/// # Errors
/// A file that cannot be written.
pub fn write_mask(path: &Path, mask: &Volume) -> Result<(), SimulationFault> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|source| SimulationFault::Unwritable { path: folder.to_owned(), source })?;
    }
    let segment = [("ID", "Segment_1"), ("Name", "lesion"), ("LabelValue", "1"), ("Layer", "0")];
    let metadata: Vec<(String, String)> =
        segment.iter().map(|(name, value)| (format!("Segment0_{name}"), (*value).to_owned())).collect();
    nrrd::write(path, mask, &metadata)?;
    Ok(())
}

/// The kernel (1, 2, 1) / 4 along both axes of a slice; the border stays.
fn smooth(values: &mut [f64]) {
    let [nx, ny, nz] = SIZE;
    for (step, length, lines) in [(1usize, nx, ny * nz), (nx, ny, nx * nz)] {
        for line in 0..lines {
            let start = if step == 1 { line * nx } else { (line / nx) * nx * ny + line % nx };
            let mut before = values[start];
            for place in 1..length - 1 {
                let at = start + place * step;
                let own = values[at];
                values[at] = 0.25 * before + 0.5 * own + 0.25 * values[at + step];
                before = own;
            }
        }
    }
}
