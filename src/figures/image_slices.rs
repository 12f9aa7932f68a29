//! Slices of an image with the outline of its mask, for eyes to check the mask.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::page::{Align, BLACK_INK, Ink, Raster, fit};
use super::{Figure, FigureError, Page, Width, empty, field, finite, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "image-slices",
    title: "Slices of an image with its mask",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Axial, coronal and sagittal slices through a region with its outline.",
    documentation: "One patient a figure. The slices go through the region's centre; the patient's right is on the left of \
        the axial and the coronal slice, anterior on the left of the sagittal one. The outline runs along the edges of \
        voxels: what is inside is what was measured. All slices are on one scale, with a bar, and the window of grey \
        levels is stated.",
    references: &["Zwanenburg A et al. Radiology 2020;295:328-338"],
    example: "figure image-slices",
};

/// One slice, its pixels row by row from the upper left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// `Axial`
    pub plane: String,
    /// Which slice of the image, from 1.
    pub number: u64,
    pub columns: usize,
    pub rows: usize,
    /// Width and height of a pixel in millimetres.
    pub pixel: (f64, f64),
    pub values: Vec<f64>,
    /// Closed polygons around the region, in pixels from the upper left corner.
    pub outlines: Vec<Vec<(f64, f64)>>,
}

/// The numbers of the figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageSlices {
    /// Whose image it is.
    pub patient: String,
    /// `arterial phase, label 1`
    pub region: String,
    /// Voxels of the region.
    pub voxels: u64,
    /// Middle and width of the window of grey levels.
    pub window: (f64, f64),
    /// With its unit: `HU`; empty where unknown.
    pub unit: String,
    pub slices: Vec<Slice>,
}

const FIGURE: &str = "image-slices";
const OUTLINE: Ink = (255, 214, 0);

impl ImageSlices {
    fn checked(&self) -> Result<(), FigureError> {
        if self.slices.is_empty() {
            return Err(empty(FIGURE, "there is no slice"));
        }
        let value = |reason: String| FigureError::Value { figure: FIGURE, reason };
        if self.slices.len() > 3 {
            return Err(value(format!("{} slices are more than three", self.slices.len())));
        }
        finite(FIGURE, "the window", [self.window.0, self.window.1])?;
        if self.window.1 <= 0.0 {
            return Err(value(format!("the window's width is {}", self.window.1)));
        }
        for slice in &self.slices {
            let Slice { plane, columns, rows, pixel, values, outlines, .. } = slice;
            if *columns == 0 || *rows == 0 || columns.checked_mul(*rows) != Some(values.len()) {
                return Err(value(format!("the {plane} slice has {} pixels, not {columns} x {rows}", values.len())));
            }
            if !(pixel.0 > 0.0 && pixel.1 > 0.0 && pixel.0.is_finite() && pixel.1.is_finite()) {
                return Err(value(format!("a pixel of the {plane} slice is {} x {} mm", pixel.0, pixel.1)));
            }
            finite(FIGURE, "a pixel", values.iter().copied())?;
            finite(FIGURE, "an outline", outlines.iter().flatten().flat_map(|(x, y)| [*x, *y]))?;
        }
        Ok(())
    }

    fn grey(&self, value: f64) -> u8 {
        let (level, width) = self.window;
        (((value - level) / width + 0.5) * 255.0).round().clamp(0.0, 255.0) as u8
    }

    fn unit(&self) -> String {
        if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) }
    }
}

impl Figure for ImageSlices {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("plane,slice,part,row_or_outline,column_or_point,x_mm,y_mm,value\n");
        for slice in &self.slices {
            let (plane, number, (width, height)) = (field(&slice.plane), slice.number, slice.pixel);
            for (index, value) in slice.values.iter().enumerate() {
                let (row, column) = (index / slice.columns.max(1), index % slice.columns.max(1));
                let (x, y) = ((column as f64 + 0.5) * width, (row as f64 + 0.5) * height);
                let _ = writeln!(out, "{plane},{number},pixel,{row},{column},{x},{y},{value}");
            }
            for (outline, points) in slice.outlines.iter().enumerate() {
                for (point, (x, y)) in points.iter().enumerate() {
                    let _ = writeln!(out, "{plane},{number},outline,{outline},{point},{},{},", x * width, y * height);
                }
            }
        }
        out
    }

    fn caption(&self) -> String {
        let planes: Vec<String> = self
            .slices
            .iter()
            .map(|slice| format!("{} (slice {})", slice.plane.to_lowercase(), slice.number))
            .collect();
        let (level, width) = self.window;
        words::paragraph([
            format!("{}: {} of {} voxels", self.patient, self.region, words::count(self.voxels)),
            format!("Slices through its centre: {}", planes.join(", ")),
            format!("Window {:.0} ± {:.0}{}", level, width / 2.0, self.unit()),
            "The outline runs along the edges of voxels".into(),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        self.checked()?;
        let (total, gap, edge) = (width.millimetres(), 2.5, 1.5);
        let extent = |slice: &Slice| (slice.columns as f64 * slice.pixel.0, slice.rows as f64 * slice.pixel.1);
        let wide: f64 = self.slices.iter().map(|slice| extent(slice).0).sum();
        let high = self.slices.iter().map(|slice| extent(slice).1).fold(0.0, f64::max);
        // Millimetres of the page for one of the patient, the same for all slices.
        let room = total - 2.0 * edge - gap * (self.slices.len() - 1) as f64;
        let scale = (room / wide).min(120.0 / high);
        let (top, foot) = (10.5, 9.0);
        let mut page = Page::new(total, top + high * scale + foot);
        let title = format!("{}, {}", self.patient, self.region);
        page.bold((edge, 3.0), &fit(&title, 8.0, total - 2.0 * edge), 8.0, Align::Left, BLACK_INK);
        let mut left = edge + (room - wide * scale) / 2.0;
        for slice in &self.slices {
            let (w, h) = (extent(slice).0 * scale, extent(slice).1 * scale);
            let upper = top + (high * scale - h) / 2.0;
            let grey: Vec<u8> = slice.values.iter().map(|value| self.grey(*value)).collect();
            let raster =
                Raster::grey(slice.columns, slice.rows, &grey).ok_or_else(|| empty(FIGURE, "a slice has no pixels"))?;
            page.image((left, upper), w, h, raster, false);
            let (px, py) = (slice.pixel.0 * scale, slice.pixel.1 * scale);
            for outline in &slice.outlines {
                let closed = outline.iter().chain(outline.first());
                page.path(closed.map(|(x, y)| (left + x * px, upper + y * py)).collect(), OUTLINE, 0.25);
            }
            let name = fit(&format!("{}, slice {}", slice.plane, slice.number), 7.0, w);
            page.text((left + w / 2.0, top - 2.5), &name, 7.0, Align::Centre, BLACK_INK);
            left += w + gap;
        }
        let below = top + high * scale + 4.0;
        // A bar of a round length that is at most a third of the first slice's width.
        let longest = self.slices.first().map_or(10.0, |slice| extent(slice).0 / 3.0);
        let round = [200.0, 100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0].into_iter().find(|length| *length <= longest);
        let (bar, start) = (round.unwrap_or(longest), edge + (room - wide * scale) / 2.0);
        page.line((start, below), (start + bar * scale, below), BLACK_INK, 0.5);
        let length = if bar.fract() == 0.0 { format!("{bar} mm") } else { format!("{bar:.1} mm") };
        page.text((start + bar * scale + 1.5, below), &length, 7.0, Align::Left, BLACK_INK);
        let (level, window) = self.window;
        let [low, high] = [level - window / 2.0, level + window / 2.0].map(|end| words::signed(end, 0));
        let text = format!("window {low} to {high}{}", self.unit());
        page.text((total - edge, below), &text, 7.0, Align::Right, BLACK_INK);
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> ImageSlices {
        let slice = |plane: &str, columns: usize, rows: usize, pixel: (f64, f64)| Slice {
            plane: plane.into(),
            number: 7,
            columns,
            rows,
            pixel,
            values: (0..columns * rows).map(|index| index as f64 * 10.0 - 150.0).collect(),
            outlines: vec![vec![(1.0, 1.0), (3.0, 1.0), (3.0, 2.0), (1.0, 2.0)]],
        };
        ImageSlices {
            patient: "P-001".into(),
            region: "arterial phase, label 1".into(),
            voxels: 1234,
            window: (50.0, 400.0),
            unit: "HU".into(),
            slices: vec![
                slice("Axial", 6, 5, (0.8, 0.8)),
                slice("Coronal", 6, 3, (0.8, 2.5)),
                slice("Sagittal", 5, 3, (0.8, 2.5)),
            ],
        }
    }

    #[test]
    fn numbers_and_drawing() {
        let figure = example();
        let csv = figure.csv();
        assert_eq!(csv.lines().nth(1), Some("Axial,7,pixel,0,0,0.4,0.4,-150"));
        assert!(csv.contains("Axial,7,outline,0,0,0.8,0.8,\n"));
        assert_eq!(csv.lines().count(), 1 + 30 + 18 + 15 + 12);
        assert_eq!((figure.grey(-150.0), figure.grey(50.0), figure.grey(999.0)), (0, 128, 255));
        for width in [Width::Column, Width::Full] {
            let page = figure.draw(width).expect("a drawing");
            let svg = page.svg().expect("a drawing");
            assert!(svg.contains("Axial, slice 7") && svg.contains("window −150 to 250 HU") && !svg.contains("NaN"));
        }
        assert!(figure.caption().contains("label 1 of 1234 voxels"), "{}", figure.caption());
        let json = serde_json::to_value(&figure).expect("JSON");
        let back = super::super::read("image-slices", &json).expect("the figure");
        assert_eq!(back.csv(), csv);
    }

    #[test]
    fn what_cannot_be_drawn_says_why() {
        let broken: [fn(&mut ImageSlices); 6] = [
            |figure| figure.slices.clear(),
            |figure| figure.window.1 = 0.0,
            |figure| figure.window.0 = f64::NAN,
            |figure| figure.slices[1].rows = usize::MAX,
            |figure| figure.slices[1].pixel.0 = -1.0,
            |figure| figure.slices[1].values[3] = f64::INFINITY,
        ];
        for spoil in broken {
            let mut figure = example();
            spoil(&mut figure);
            assert!(figure.draw(Width::Full).is_err());
        }
    }
}
