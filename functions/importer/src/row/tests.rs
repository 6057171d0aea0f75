use domain::catalog::{Category, TaxClass, description};
use domain::clock::Timestamp;
use domain::id::{FileId, Id, MaterialId, ProductId, SellerId};
use domain::pricing::TaxSettings;
use domain::tenant::TaxMode;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::fields;
use crate::split::{Raw, Splitter};

fn at() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

/// Text as the API has taken it in, with what is awkward in tables.
fn text(pattern: &'static str) -> impl Strategy<Value = String> {
    pattern.prop_map(|text: String| domain::text::clean(&text, false).unwrap_or_default())
}

const AWKWARD: &str = "['=+@,;\"a-zé₫ \n\t-]{2,40}|\\PC{2,40}";

fn product() -> impl Strategy<Value = Product> {
    let name = text("['=+@,;\"a-zé -]{3,60}|\\PC{3,60}").prop_filter_map("a name", |text| text.parse().ok());
    let slug = "[a-z0-9]{3,40}".prop_map(|text| text.parse().unwrap());
    let sku = "[A-Z0-9._-]{5,50}".prop_map(|text| text.parse().unwrap());
    // What is stored was sanitised, and reads the same when it is read again.
    let rich = text("(<p>|<b>|&lt;|[ -~é\n]){0,60}")
        .prop_map(|text| description::clean(&text))
        .prop_filter("stable", |text| domain::text::clean(text, false).as_ref() == Ok(text));
    let side = || 1..=10_000_u32;
    let size = (side(), side(), side()).prop_map(|(width, depth, height)| Size { width, depth, height });
    let words = (
        select(vec![TaxClass::Standard, TaxClass::Reduced, TaxClass::Zero, TaxClass::Exempt]),
        select(vec![StockPolicy::Finite, StockPolicy::MadeToOrder, StockPolicy::Digital]),
        select(vec![ProductStatus::Draft, ProductStatus::Active]),
    );
    let images = vec(any::<u128>().prop_map(|number| FileId::from_parts(at(), number)), 0..4)
        .prop_filter("distinct", |images: &Vec<FileId>| rules::distinct(images, MAX_IMAGES).is_ok());
    let attributes = btree_map(text("['=a-zé\" ]{1,20}"), text(AWKWARD), 0..4)
        .prop_filter("kept", |attributes| rules::attributes(attributes).is_ok());
    let categories = subsequence((1..=6).collect::<Vec<u128>>(), 0..=MAX_CATEGORIES)
        .prop_map(|numbers| numbers.into_iter().map(|number| CategoryId::from_parts(at(), number)).collect());
    let shared = subsequence((1..=9).collect::<Vec<u128>>(), 0..=9)
        .prop_map(|numbers| numbers.into_iter().map(|number| MaterialId::from_parts(at(), number)).collect());
    let numbers = (1..=domain::catalog::MAX_PRICE, 0..=MAX_WEIGHT_GRAMS, select(Currency::ALL.to_vec()));
    let texts = (name, slug, sku, rich, attributes);
    let lists = (images, categories, shared);
    (texts, option::of(size), words, lists, numbers, any::<bool>()).prop_map(
        |(
            texts,
            size,
            words,
            (images, categories, shared_materials),
            (price, weight_grams, currency),
            licence_keys,
        )| Product {
            id: ProductId::from_parts(at(), 1),
            seller: SellerId::from_parts(at(), 1),
            name: texts.0,
            slug: texts.1,
            sku: texts.2,
            description: texts.3,
            base_price: Money::new(price, currency),
            tax_class: words.0,
            weight_grams,
            size,
            stock_policy: words.1,
            images,
            categories,
            attributes: texts.4,
            status: words.2,
            material_count: 0,
            shared_materials,
            model_files: Vec::new(),
            licence_keys,
            version: 1,
            created_at: at(),
            updated_at: at(),
        },
    )
}

fn material(product: &Product) -> impl Strategy<Value = Material> + use<> {
    let (id, currency, policy) = (product.id, product.base_price.currency, product.stock_policy);
    let name = text(AWKWARD).prop_filter("a name", |text| rules::material_name(text).is_ok());
    (name, 0..=domain::catalog::MAX_PRICE, 0..=MAX_STOCK, 0..=MAX_LEAD_TIME_DAYS, any::<bool>()).prop_map(
        move |(name, surcharge, stock, lead_time_days, active)| Material {
            id: MaterialId::from_parts(at(), 1),
            product: id,
            name,
            surcharge: Money::new(surcharge, currency),
            stock: policy.opening_stock(None).unwrap().map(|_| stock),
            lead_time_days,
            active,
            version: 1,
            created_at: at(),
        },
    )
}

/// A marketplace with some categories.
fn market(currency: Currency) -> Market {
    let mut categories = CategoryTree::default();
    for (number, slug) in (1..).zip(["home", "home-vases", "lamps", "toys", "art", "more"]) {
        let id = CategoryId::from_parts(at(), number);
        let (name, slug) = ("Some".parse().unwrap(), slug.parse().unwrap());
        categories = categories.add(Category { id, name, slug, parent: None, position: 0 }, at()).unwrap();
    }
    let tax = TaxSettings::flat(0, TaxMode::Exclusive);
    Market { currency, tax, categories }
}

fn written(fields: &Fields) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(fields::to_cells(fields)).unwrap();
    writer.into_inner().unwrap()
}

fn split(format: domain::bulk::BulkFormat, bytes: &[u8]) -> Raw {
    let mut splitter = Splitter::new(format);
    let (taken, raw) = splitter.step(bytes);
    assert!(bytes.len() - taken <= 1);
    raw.unwrap_or_else(|| splitter.step(&[]).1.unwrap())
}

proptest! {
    #[test]
    fn what_is_exported_is_imported_as_it_was(
        (product, material) in product().prop_flat_map(|product| {
            let material = option::of(material(&product));
            (Just(product), material)
        }),
    ) {
        let market = market(product.base_price.currency);
        let fields = write(&product, material.as_ref(), &market.categories);
        let Raw::Cells(cells) = split(domain::bulk::BulkFormat::Csv, &written(&fields)) else { panic!() };
        prop_assert_eq!(fields::of_cells(Column::ALL, &cells), Ok(fields.clone()));
        let line = fields::to_line(&fields).unwrap();
        let Raw::Line(line) = split(domain::bulk::BulkFormat::Jsonl, line.as_bytes()) else { panic!() };
        let from_line = fields::of_line(&line).unwrap();
        for fields in [fields, from_line] {
            let row = read(&fields, &market).unwrap();
            // It changes nothing of the product that it was made of.
            prop_assert_eq!(row.edit.clone().apply(product.clone()), Ok(product.clone()));
            // And it makes the same product where there is none.
            let made = row.edit.open(product.id, product.seller, at());
            prop_assert_eq!(made, Ok(product.clone()));
            let said = row.material.map(|said| (said.name, said.surcharge, said.stock, said.lead_time_days, said.active));
            let wanted = material.clone().map(|material| {
                let Material { name, surcharge, stock, lead_time_days, active, .. } = material;
                (name, Some(surcharge), stock, Some(lead_time_days), Some(active))
            });
            prop_assert_eq!(said, wanted);
        }
    }

    #[test]
    fn no_row_makes_it_panic(cells in vec(vec(any::<u8>(), 0..12), Column::ALL.len()), line in vec(any::<u8>(), 0..80)) {
        let _ = fields::of_cells(Column::ALL, &cells).map(|fields| read(&fields, &market(Currency::Inr)));
        let _ = fields::of_line(&line).map(|fields| read(&fields, &market(Currency::Inr)));
    }
}

fn faults(said: &[(Column, &str)]) -> Vec<(String, FaultCode)> {
    let fields = said.iter().map(|(column, text)| (*column, (*text).to_owned())).collect();
    read(&fields, &market(Currency::Inr)).unwrap_err().into_iter().map(|fault| (fault.column, fault.code)).collect()
}

#[test]
fn every_wrong_value_is_named() {
    let wrong = [
        (Column::Sku, "no"),
        (Column::Name, "a"),
        (Column::Slug, "No Slug"),
        (Column::BasePrice, "1.234"),
        (Column::Currency, "USD"),
        (Column::TaxClass, "SOME"),
        (Column::WeightGrams, "1000001"),
        (Column::WidthMm, "10"),
        (Column::StockPolicy, "MANY"),
        (Column::Images, "a.png"),
        (Column::Categories, "home nowhere"),
        (Column::SharedMaterials, "mdl_01JQZX3N9Q5S0V6T7W8Y9Z0ABC"),
        (Column::Attributes, "colour=white"),
        (Column::Status, "ARCHIVED"),
        (Column::Material, "x"),
        (Column::Surcharge, "-1"),
        (Column::Stock, "+5"),
        (Column::LeadTimeDays, "366"),
        (Column::MaterialActive, "yes"),
        (Column::LicenceKeys, "1"),
    ];
    let found = faults(&wrong);
    for (column, text) in wrong {
        let named = found.iter().any(|(name, _)| name == column.name());
        assert!(named || column == Column::WidthMm, "{} {text}: {found:?}", column.name());
    }
    let missing: Vec<_> = found.iter().filter(|(_, code)| *code == FaultCode::Required).map(|(name, _)| name).collect();
    assert_eq!(missing, ["depthMm", "heightMm"]);
}

#[test]
fn a_row_needs_a_sku_and_what_is_said_of_a_material_needs_its_name() {
    assert_eq!(faults(&[(Column::Name, "Vase")]), [("sku".to_owned(), FaultCode::Required)]);
    let nameless = faults(&[(Column::Sku, "VASE-1"), (Column::Stock, "5")]);
    assert_eq!(nameless, [("material".to_owned(), FaultCode::Required)]);
}

#[test]
fn prices_out_of_range_are_refused() {
    for price in ["0", "0.00", "1000000000.01", "99999999999999999999", "1e5"] {
        let refused = faults(&[(Column::Sku, "VASE-1"), (Column::BasePrice, price)]);
        assert_eq!(refused, [("basePrice".to_owned(), FaultCode::InvalidValue)], "{price}");
    }
}
