//! The bytes of an uploaded file, read block by block.

use platform::objects::{ObjectError, Objects};

/// How much is read at once. Only so much is in memory, and no answer of S3 is kept waiting while rows are stored.
const BLOCK: u64 = 1024 * 1024;

/// A file from some byte on.
pub struct Source<'a> {
    files: &'a Objects,
    key: &'a str,
    block: Vec<u8>,
    at: usize,
    offset: u64,
}

impl<'a> Source<'a> {
    /// Begins at byte `offset`.
    pub fn new(files: &'a Objects, key: &'a str, offset: u64) -> Self {
        Self { files, key, block: Vec::new(), at: 0, offset }
    }

    /// Returns what is there of the block at hand, after reading the next one where it is used up. Nothing is the end.
    ///
    /// # Errors
    /// When the file can't be read.
    pub async fn bytes(&mut self) -> Result<&[u8], ObjectError> {
        if self.at >= self.block.len() {
            self.block = self.files.read_range(self.key, self.offset, BLOCK).await?;
            self.at = 0;
        }
        Ok(self.block.get(self.at..).unwrap_or_default())
    }

    /// Leaves bytes behind.
    pub fn pass(&mut self, count: usize) {
        self.at = self.at.saturating_add(count);
        self.offset = self.offset.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Returns how many bytes are behind.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}
