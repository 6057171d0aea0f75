//! The same rows by two workers at once, again after a crash, and in many slices.

use std::fmt::Write as _;

use super::*;

/// A file of `count` rows, every tenth of which is wrong.
fn file(count: usize) -> String {
    let mut file = "sku,name,basePrice,stockPolicy,material,stock\n".to_owned();
    for row in 1..=count {
        let price = if row % 10 == 0 { "ten" } else { "10" };
        writeln!(file, "VASE-{row:05},Vase {row},{price},FINITE,Clay,{}", row % 7).unwrap();
    }
    file
}

/// Demands that each good row has made one product with one material, and none was touched again.
async fn require_each_once(desk: &Desk, count: usize) {
    let products = desk.products().await;
    assert_eq!(products.len(), count - count / 10);
    assert!(products.iter().all(|product| (product.version, product.material_count) == (1, 1)));
    let stored = desk.tenant.stored("PRD#").await;
    let materials = stored.iter().filter(|item| item["type"] == "Material" && item["version"] == 1).count();
    assert_eq!(materials, products.len());
}

#[tokio::test]
async fn a_thousand_rows_by_two_workers_at_once_make_each_product_once() {
    let desk = Desk::open().await;
    let import = desk.asked(file(1_000).as_bytes(), |_| ()).await;
    tokio::join!(desk.slice(&import, ALL), desk.slice(&import, ALL));
    // Whoever was overtaken has stopped; the other one has come to the end.
    let import = desk.now(&import).await;
    assert_eq!((import.status, counts(&import)), (JobStatus::Done, (1_000, 900, 0, 0, 100)));
    require_each_once(&desk, 1_000).await;
    let told = desk.faults(&import).await;
    assert_eq!((told.len(), import.reported), (100, 100));
    let wanted = (1..=100).map(|tenth| (tenth * 10 + 1, "basePrice".to_owned(), "INVALID_VALUE".to_owned()));
    assert_eq!(told, wanted.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_job_that_stood_still_until_its_files_were_gone_comes_to_an_end() {
    let desk = Desk::open().await;
    let remove = async |key: &str| {
        let (s3, bucket) = (desk.tenant.stack.s3(), &desk.tenant.stack.names.files_bucket);
        s3.delete_object().bucket(bucket).key(key).send().await.unwrap();
    };
    let half = Slice { rows: 50, ..ALL };
    let import = desk.asked(file(100).as_bytes(), |_| ()).await;
    let stopped = desk.slice(&import, half).await;
    assert_eq!((stopped.status, counts(&stopped).4, stopped.reported), (JobStatus::Running, 5, 5));
    remove(stopped.report_key.as_ref().unwrap()).await;
    let over = desk.slice(&import, ALL).await;
    assert_eq!((over.status, counts(&over), over.reported), (JobStatus::Done, (100, 90, 0, 0, 10), 5));
    assert_eq!(desk.faults(&over).await[0].0, 61, "what came after is reported");

    let import = desk.asked(file(100).as_bytes(), |_| ()).await;
    let stopped = desk.slice(&import, half).await;
    remove(&stopped.object_key).await;
    let over = desk.slice(&import, ALL).await;
    assert_eq!((over.status, over.failure.unwrap().code), (JobStatus::Failed, domain::bulk::FaultCode::FileGone));

    let (whole, bytes) = desk.export(BulkFormat::Csv, ALL, desk.own()).await;
    let export = desk.export_asked(BulkFormat::Csv, desk.own()).await;
    desk.export_slice(&export, half).await;
    let store = desk.tenant.stack.store();
    let now = async || store.export(desk.tenant.scope(), export.id).await.unwrap().unwrap();
    let stopped = now().await;
    assert_eq!((stopped.status, stopped.products), (JobStatus::Running, 50));
    remove(stopped.object_key.as_ref().unwrap()).await;
    desk.export_slice(&export, ALL).await;
    let over = now().await;
    assert_eq!((over.status, over.products, over.size), (JobStatus::Done, whole.products, whole.size));
    assert_eq!(desk.files().get(over.object_key.as_ref().unwrap()).await.unwrap(), bytes);
}

#[tokio::test]
async fn two_imports_of_one_file_at_once_make_each_product_once() {
    let desk = Desk::open().await;
    let (file, imports) = (file(100), async || desk.asked(file(100).as_bytes(), |_| ()).await);
    let (first, second) = (imports().await, imports().await);
    let (first, second) = tokio::join!(desk.slice(&first, ALL), desk.slice(&second, ALL));
    require_each_once(&desk, 100).await;
    assert_eq!((first.status, second.status), (JobStatus::Done, JobStatus::Done));
    assert_eq!(first.progress.created + second.progress.created, 90, "{:?}", desk.report(&second).await);
    assert_eq!((first.progress.failed, second.progress.failed), (10, 10));
    let third = desk.import(file).await;
    assert_eq!(counts(&third), (100, 0, 0, 90, 10));
}

#[tokio::test]
async fn no_row_of_imports_that_change_one_product_at_once_is_lost_unheard() {
    let desk = Desk::open().await;
    desk.import("sku,name,basePrice,stockPolicy,material,stock\nVASE-1,Vase,5,FINITE,Clay,1\n").await;
    let imports = (2..=7).map(async |number: u32| {
        let file = format!("sku,name,material,stock\nVASE-1,Vase {number},Clay,{number}\n");
        let import = desk.asked(file.as_bytes(), |_| ()).await;
        desk.slice(&import, ALL).await
    });
    let imports = futures_util::future::join_all(imports).await;
    let vase = desk.product("VASE-1").await.unwrap();
    // Each row that was stored has counted product and material up by one, and any other is told.
    let stored: u64 = imports.iter().map(|import| import.progress.updated).sum();
    let told: u64 = imports.iter().map(|import| import.progress.failed).sum();
    assert_eq!((stored + told, vase.product.version, vase.materials[0].version), (6, stored + 1, stored + 1));
    assert!(stored >= 1);
    // And the last one has said both.
    assert_eq!(vase.product.name.as_str(), format!("Vase {}", vase.materials[0].stock.unwrap()));
}

#[tokio::test]
async fn an_import_that_is_cut_off_goes_on_where_it_was_and_counts_no_row_twice() {
    let desk = std::sync::Arc::new(Desk::open().await);
    let import = desk.asked(file(200).as_bytes(), |_| ()).await;
    let slice = Slice { step: 60, ..ALL };
    for sku in ["VASE-00003", "VASE-00091", "VASE-00177"] {
        let work = tokio::spawn({
            let (desk, import) = (desk.clone(), import.clone());
            async move { desk.slice(&import, slice).await }
        });
        while desk.product(sku).await.is_none() {
            tokio::task::yield_now().await;
        }
        work.abort();
        let _ = work.await;
        assert!(!desk.now(&import).await.status.is_final(), "it was not cut off");
    }
    let import = desk.slice(&import, slice).await;
    assert_eq!((import.status, counts(&import)), (JobStatus::Done, (200, 180, 0, 0, 20)));
    require_each_once(&desk, 200).await;
    assert_eq!(desk.report(&import).await.len(), 20);
}

#[tokio::test]
async fn a_long_import_calls_the_worker_again_until_it_is_done() {
    let desk = Desk::open().await;
    let mut import = desk.asked(file(120).as_bytes(), |_| ()).await;
    let slice = Slice { rows: 50, ..ALL };
    let mut slices = 0;
    while !import.status.is_final() {
        import = desk.slice(&import, slice).await;
        slices += 1;
        assert_eq!(import.progress.read, 120.min(slices * 50));
    }
    assert_eq!((slices, desk.calls(&import).await), (3, 3));
    assert_eq!(counts(&import), (120, 108, 0, 0, 12));
    require_each_once(&desk, 120).await;
    let before = desk.now(&import).await;
    assert_eq!(desk.slice(&import, slice).await, before, "an import that is done is done");
}
