//! Printable things, made of numbers: closed meshes and the binary STL files that hold them.
//!
//! Every shape is a [`loft`](mesh::Mesh::loft) of rings around the z axis, so every mesh is closed by construction
//! and the tests can ask for it. Lengths are millimetres.
#![expect(clippy::float_arithmetic, reason = "geometry; there is no money here")]

mod mesh;
mod ring;

pub use mesh::Mesh;
use ring::{Ring, circle, polar, square};

/// How many points the smooth rings have.
const SMOOTH: usize = 72;

/// Makes a spur gear of `teeth` teeth of `module` mm with a bore of `bore` mm.
pub fn gear(teeth: usize, module: f32, bore: f32, height: f32) -> Mesh {
    let count = as_f32(teeth);
    let (outer, root) = (module * (count + 2.0) / 2.0, module * (count - 2.5) / 2.0);
    // Each tooth: up the flank, along the tip, down the flank, along the root.
    let radii = [root, root, root, outer, outer, outer, root, root];
    let outline = polar(teeth * radii.len(), |index, _| radii.get(index % radii.len()).copied().unwrap_or(root));
    let hole = circle(outline.len(), bore / 2.0);
    Mesh::tube(&outline, &hole, height)
}

/// Makes a vase with `lobes` lobes that turn by `twist` radians on the way up.
pub fn vase(height: f32, radius: f32, lobes: f32, twist: f32) -> Mesh {
    let wall = 2.4;
    let shell = |inset: f32| {
        move |at: f32| {
            let belly = radius * (0.72 + 0.38 * (at * 2.6 + 0.35).sin());
            polar(SMOOTH, move |_, angle| belly - inset + 0.06 * radius * (lobes * (angle + twist * at)).cos())
                .at(height * at)
        }
    };
    vessel(&shell(0.0), &shell(wall), height, wall)
}

/// Makes a planter with `sides` sides that widens upwards.
pub fn planter(sides: usize, height: f32) -> Mesh {
    let (wall, radius) = (3.0, 0.62 * height);
    let shell = |inset: f32| move |at: f32| circle(sides, (radius - inset) * (0.75 + 0.25 * at)).at(height * at);
    vessel(&shell(0.0), &shell(wall), height, wall)
}

/// Makes an open box with rounded corners.
pub fn storage_box(width: f32, depth: f32, height: f32) -> Mesh {
    let wall = 2.0;
    let shell =
        |inset: f32| move |at: f32| square(SMOOTH, width - 2.0 * inset, depth - 2.0 * inset, 6.0).at(height * at);
    vessel(&shell(0.0), &shell(wall), height, wall)
}

/// Makes a shallow bowl with a wavy rim.
pub fn bowl(height: f32, radius: f32, waves: f32) -> Mesh {
    let wall = 3.0;
    let shell = |inset: f32| {
        move |at: f32| {
            let wide = radius * (0.45 + 0.55 * at.sqrt()) - inset;
            polar(SMOOTH, move |_, angle| wide + 0.04 * radius * at * (waves * angle).cos()).at(height * at)
        }
    };
    vessel(&shell(0.0), &shell(wall), height, wall)
}

/// Makes an angle bracket with two legs of `leg` mm, `thick` mm thick and `height` mm high.
pub fn bracket(leg: f32, thick: f32, height: f32) -> Mesh {
    // Around the corner, from where every point of the outline can be seen.
    let (inner, outer) = (thick / 2.0, leg - thick / 2.0);
    let outline = Ring::of(&[
        (-inner, -inner),
        (inner, -inner),
        (outer, -inner),
        (outer, inner),
        (inner, inner),
        (inner, outer),
        (-inner, outer),
        (-inner, inner),
    ]);
    Mesh::loft(&[outline.at(0.0), outline.at(height)])
}

/// Makes a star of `points` points.
pub fn star(points: usize, radius: f32, height: f32) -> Mesh {
    let outline = polar(points * 2, |index, _| if index % 2 == 0 { radius } else { radius * 0.45 });
    Mesh::loft(&[
        outline.scaled(0.94).at(0.0),
        outline.at(height * 0.2),
        outline.at(height * 0.8),
        outline.scaled(0.94).at(height),
    ])
}

/// Makes a knob with `lobes` grips and a bore through it.
pub fn knob(lobes: f32, radius: f32, height: f32, bore: f32) -> Mesh {
    let outline = polar(SMOOTH, |_, angle| radius * (1.0 + 0.12 * (lobes * angle).cos()));
    let hole = circle(SMOOTH, bore / 2.0);
    let bevel = outline.scaled(0.9);
    Mesh::closed_loft(&[
        bevel.at(0.0),
        outline.at(height * 0.15),
        outline.at(height * 0.85),
        bevel.at(height),
        hole.at(height),
        hole.at(0.0),
    ])
}

/// Makes a lampshade, open at both ends, with `folds` folds.
pub fn lampshade(height: f32, radius: f32, folds: f32) -> Mesh {
    let wall = 1.6;
    let ring = |at: f32, inset: f32| {
        let wide = radius * (1.0 - 0.35 * at) - inset;
        polar(SMOOTH * 2, move |_, angle| wide + 0.05 * radius * (folds * angle).sin()).at(height * at)
    };
    let outside = steps(24).map(|at| ring(at, 0.0));
    let inside = steps(24).rev().map(|at| ring(at, wall));
    Mesh::closed_loft(&outside.chain(inside).collect::<Vec<_>>())
}

/// Makes a turned figure, such as a chess piece, of a profile of (radius, height) pairs from bottom to top.
pub fn turned(profile: &[(f32, f32)], scale: f32) -> Mesh {
    let rings: Vec<Ring> =
        profile.iter().map(|(radius, height)| circle(48, radius * scale).at(height * scale)).collect();
    Mesh::loft(&rings)
}

/// Makes a vessel: up the outside, over the rim, down the inside to a floor of `floor` mm.
fn vessel(outside: &dyn Fn(f32) -> Ring, inside: &dyn Fn(f32) -> Ring, height: f32, floor: f32) -> Mesh {
    let lowest = floor / height;
    let up = steps(32).map(outside);
    let down = steps(32).rev().map(|at| inside(lowest + (1.0 - lowest) * at));
    Mesh::loft(&up.chain(down).collect::<Vec<_>>())
}

/// Gives `count + 1` even steps from 0 to 1.
fn steps(count: usize) -> impl DoubleEndedIterator<Item = f32> + Clone {
    (0..=count).map(move |step| as_f32(step) / as_f32(count))
}

/// Turns a small count into a length.
fn as_f32(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_closed_and_solid() {
        let pawn = [(15.0, 0.0), (15.0, 4.0), (9.0, 9.0), (6.0, 22.0), (9.0, 26.0), (9.5, 33.0), (4.0, 40.0)];
        for (name, mesh) in [
            ("gear", gear(24, 1.5, 5.0, 8.0)),
            ("vase", vase(180.0, 50.0, 6.0, 1.2)),
            ("planter", planter(6, 90.0)),
            ("box", storage_box(120.0, 80.0, 50.0)),
            ("bowl", bowl(60.0, 90.0, 8.0)),
            ("bracket", bracket(60.0, 5.0, 30.0)),
            ("star", star(5, 40.0, 6.0)),
            ("knob", knob(6.0, 18.0, 14.0, 6.0)),
            ("lampshade", lampshade(160.0, 90.0, 18.0)),
            ("pawn", turned(&pawn, 1.0)),
        ] {
            assert_eq!(mesh.open_edges(), 0, "{name} has holes");
            assert!(mesh.volume() > 1.0, "{name} is inside out or flat: {}", mesh.volume());
            let stl = mesh.binary_stl(name);
            let size = u64::try_from(stl.len()).unwrap();
            assert_eq!(domain::file::Format::Stl.check(&stl[..4096.min(stl.len())], size), Ok(()), "{name}");
            assert!(size < 1_500_000, "{name} is {size} bytes");
        }
    }

    #[test]
    fn a_plate_weighs_what_it_should() {
        let plate = Mesh::loft(&[square(40, 10.0, 10.0, 0.01).at(0.0), square(40, 10.0, 10.0, 0.01).at(10.0)]);
        assert!((plate.volume() - 1000.0).abs() < 1.0, "{}", plate.volume());
        assert_eq!(plate.extent(), [10, 10, 10]);
    }
}
