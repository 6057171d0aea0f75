use std::collections::BTreeMap;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};

use super::*;
use crate::ambient::system;

fn objects() -> Objects {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-south-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
        .build();
    Objects::new(aws_sdk_s3::Client::from_conf(config), "files", system())
}

fn query(url: &str) -> BTreeMap<&str, &str> {
    url.split_once('?').unwrap().1.split('&').filter_map(|pair| pair.split_once('=')).collect()
}

#[tokio::test]
async fn an_upload_pins_type_size_and_checksum_by_signing_them() {
    let upload =
        objects().presign_put("t/ten_1/fil_1", "model/stl", 1234, &[7; 32], Duration::from_secs(900)).await.unwrap();
    assert_eq!(upload.method, "PUT");
    let headers: BTreeMap<_, _> = upload.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let checksum = STANDARD.encode([7; 32]);
    let expected = [("content-length", "1234"), ("content-type", "model/stl"), ("x-amz-checksum-sha256", &checksum)];
    assert_eq!(headers, BTreeMap::from(expected));
    let query = query(&upload.url);
    assert_eq!(query["X-Amz-SignedHeaders"], "content-length%3Bcontent-type%3Bhost%3Bx-amz-checksum-sha256");
    assert_eq!(query["X-Amz-Expires"], "900");
    assert!(upload.url.starts_with("https://files.s3.ap-south-1.amazonaws.com/t/ten_1/fil_1?"), "{}", upload.url);
}

#[tokio::test]
async fn a_download_lives_five_minutes_at_most_and_is_an_attachment() {
    let url = objects().presign_get("t/ten_1/fil_1", "Bản vẽ.stl", Duration::from_secs(86_400)).await.unwrap();
    let query = query(&url);
    assert_eq!(query["X-Amz-Expires"], "300");
    assert_eq!(query["response-cache-control"], "private%2C%20no-store");
    assert!(query["response-content-disposition"].starts_with("attachment%3B%20filename%3D%22B_n%20v_.stl%22%3B"));
}

#[test]
fn a_file_name_can_not_break_out_of_its_header() {
    for (name, header) in [
        ("plan.pdf", "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"),
        ("a\"; x=\"y.stl", "attachment; filename=\"a_; x=_y.stl\"; filename*=UTF-8''a%22%3B%20x%3D%22y.stl"),
        ("../../etc/passwd", "attachment; filename=\".._.._etc_passwd\"; filename*=UTF-8''.._.._etc_passwd"),
        ("a\r\nSet-Cookie: b", "attachment; filename=\"aSet-Cookie: b\"; filename*=UTF-8''aSet-Cookie%3A%20b"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("₫.stl", "attachment; filename=\"_.stl\"; filename*=UTF-8''%E2%82%AB.stl"),
        ("", "attachment; filename=\"file\"; filename*=UTF-8''file"),
        (" .. ", "attachment; filename=\"file\"; filename*=UTF-8''file"),
    ] {
        assert_eq!(attachment(name), header);
    }
}
