//! A function's operations: what serves them, and what documents them, which is worked out only when somebody asks.
//!
//! Left to `utoipa-axum`, a process builds the documentation of all its operations before it serves the first: two fifths
//! of a cold start.

mod inputs;

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter};
use http::Method;
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{HttpMethod, Operation as Description, ParameterIn, Paths};
use utoipa::openapi::schema::Schema;
use utoipa_axum::PathItemExt;
use utoipa_axum::router::UtoipaMethodRouter;

use self::inputs::Inputs;
use crate::BASE_PATH;

/// Collects handlers that carry `#[utoipa::path]` into [`Routes`]: `routes![cart::show::show_cart, cart::add::add_item]`.
///
/// Path and method come from the attribute. Paths begin below [`BASE_PATH`].
#[macro_export]
macro_rules! routes {
    ($($($part:ident)::+),+ $(,)?) => {
        $crate::Routes::new()$(.with($crate::routes!(@path $($part)::+), $($part)::+, || {
            $crate::routes::utoipa_axum::routes!($($part)::+)
        }))+
    };
    (@path $($part:ident)::+) => { $crate::routes!(@split [] $($part)+) };
    // The attribute made a type beside the handler: `add_item` has `__path_add_item`.
    (@split [$($module:ident)*] $handler:ident) => {
        $crate::routes::utoipa_axum::paste! { ::std::marker::PhantomData::<$($module::)* [<__path_ $handler>]> }
    };
    (@split [$($module:ident)*] $next:ident $($rest:ident)+) => {
        $crate::routes!(@split [$($module)* $next] $($rest)+)
    };
}

#[doc(hidden)]
pub use utoipa_axum;

/// The operations of one function, or of a part of it.
pub struct Routes<S = ()> {
    router: Router<S>,
    operations: Vec<Operation>,
}

struct Operation {
    path: String,
    methods: Vec<HttpMethod>,
    needs_token: bool,
    describe: Box<dyn Fn() -> Described + Send + Sync>,
    parameters: OnceLock<HashSet<String>>,
}

struct Described {
    paths: Paths,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Begins without operations.
    #[doc(hidden)]
    pub fn new() -> Self {
        Self { router: Router::new(), operations: Vec::new() }
    }

    /// Adds a handler with what `#[utoipa::path]` says of it.
    #[doc(hidden)]
    #[must_use]
    pub fn with<P, H, T>(
        mut self,
        _: std::marker::PhantomData<P>,
        handler: H,
        describe: fn() -> UtoipaMethodRouter<S>,
    ) -> Self
    where
        P: utoipa::Path,
        H: Handler<T, S>,
        T: Inputs,
    {
        let (path, methods) = (format!("{BASE_PATH}{}", P::path()), P::methods());
        let serve =
            |router: MethodRouter<S>, method: &HttpMethod| router.on(method.to_method_filter(), handler.clone());
        self.router = self.router.route(&path, methods.iter().fold(MethodRouter::new(), serve));
        let describe = Box::new(move || {
            let (schemas, paths, _) = describe();
            Described { paths, schemas }
        });
        self.operations.push(Operation {
            path,
            methods,
            needs_token: T::need_token(),
            describe,
            parameters: OnceLock::new(),
        });
        self
    }

    /// Serves something that is no operation and has no documentation, such as a page's script.
    #[must_use]
    pub fn asset(mut self, path: &str, serve: MethodRouter<S>) -> Self {
        self.router = self.router.route(&format!("{BASE_PATH}{path}"), serve);
        self
    }

    /// Adds the operations of another part.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.operations.extend(other.operations);
        Self { router: self.router.merge(other.router), operations: self.operations }
    }

    /// Gives the handlers what they work with.
    pub fn with_state(self, state: S) -> Routes {
        Routes { router: self.router.with_state(state), operations: self.operations }
    }

    /// Documents each operation and each schema that one names by itself, so that two of one name can be told apart.
    pub(crate) fn documents(&self) -> impl Iterator<Item = Value> {
        self.operations.iter().flat_map(|operation| {
            let Described { paths: described, schemas } = (operation.describe)();
            let mut paths = Paths::new();
            for item in described.paths.into_values() {
                match paths.paths.get_mut(&operation.path) {
                    Some(known) => known.merge_operations(item),
                    None => drop(paths.paths.insert(operation.path.clone(), item)),
                }
            }
            let schemas = schemas.into_iter().map(|(name, schema)| json!({"components": {"schemas": {name: schema}}}));
            std::iter::once(json!({"paths": paths})).chain(schemas)
        })
    }
}

impl Routes {
    pub(crate) fn split(self) -> (Router, Operations) {
        (self.router, Operations(Arc::new(self.operations)))
    }
}

/// What is known of the operations while they are served.
#[derive(Clone)]
pub(crate) struct Operations(Arc<Vec<Operation>>);

impl Operations {
    /// Tells whether an operation refuses whoever shows no access token.
    pub(crate) fn need_token(&self, route: &str, method: &Method) -> bool {
        self.find(route, method).is_some_and(|operation| operation.needs_token)
    }

    /// Returns the query parameters that an operation knows; none for a route without documentation.
    pub(crate) fn query_parameters(&self, route: &str, method: &Method) -> Option<&HashSet<String>> {
        let operation = self.find(route, method)?;
        Some(operation.parameters.get_or_init(|| (operation.describe)().query_parameters()))
    }

    fn find(&self, route: &str, method: &Method) -> Option<&Operation> {
        // A GET answers HEAD too.
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let asked = MethodFilter::try_from(method.clone()).ok()?;
        let served = |served: &HttpMethod| served.to_method_filter() == asked;
        self.0.iter().find(|known| known.path == route && known.methods.iter().any(served))
    }
}

impl Described {
    fn query_parameters(self) -> HashSet<String> {
        let items = self.paths.paths.into_values();
        let operations = items
            .flat_map(|item| [item.get, item.head, item.post, item.put, item.patch, item.delete].into_iter().flatten());
        let parameters = operations.filter_map(|operation: Description| operation.parameters).flatten();
        let query = parameters.filter_map(|parameter| match parameter {
            RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Query) => Some(parameter.name),
            _ => None,
        });
        query.collect()
    }
}
