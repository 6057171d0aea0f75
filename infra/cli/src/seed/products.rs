//! The demo's products with their materials and 3D files.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest;
use domain::catalog::{Material, Model, Product, ProductStatus, Seller, Size, Slug, StockPolicy, TaxClass};
use domain::clock::Timestamp;
use domain::file::{Digest, File, FilePurpose, FileStatus, Format, object_key};
use domain::id::{CategoryId, Id, ProductId};
use domain::money::{Currency, Money};
use domain::operation::Operation;
use domain::tenant::Tenant;
use store::products::ProductDetail;
use store::table::Consistency;

use super::catalogue::{self, Item, MaterialKind};
use super::people::People;
use super::{Seeding, categories};
use crate::Failure;
use crate::progress::Progress;

/// Adds what is missing of the forty products.
pub async fn fill(seeding: &Seeding<'_>, tenant: &Tenant, people: &People) -> Result<(), Failure> {
    let items = catalogue::items();
    let categories = categories::grow(seeding, tenant, items.iter().map(|item| item.category)).await?;
    let there = there(seeding, tenant, people).await?;
    let mut progress = Progress::of("Products", items.len());
    for (place, item) in items.iter().enumerate() {
        let operation = seeding.operation(tenant);
        let ids = Ids(there.get(&item.sku).copied().unwrap_or_else(|| new_id(tenant, place, item)));
        let found = seeding.store.product(operation.scope, ids.make(), Consistency::Strong).await?;
        let known = match found {
            Some(known) => known,
            None => create(seeding, &operation, people, item, &categories, &ids).await?,
        };
        add_materials(seeding, &operation, &known, item, &ids).await?;
        add_model(seeding, &operation, people, known, item, &ids).await?;
        progress.step(&item.name);
    }
    progress.finish();
    Ok(())
}

/// Finds the seller's products by SKU.
async fn there(
    seeding: &Seeding<'_>,
    tenant: &Tenant,
    people: &People,
) -> Result<BTreeMap<String, ProductId>, Failure> {
    let (scope, seller) = (seeding.operation(tenant).scope, Seller::id_of(people.seller_user));
    let (mut found, mut from) = (BTreeMap::new(), None);
    loop {
        let page = seeding.store.products_of(scope, seller, 100, from).await?;
        found.extend(page.items.into_iter().map(|product| (product.sku.into(), product.id)));
        from = page.next;
        if from.is_none() {
            return Ok(found);
        }
    }
}

/// Makes an id that is the same in every run, so that a run that broke off is gone on with.
fn new_id(tenant: &Tenant, place: usize, item: &Item) -> ProductId {
    let hash = digest::digest(&digest::SHA256, format!("{}:{}", tenant.id, item.sku).as_bytes());
    let mut random = [0; 16];
    random.copy_from_slice(hash.as_ref().get(..16).unwrap_or(&[0; 16]));
    // Ids sort by time: a second apart keeps the list in the order of the catalogue.
    let later = Duration::from_secs(u64::try_from(place).unwrap_or(0));
    ProductId::from_parts(tenant.created_at.plus(later), u128::from_be_bytes(random))
}

/// The ids of a product and of what belongs to it, all made of the product's.
struct Ids(ProductId);

impl Ids {
    fn make<I: Id>(&self) -> I {
        self.nth(0)
    }

    fn nth<I: Id>(&self, number: u8) -> I {
        let ulid = self.0.ulid();
        let at = Timestamp::from_millis(i64::try_from(ulid.timestamp_ms()).unwrap_or(0));
        I::from_parts(at, ulid.random().wrapping_add(u128::from(number)))
    }
}

async fn create(
    seeding: &Seeding<'_>,
    operation: &Operation,
    people: &People,
    item: &Item,
    categories: &BTreeMap<&'static str, CategoryId>,
    ids: &Ids,
) -> Result<ProductDetail, Failure> {
    let product = Product {
        id: ids.make(),
        seller: Seller::id_of(people.seller_user),
        name: item.name.parse()?,
        slug: Slug::of_name(&item.name, ""),
        sku: item.sku.parse()?,
        description: item.description.clone(),
        base_price: Money::new(item.price, Currency::Inr),
        tax_class: TaxClass::Standard,
        weight_grams: if item.stock_policy == StockPolicy::Digital { 0 } else { item.mesh.grams() },
        size: Some(size(item)),
        stock_policy: item.stock_policy,
        images: Vec::new(),
        categories: categories.get(item.category).copied().into_iter().collect(),
        attributes: BTreeMap::from([("madeIn".to_owned(), "Bengaluru".to_owned())]),
        status: ProductStatus::Active,
        material_count: 0,
        shared_materials: Vec::new(),
        model_files: Vec::new(),
        licence_keys: false,
        version: 1,
        created_at: operation.now,
        updated_at: operation.now,
    };
    seeding.store.create_product(operation, &product).await??;
    Ok(ProductDetail { product, materials: Vec::new(), shared: Vec::new(), models: Vec::new() })
}

fn size(item: &Item) -> Size {
    let [width, depth, height] = item.mesh.extent();
    Size { width, depth, height }
}

async fn add_materials(
    seeding: &Seeding<'_>,
    operation: &Operation,
    known: &ProductDetail,
    item: &Item,
    ids: &Ids,
) -> Result<(), Failure> {
    for (number, kind) in (0..).zip(item.materials) {
        let material = material(operation, &known.product, item, kind, ids.nth(number));
        if known.materials.iter().all(|there| there.id != material.id) {
            seeding.store.add_material(operation, &material).await??;
        }
    }
    Ok(())
}

fn material(
    operation: &Operation,
    product: &Product,
    item: &Item,
    kind: &MaterialKind,
    id: domain::id::MaterialId,
) -> Material {
    Material {
        id,
        product: product.id,
        name: kind.name.to_owned(),
        surcharge: Money::new(kind.surcharge, Currency::Inr),
        stock: (item.stock_policy == StockPolicy::Finite).then_some(kind.stock),
        lead_time_days: kind.lead_time_days,
        active: true,
        version: 1,
        created_at: operation.now,
    }
}

async fn add_model(
    seeding: &Seeding<'_>,
    operation: &Operation,
    people: &People,
    known: ProductDetail,
    item: &Item,
    ids: &Ids,
) -> Result<(), Failure> {
    if known.models.iter().any(|there| there.id == ids.make()) {
        return Ok(());
    }
    let file = upload(seeding, operation, people, item, ids).await?;
    let model = Model {
        id: ids.make(),
        product: known.product.id,
        file: file.id,
        name: item.name.chars().take(100).collect(),
        format: file.format,
        size: file.size,
        sha256: file.sha256,
        dimensions: Some(size(item)),
        licence: "CC-BY-NC-4.0".to_owned(),
        created_at: operation.now,
    };
    // Adding the materials has counted the product up meanwhile.
    let now = seeding.store.product(operation.scope, known.product.id, Consistency::Strong).await?;
    let now = now.ok_or("a product went away while it was being filled")?;
    Ok(seeding.store.add_model(operation, &now.product, &model).await??)
}

async fn upload(
    seeding: &Seeding<'_>,
    operation: &Operation,
    people: &People,
    item: &Item,
    ids: &Ids,
) -> Result<File, Failure> {
    let bytes = item.mesh.binary_stl(&item.sku);
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest::digest(&digest::SHA256, &bytes).as_ref());
    let id = ids.make();
    let file = File {
        id,
        purpose: FilePurpose::ProductModel,
        owner: people.seller_user,
        seller: Some(Seller::id_of(people.seller_user)),
        label: format!("{}.stl", item.sku.to_lowercase()),
        object_key: object_key(operation.scope, FilePurpose::ProductModel, id),
        size: u64::try_from(bytes.len())?,
        sha256: Digest(sha256),
        format: Format::Stl,
        status: FileStatus::Uploading,
        created_at: operation.now,
    };
    if seeding.store.file(operation.scope, id, Consistency::Strong).await?.is_none() {
        seeding.store.create_upload(operation, &file).await?;
    }
    seeding.files.put(&file.object_key, bytes, file.format.content_type()).await?;
    seeding.store.complete_upload(operation, &file).await?;
    Ok(file)
}
