//! `haat erase`: forgets a person who asked for it by other ways than the API, such as by letter.

use domain::id::UserId;
use domain::operation::{Actor, Operation};
use store::privacy::Erasure;
use store::table::Consistency;

use crate::settings::Settings;
use crate::{Failure, scope};

/// Erases a person for good.
///
/// # Errors
/// When there is no such person, they are the last owner, or something is out of reach.
pub async fn run(settings: &Settings, tenant: &str, user: UserId) -> Result<(), Failure> {
    let ambient = platform::ambient::system();
    let store = settings.store(&settings.clients().await)?;
    let actor = Actor::System { name: "haat erase".to_owned() };
    let scope = scope::of(&store, tenant).await?;
    let operation = Operation::begin(scope, actor, "haat-erase".to_owned(), None, &ambient);
    let person = store.user(scope, user, Consistency::Strong).await?;
    let person = person.ok_or("there is no such person in that tenant")?;
    if person.key_part.is_none() {
        println!("{user} was erased before.");
        return Ok(());
    }
    match store.erase_user(&operation, &person, None).await? {
        Erasure::Done => {
            store.end_listed_sessions(&operation, user, None).await?;
            println!("{user} is erased: nothing about them can be read any more. The janitor clears away the rest.");
            Ok(())
        }
        Erasure::LastOwner => Err("this is the last owner: make somebody else one first".into()),
        Erasure::Changed => Err("the account was changed at the same moment; run this again".into()),
    }
}
