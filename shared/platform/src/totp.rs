//! The second factor: codes of authenticator apps (TOTP, RFC 6238), and backup codes for when the app is lost.
//!
//! Which code was used before is the table's to know: [`Authenticator::check`] names the time step that a code belongs
//! to, and whoever lets somebody in writes it down under a condition.

use aws_lc_rs::digest::{SHA256, digest};
use domain::ambient::Ambient;
use domain::clock::Timestamp;
use domain::id::UserId;
use domain::user::BACKUP_CODES;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

/// A secret that can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret of the second factor can't be used")]
pub struct UnusableSecret;

/// How many bytes a secret has: as many as the hash (RFC 4226, section 4, R6).
const SECRET: usize = 20;

/// The server's side of an authenticator app: six digits, thirty seconds, SHA-1, which is what every app understands.
pub struct Authenticator(Totp);

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authenticator")
    }
}

/// What a person puts into their app.
pub struct Enrolment {
    /// The secret in base32 (RFC 4648), to type.
    pub secret: String,
    /// The same with its names, as apps read it (`otpauth://totp/…`, the Key URI format).
    pub uri: String,
    /// The URI as a QR code: an SVG picture.
    pub qr_code: String,
}

impl Authenticator {
    /// Makes a new secret.
    pub fn new_secret(ambient: &Ambient) -> Zeroizing<[u8; SECRET]> {
        Zeroizing::new(ambient.bytes())
    }

    /// Takes a secret.
    ///
    /// # Errors
    /// When it is shorter than the standard allows.
    pub fn new(secret: &[u8]) -> Result<Self, UnusableSecret> {
        Self::named(secret, String::new(), None)
    }

    fn named(secret: &[u8], account: String, issuer: Option<String>) -> Result<Self, UnusableSecret> {
        let builder = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(30)
            .with_secret(Box::<[u8]>::from(secret))
            .with_account_name(account)
            .with_issuer(issuer);
        builder.build().map(Self).map_err(|_| UnusableSecret)
    }

    /// Returns the time step that `code` belongs to: the one of `now`, or the one before or after (RFC 6238,
    /// section 5.2). None when the code is wrong.
    pub fn check(&self, code: &str, now: Timestamp) -> Option<u64> {
        if code.len() != 6 || !code.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        self.0.check(code, u64::try_from(now.as_seconds()).ok()?)
    }

    /// Returns the code of the moment, as the app shows it.
    pub fn code(&self, now: Timestamp) -> String {
        self.0.generate(u64::try_from(now.as_seconds()).unwrap_or(0)).to_string()
    }

    /// Describes a secret for the app of `account`, an e-mail address, at `issuer`, the name of the marketplace.
    ///
    /// # Errors
    /// When the secret can't be used.
    pub fn enrolment(secret: &[u8], issuer: &str, account: &str) -> Result<Enrolment, UnusableSecret> {
        // A colon parts the two names in the URI, and neither may have one; a QR code holds only so much.
        let plain = |text: &str| text.replace(':', " ");
        let issuer: String = plain(issuer).chars().take(60).collect();
        let Self(totp) = Self::named(secret, plain(account), Some(issuer))?;
        let uri = totp.to_url().map_err(|_| UnusableSecret)?;
        let code = QrCode::with_error_correction_level(uri.as_bytes(), EcLevel::M).map_err(|_| UnusableSecret)?;
        let qr_code = code.render::<svg::Color<'_>>().min_dimensions(240, 240).quiet_zone(true).build();
        Ok(Enrolment { secret: totp.secret().to_base32(), uri, qr_code })
    }
}

/// The letters and digits of backup codes (Crockford's base 32): none of them looks like another.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many a code has: 80 bits, which nobody guesses, not even with the stored hashes in hand.
const LENGTH: usize = 16;

/// Makes a new set of backup codes, such as `7QF2-K0M9-XW3T-4HJC`.
pub fn backup_codes(ambient: &Ambient) -> [String; BACKUP_CODES] {
    std::array::from_fn(|_| {
        let random = ambient.bytes::<LENGTH>();
        let letters = random.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
        let mut code = String::with_capacity(LENGTH + 3);
        for (place, letter) in letters.enumerate() {
            if place > 0 && place % 4 == 0 {
                code.push('-');
            }
            code.push(char::from(*letter));
        }
        code
    })
}

/// Returns what is stored of a person's backup code, however it was typed; none when it has another form.
///
/// A code has 80 random bits, so a fast hash is enough. The person's id keeps equal hashes of two people apart.
pub fn backup_code_hash(user: UserId, typed: &str) -> Option<String> {
    let letter = |c: char| match c.to_ascii_uppercase() {
        // What people read for what is not in the alphabet.
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let code: String = typed.chars().filter(|c| !matches!(c, '-' | ' ')).map(letter).collect();
    let fits = code.len() == LENGTH && code.bytes().all(|byte| LETTERS.contains(&byte));
    fits.then(|| hex::encode(digest(&SHA256, format!("haat:backup-code:v1:{user}:{code}").as_bytes())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::ambient::system;

    const RFC: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        let app = Authenticator::new(RFC).unwrap();
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(app.code(at(seconds)), code);
            assert_eq!(app.check(code, at(seconds)), Some(u64::try_from(seconds / 30).unwrap()));
        }
    }

    #[test]
    fn a_code_counts_one_step_early_or_late_and_no_more() {
        let app = Authenticator::new(RFC).unwrap();
        let (code, middle) = (app.code(at(1_234_567_890)), at(1_234_567_890));
        let step = Some(1_234_567_890 / 30);
        for seconds in [0, 29, 30, 59] {
            assert_eq!(app.check(&code, middle.plus(Duration::from_secs(seconds))), step, "{seconds}");
        }
        assert_eq!(app.check(&code, middle.plus(Duration::from_secs(60))), None);
        assert_eq!(app.check(&code, middle.minus(Duration::from_secs(30))), step);
        assert_eq!(app.check(&code, middle.minus(Duration::from_secs(31))), None);
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        let app = Authenticator::new(RFC).unwrap();
        for code in ["", "28708", "2870820", "287 082", "-87082", "２８７０８２", "287083"] {
            assert_eq!(app.check(code, at(59)), None, "{code}");
        }
        assert!(Authenticator::new(b"short").is_err());
    }

    #[test]
    fn the_picture_says_what_the_uri_says() {
        let secret = Authenticator::new_secret(&system());
        let told = Authenticator::enrolment(&*secret, "Print & Co: Pune", "asha+shop@example.com").unwrap();
        let expected = format!(
            "otpauth://totp/Print%20%26%20Co%20%20Pune:asha%2Bshop%40example.com?secret={}&issuer=Print%20%26%20Co%20%20Pune",
            told.secret
        );
        assert_eq!(told.uri, expected);
        assert_eq!(read(&told.qr_code), told.uri);
    }

    #[test]
    fn the_longest_names_fit_into_the_picture() {
        let account = format!("{}@{}.example.com", "ü".repeat(32), "a".repeat(60));
        let told = Authenticator::enrolment(RFC, &"किराना".repeat(40), &account).unwrap();
        assert_eq!(read(&told.qr_code), told.uri);
    }

    /// Draws the dark squares of the picture and reads the code as a camera would.
    fn read(picture: &str) -> String {
        let number = |text: &str| text.parse::<usize>().unwrap();
        let width = number(picture.split_once("width=\"").unwrap().1.split_once('"').unwrap().0);
        let path = picture.rsplit_once(" d=\"").unwrap().1.split_once('"').unwrap().0;
        let mut dark = vec![false; width * width];
        for square in path.split('M').skip(1) {
            // `x yh<width>v<height>H<x>V<y>`
            let (x, rest) = square.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (across, rest) = rest.split_once('v').unwrap();
            let down = rest.split_once('H').unwrap().0;
            for row in number(y)..number(y) + number(down) {
                for column in number(x)..number(x) + number(across) {
                    dark[row * width + column] = true;
                }
            }
        }
        let shade = |x: usize, y: usize| if dark[y * width + x] { 0 } else { 255 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, width, shade);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    #[test]
    fn backup_codes_differ_and_are_read_however_they_are_typed() {
        let (codes, user) = (backup_codes(&system()), system().id::<UserId>());
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), BACKUP_CODES);
        for code in &codes {
            assert_eq!((code.len(), code.split('-').count()), (19, 4));
            let hash = backup_code_hash(user, code).unwrap();
            assert_eq!(hash.len(), 64);
            let sloppy = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            assert_eq!(backup_code_hash(user, &sloppy), Some(hash.clone()));
            assert_ne!(backup_code_hash(system().id(), code), Some(hash));
        }
        for wrong in ["", "123456", "7QF2-K0M9-XW3T-4HJ", "7QF2-K0M9-XW3T-4HJU", "7QF2-K0M9-XW3T-4HJCC"] {
            assert_eq!(backup_code_hash(user, wrong), None, "{wrong}");
        }
    }
}
