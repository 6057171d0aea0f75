//! Coming in, staying in, going out.

pub(crate) mod browser;
pub(crate) mod csrf;
pub(crate) mod device;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod logout_all;
pub(crate) mod me;
pub(crate) mod refresh;
pub(crate) mod register;
pub(crate) mod sign_in;
pub(crate) mod tokens;

pub(crate) use tokens::Tokens;
