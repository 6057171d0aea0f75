//! What the demo tenant sells: forty printable things in ten families.

use domain::catalog::StockPolicy;

use crate::shapes::{self, Mesh};

/// One product of the demo.
pub struct Item {
    /// The stock-keeping unit.
    pub sku: String,
    /// The name.
    pub name: String,
    /// The description, in rich text.
    pub description: String,
    /// The category.
    pub category: &'static str,
    /// The base price in paise.
    pub price: i64,
    /// Whether it can run out.
    pub stock_policy: StockPolicy,
    /// What it can be made of.
    pub materials: &'static [MaterialKind],
    /// What it looks like.
    pub mesh: Mesh,
}

/// A material of the demo.
pub struct MaterialKind {
    /// The name.
    pub name: &'static str,
    /// What it adds, in paise.
    pub surcharge: i64,
    /// How many pieces there are where stock is finite.
    pub stock: u32,
    /// How many days it takes.
    pub lead_time_days: u32,
}

const fn kind(name: &'static str, surcharge: i64, stock: u32, lead_time_days: u32) -> MaterialKind {
    MaterialKind { name, surcharge, stock, lead_time_days }
}

const HOUSEHOLD: &[MaterialKind] =
    &[kind("PLA, matte white", 0, 60, 2), kind("PLA, terracotta", 4_000, 40, 2), kind("PETG, clear", 9_000, 25, 3)];
const TECHNICAL: &[MaterialKind] =
    &[kind("PETG, black", 0, 80, 2), kind("ASA, grey", 6_000, 50, 3), kind("Nylon PA12", 18_000, 20, 5)];
const TO_ORDER: &[MaterialKind] =
    &[kind("PLA, ivory", 0, 0, 4), kind("PLA, wood fill", 12_000, 0, 5), kind("Resin, translucent", 30_000, 0, 7)];

/// The outline of a turned figure: (radius, height) from bottom to top.
type Profile = &'static [(f32, f32)];

const PAWN: Profile = &[
    (14.0, 0.0),
    (14.0, 3.5),
    (11.0, 6.0),
    (8.5, 8.0),
    (5.5, 14.0),
    (4.8, 22.0),
    (8.0, 25.0),
    (8.0, 26.5),
    (5.2, 27.5),
    (7.6, 30.5),
    (8.6, 34.5),
    (7.6, 38.5),
    (4.6, 41.5),
    (1.2, 42.6),
];
const ROOK: Profile = &[
    (16.0, 0.0),
    (16.0, 4.0),
    (12.5, 7.0),
    (9.5, 10.0),
    (8.2, 26.0),
    (11.0, 30.0),
    (11.5, 40.0),
    (8.0, 40.0),
    (8.0, 36.0),
    (1.0, 36.0),
];
const BISHOP: Profile = &[
    (15.5, 0.0),
    (15.5, 4.0),
    (11.5, 7.0),
    (8.5, 9.5),
    (5.8, 18.0),
    (5.0, 31.0),
    (9.5, 34.5),
    (9.5, 36.0),
    (5.5, 37.5),
    (8.2, 42.0),
    (8.8, 47.0),
    (6.4, 54.0),
    (2.6, 59.0),
    (3.0, 61.5),
    (1.0, 63.0),
];
const QUEEN: Profile = &[
    (18.0, 0.0),
    (18.0, 4.5),
    (14.0, 8.0),
    (10.0, 11.0),
    (6.8, 22.0),
    (5.8, 44.0),
    (11.0, 48.0),
    (11.0, 50.0),
    (6.8, 52.0),
    (8.4, 60.0),
    (11.8, 70.0),
    (8.8, 72.0),
    (4.0, 73.0),
    (4.4, 76.0),
    (1.4, 79.0),
];

/// Returns all forty, oldest first: lists show the last ones, which have materials in stock, at the top.
pub fn items() -> Vec<Item> {
    let families =
        [chess(), lampshades(), knobs(), stars(), brackets(), bowls(), boxes(), planters(), gears(), vases()];
    families.into_iter().flatten().collect()
}

fn gears() -> Vec<Item> {
    let sizes: [(usize, f32, &str, i64); 4] =
        [(16, 1.0, "1", 9_900), (24, 1.5, "1.5", 14_900), (32, 1.5, "1.5", 18_900), (48, 2.0, "2", 34_900)];
    let make = |(teeth, module, label, price): (usize, f32, &str, i64)| Item {
        sku: format!("GEAR-M{}-{teeth}", label.replace('.', "")),
        name: format!("Spur gear, module {label}, {teeth} teeth"),
        description: format!(
            "<p>A straight spur gear with {teeth} teeth of module {label} and a 5 mm bore, for prototypes and repairs.</p>\
             <ul><li>Runs quietly in nylon</li><li>Print flat, no supports</li></ul>"
        ),
        category: "parts/gears",
        price,
        stock_policy: StockPolicy::Finite,
        materials: TECHNICAL,
        mesh: shapes::gear(teeth, module, 5.0, 8.0),
    };
    sizes.into_iter().map(make).collect()
}

fn vases() -> Vec<Item> {
    let sizes: [(&str, &str, f32, f32, f32, f32, i64); 4] = [
        ("SPIRAL-S", "Spiral vase, small", 120.0, 36.0, 6.0, 1.6, 49_900),
        ("SPIRAL-L", "Spiral vase, tall", 200.0, 52.0, 8.0, 1.6, 89_900),
        ("FLUTED", "Fluted vase", 170.0, 46.0, 12.0, 0.0, 74_900),
        ("CLOVER", "Clover vase", 150.0, 48.0, 4.0, 0.8, 69_900),
    ];
    let make = |(code, name, height, radius, lobes, twist, price): (&str, &str, f32, f32, f32, f32, i64)| Item {
        sku: format!("VASE-{code}"),
        name: name.to_owned(),
        description:
            "<p>A vase for dried flowers, with walls of 2.4 mm. <strong>PETG holds water</strong>; PLA wants a \
                      glass inside.</p>"
                .to_owned(),
        category: "home/vases",
        price,
        stock_policy: StockPolicy::Finite,
        materials: HOUSEHOLD,
        mesh: shapes::vase(height, radius, lobes, twist),
    };
    sizes.into_iter().map(make).collect()
}

fn planters() -> Vec<Item> {
    let sizes: [(usize, &str, f32, i64); 4] = [
        (5, "Pentagon", 70.0, 34_900),
        (6, "Hexagon", 85.0, 39_900),
        (8, "Octagon", 95.0, 44_900),
        (12, "Twelve-sided", 110.0, 54_900),
    ];
    let make = |(sides, name, height, price): (usize, &str, f32, i64)| Item {
        sku: format!("PLANT-{sides:02}"),
        name: format!("{name} planter"),
        description: format!("<p>A planter with {sides} sides for succulents and herbs. Walls of 3 mm, stackable.</p>"),
        category: "home/planters",
        price,
        stock_policy: StockPolicy::Finite,
        materials: HOUSEHOLD,
        mesh: shapes::planter(sides, height),
    };
    sizes.into_iter().map(make).collect()
}

fn boxes() -> Vec<Item> {
    let sizes: [(u16, u16, u16, i64); 4] =
        [(80, 60, 40, 19_900), (120, 80, 50, 29_900), (160, 120, 60, 44_900), (220, 160, 80, 69_900)];
    let make = |(width, depth, height, price): (u16, u16, u16, i64)| Item {
        sku: format!("BOX-{width}X{depth}X{height}"),
        name: format!("Workshop box, {width} × {depth} × {height} mm"),
        description: "<p>An open box with rounded corners for screws, sensors and everything that rolls away.</p>"
            .to_owned(),
        category: "workshop/storage",
        price,
        stock_policy: StockPolicy::Finite,
        materials: TECHNICAL,
        mesh: shapes::storage_box(f32::from(width), f32::from(depth), f32::from(height)),
    };
    sizes.into_iter().map(make).collect()
}

fn bowls() -> Vec<Item> {
    let sizes: [(&str, &str, f32, f32, f32, i64); 4] = [
        ("WAVE-S", "Wave bowl, small", 40.0, 60.0, 6.0, 29_900),
        ("WAVE-L", "Wave bowl, large", 65.0, 110.0, 8.0, 79_900),
        ("PETAL", "Petal bowl", 55.0, 90.0, 12.0, 59_900),
        ("CALM", "Calm bowl", 50.0, 85.0, 0.0, 49_900),
    ];
    let make = |(code, name, height, radius, waves, price): (&str, &str, f32, f32, f32, i64)| Item {
        sku: format!("BOWL-{code}"),
        name: name.to_owned(),
        description: "<p>A shallow bowl for keys and fruit. <em>Not for hot food.</em></p>".to_owned(),
        category: "home/bowls",
        price,
        stock_policy: StockPolicy::Finite,
        materials: HOUSEHOLD,
        mesh: shapes::bowl(height, radius, waves),
    };
    sizes.into_iter().map(make).collect()
}

fn brackets() -> Vec<Item> {
    let sizes: [(u16, u16, u16, i64); 4] =
        [(30, 3, 15, 4_900), (45, 4, 20, 6_900), (60, 5, 30, 9_900), (90, 8, 40, 16_900)];
    let make = |(leg, thick, height, price): (u16, u16, u16, i64)| Item {
        sku: format!("BRKT-L{leg}"),
        name: format!("Angle bracket, {leg} mm"),
        description: format!(
            "<p>A right-angle bracket with legs of {leg} mm, {thick} mm thick, for frames and shelves.</p>"
        ),
        category: "parts/brackets",
        price,
        stock_policy: StockPolicy::Finite,
        materials: TECHNICAL,
        mesh: shapes::bracket(f32::from(leg), f32::from(thick), f32::from(height)),
    };
    sizes.into_iter().map(make).collect()
}

fn stars() -> Vec<Item> {
    let sizes: [(usize, &str, f32, i64); 4] =
        [(5, "Five", 30.0, 7_900), (6, "Six", 40.0, 9_900), (8, "Eight", 50.0, 12_900), (12, "Twelve", 60.0, 15_900)];
    let make = |(points, count, radius, price): (usize, &str, f32, i64)| Item {
        sku: format!("STAR-{points:02}PT"),
        name: format!("{count}-pointed star ornament"),
        description: "<p>An ornament for windows and Diwali lights.</p>".to_owned(),
        category: "decor/ornaments",
        price,
        stock_policy: StockPolicy::Finite,
        materials: HOUSEHOLD,
        mesh: shapes::star(points, radius, 5.0),
    };
    sizes.into_iter().map(make).collect()
}

fn knobs() -> Vec<Item> {
    let sizes: [(&str, &str, f32, f32, f32, i64); 4] = [
        ("M5-3", "Three-lobe knob, M5", 3.0, 16.0, 5.2, 5_900),
        ("M6-5", "Five-lobe knob, M6", 5.0, 20.0, 6.2, 6_900),
        ("M8-6", "Six-lobe knob, M8", 6.0, 25.0, 8.2, 8_900),
        ("M10-8", "Eight-lobe knob, M10", 8.0, 32.0, 10.2, 11_900),
    ];
    let make = |(code, name, lobes, radius, bore, price): (&str, &str, f32, f32, f32, i64)| Item {
        sku: format!("KNOB-{code}"),
        name: name.to_owned(),
        description: "<p>A clamping knob for jigs and tripods; glue in a threaded insert.</p>".to_owned(),
        category: "parts/knobs",
        price,
        stock_policy: StockPolicy::Finite,
        materials: TECHNICAL,
        mesh: shapes::knob(lobes, radius, 16.0, bore),
    };
    sizes.into_iter().map(make).collect()
}

fn lampshades() -> Vec<Item> {
    let sizes: [(&str, &str, f32, f32, f32, i64); 4] = [
        ("PLEAT-S", "Pleated lampshade, small", 130.0, 75.0, 24.0, 99_900),
        ("PLEAT-L", "Pleated lampshade, large", 190.0, 110.0, 32.0, 179_900),
        ("RIPPLE", "Ripple lampshade", 160.0, 95.0, 12.0, 149_900),
        ("LOTUS", "Lotus lampshade", 150.0, 100.0, 8.0, 159_900),
    ];
    let make = |(code, name, height, radius, folds, price): (&str, &str, f32, f32, f32, i64)| Item {
        sku: format!("LAMP-{code}"),
        name: name.to_owned(),
        description: "<p>A lampshade for LED bulbs up to 8 W, printed when you order it.</p>".to_owned(),
        category: "home/lighting",
        price,
        stock_policy: StockPolicy::MadeToOrder,
        materials: TO_ORDER,
        mesh: shapes::lampshade(height, radius, folds),
    };
    sizes.into_iter().map(make).collect()
}

fn chess() -> Vec<Item> {
    let pieces: [(&str, &str, Profile, i64); 4] = [
        ("PAWN", "Pawn", PAWN, 4_900),
        ("ROOK", "Rook", ROOK, 6_900),
        ("BISHOP", "Bishop", BISHOP, 6_900),
        ("QUEEN", "Queen", QUEEN, 9_900),
    ];
    let make = |(code, name, profile, price): (&str, &str, Profile, i64)| Item {
        sku: format!("CHESS-{code}"),
        name: format!("Chess piece: {name} (file to print yourself)"),
        description:
            "<p>The 3D file of a turned chess piece. You pay once and print as many as you need for yourself.</p>"
                .to_owned(),
        category: "files/games",
        price,
        stock_policy: StockPolicy::Digital,
        materials: &[],
        mesh: shapes::turned(profile, 1.0),
    };
    pieces.into_iter().map(make).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::catalog::{ProductName, Sku};

    use super::*;

    #[test]
    fn there_are_forty_solid_products_with_skus_of_their_own() {
        let items = items();
        assert_eq!(items.len(), 40);
        assert_eq!(items.iter().map(|item| &item.sku).collect::<BTreeSet<_>>().len(), 40);
        for item in &items {
            item.sku.parse::<Sku>().unwrap();
            item.name.parse::<ProductName>().unwrap();
            assert_eq!(item.mesh.open_edges(), 0, "{}", item.name);
            assert!(
                item.mesh.extent().iter().all(|side| (3..=400).contains(side)),
                "{}: {:?}",
                item.name,
                item.mesh.extent()
            );
        }
    }
}
