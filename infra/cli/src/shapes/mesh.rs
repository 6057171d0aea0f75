//! Closed triangle meshes.

#[cfg(test)]
use std::collections::HashMap;

use super::ring::Ring;

/// A closed surface of triangles.
#[derive(Debug, Clone)]
pub struct Mesh {
    points: Vec<[f32; 3]>,
    triangles: Vec<[usize; 3]>,
}

impl Mesh {
    /// Stretches a skin over rings of equally many points, with a lid on the first and the last one.
    pub fn loft(rings: &[Ring]) -> Self {
        let mut mesh = Self::skin(rings, false);
        let (Some(first), Some(last)) = (rings.first(), rings.last()) else { return mesh };
        let start = mesh.points.len().saturating_sub(last.len());
        mesh.lid(0, first, true);
        mesh.lid(start, last, false);
        mesh.outside_out()
    }

    /// Stretches a skin over rings of equally many points, the last one joined to the first.
    pub fn closed_loft(rings: &[Ring]) -> Self {
        Self::skin(rings, true).outside_out()
    }

    /// Makes a plate with a hole; both outlines have equally many points.
    pub fn tube(outline: &Ring, hole: &Ring, height: f32) -> Self {
        Self::closed_loft(&[outline.at(0.0), outline.at(height), hole.at(height), hole.at(0.0)])
    }

    fn skin(rings: &[Ring], closed: bool) -> Self {
        let count = rings.first().map_or(0, Ring::len);
        let points = rings.iter().flat_map(|ring| ring.points().iter().copied()).collect();
        let bands = if closed { rings.len() } else { rings.len().saturating_sub(1) };
        let mut triangles = Vec::new();
        for band in 0..bands {
            let (low, high) = (band * count, (band + 1) % rings.len() * count);
            for here in 0..count {
                let next = (here + 1) % count;
                triangles.push([low + here, low + next, high + next]);
                triangles.push([low + here, high + next, high + here]);
            }
        }
        Self { points, triangles }
    }

    /// Closes a ring with a fan around the axis.
    fn lid(&mut self, start: usize, ring: &Ring, downwards: bool) {
        let centre = self.points.len();
        self.points.push([0.0, 0.0, ring.height()]);
        for here in 0..ring.len() {
            let (a, b) = (start + here, start + (here + 1) % ring.len());
            self.triangles.push(if downwards { [centre, b, a] } else { [centre, a, b] });
        }
    }

    /// Turns all triangles around if the surface is inside out.
    fn outside_out(mut self) -> Self {
        if self.signed_volume() < 0.0 {
            for triangle in &mut self.triangles {
                triangle.swap(1, 2);
            }
        }
        self
    }

    fn corners(&self, triangle: &[usize; 3]) -> [[f32; 3]; 3] {
        triangle.map(|index| self.points.get(index).copied().unwrap_or_default())
    }

    fn signed_volume(&self) -> f32 {
        let sixths = self.triangles.iter().map(|triangle| {
            let [a, b, c] = self.corners(triangle);
            dot(a, cross(b, c))
        });
        sixths.sum::<f32>() / 6.0
    }

    /// Returns the enclosed volume in cubic millimetres.
    pub fn volume(&self) -> f32 {
        self.signed_volume()
    }

    /// Returns what a print of it weighs in grams: PLA, two fifths solid.
    pub fn grams(&self) -> u32 {
        whole(self.volume() * 0.4 * 1.24 / 1000.0).max(1)
    }

    /// Returns how many edges do not join exactly two triangles that run along it in opposite directions.
    #[cfg(test)]
    pub fn open_edges(&self) -> usize {
        let mut balance: HashMap<(usize, usize), (i32, i32)> = HashMap::new();
        for [a, b, c] in &self.triangles {
            for (from, to) in [(*a, *b), (*b, *c), (*c, *a)] {
                let entry = balance.entry((from.min(to), from.max(to))).or_default();
                entry.0 += 1;
                entry.1 += if from < to { 1 } else { -1 };
            }
        }
        balance.values().filter(|(count, direction)| (*count, *direction) != (2, 0)).count()
    }

    /// Returns the extent in whole millimetres, rounded.
    pub fn extent(&self) -> [u32; 3] {
        [0, 1, 2].map(|axis: usize| {
            let along = self.points.iter().filter_map(|point| point.get(axis).copied());
            let (low, high) = along.fold((f32::MAX, f32::MIN), |(low, high), at| (low.min(at), high.max(at)));
            whole(high - low)
        })
    }

    /// Writes the mesh as a binary STL file: an 80-byte header, the number of triangles, and 50 bytes for each.
    pub fn binary_stl(&self, name: &str) -> Vec<u8> {
        let mut header: Vec<u8> = format!("Haat demo model: {name}").into_bytes();
        header.resize(80, b' ');
        let mut stl = header;
        stl.extend(u32::try_from(self.triangles.len()).unwrap_or(0).to_le_bytes());
        for triangle in &self.triangles {
            let [a, b, c] = self.corners(triangle);
            let normal = unit(cross(minus(b, a), minus(c, a)));
            for point in [normal, a, b, c] {
                stl.extend(point.iter().flat_map(|at| at.to_le_bytes()));
            }
            stl.extend([0, 0]);
        }
        stl
    }
}

/// Rounds a length to whole units; negative lengths become 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded and clamped before")]
fn whole(length: f32) -> u32 {
    length.round().clamp(0.0, 10_000_000.0) as u32
}

fn minus(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn unit(a: [f32; 3]) -> [f32; 3] {
    let length = dot(a, a).sqrt();
    if length > 0.0 { a.map(|part| part / length) } else { [0.0; 3] }
}
