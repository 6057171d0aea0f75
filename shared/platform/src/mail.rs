//! Mail through SES: MIME written by `lettre`, sent as it is.
//!
//! Addresses, subjects and file names with control characters are refused, so no text can add a header or another
//! receiver. Errors never show an address.

use aws_sdk_sesv2::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use domain::ambient::Ambient;
use lettre::message::header::ContentType;
use lettre::message::{Attachment as Part, Mailbox, Message, MultiPart};

/// A mail to one person, and a blind copy where somebody keeps one.
#[derive(Clone)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// Who gets a copy, of which the mail itself shows nothing.
    pub bcc: Option<String>,
    /// The subject line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain text part.
    pub text: String,
    /// The files.
    pub attachments: Vec<Attachment>,
}

/// A file in a mail.
#[derive(Clone)]
pub struct Attachment {
    /// The file name.
    pub name: String,
    /// The content type, such as `application/pdf`.
    pub content_type: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It can never be sent: the address or another part is not valid, or SES refuses it for good.
    #[error("the mail can't be sent: {0}")]
    Unsendable(String),
    /// SES can't be reached, is busy, or has paused us: worth another attempt.
    #[error("the mail service is not available: {0}")]
    Unavailable(String),
}

/// Sends mails from one address. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    ses: aws_sdk_sesv2::Client,
    from: Mailbox,
    ambient: Ambient,
}

impl Mailer {
    /// Takes the client and the sender (`HAAT_MAIL_FROM`, such as `Haat <no-reply@haat.example>`).
    ///
    /// # Errors
    ///
    /// Refuses a sender that is no mailbox.
    pub fn new(ses: aws_sdk_sesv2::Client, from: &str, ambient: Ambient) -> Result<Self, MailError> {
        Ok(Self { ses, from: mailbox(from, "sender")?, ambient })
    }

    /// Sends a mail and returns SES's message id.
    pub async fn send(&self, mail: &Mail) -> Result<String, MailError> {
        let to = mailbox(&mail.to, "receiver")?;
        let raw = RawMessage::builder().data(Blob::new(self.write(mail, &to)?)).build();
        let raw = raw.map_err(|error| MailError::Unsendable(error.to_string()))?;
        let mut destination = Destination::builder().to_addresses(to.email.to_string());
        if let Some(copy) = &mail.bcc {
            destination = destination.bcc_addresses(mailbox(copy, "receiver of the copy")?.email.to_string());
        }
        let answer = self
            .ses
            .send_email()
            .from_email_address(self.from.to_string())
            // Named here too, so that SES never looks for receivers in the text.
            .destination(destination.build())
            .content(EmailContent::builder().raw(raw).build())
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            // The messages of these errors quote addresses, so only the code is told.
            Err(error) => Err(match (error.as_service_error(), error.code()) {
                (Some(refusal), Some(code)) if refusal.is_bad_request_exception() || refusal.is_message_rejected() => {
                    MailError::Unsendable(code.to_owned())
                }
                (_, Some(code)) => MailError::Unavailable(code.to_owned()),
                _ => MailError::Unavailable(DisplayErrorContext(error).to_string()),
            }),
        }
    }

    fn write(&self, mail: &Mail, to: &Mailbox) -> Result<Vec<u8>, MailError> {
        let unsendable = |error: &dyn std::error::Error| MailError::Unsendable(error.to_string());
        let mut parts =
            MultiPart::mixed().multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()));
        for file in &mail.attachments {
            let content_type =
                ContentType::parse(&plain(&file.content_type, "content type")?).map_err(|error| unsendable(&error))?;
            parts = parts.singlepart(Part::new(plain(&file.name, "file name")?).body(file.bytes.clone(), content_type));
        }
        let now = std::time::UNIX_EPOCH
            + std::time::Duration::from_millis(u64::try_from(self.ambient.now().as_millis()).unwrap_or(0));
        let message = Message::builder()
            .from(self.from.clone())
            .to(to.clone())
            .date(now)
            .subject(plain(&mail.subject, "subject")?)
            .multipart(parts)
            .map_err(|error| unsendable(&error))?;
        Ok(message.formatted())
    }
}

fn mailbox(text: &str, what: &str) -> Result<Mailbox, MailError> {
    plain(text, what)?.parse().map_err(|_| MailError::Unsendable(format!("the {what} is no mail address")))
}

/// Refuses what could end a header's line.
fn plain(text: &str, what: &str) -> Result<String, MailError> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(MailError::Unsendable(format!("the {what} is empty or has control characters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region};

    use super::*;
    use crate::ambient::system;

    fn mailer() -> Mailer {
        let config = aws_sdk_sesv2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-south-1"))
            .credentials_provider(Credentials::new("a", "b", None, None, "test"))
            // Nothing listens there: a mail that should be refused but is sent ends as `Unavailable`.
            .endpoint_url("http://127.0.0.1:9")
            .retry_config(aws_sdk_sesv2::config::retry::RetryConfig::disabled())
            .build();
        Mailer::new(aws_sdk_sesv2::Client::from_conf(config), "Haat <no-reply@haat.example>", system()).unwrap()
    }

    fn mail() -> Mail {
        Mail {
            to: "alice@example.com".to_owned(),
            bcc: Some("audit@lotus.example".to_owned()),
            subject: "Đơn hàng ₹ 1.500".to_owned(),
            html: "<p>नमस्ते</p>".to_owned(),
            text: "नमस्ते".to_owned(),
            attachments: vec![Attachment {
                name: "Hóa đơn.pdf".to_owned(),
                content_type: "application/pdf".to_owned(),
                bytes: b"%PDF-1.7".to_vec(),
            }],
        }
    }

    fn written(mail: &Mail) -> String {
        String::from_utf8(mailer().write(mail, &mail.to.parse().unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn a_mail_has_both_texts_and_its_files_and_is_ascii_with_short_lines() {
        let text = written(&mail());
        for part in ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(text.is_ascii());
        assert!(text.lines().all(|line| line.len() <= 998));
        assert!(text.contains("To: alice@example.com\r\n"));
        assert!(!text.contains("audit@lotus.example") && !text.contains("Bcc"), "{text}");
    }

    #[tokio::test]
    async fn no_text_adds_a_header_or_a_receiver() {
        let evil = "x\r\nBcc: eve@example.com";
        for mail in [
            Mail { to: format!("alice@example.com{}", &evil[1..]), ..mail() },
            Mail { to: "alice@example.com\nBcc: eve@example.com".to_owned(), ..mail() },
            Mail { to: "alice@example.com, eve@example.com".to_owned(), ..mail() },
            Mail { to: "\"\r\nBcc: eve@example.com\r\n\" <alice@example.com>".to_owned(), ..mail() },
            Mail { to: String::new(), ..mail() },
            Mail { bcc: Some("audit@lotus.example, eve@example.com".to_owned()), ..mail() },
            Mail { bcc: Some(format!("audit@lotus.example{}", &evil[1..])), ..mail() },
            Mail { subject: evil.to_owned(), ..mail() },
            Mail { subject: "x\rBcc: eve@example.com".to_owned(), ..mail() },
            Mail { subject: "x\u{85}y".to_owned(), ..mail() },
            Mail { attachments: vec![Attachment { name: evil.to_owned(), ..mail().attachments[0].clone() }], ..mail() },
            Mail {
                attachments: vec![Attachment {
                    content_type: "text/plain\r\nBcc: eve@example.com".to_owned(),
                    ..mail().attachments[0].clone()
                }],
                ..mail()
            },
        ] {
            let error = mailer().send(&mail).await.unwrap_err();
            assert!(matches!(error, MailError::Unsendable(_)), "{error}");
            assert!(!error.to_string().contains('@'), "{error}");
        }
    }

    #[test]
    fn header_like_lines_in_a_body_stay_in_the_body() {
        let text = written(&Mail { text: "hello\r\nBcc: eve@example.com\r\n\r\n--x".to_owned(), ..mail() });
        let (headers, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!headers.contains("Bcc"));
    }

    #[test]
    fn a_sender_must_be_a_mailbox() {
        let ses = mailer().ses;
        assert!(Mailer::new(ses.clone(), "no-reply@haat.example", system()).is_ok());
        assert!(Mailer::new(ses, "nobody", system()).is_err());
    }
}
