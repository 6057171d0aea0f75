//! Outlines around the z axis.

use std::f32::consts::TAU;

use super::as_f32;

/// A closed outline at one height, counter-clockwise; every point of it can be seen from the axis.
#[derive(Debug, Clone)]
pub struct Ring(Vec<[f32; 3]>);

impl Ring {
    /// Takes the points of an outline.
    pub fn of(points: &[(f32, f32)]) -> Self {
        Self(points.iter().map(|(x, y)| [*x, *y, 0.0]).collect())
    }

    /// Returns the same outline at a height.
    pub fn at(&self, height: f32) -> Self {
        Self(self.0.iter().map(|[x, y, _]| [*x, *y, height]).collect())
    }

    /// Returns the outline made larger or smaller.
    pub fn scaled(&self, factor: f32) -> Self {
        Self(self.0.iter().map(|[x, y, z]| [x * factor, y * factor, *z]).collect())
    }

    /// Returns how many points there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the points.
    pub fn points(&self) -> &[[f32; 3]] {
        &self.0
    }

    /// Returns the height of the first point.
    pub fn height(&self) -> f32 {
        self.0.first().map_or(0.0, |[_, _, z]| *z)
    }
}

/// Makes an outline of `count` points whose distance from the axis depends on their number and angle.
pub fn polar(count: usize, radius: impl Fn(usize, f32) -> f32) -> Ring {
    let point = |index| {
        let angle = TAU * as_f32(index) / as_f32(count);
        let radius = radius(index, angle);
        [radius * angle.cos(), radius * angle.sin(), 0.0]
    };
    Ring((0..count).map(point).collect())
}

/// Makes a circle, or a regular polygon when `count` is small.
pub fn circle(count: usize, radius: f32) -> Ring {
    polar(count, |_, _| radius)
}

/// Makes a rectangle with rounded corners.
pub fn square(count: usize, width: f32, depth: f32, corner: f32) -> Ring {
    let (half_x, half_y) = (width / 2.0 - corner, depth / 2.0 - corner);
    let per_corner = (count / 4).max(2);
    let centres = [(half_x, half_y), (-half_x, half_y), (-half_x, -half_y), (half_x, -half_y)];
    let points = centres.iter().enumerate().flat_map(|(quarter, (x, y))| {
        (0..per_corner).map(move |step| {
            let turn = as_f32(quarter) + as_f32(step) / as_f32(per_corner - 1);
            let angle = turn * TAU / 4.0;
            (x + corner * angle.cos(), y + corner * angle.sin())
        })
    });
    Ring::of(&points.collect::<Vec<_>>())
}
