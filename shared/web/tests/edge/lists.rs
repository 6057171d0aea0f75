//! Pages and cursors.

use std::time::Duration;

use http::StatusCode;

use crate::function::Api;

#[tokio::test]
async fn a_list_is_read_page_by_page_to_its_end() {
    let api = Api::open().await;
    let (mut path, mut seen) = ("/things".to_owned(), 0);
    for (length, more) in [(10, true), (10, true), (5, false)] {
        let answer = api.client.get(&path).send().await;
        assert_eq!(answer.data(StatusCode::OK).as_array().unwrap().len(), length);
        seen += length;
        let pagination = &answer.body["pagination"];
        assert_eq!((&pagination["limit"], &pagination["hasMore"]), (&10.into(), &more.into()));
        assert_eq!(pagination["nextCursor"].is_string(), more);
        path = format!("/things?cursor={}", pagination["nextCursor"].as_str().unwrap_or_default());
    }
    assert_eq!(seen, 25);
}

#[tokio::test]
async fn an_altered_or_foreign_or_stale_cursor_is_refused() {
    let api = Api::open().await;
    let cursor = api.client.get("/things").send().await.body["pagination"]["nextCursor"].as_str().unwrap().to_owned();
    let with = |cursor: &str| api.client.get(&format!("/things?cursor={cursor}"));
    with(&cursor).send().await.data(StatusCode::OK);
    let mut altered = cursor.clone().into_bytes();
    for place in [0, 5, 25, 45, altered.len() - 1] {
        let old = altered[place];
        altered[place] = if old == b'A' { b'B' } else { b'A' };
        let answer = with(std::str::from_utf8(&altered).unwrap()).send().await;
        answer.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
        assert_eq!(answer.fields(), ["cursor"]);
        altered[place] = old;
    }
    for nonsense in ["", "x", "%2B%2B", &"A".repeat(200)] {
        with(nonsense).send().await.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
    }
    let other = api.stack.tenant().await;
    let foreign = with(&cursor).header("x-tenant", other.id().to_string()).send().await;
    foreign.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
    api.stack.clock.advance(Duration::from_secs(24 * 60 * 60));
    with(&cursor).send().await.refused(StatusCode::BAD_REQUEST, "INVALID_CURSOR");
}
