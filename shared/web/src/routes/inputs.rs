//! What a handler takes of a request, read off its type.

use std::any::TypeId;

use crate::caller::{Bearer, Caller};

/// The parameters of a handler, as axum names them in its `Handler<T, S>`: a marker first, then each extractor.
pub trait Inputs: 'static {
    /// Tells whether the handler can't begin without an access token. One that takes `Option<Bearer>` can.
    fn need_token() -> bool;
}

macro_rules! inputs {
    ($($part:ident)*) => {
        impl<M: 'static, $($part: 'static),*> Inputs for (M, $($part,)*) {
            fn need_token() -> bool {
                let signed_in = [TypeId::of::<Bearer>(), TypeId::of::<Caller>()];
                [$(TypeId::of::<$part>()),*].iter().any(|part| signed_in.contains(part))
            }
        }
    };
}

inputs!();
inputs!(A);
inputs!(A B);
inputs!(A B C);
inputs!(A B C D);
inputs!(A B C D E);
inputs!(A B C D E F);
inputs!(A B C D E F G);
inputs!(A B C D E F G H);

#[cfg(test)]
mod tests {
    use axum::extract::State;
    use axum::handler::Handler;

    use super::*;
    use crate::edge::Edge;
    use crate::query::{Limit, Path};

    fn needs_token<T: Inputs>(_: impl Handler<T, Edge>) -> bool {
        T::need_token()
    }

    #[test]
    fn a_handler_needs_a_token_when_it_takes_a_bearer_or_a_caller_wherever_that_stands() {
        assert!(needs_token(async |_: Bearer| ()));
        assert!(needs_token(async |_: State<Edge>, _: Caller, _: Path<Limit>| ()));
        assert!(needs_token(async |_: State<Edge>, _: Path<Limit>, _: Bearer, _: String| ()));
        assert!(!needs_token(async || ()));
        assert!(!needs_token(async |_: State<Edge>, _: Option<Bearer>, _: String| ()));
    }
}
