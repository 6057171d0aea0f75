use std::time::Instant;

use super::*;
use crate::ambient::system;

fn cheap() -> Passwords {
    Passwords::new(64, 1, system()).unwrap()
}

#[test]
fn a_password_has_8_to_128_code_points_and_is_not_common() {
    assert_eq!(Password::new("seven77").unwrap_err(), WeakPassword::TooShort(8));
    assert!(Password::new("eight 88").is_ok());
    assert!(Password::new(&"ü".repeat(8)).is_ok());
    assert_eq!(Password::new(&"u\u{308}".repeat(7)).unwrap_err(), WeakPassword::TooShort(8));
    assert!(Password::new(&"ü".repeat(128)).is_ok());
    assert_eq!(Password::new(&"a".repeat(129)).unwrap_err(), WeakPassword::TooLong);
    for common in ["password", "PassWord1", "12345678", "qwertyuiop"] {
        assert_eq!(Password::new(common).unwrap_err(), WeakPassword::Common, "{common}");
    }
    assert!(Password::new("correct horse battery staple").is_ok());
    assert_eq!(Password::of_length("fourteen chars", 15).unwrap_err(), WeakPassword::TooShort(15));
    assert!(Password::of_length("fifteen chars !", 15).is_ok());
    assert_eq!(Password::of_length("seven77", 0).unwrap_err(), WeakPassword::TooShort(8));
}

#[test]
fn a_password_is_not_printed() {
    assert_eq!(format!("{:?}", Password::typed("hunter2!")), "Password");
}

#[tokio::test]
async fn a_hash_verifies_only_its_password_in_either_unicode_form() {
    let passwords = cheap();
    let hash = passwords.hash(Password::new("Crème brûlée").unwrap()).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
    for (typed, verdict) in [
        ("Crème brûlée", Verdict::Right),
        ("Cre\u{300}me bru\u{302}le\u{301}e", Verdict::Right),
        ("Creme brulee", Verdict::Wrong),
        ("Crème brûlée ", Verdict::Wrong),
        ("", Verdict::Wrong),
    ] {
        assert_eq!(passwords.verify(Password::typed(typed), Some(hash.clone())).await.unwrap(), verdict, "{typed}");
    }
    assert_ne!(hash, passwords.hash(Password::new("Crème brûlée").unwrap()).await.unwrap());
}

#[tokio::test]
async fn a_hash_of_another_cost_is_outdated() {
    let hash = Passwords::new(128, 1, system()).unwrap().hash(Password::typed("eight 88")).await.unwrap();
    let verdict = cheap().verify(Password::typed("eight 88"), Some(hash)).await.unwrap();
    assert_eq!(verdict, Verdict::RightButOutdated);
}

#[tokio::test]
async fn a_bcrypt_hash_of_any_prefix_verifies_and_is_outdated() {
    let hash = bcrypt::hash("eight 88", 4).unwrap();
    for prefix in ["$2a$", "$2b$", "$2y$"] {
        let hash = format!("{prefix}{}", &hash[4..]);
        let verify = |typed: &str| cheap_verify(typed.to_owned(), hash.clone());
        assert_eq!(verify("eight 88").await, Verdict::RightButOutdated, "{prefix}");
        assert_eq!(verify("eight 89").await, Verdict::Wrong, "{prefix}");
    }
    // Made by other libraries (Python's and Node's bcrypt, in the tests of the bcrypt crate).
    for hash in [
        "$2b$04$EGdrhbKUv8Oc9vGiXX0HQOxSg445d458Muh7DAHskb6QbtCvdxcie",
        "$2a$04$n4Uy0eSnMfvnESYL.bLwuuj0U/ETSsoTpRT9GVk5bektyVVa5xnIi",
    ] {
        let verdict = cheap_verify("correctbatteryhorsestapler".to_owned(), hash.to_owned()).await;
        assert_eq!(verdict, Verdict::RightButOutdated);
    }
}

async fn cheap_verify(typed: String, hash: String) -> Verdict {
    cheap().verify(Password::typed(&typed), Some(hash)).await.unwrap()
}

#[tokio::test]
async fn a_broken_or_outrageous_hash_is_a_wrong_password() {
    for hash in [
        "",
        "plain",
        "$2b$",
        "$2b$99$aaaa",
        "$2b$31$EGdrhbKUv8Oc9vGiXX0HQOxSg445d458Muh7DAHskb6QbtCvdxcie",
        "$argon2id$",
        "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1000000,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ",
    ] {
        assert_eq!(cheap_verify("eight 88".to_owned(), hash.to_owned()).await, Verdict::Wrong, "{hash}");
    }
}

/// RFC 9106, section 5.3.
#[test]
fn argon2id_gives_the_published_tag() {
    let params = argon2::ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(argon2::AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut tag = [0; 32];
    argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
    assert_eq!(hex::encode(tag), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

#[tokio::test]
async fn an_unknown_user_costs_what_a_wrong_password_costs() {
    let passwords = Passwords::from_env(&Env::of([]), system()).unwrap();
    let hash = passwords.hash(Password::typed("eight 88")).await.unwrap();
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..7 {
        for (times, hash) in times.iter_mut().zip([Some(hash.clone()), None]) {
            let start = Instant::now();
            assert_eq!(passwords.verify(Password::typed("wrong"), hash).await.unwrap(), Verdict::Wrong);
            times.push(start.elapsed());
        }
    }
    let [known, unknown] = times.map(|times| times.into_iter().min().unwrap().as_micros());
    assert!(known < unknown * 3 && unknown < known * 3, "{known} µs and {unknown} µs");
}

#[test]
fn a_cost_that_argon2_can_not_do_names_its_variables() {
    let error = Passwords::from_env(&Env::of([("HAAT_ARGON2_MEMORY_KIB", "1")]), system()).err().unwrap();
    assert!(error.to_string().contains("HAAT_ARGON2_MEMORY_KIB"), "{error}");
}
