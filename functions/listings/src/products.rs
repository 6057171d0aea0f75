//! Products.

pub mod archive;
pub mod create;
pub mod list;
pub mod mine;
pub mod show;
pub mod update;
pub mod view;

use domain::catalog::Product;
use domain::id::FileId;
use store::Store;
use store::products::ProductRefused;
use web::{Caller, Code, Problem, Routes};

use crate::State;

/// Returns the routes of products.
pub(crate) fn routes() -> Routes<State> {
    web::routes![
        list::list_products,
        create::create_product,
        mine::list_own_products,
        show::show_product,
        update::update_product,
        archive::archive_product,
    ]
}

/// Refuses pictures, other than the `known` ones, that are not verified uploads of the product's seller.
///
/// # Errors
/// With 400 naming each wrong one.
async fn require_images(store: &Store, caller: &Caller, product: &Product, known: &[FileId]) -> Result<(), Problem> {
    let new: Vec<FileId> = product.images.iter().copied().filter(|image| !known.contains(image)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let files = store.files(caller.scope, &new).await?;
    let usable =
        |image: &FileId| files.iter().any(|file| file.id == *image && file.may_picture(product.seller, caller.user));
    let images = product.images.iter().enumerate();
    let wrong = images.filter(|(_, image)| new.contains(image) && !usable(image));
    let problem = wrong.fold(None, |problem: Option<Problem>, (index, _)| {
        let problem = problem.unwrap_or_else(|| Problem::new(Code::ValidationFailed));
        Some(problem.field(format!("images[{index}]"), "must be an uploaded product image of this seller"))
    });
    problem.map_or(Ok(()), Err)
}

/// Says what stands against storing a product.
pub(crate) fn refused(refused: ProductRefused) -> Problem {
    match refused {
        ProductRefused::SkuTaken => Problem::new(Code::SkuTaken).field("sku", "is in use"),
        ProductRefused::SlugTaken => Problem::new(Code::SlugTaken).field("slug", "is in use"),
        ProductRefused::CategoryGone(category) => {
            Problem::invalid("categories", format!("must be categories of the marketplace, and {category} is none"))
        }
        ProductRefused::MaterialGone(material) => {
            let message = format!("must be shared materials that can be chosen, and {material} is none");
            Problem::invalid("sharedMaterials", message)
        }
        ProductRefused::Changed => Problem::new(Code::Conflict),
    }
}
