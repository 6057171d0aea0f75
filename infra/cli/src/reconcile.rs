//! `haat reconcile`: compares a day's payments with what their providers say now.
//!
//! The janitor does the same each night and leaves a report; this changes and leaves nothing.

use domain::calendar::Day;
use domain::money::Money;
use domain::reconciliation::Difference;
use janitor::comparison::Comparison;
use payments::Gateways;

use crate::Failure;
use crate::operator::Operator;
use crate::settings::Settings;

/// Compares, and prints what differs.
///
/// # Errors
/// When there is no such tenant, or table or vault are out of reach.
pub async fn run(settings: &Settings, tenant: &str, day: Option<Day>) -> Result<(), Failure> {
    let operator = Operator::open(settings).await?;
    let tenant = operator.tenant(tenant).await?;
    let day = day.unwrap_or_else(|| Day::of(operator.ambient.now()).before());
    let gateways = Gateways::at(|name| settings.optional(name), &operator.ambient);
    let comparison = Comparison::new(operator.store.clone(), operator.vault.clone(), gateways);
    let (mut from, mut compared, mut differences) = (None, 0u32, Vec::new());
    loop {
        let page = comparison.page(&tenant, day, from, true).await?;
        let page = page.ok_or("a provider did not answer; run the command again")?;
        compared = compared.saturating_add(page.payments);
        eprintln!("{compared} payments compared");
        differences.extend(page.differences);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    if differences.is_empty() {
        println!("{compared} payments moved last on {day} (UTC); nothing differs.");
        return Ok(());
    }
    print!("{}", table(&differences));
    println!(
        "{compared} payments moved last on {day} (UTC); {} differ. What to do: infra/runbooks/reconciliation-differences.md",
        differences.len()
    );
    Ok(())
}

/// Writes differences down, one in a line.
fn table(differences: &[Difference]) -> String {
    let money = |amount: Option<Money>| amount.map_or_else(|| "-".to_owned(), |amount| amount.to_string());
    let row = |cells: [&str; 6]| {
        let [kind, payment, provider, reference, here, there] = cells;
        format!("{kind:14}  {payment:30}  {provider:8}  {reference:30}  {here:>16}  {there:>16}\n")
    };
    let head = row(["DIFFERENCE", "PAYMENT", "PROVIDER", "ORDER THERE", "HERE", "THERE"]);
    let line = |found: &Difference| {
        let (payment, here, there) = (found.payment.to_string(), money(found.here), money(found.there));
        row([found.kind.as_str(), &payment, &found.provider, &found.reference, &here, &there])
    };
    differences.iter().map(line).fold(head, |table, line| table + &line)
}

#[cfg(test)]
mod tests {
    use domain::money::Currency;
    use domain::reconciliation::DifferenceKind;

    use super::*;

    #[test]
    fn each_difference_is_one_line_and_columns_stand_below_each_other() {
        let difference = |kind, here: Option<i64>| Difference {
            kind,
            payment: "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC".parse().unwrap(),
            provider: "razorpay".to_owned(),
            reference: "order_IEIaMR65cu6nz3".to_owned(),
            here: here.map(|amount| Money::new(amount, Currency::Inr)),
            there: None,
        };
        let table =
            table(&[difference(DifferenceKind::NotThere, Some(129_000)), difference(DifferenceKind::NotHere, None)]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()), "{table}");
        assert!(lines[1].starts_with("NOT_THERE") && lines[1].contains("order_IEIaMR65cu6nz3"));
    }
}
