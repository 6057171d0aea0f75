//! Mail through SES.

/// A mail to one person.
#[derive(Clone)]
pub struct Mail {
    /// The address.
    pub to: String,
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
    /// It can never be sent: the address or another part is not valid. Never shows the address.
    #[error("the mail can't be written: {0}")]
    Unsendable(String),
    /// SES can't be reached, is busy, or paused us.
    #[error("the mail service is not available: {0}")]
    Unavailable(String),
}

/// Sends mails from one address.
#[derive(Clone)]
pub struct Mailer {
    ses: aws_sdk_sesv2::Client,
    from: String,
}

impl Mailer {
    /// Takes the client and the sender (`HAAT_MAIL_FROM`, such as `Haat <no-reply@haat.example>`).
    pub fn new(ses: aws_sdk_sesv2::Client, from: impl Into<String>) -> Self {
        Self { ses, from: from.into() }
    }

    /// Sends a mail and returns SES's message id.
    pub async fn send(&self, mail: &Mail) -> Result<String, MailError> {
        let _ = (mail, &self.ses, &self.from);
        todo!()
    }
}
