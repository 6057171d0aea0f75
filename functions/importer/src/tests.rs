//! Imports and exports on a table and a bucket, with a seller of one test.

use domain::access::Role;
use domain::bulk::{BulkFormat, Export, Import, ImportMode, JobStatus, Progress};
use domain::catalog::{Product, Sku};
use domain::event::Event;
use domain::file::{FilePurpose, object_key};
use domain::id::{EventId, FileId, SellerId};
use harness::member::Member;
use harness::stack::{Stack, TestTenant};
use store::products::ProductDetail;
use worker::Handler;

use super::*;

mod exports;
mod files;
mod owners;
mod twice;

/// All in one slice, noting often how far it has come.
const ALL: Slice = Slice { time: Duration::from_secs(600), rows: u64::MAX, step: 100 };

struct Desk {
    tenant: TestTenant,
    seller: Member,
}

impl Desk {
    async fn open() -> Self {
        let tenant = Stack::connect().await.tenant().await;
        let seller = tenant.member(&[Role::Seller]).await;
        Self { tenant, seller }
    }

    fn state(&self, slice: Slice) -> State {
        let stack = &self.tenant.stack;
        State::new(stack.store().clone(), self.files(), stack.ambient().clone(), slice)
    }

    fn files(&self) -> Objects {
        let stack = &self.tenant.stack;
        Objects::new(stack.s3(), &stack.names.files_bucket, stack.ambient().clone())
    }

    fn own(&self) -> Option<SellerId> {
        self.seller.user.seller
    }

    /// Stores a file and what asks for its import.
    async fn asked(&self, file: &[u8], change: impl FnOnce(&mut Import)) -> Import {
        let operation = self.tenant.operation();
        let id: FileId = operation.id();
        let mut import = Import {
            id: operation.id(),
            file: id,
            object_key: object_key(self.tenant.scope(), FilePurpose::Import, id),
            size: u64::try_from(file.len()).unwrap(),
            format: if file.starts_with(b"{") { BulkFormat::Jsonl } else { BulkFormat::Csv },
            mode: ImportMode::Upsert,
            user: self.seller.user.id,
            seller: self.own(),
            status: JobStatus::Queued,
            columns: Vec::new(),
            offset: 0,
            progress: Progress::default(),
            report_key: None,
            reported: 0,
            failure: None,
            version: 1,
            created_at: operation.now,
            updated_at: operation.now,
        };
        change(&mut import);
        self.files().put(&import.object_key, file.to_vec(), "text/csv").await.unwrap();
        self.tenant.stack.store().create_import(&operation, &import).await.unwrap();
        import
    }

    fn job(&self, event: Event) -> Job {
        let ambient = self.tenant.stack.ambient();
        Job { id: ambient.id::<EventId>(), event, occurred_at: ambient.now(), operation: self.tenant.operation() }
    }

    /// Does one slice of an import.
    async fn slice(&self, import: &Import, slice: Slice) -> Import {
        let event = Event::ProductImportRequested { import: import.id };
        self.state(slice).handle(self.job(event)).await.unwrap();
        self.now(import).await
    }

    async fn now(&self, import: &Import) -> Import {
        self.tenant.stack.store().import(self.tenant.scope(), import.id).await.unwrap().unwrap()
    }

    /// Imports a file to its end.
    async fn import(&self, file: impl AsRef<[u8]>) -> Import {
        let import = self.asked(file.as_ref(), |_| ()).await;
        self.slice(&import, ALL).await
    }

    /// Returns the lines of an import's report.
    async fn report(&self, import: &Import) -> Vec<Vec<String>> {
        let Some(key) = &import.report_key else { return Vec::new() };
        let bytes = self.files().get(key).await.unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().unwrap(), vec!["row", "sku", "column", "code", "reason"]);
        reader.records().map(|line| line.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    /// Returns row, column and code of each line of an import's report.
    async fn faults(&self, import: &Import) -> Vec<(u64, String, String)> {
        let lines = self.report(import).await;
        lines.into_iter().map(|line| (line[0].parse().unwrap(), line[2].clone(), line[3].clone())).collect()
    }

    async fn product(&self, sku: &str) -> Option<ProductDetail> {
        let sku: Sku = sku.parse().unwrap();
        let found = self.tenant.stack.store().products_by_sku(self.tenant.scope(), std::slice::from_ref(&sku)).await;
        found.unwrap().remove(&sku)
    }

    /// Returns all products of the seller, oldest first.
    async fn products(&self) -> Vec<Product> {
        let (store, mut all, mut from) = (self.tenant.stack.store(), Vec::new(), None);
        loop {
            let page = store.products_of(self.tenant.scope(), self.own().unwrap(), 100, from).await.unwrap();
            all.extend(page.items);
            from = page.next;
            if from.is_none() {
                all.reverse();
                return all;
            }
        }
    }

    /// How often the worker was called for an import.
    async fn calls(&self, import: &Import) -> usize {
        let events = self.tenant.stored("EVT#").await;
        events.iter().filter(|event| event["event"]["import"] == import.id.to_string()).count()
    }

    /// Stores what asks for an export.
    async fn export_asked(&self, format: BulkFormat, seller: Option<SellerId>) -> Export {
        let operation = self.tenant.operation();
        let export = Export {
            id: operation.id(),
            format,
            user: self.seller.user.id,
            seller,
            status: JobStatus::Queued,
            cursor: None,
            products: 0,
            rows: 0,
            object_key: None,
            size: 0,
            failure: None,
            version: 1,
            created_at: operation.now,
            updated_at: operation.now,
        };
        self.tenant.stack.store().create_export(&operation, &export).await.unwrap();
        export
    }

    /// Does one slice of an export.
    async fn export_slice(&self, export: &Export, slice: Slice) {
        let event = Event::ProductExportRequested { export: export.id };
        self.state(slice).handle(self.job(event)).await.unwrap();
    }

    async fn export(&self, format: BulkFormat, slice: Slice, seller: Option<SellerId>) -> (Export, Vec<u8>) {
        let (export, store) = (self.export_asked(format, seller).await, self.tenant.stack.store());
        for _ in 0..20 {
            self.export_slice(&export, slice).await;
            let now = store.export(self.tenant.scope(), export.id).await.unwrap().unwrap();
            if now.status.is_final() {
                let bytes = match &now.object_key {
                    Some(key) => self.files().get(key).await.unwrap(),
                    None => Vec::new(),
                };
                return (now, bytes);
            }
        }
        panic!("the export does not end");
    }
}

fn counts(import: &Import) -> (u64, u64, u64, u64, u64) {
    let Progress { read, created, updated, unchanged, failed } = import.progress;
    assert_eq!(read, created + updated + unchanged + failed);
    (read, created, updated, unchanged, failed)
}

const VASES: &str = "sku,name,basePrice,stockPolicy,status,material,surcharge,stock\r\n\
    VASE-1,Spiral vase,499.50,FINITE,ACTIVE,\"PLA, white\",0,10\r\n\
    VASE-1,Spiral vase,499.50,FINITE,ACTIVE,\"PETG, black\",25,3\r\n\
    VASE-2,\"Vase \"\"two\"\"\",10,MADE_TO_ORDER,,,,\r\n";

#[tokio::test]
async fn a_file_makes_products_with_their_materials_and_again_it_changes_nothing() {
    let desk = Desk::open().await;
    let import = desk.import(VASES).await;
    assert_eq!((import.status, counts(&import)), (JobStatus::Done, (3, 2, 1, 0, 0)));
    assert_eq!(desk.report(&import).await.len(), 0);
    let vase = desk.product("VASE-1").await.unwrap();
    assert_eq!((vase.product.base_price.amount, vase.product.material_count), (49_950, 2));
    let materials: Vec<_> = vase
        .materials
        .iter()
        .map(|material| (material.name.as_str(), material.surcharge.amount, material.stock))
        .collect();
    assert_eq!(materials, [("PLA, white", 0, Some(10)), ("PETG, black", 2_500, Some(3))]);
    assert_eq!(desk.product("VASE-2").await.unwrap().product.name.as_str(), "Vase \"two\"");

    let again = desk.import(VASES).await;
    assert_eq!((again.status, counts(&again)), (JobStatus::Done, (3, 0, 0, 3, 0)));
    assert_eq!(desk.product("VASE-1").await.unwrap(), vase);

    let changed = VASES.replace("499.50", "599").replace(",25,3", ",25,8");
    let third = desk.import(changed).await;
    assert_eq!(counts(&third), (3, 0, 2, 1, 0));
    let now = desk.product("VASE-1").await.unwrap();
    assert_eq!((now.product.base_price.amount, now.materials[1].stock), (59_900, Some(8)));
    assert_eq!((now.product.version, now.materials[0].version, now.materials[1].version), (3, 1, 2));
}

#[tokio::test]
async fn what_a_row_does_not_say_stays() {
    let desk = Desk::open().await;
    desk.import("{\"sku\":\"VASE-1\",\"name\":\"Vase\",\"basePrice\":\"5\",\"stockPolicy\":\"FINITE\",\"weightGrams\":180,\"attributes\":{\"a\":\"b\"}}")
        .await;
    let import = desk.import("sku,name,weightGrams,status\nVASE-1,,,ACTIVE\n").await;
    assert_eq!(counts(&import), (1, 0, 1, 0, 0));
    let vase = desk.product("VASE-1").await.unwrap().product;
    assert_eq!((vase.name.as_str(), vase.weight_grams, vase.is_active()), ("Vase", 180, true));
    assert_eq!(vase.attributes["a"], "b");
}

#[tokio::test]
async fn start_and_end_are_audited_and_each_change_in_the_name_of_who_asked() {
    let desk = Desk::open().await;
    desk.import(VASES).await;
    let rows = desk.tenant.stored("AUD#").await;
    let by = |action: &str| -> Vec<_> { rows.iter().filter(|row| row["action"] == action).collect() };
    assert_eq!((by("PRODUCTS_IMPORTED").len(), by("PRODUCT_CHANGED").len()), (2, 3));
    let person = desk.seller.user.id.to_string();
    assert!(by("PRODUCT_CHANGED").iter().all(|row| row["actor"]["id"] == person.as_str()));
}
