//! What the templates say, held against what the code says and what nobody may forget.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

/// Reads a template. CloudFormation's short functions (`!Ref`, `!Sub`, `!GetAtt`) read as their arguments.
fn template(path: &str) -> Yaml {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join(path)).unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

fn templates() -> impl Iterator<Item = Yaml> {
    [
        "template.yaml",
        "infra/buckets.yaml",
        "infra/kms.yaml",
        "infra/queues.yaml",
        "infra/table.yaml",
        "infra/alarms.yaml",
    ]
    .into_iter()
    .map(template)
}

/// Returns the resources of a type by their names.
fn resources<'a>(template: &'a Yaml, kind: &str) -> BTreeMap<&'a str, &'a Yaml> {
    let all = template["Resources"].as_hash().unwrap().iter();
    let found = all.filter(|(_, resource)| resource["Type"].as_str() == Some(kind));
    found.map(|(name, resource)| (name.as_str().unwrap(), &resource["Properties"])).collect()
}

fn texts(value: &Yaml) -> Vec<&str> {
    match value {
        Yaml::String(text) => vec![text],
        Yaml::Array(items) => items.iter().flat_map(texts).collect(),
        Yaml::Hash(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The routes of the API and the folder of the function behind each.
struct Routes(Vec<(String, String)>);

impl Routes {
    fn read() -> Self {
        let template = template("template.yaml");
        let functions = resources(&template, "AWS::Serverless::Function");
        let integrations = resources(&template, "AWS::ApiGatewayV2::Integration");
        let behind = |target: &str| {
            let name = target.trim_start_matches("integrations/${").trim_end_matches('}');
            let function = integrations[name]["IntegrationUri"].as_str().unwrap().trim_end_matches(".Alias");
            functions[function]["CodeUri"].as_str().unwrap().trim_start_matches("functions/").to_owned()
        };
        let routes = resources(&template, "AWS::ApiGatewayV2::Route").into_values();
        Self(
            routes
                .map(|route| {
                    (route["RouteKey"].as_str().unwrap().to_owned(), behind(route["Target"].as_str().unwrap()))
                })
                .collect(),
        )
    }

    /// Finds the function as API Gateway does: whole matches first, then the longest greedy one, then `$default`.
    fn function_of(&self, method: &str, path: &str) -> Option<&str> {
        let wanted: Vec<&str> = path.split('/').collect();
        let mut best: Option<((usize, usize), &str)> = None;
        for (key, function) in &self.0 {
            let Some((verb, pattern)) = key.split_once(' ') else { continue };
            let pattern: Vec<&str> = pattern.split('/').collect();
            let greedy = pattern.last().is_some_and(|last| last.ends_with("+}"));
            let fixed = pattern.len() - usize::from(greedy);
            let long_enough = if greedy { wanted.len() > fixed } else { wanted.len() == fixed };
            let fits = |(ours, theirs): (&&str, &&str)| ours.starts_with('{') || ours == theirs;
            if (verb != "ANY" && verb != method) || !long_enough || !pattern.iter().take(fixed).zip(&wanted).all(fits) {
                continue;
            }
            let literal = pattern.iter().filter(|part| !part.starts_with('{')).count();
            let rank = (if greedy { fixed } else { usize::MAX }, literal);
            if best.is_none_or(|(known, _)| rank > known) {
                best = Some((rank, function));
            }
        }
        best.map(|(_, function)| function)
    }
}

#[test]
fn every_documented_path_is_routed_to_the_function_that_serves_it() {
    let documents: [(&str, Value); 7] = [
        ("admin", admin::openapi()),
        ("auth", auth::openapi()),
        ("checkout", checkout::openapi()),
        ("files", files::openapi()),
        ("listings", listings::openapi()),
        ("shipping", shipping::openapi()),
        ("webhooks", webhooks::openapi()),
    ];
    let routes = Routes::read();
    let mut astray = Vec::new();
    let mut count = 0;
    for (function, document) in &documents {
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                count += 1;
                let found = routes.function_of(&method.to_uppercase(), path);
                if found != Some(function) {
                    astray.push(format!("{method} {path} is {function}'s and goes to {found:?}"));
                }
            }
        }
    }
    assert_eq!(astray, Vec::<String>::new());
    assert!(count > 40, "only {count} operations are documented");
}

#[test]
fn what_no_route_fits_is_answered_in_our_own_words() {
    let routes = Routes::read();
    assert!(routes.0.iter().any(|(key, function)| key == "$default" && function == "admin"));
    assert_eq!(routes.function_of("GET", "/api/v1/nowhere"), None);
    // An invoice is a file, below a path of checkout's.
    assert_eq!(routes.function_of("GET", "/api/v1/orders/ord_1/invoice"), Some("files"));
    assert_eq!(routes.function_of("GET", "/api/v1/orders/ord_1"), Some("checkout"));
}

#[test]
fn every_function_may_do_named_things_only_and_none_may_read_the_whole_table() {
    let template = template("template.yaml");
    let functions = resources(&template, "AWS::Serverless::Function");
    assert_eq!(functions.len(), 12);
    for (name, function) in functions {
        let statements: Vec<&Yaml> = function["Policies"]
            .as_vec()
            .unwrap()
            .iter()
            .flat_map(|policy| policy["Statement"].as_vec().unwrap())
            .collect();
        assert!(!statements.is_empty(), "{name} has no policy of its own");
        for statement in statements {
            for action in texts(&statement["Action"]) {
                assert!(!action.contains('*'), "{name} may {action}");
                assert_ne!(action, "dynamodb:Scan", "{name}");
                // What has no resources of its own to name.
                let nameless = action == "dynamodb:ListStreams" || action.starts_with("xray:");
                assert!(nameless || !texts(&statement["Resource"]).contains(&"*"), "{name} may {action} everywhere");
                // To describe a key is to read nothing that it protects.
                if action.starts_with("kms:") && action != "kms:DescribeKey" {
                    let narrowed = statement["Condition"].as_hash().is_some_and(|condition| !condition.is_empty());
                    assert!(narrowed, "{name} may {action} for any purpose");
                }
            }
        }
    }
}

#[test]
fn every_alarm_leads_to_its_page_and_money_alarms_count_every_provider() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let alarms = template("infra/alarms.yaml");
    let mut of_providers = 0;
    for (name, alarm) in resources(&alarms, "AWS::CloudWatch::Alarm") {
        let description = alarm["AlarmDescription"].as_str().unwrap();
        let (_, page) = description.split_once("Runbook ").unwrap_or_else(|| panic!("{name} has no runbook"));
        assert!(root.join(page).is_file(), "{name}: {page} is missing");
        let Some(metrics) = alarm["Metrics"].as_vec() else { continue };
        of_providers += 1;
        let sum = metrics[0]["Expression"].as_str().unwrap();
        for provider in payments::Provider::ALL {
            assert!(sum.contains(&format!("FILL({provider}, 0)")), "{name} leaves {provider} out");
            let of_provider = metrics.iter().find(|metric| metric["Id"].as_str() == Some(provider.as_str())).unwrap();
            assert!(
                texts(of_provider).iter().filter(|text| **text == provider.as_str()).count() == 2,
                "{name}: {provider}"
            );
        }
        assert_eq!(metrics.len(), payments::Provider::ALL.len() + 1, "{name}");
    }
    assert!(of_providers > 0);
}

#[test]
fn every_queue_gives_up_after_three_tries_and_keeps_what_it_gave_up() {
    let template = template("infra/queues.yaml");
    let queues = resources(&template, "AWS::SQS::Queue");
    let letters: BTreeSet<&str> = queues
        .values()
        .filter_map(|queue| queue["RedrivePolicy"]["deadLetterTargetArn"].as_str())
        .map(|target| target.trim_end_matches(".Arn"))
        .collect();
    for (name, queue) in &queues {
        if name.ends_with("DeadLetters") {
            assert_eq!(queue["MessageRetentionPeriod"].as_i64(), Some(14 * 24 * 60 * 60), "{name} forgets early");
            assert!(queue["RedrivePolicy"].is_badvalue(), "{name}");
            continue;
        }
        assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"].as_i64(), Some(3), "{name}");
        assert!(letters.contains(format!("{name}DeadLetters").as_str()), "{name} has no dead letters of its own");
    }
    assert_eq!(letters.len(), 3);
    let policies = resources(&template, "AWS::SQS::QueuePolicy");
    let covered: BTreeSet<&str> =
        policies.values().filter(|policy| denies_plain(policy)).flat_map(|policy| texts(&policy["Queues"])).collect();
    assert_eq!(covered, queues.keys().copied().collect());
}

#[test]
fn every_consumer_reports_failures_one_by_one_and_is_done_before_its_message_comes_back() {
    let (template, queues) = (template("template.yaml"), template("infra/queues.yaml"));
    let functions = resources(&template, "AWS::Serverless::Function");
    let queues = resources(&queues, "AWS::SQS::Queue");
    let sources = resources(&template, "AWS::Lambda::EventSourceMapping");
    assert_eq!(sources.len(), 4);
    for (name, source) in sources {
        assert_eq!(texts(&source["FunctionResponseTypes"]), ["ReportBatchItemFailures"], "{name}");
        let arn = source["EventSourceArn"].as_str().unwrap();
        let Some(queue) = arn.strip_prefix("Queues.Outputs.").and_then(|rest| rest.strip_suffix("Arn")) else {
            assert_eq!(arn, "Table.Outputs.StreamArn");
            assert!(!texts(&source["DestinationConfig"]["OnFailure"]).is_empty(), "{name} loses what it can't deliver");
            continue;
        };
        let function = source["FunctionName"].as_str().unwrap().trim_end_matches(".Alias");
        let timeout = functions[function]["Timeout"].as_i64().unwrap();
        let hidden = queues[queue]["VisibilityTimeout"].as_i64().unwrap();
        assert!(hidden >= 6 * timeout, "{name}: {hidden} s are not six times {timeout} s");
    }
}

#[test]
fn every_bucket_is_private_encrypted_versioned_and_only_reached_through_tls() {
    let mut count = 0;
    for template in templates() {
        let policies = resources(&template, "AWS::S3::BucketPolicy");
        for (name, bucket) in resources(&template, "AWS::S3::Bucket") {
            count += 1;
            let block = &bucket["PublicAccessBlockConfiguration"];
            for switch in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
                assert_eq!(block[switch].as_bool(), Some(true), "{name}: {switch}");
            }
            let encryption = texts(&bucket["BucketEncryption"]);
            assert!(encryption.contains(&"aws:kms") && encryption.contains(&"KeyArn"), "{name}");
            assert_eq!(bucket["VersioningConfiguration"]["Status"].as_str(), Some("Enabled"), "{name}");
            let own = policies.values().find(|policy| policy["Bucket"].as_str() == Some(name));
            assert!(own.is_some_and(|policy| denies_plain(policy)), "{name} can be reached without TLS");
        }
    }
    assert_eq!(count, 2);
}

#[test]
fn what_is_made_for_a_while_is_cleared_away_with_all_its_versions() {
    let buckets = template("infra/buckets.yaml");
    let files = &resources(&buckets, "AWS::S3::Bucket")["Files"]["LifecycleConfiguration"]["Rules"];
    let mut found = BTreeMap::new();
    for rule in files.as_vec().unwrap().iter().filter(|rule| rule["Prefix"].as_str().is_some()) {
        assert_eq!(rule["Status"].as_str(), Some("Enabled"));
        assert_eq!(rule["NoncurrentVersionExpiration"]["NoncurrentDays"].as_i64(), Some(1));
        found.insert(rule["Prefix"].as_str().unwrap(), rule["ExpirationInDays"].as_i64().unwrap());
    }
    let days = |kept: std::time::Duration| i64::try_from(kept.as_secs() / (24 * 60 * 60)).unwrap();
    let (imports, jobs) = (days(domain::file::IMPORT_KEPT), days(domain::bulk::FILES_KEPT));
    assert_eq!(found, BTreeMap::from([("exports/", 1), ("imports/", imports), ("jobs/", jobs)]));
}

/// Tells whether a policy denies everybody everything that does not come through TLS.
fn denies_plain(policy: &Yaml) -> bool {
    policy["PolicyDocument"]["Statement"].as_vec().unwrap().iter().any(|statement| {
        statement["Effect"].as_str() == Some("Deny")
            && statement["Principal"].as_str() == Some("*")
            && texts(&statement["Action"]).iter().all(|action| action.ends_with(":*"))
            && statement["Condition"]["Bool"]["aws:SecureTransport"].as_str() == Some("false")
    })
}
