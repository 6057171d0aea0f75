//! Files as they come: from spreadsheets, from other programs, and broken.

use domain::bulk::FaultCode;

use super::*;
use crate::split::LONGEST_ROW;

const HEADER: &str = "sku,name,basePrice,stockPolicy";

#[tokio::test]
async fn the_ways_of_spreadsheets_are_understood() {
    let desk = Desk::open().await;
    let file = "\u{feff} sku ,name,basePrice,stockPolicy\r\n\r\n\
        VASE-1,\"Đèn, \"\"sen\"\"\",5,DIGITAL\r\nVASE-2,'=Vase,5,DIGITAL";
    let import = desk.import(file).await;
    assert_eq!(counts(&import), (2, 2, 0, 0, 0), "{:?}", desk.report(&import).await);
    assert_eq!(desk.product("VASE-1").await.unwrap().product.name.as_str(), "Đèn, \"sen\"");
    assert_eq!(desk.product("VASE-2").await.unwrap().product.name.as_str(), "=Vase");
}

#[tokio::test]
async fn a_file_that_can_not_be_used_is_refused_as_a_whole() {
    let desk = Desk::open().await;
    let good = "VASE-1,Vase,5,DIGITAL\n";
    let latin = [b"sku,caf\xe9\n".as_slice(), good.as_bytes()].concat();
    let huge = format!("{}\n", "x".repeat(LONGEST_ROW + 1));
    let wide: Vec<u8> = format!("{HEADER}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (file, code) in [
        (b"".to_vec(), FaultCode::EmptyFile),
        (b"\xef\xbb\xbf".to_vec(), FaultCode::EmptyFile),
        (b"\r\n\r\n".to_vec(), FaultCode::EmptyFile),
        (b"name,basePrice\nVase,5\n".to_vec(), FaultCode::MissingColumn),
        (format!("{HEADER},prise\n{good}").into_bytes(), FaultCode::UnknownColumn),
        (format!("{HEADER},name\n{good}").into_bytes(), FaultCode::DuplicateColumn),
        (latin, FaultCode::NotUtf8),
        ([b"\xff\xfe".to_vec(), wide].concat(), FaultCode::NotUtf8),
        (huge.into_bytes(), FaultCode::RowTooLong),
    ] {
        let import = desk.import(&file).await;
        let told = import.failure.as_ref().map(|failure| failure.code);
        assert_eq!((import.status, told), (JobStatus::Failed, Some(code)));
        assert_eq!((counts(&import), desk.report(&import).await.len()), ((0, 0, 0, 0, 0), 0));
    }
    let blank = desk.asked(b"\n \n", |import| import.format = BulkFormat::Jsonl).await;
    assert_eq!(desk.slice(&blank, ALL).await.failure.unwrap().code, FaultCode::EmptyFile);
    let gone = desk.asked(b"{}", |_| ()).await;
    let s3 = desk.tenant.stack.s3();
    s3.delete_object().bucket(&desk.tenant.stack.names.files_bucket).key(&gone.object_key).send().await.unwrap();
    assert_eq!(desk.slice(&gone, ALL).await.failure.unwrap().code, FaultCode::FileGone);
    assert!(desk.products().await.is_empty());
    let nothing = desk.import(format!("{HEADER}\n")).await;
    assert_eq!((nothing.status, counts(&nothing)), (JobStatus::Done, (0, 0, 0, 0, 0)));
}

#[tokio::test]
async fn every_row_that_can_not_be_used_is_told_with_its_reason_and_the_others_are_imported() {
    let desk = Desk::open().await;
    let huge = "x".repeat(LONGEST_ROW + 1);
    let file = [
        format!("{HEADER}\n=cmd,Vase,5,DIGITAL\nVASE-02,V,1.234,DIGITAL\nVASE-03,Vase\n").into_bytes(),
        b"VASE-04,caf\xe9,5,DIGITAL\n".to_vec(),
        format!(
            "VASE-05,Vase,5,DIGITAL\nVASE-06,{huge},5,DIGITAL\nVASE-07,,5,\nVASE-08,Vase,99999999999999999999,DIGITAL\n"
        )
        .into_bytes(),
    ]
    .concat();
    let import = desk.import(&file).await;
    assert_eq!((import.status, counts(&import)), (JobStatus::Done, (8, 1, 0, 0, 7)));
    let told: Vec<_> = desk.faults(&import).await;
    let told: Vec<_> = told.iter().map(|(row, column, code)| (*row, column.as_str(), code.as_str())).collect();
    assert_eq!(
        told,
        [
            (2, "sku", "INVALID_VALUE"),
            (3, "name", "INVALID_VALUE"),
            (3, "basePrice", "INVALID_VALUE"),
            (4, "", "WRONG_CELL_COUNT"),
            (5, "name", "NOT_UTF8"),
            (7, "", "ROW_TOO_LONG"),
            (8, "name", "REQUIRED"),
            (9, "basePrice", "INVALID_VALUE"),
        ]
    );
    let lines = desk.report(&import).await;
    assert_eq!((lines[0][1].as_str(), lines[1][1].as_str(), lines[4][1].as_str()), ("'=cmd", "VASE-02", "VASE-04"));
    assert_eq!(desk.products().await.len(), 1);

    let lines = "{\"sku\":\"VASE-11\",\"name\":\"Vase\",\"basePrice\":5,\"stockPolicy\":\"DIGITAL\"}\n{\"sku\":\n\n\
        {\"sku\":\"VASE-12\",\"name\":\"Vase\",\"basePrice\":\"5\",\"stockPolicy\":\"DIGITAL\"}";
    let import = desk.import(lines).await;
    assert_eq!(counts(&import), (3, 1, 0, 0, 2));
    let told = desk.faults(&import).await;
    let wanted = [(1, "basePrice", "INVALID_VALUE"), (2, "", "MALFORMED")];
    assert_eq!(told, wanted.map(|(row, column, code)| (row, column.to_owned(), code.to_owned())));
}
